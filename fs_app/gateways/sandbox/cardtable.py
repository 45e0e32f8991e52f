"""The sandbox's card numbers: which are accepted, whose brand they are, and what is special about each.

Only published test numbers are accepted, so that a real card keyed at a demo is refused and not kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from fs_app.gateways.sandbox.store import Books, Card

# First match wins.
_TYPES = (
    (r"3[47]", "American Express"),
    (r"637095", "Hiper"),
    (r"606282", "Hipercard"),
    (r"36|38|30", "Diners Club"),
    (r"35", "JCB"),
    (r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", "MasterCard"),
    (r"6011|65|64", "Discover"),
    (r"6304|5018|6759", "Maestro"),
    (r"62", "China UnionPay"),
    (r"4", "Visa"),
)

# Numbers with which something happens: a verification (not a sale) is declined with 2000, a dispute is opened at
# once, the fraud tool of a merchant who has one rejects.
TRAITS: Mapping[str, str] = {
    **dict.fromkeys(
        ("4000111111111115", "5105105105105100", "378734493671000", "6011000990139424"), "verification_declined"
    ),
    "4023898493988028": "disputed",
    "4000111111111511": "fraud",
    "4111130000000003": "risk_threshold",
}

INDICATORS = (
    "prepaid",
    "debit",
    "commercial",
    "healthcare",
    "payroll",
    "durbin_regulated",
    "business",
    "consumer",
    "corporate",
    "purchase",
    "prepaid_reloadable",
)
_ISSUER = ("issuing_bank", "country_of_issuance", "product_id")
UNKNOWN: Mapping[str, str] = dict.fromkeys((*INDICATORS, *_ISSUER), "Unknown")

_SPECIAL: dict[str, Mapping[str, str]] = {
    "4117101010101010": {"debit": "Yes"},
    "4111111111111210": {"prepaid": "Yes"},
    "4111111111131010": {"commercial": "Yes"},
    "4111111510101010": {"healthcare": "Yes", "product_id": "J3"},
    "4111111114101010": {"payroll": "Yes", "product_id": "MSA"},
    "4111161010101010": {"durbin_regulated": "Yes"},
    "4229989800000003": {"business": "Yes"},
    "4229989700000004": {"consumer": "Yes"},
    "4229989100000000": {"corporate": "Yes"},
    "4229989500000006": {"purchase": "Yes"},
    "4229989900000002": {"prepaid_reloadable": "Yes"},
    "4111111141010101": {"issuing_bank": "NETWORK ONLY"},
    "4111111111121102": {"country_of_issuance": "USA"},
    "4111111111310101": {**dict.fromkeys(INDICATORS, "No"), "product_id": "MSB"},
    "4111111111112101": {},
}

TEST_NUMBERS = frozenset(TRAITS) | frozenset(_SPECIAL) | {
    "4111111111111111", "4242424242424242", "4012888888881881", "4005519200000004", "4500600000000061",
    "5555555555554444", "2223000048400011",
    "378282246310005", "371449635398431",
    "6011000991300009", "6011111111111117",
    "6370950000000005", "6062820524845321",
    "3530111333300000", "36259600000004", "6304000000000000", "63049580000009",
}  # fmt: skip


def card_type(number: str) -> str | None:
    """The gateway's name of the brand, None where no brand has such a number."""
    return next((name for prefix, name in _TYPES if re.match(prefix, number)), None)


def indicators(number: str) -> Mapping[str, str]:
    """What the card is (debit, prepaid, ...), who issued it and where."""
    return {**UNKNOWN, **_SPECIAL.get(number, {})}


def recorded(books: Books, number: str, month: str, year: str, cardholder_name: str | None = None) -> Card:
    """An accepted number as the gateway keeps it: its keyed hash, its ends, and what is special about it."""
    return Card(
        fingerprint=books.fingerprint(number),
        bin=number[:6],
        bin_extended=number[:8],
        last_4=number[-4:],
        card_type=card_type(number) or "",
        month=month,
        year=year,
        cardholder_name=cardholder_name,
        indicators=dict(indicators(number)),
        trait=TRAITS.get(number),
    )
