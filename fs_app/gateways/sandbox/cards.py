"""Cards: read from a request, checked, shown in answers, and kept on file.

The number and the security code are local variables of `read_card`; what it returns holds neither.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from fs_app.domain.card import luhn_ok
from fs_app.gateways.sandbox import cardtable
from fs_app.gateways.sandbox.addresses import address_view, read_address
from fs_app.gateways.sandbox.exchange import (
    ID,
    Answer,
    Call,
    NotFound,
    Problems,
    Route,
    flag,
    refuse,
    section,
    text,
)
from fs_app.gateways.sandbox.store import Books, Card, Customer, Method, VaultedCard, global_id, new_id
from fs_app.gateways.sandbox.xml import Items, Tree

_DATE = re.compile(r"([0-9]{1,2})/([0-9]{4}|[0-9]{2})")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,36}")
_IMAGE = "https://assets.example.invalid/payment_method_logo/{}.png"


# --- reading --------------------------------------------------------------------------------------------------


def read_card(books: Books, given: Tree, problems: Problems, *path: str) -> Card | None:
    """The card of a request, None where it is not acceptable; every problem is noted at ``path``."""
    number = re.sub(r"[ -]", "", text(given, "number") or "")
    kind = cardtable.card_type(number)
    codes = [_number_problem(number, kind), _cvv_problem(text(given, "cvv"), kind)]
    month, year, date_problem = _expiry(given)
    codes.append(date_problem)
    found = [code for code in codes if code is not None]
    for code in found:
        problems.add(code, *path)
    if found or kind is None:
        return None
    return cardtable.recorded(books, number, month, year, text(given, "cardholder_name"))


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


def _expiry(given: Tree) -> tuple[str, str, str | None]:
    """Month, year and the problem, if there is one. A date in the past is accepted, as the real sandbox does."""
    date, month, year = (text(given, name) for name in ("expiration_date", "expiration_month", "expiration_year"))
    if date is None and month is None and year is None:
        return "", "", "81709"
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


def vaulted_view(vaulted: VaultedCard, now: datetime) -> Tree:
    """A card on file."""
    card = vaulted.card
    view: Tree = {
        "token": vaulted.token,
        "customer_id": vaulted.customer_id,
        "default": vaulted.default,
        "expired": is_expired(card, now),
        **card_view(card),
        "subscriptions": Items("subscription"),
        "verifications": Items("verification"),
        "created_at": vaulted.created_at,
        "updated_at": vaulted.updated_at,
        "global_id": global_id("paymentmethod_cc", vaulted.token),
        "venmo_sdk": False,
    }
    if vaulted.billing is not None:
        view["billing_address"] = address_view(vaulted.billing)
    return view


# --- keeping --------------------------------------------------------------------------------------------------


def check_token(books: Books, given: Tree, problems: Problems, *path: str) -> None:
    """Note what is wrong with a token that the request chose for a new card."""
    token = text(given, "token")
    if token is not None and not _TOKEN.fullmatch(token):
        problems.add("91718", *path)
    elif token in books.methods:
        problems.add("91719", *path)


def check_duplicate(
    books: Books, card: Card, given: Tree, customer: Customer | None, problems: Problems, *path: str
) -> None:
    """Note a number that is on file already, where the request's options forbid that."""
    options = section(given, "options")
    held = [
        method
        for method in books.methods.values()
        if isinstance(method, VaultedCard) and method.card.fingerprint == card.fingerprint
    ]
    if flag(options, "fail_on_duplicate_payment_method") and held:
        problems.add("81724", *path)
    if flag(options, "fail_on_duplicate_payment_method_for_customer") and any(
        customer is not None and vaulted.customer_id == customer.id for vaulted in held
    ):
        problems.add("81763", *path)


def keep_card(
    books: Books, customer: Customer, card: Card, given: Tree, billing: Tree | None, now: datetime
) -> VaultedCard:
    """Put a checked card on file. The first one, or one with ``make_default``, becomes the default."""
    default = not customer.methods or flag(section(given, "options"), "make_default")
    vaulted = VaultedCard(
        token=text(given, "token") or new_id(),
        customer_id=customer.id,
        card=card,
        created_at=now,
        updated_at=now,
        billing=billing,
    )
    customer.methods.append(vaulted)
    books.methods[vaulted.token] = vaulted
    if default:
        make_default(customer, vaulted)
    return vaulted


def make_default(customer: Customer, chosen: Method) -> None:
    """Exactly one method of a customer is the default."""
    for method in customer.methods:
        method.default = method is chosen


def change_card(call: Call, vaulted: VaultedCard, given: Tree, problems: Problems, *path: str) -> None:
    """Change a card on file. The token stays unless a new one is given; what is not given stays."""
    books, customer = call.books, call.books.customers[vaulted.customer_id]
    if text(given, "token") != vaulted.token:
        check_token(books, given, problems, *path)
    old, changed = vaulted.card, {**given}
    if not any(name.startswith("expiration_") for name in given):
        changed["expiration_date"] = f"{old.month}/{old.year}"
    new: Card | None
    if text(given, "number") is None:
        month, year, problem = _expiry(changed)
        for code in (problem, _cvv_problem(text(given, "cvv"), old.card_type)):
            if code is not None:
                problems.add(code, *path)
        new = replace(old, month=month, year=year)
    else:
        new = read_card(books, changed, problems, *path)
    billing = read_address(section(given, "billing_address"), problems, *path, "billing_address")
    problems.refuse(call)
    assert new is not None
    name = text(given, "cardholder_name") if "cardholder_name" in given else old.cardholder_name
    vaulted.card = replace(new, cardholder_name=name)
    vaulted.billing = _changed_billing(vaulted.billing, billing, section(given, "billing_address"))
    vaulted.updated_at = call.now
    books.methods[text(given, "token") or vaulted.token] = books.methods.pop(vaulted.token)
    vaulted.token = text(given, "token") or vaulted.token
    if flag(section(given, "options"), "make_default"):
        make_default(customer, vaulted)


def _changed_billing(old: Tree | None, new: Tree | None, given: Tree) -> Tree | None:
    if new is None:
        return old
    if old is not None and flag(section(given, "options"), "update_existing"):
        return {**old, **{name: value for name, value in new.items() if name in given}}
    return new


# --- endpoints ------------------------------------------------------------------------------------------------


def create(call: Call) -> Answer:
    """POST /payment_methods with root credit_card."""
    books, given, problems = call.books, call.params, Problems()
    if call.root != "credit_card":
        refuse(call, "91565", call.root)
    customer_id = text(given, "customer_id")
    customer = books.customers.get(customer_id or "")
    if customer is None:
        problems.add("91705" if customer_id else "91704", "credit_card")
    card = read_card(books, given, problems, "credit_card")
    check_token(books, given, problems, "credit_card")
    if card is not None:
        check_duplicate(books, card, given, customer, problems, "credit_card")
    billing = read_address(section(given, "billing_address"), problems, "credit_card", "billing_address")
    problems.refuse(call)
    assert customer is not None and card is not None
    return _answer(201, keep_card(books, customer, card, given, billing, call.now), call)


def find(call: Call) -> Answer:
    """GET /payment_methods/credit_card/TOKEN and /payment_methods/any/TOKEN."""
    return _answer(200, _on_file(call), call)


def update(call: Call) -> Answer:
    """PUT /payment_methods/credit_card/TOKEN."""
    vaulted = _on_file(call)
    change_card(call, vaulted, call.params, Problems(), call.root)
    return _answer(200, vaulted, call)


def delete(call: Call) -> Answer:
    """DELETE /payment_methods/credit_card/TOKEN: the next oldest card becomes the default."""
    vaulted = _on_file(call)
    customer = call.books.customers[vaulted.customer_id]
    customer.methods.remove(vaulted)
    del call.books.methods[vaulted.token]
    if vaulted.default and customer.methods:
        make_default(customer, customer.methods[0])
    return Answer(200)


def _on_file(call: Call) -> VaultedCard:
    vaulted = call.books.card(call.args[0])
    if vaulted is None:
        raise NotFound
    return vaulted


def _answer(status: int, vaulted: VaultedCard, call: Call) -> Answer:
    node: Any = vaulted_view(vaulted, call.now)
    return Answer(status, "credit_card", node)


ROUTES: tuple[Route, ...] = (
    ("POST", "/payment_methods", create),
    ("GET", f"/payment_methods/(?:credit_card|any)/{ID}", find),
    ("PUT", f"/payment_methods/(?:credit_card|any)/{ID}", update),
    ("DELETE", f"/payment_methods/(?:credit_card|any)/{ID}", delete),
)
