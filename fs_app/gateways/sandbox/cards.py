"""Cards: read from a request, checked, and shown in answers.

The number and the security code are local variables of `read_card`; what it returns holds neither.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from fs_app.domain.card import luhn_ok
from fs_app.gateways.sandbox import cardtable
from fs_app.gateways.sandbox.exchange import Problems, text
from fs_app.gateways.sandbox.store import Books, Card
from fs_app.gateways.sandbox.xml import Tree

_DATE = re.compile(r"([0-9]{1,2})/([0-9]{4}|[0-9]{2})")
_IMAGE = "https://assets.example.invalid/payment_method_logo/{}.png"


# --- reading --------------------------------------------------------------------------------------------------


def read_card(books: Books, given: Tree, problems: Problems, *path: str, base: Card | None = None) -> Card | None:
    """The card of a request, None where it is not acceptable; every problem is noted at ``path``.

    ``base`` is the card that the request starts from, by a nonce or on file: what is not given stays as there.
    """
    number = re.sub(r"[ -]", "", text(given, "number") or "")
    keeps_number = base is not None and text(given, "number") is None
    kind = base.card_type if base is not None and keeps_number else cardtable.card_type(number)
    month, year, date_problem = _expiry(given, base)
    holder = text(given, "cardholder_name")
    codes = [
        "81723" if len(holder or "") > 175 else None,
        None if keeps_number else _number_problem(number, kind),
        _cvv_problem(text(given, "cvv"), kind),
        date_problem,
    ]
    found = [code for code in codes if code is not None]
    for code in found:
        problems.add(code, *path)
    if found:
        return None
    if base is not None and "cardholder_name" not in given:
        holder = base.cardholder_name
    if base is not None and keeps_number:
        return replace(base, month=month, year=year, cardholder_name=holder)
    return cardtable.recorded(books, number, month, year, holder)


def _number_problem(number: str, kind: str | None) -> str | None:
    if not number:
        return "81714"
    if not re.fullmatch(r"[0-9]{12,19}", number):
        return "81716"
    if not luhn_ok(number):
        return "81715"
    if kind is None:
        return "81703"
    return None if number in cardtable.TEST_NUMBERS else "81717"


def _cvv_problem(cvv: str | None, kind: str | None) -> str | None:
    length = 4 if kind == "American Express" else 3
    return None if cvv is None or re.fullmatch(rf"[0-9]{{{length}}}", cvv) else "81707"


def _expiry(given: Tree, base: Card | None) -> tuple[str, str, str | None]:
    """Month, year and the problem, if there is one. A date in the past is accepted, as the real sandbox does."""
    date, month, year = (text(given, name) for name in ("expiration_date", "expiration_month", "expiration_year"))
    if date is None and month is None and year is None:
        return ("", "", "81709") if base is None else (base.month, base.year, None)
    if date is None:
        if not re.fullmatch(r"[0-9]{1,2}", month or ""):
            return "", "", "81712"
        if not re.fullmatch(r"[0-9]{4}|[0-9]{2}", year or ""):
            return "", "", "81713"
        date = f"{month}/{year}"
    match = _DATE.fullmatch(date)
    if match is None or not 1 <= int(match[1]) <= 12:
        return "", "", "81710"
    return f"{int(match[1]):02d}", match[2] if len(match[2]) == 4 else f"20{match[2]}", None


# --- showing --------------------------------------------------------------------------------------------------


def is_expired(card: Card, now: datetime) -> bool:
    """True from the first day after the card's month."""
    return (card.year, card.month) < (f"{now.year}", f"{now.month:02d}")


def card_view(card: Card) -> Tree:
    """The fields that a card has in every answer."""
    return {
        "bin": card.bin,
        "last_4": card.last_4,
        "card_type": card.card_type,
        "expiration_month": card.month,
        "expiration_year": card.year,
        "cardholder_name": card.cardholder_name,
        "customer_location": "US",
        "image_url": _IMAGE.format(card.card_type.lower().replace(" ", "_")),
        "is_network_tokenized": False,
        "unique_number_identifier": card.fingerprint,
        **card.indicators,
    }
