"""Nonces: single-use names for a payment method that has been handed in but not yet used.

Whoever tokenises issues one; whoever charges or keeps the method first looks at it with `find`, notes what is wrong
with it among the other problems of the request, and spends it once the request is accepted. ``fake-...-nonce`` are
Braintree's published ones: always there, never used up.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from fs_app.gateways.sandbox import cardtable
from fs_app.gateways.sandbox.exchange import ID, Answer, Call, NotFound, Problems, Route
from fs_app.gateways.sandbox.store import Books, Card, Method, Nonce, VaultedCard
from fs_app.gateways.sandbox.xml import Tree


class Codes(NamedTuple):
    """The validation codes of one kind of request for a nonce that cannot be used."""

    unknown: str
    consumed: str


TRANSACTION = Codes("91565", "91564")
CREDIT_CARD = Codes("91732", "91731")
PAYMENT_METHOD = Codes("93108", "93107")


def issue(books: Books, subject: Any, *, name: str | None = None, **more: Any) -> Nonce:
    """A new nonce for ``subject``: a card or bank account as handed in, or a `Method` on file.

    ``more`` are further fields of `Nonce`: what was handed in with it.
    """
    nonce = Nonce(name or str(uuid.uuid4()), subject, **more)
    books.nonces[nonce.id] = nonce
    return nonce


def peek(books: Books, name: str, now: datetime) -> Nonce | None:
    """The nonce of that name, used up or not; None where there is none."""
    make = FAKE.get(name)
    if make is not None:
        return make(books, name, now)
    nonce = books.nonces.get(name)
    if nonce is not None and isinstance(nonce.subject, Method) and nonce.subject.token not in books.methods:
        return None  # what it points at is no longer on file
    return nonce


def find(books: Books, name: str, now: datetime, problems: Problems, codes: Codes, *path: str) -> Nonce | None:
    """The nonce if it can still be used; otherwise the problem is noted at ``path``."""
    nonce = peek(books, name, now)
    if nonce is None:
        problems.add(codes.unknown, *path)
    elif nonce.consumed:
        problems.add(codes.consumed, *path)
    else:
        return nonce
    return None


def spend(nonce: Nonce) -> None:
    """Use it up; a published one stays."""
    nonce.consumed = nonce.id not in FAKE


@dataclass(frozen=True, slots=True)
class _FakeCard:
    """A published nonce of a card: made anew at every look, valid to the end of next year."""

    number: str
    special: Mapping[str, str] | None = None

    def __call__(self, books: Books, name: str, now: datetime) -> Nonce:
        card = cardtable.recorded(books, self.number, "12", f"{now.year + 1}")
        card.indicators.update(self.special or {})
        return Nonce(name, card, billing={"postal_code": "94107"}, cvv="M")


def _consumed(_books: Books, name: str, _now: datetime) -> Nonce:
    return Nonce(name, None, consumed=True)


def _luhn_invalid(_books: Books, name: str, _now: datetime) -> Nonce:
    return Nonce(name, None, problems=("81715",))


# Braintree's published nonces: what makes each.
FAKE: dict[str, Callable[[Books, str, datetime], Nonce]] = {
    "fake-consumed-nonce": _consumed,
    "fake-luhn-invalid-nonce": _luhn_invalid,
    "fake-valid-nonce": _FakeCard("4012888888881881"),
    "fake-valid-visa-nonce": _FakeCard("4012888888881881"),
    "fake-valid-mastercard-nonce": _FakeCard("5555555555554444"),
    "fake-valid-amex-nonce": _FakeCard("378282246310005"),
    "fake-valid-discover-nonce": _FakeCard("6011111111111117"),
    "fake-valid-jcb-nonce": _FakeCard("3530111333300000"),
    "fake-valid-maestro-nonce": _FakeCard("6304000000000000"),
    "fake-valid-dinersclub-nonce": _FakeCard("36259600000004"),
    "fake-valid-debit-nonce": _FakeCard("4117101010101010"),
    "fake-valid-prepaid-nonce": _FakeCard("4111111111111210"),
    "fake-valid-commercial-nonce": _FakeCard("4111111111131010"),
    "fake-valid-healthcare-nonce": _FakeCard("4111111510101010"),
    "fake-valid-payroll-nonce": _FakeCard("4111111114101010"),
    "fake-valid-durbin-regulated-nonce": _FakeCard("4111161010101010"),
    "fake-valid-business-nonce": _FakeCard("4229989800000003"),
    "fake-valid-consumer-nonce": _FakeCard("4229989700000004"),
    "fake-valid-corporate-nonce": _FakeCard("4229989100000000"),
    "fake-valid-purchase-nonce": _FakeCard("4229989500000006"),
    "fake-valid-prepaid-reloadable-nonce": _FakeCard("4229989900000002"),
    "fake-valid-issuing-bank-network-only-nonce": _FakeCard("4111111141010101"),
    "fake-valid-country-of-issuance-usa-nonce": _FakeCard("4111111111121102"),
    "fake-valid-country-of-issuance-cad-nonce": _FakeCard("4111111111111111", {"country_of_issuance": "CAN"}),
    "fake-valid-no-indicators-nonce": _FakeCard("4111111111310101"),
    "fake-valid-unknown-indicators-nonce": _FakeCard("4111111111112101"),
    "fake-processor-declined-visa-nonce": _FakeCard("4000111111111115"),
    "fake-processor-declined-mastercard-nonce": _FakeCard("5105105105105100"),
    "fake-processor-declined-amex-nonce": _FakeCard("378734493671000"),
    "fake-processor-declined-discover-nonce": _FakeCard("6011000990139424"),
    "fake-gateway-rejected-fraud-nonce": _FakeCard("4000111111111511"),
    "fake-gateway-rejected-risk-thresholds-nonce": _FakeCard("4111130000000003"),
}


# --- endpoints ------------------------------------------------------------------------------------------------


def _card_details(card: Card) -> Tree:
    return {
        "bin": card.bin,
        "last_two": card.last_4[-2:],
        "last_four": card.last_4,
        "card_type": card.card_type,
        "expiration_month": card.month,
        "expiration_year": card.year,
        "cardholder_name": card.cardholder_name,
    }


def _nothing(_subject: Any) -> Tree:
    return {}


# By what the nonce stands for: the name of the type, the details, and what is known of the card's number.
VIEWS: dict[type, tuple[str, Callable[[Any], Tree], Callable[[Any], Tree]]] = {
    Card: ("CreditCard", _card_details, lambda card: card.indicators),
    VaultedCard: ("CreditCard", lambda v: _card_details(v.card), lambda v: v.card.indicators),
    type(None): ("CreditCard", _nothing, _nothing),
}


def create(call: Call) -> Answer:
    """POST /payment_methods/TOKEN/nonces: a nonce that points at a method on file."""
    method = call.books.methods.get(call.args[0])
    if method is None:
        raise NotFound
    return Answer(201, "payment_method_nonce", nonce_view(issue(call.books, method)))


def show(call: Call) -> Answer:
    """GET /payment_method_nonces/NONCE."""
    nonce = peek(call.books, call.args[0], call.now)
    if nonce is None:
        raise NotFound
    return Answer(200, "payment_method_nonce", nonce_view(nonce))


def nonce_view(nonce: Nonce) -> Tree:
    """A nonce and what may be told of the method behind it."""
    kind, details, bin_data = VIEWS[type(nonce.subject)]
    return {
        "nonce": nonce.id,
        "type": kind,
        "details": details(nonce.subject) or None,
        "bin_data": bin_data(nonce.subject) or None,
        "three_d_secure_info": None,
        "authentication_insight": None,
        "consumed": nonce.consumed,
        "default": isinstance(nonce.subject, VaultedCard) and nonce.subject.default,
    }


ROUTES: tuple[Route, ...] = (
    ("POST", f"/payment_methods/{ID}/nonces", create),
    ("GET", f"/payment_method_nonces/{ID}", show),
)
