"""Customers: create, find, update and delete, with what they have on file."""

from __future__ import annotations

import re

from fs_app.gateways.sandbox import nonces, payment_methods
from fs_app.gateways.sandbox.addresses import address_view, phone_view, read_phone
from fs_app.gateways.sandbox.exchange import ID, Answer, Call, NotFound, Problems, Route, section, text, texts
from fs_app.gateways.sandbox.store import Customer, global_id, new_number
from fs_app.gateways.sandbox.vault import make_default
from fs_app.gateways.sandbox.xml import Items, Tree

DETAILS = ("first_name", "last_name", "company", "email", "website", "phone", "fax")
_LONGEST = {
    "company": "81601",
    "email": "81605",
    "fax": "81607",
    "first_name": "81608",
    "last_name": "81613",
    "phone": "81614",
    "website": "81615",
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_ID = re.compile(r"[A-Za-z0-9_-]+")


def read_details(given: Tree, problems: Problems, *path: str) -> Tree:
    """Names and ways to reach a person; the problems are noted at ``path``."""
    if not _EMAIL.fullmatch(text(given, "email") or "nobody@example.com"):
        problems.add("81604", *path)
    for name, code in _LONGEST.items():
        if len(text(given, name) or "") > 255:
            problems.add(code, *path)
    return {
        **{name: text(given, name) for name in DETAILS},
        "international_phone": read_phone(given, problems, *path),
    }


def check_id(call: Call, customer_id: str | None, problems: Problems, *path: str) -> None:
    """Note what is wrong with an id that the request chose for a new customer."""
    if len(customer_id or "") > 36:
        problems.add("91612", *path)
    elif customer_id is not None and not _ID.fullmatch(customer_id):
        problems.add("91610", *path)
    elif customer_id in call.books.customers:
        problems.add("91609", *path)


def details_view(customer_id: str | None, details: Tree) -> Tree:
    """The customer as a transaction shows it."""
    return {
        "id": customer_id,
        **{name: details.get(name) for name in DETAILS},
        "international_phone": phone_view(details),
        "global_id": global_id("customer", customer_id) if customer_id else None,
    }


def customer_view(customer: Customer, call: Call) -> Tree:
    """The customer with all that is on file."""
    return {
        **details_view(customer.id, customer.details),
        "merchant_id": call.books.merchant.id,
        "created_at": customer.created_at,
        "updated_at": customer.updated_at,
        "custom_fields": customer.details.get("custom_fields") or "",
        **payment_methods.views(customer, call.now),
        "addresses": Items("address", [address_view(address) for address in customer.addresses.values()]),
    }


def new_customer(call: Call, customer_id: str | None, details: Tree) -> Customer:
    """Put a customer on file."""
    customer = Customer(customer_id or new_number(), call.now, call.now, details)
    call.books.customers[customer.id] = customer
    return customer


def create(call: Call) -> Answer:
    """POST /customers; a problem with the payment method, or a declined verification of it, creates nothing."""
    given, problems = call.params, Problems()
    details = _details(call, problems)
    check_id(call, text(given, "id"), problems, "customer")
    offer = _offer(call, None, problems)
    problems.refuse(call)
    customer_id = text(given, "id") or new_number()
    if offer is not None:
        offer.verify({"id": customer_id, **details})
    customer = new_customer(call, customer_id, details)
    if offer is not None:
        offer.keep(customer)
    return Answer(201, "customer", customer_view(customer, call))


def find(call: Call) -> Answer:
    """GET /customers/ID."""
    return Answer(200, "customer", customer_view(_known(call), call))


def update(call: Call) -> Answer:
    """PUT /customers/ID: what is not given stays; a card is added, or changed with update_existing_token."""
    customer, given, problems = _known(call), call.params, Problems()
    details = _details(call, problems)
    if text(given, "id") not in (None, customer.id):
        check_id(call, text(given, "id"), problems, "customer")
    token = text(section(given, "credit_card", "options"), "update_existing_token")
    default = text(given, "default_payment_method_token")
    tokens = {method.token for method in customer.methods}
    if any(name is not None and name not in tokens for name in (token, default)):
        problems.add("91723", "customer", "credit_card", "options")
    card, chosen = call.books.card(token), call.books.methods.get(default or "")
    offer: payment_methods.Offer | None = None
    if card is not None:
        path = ("customer", "credit_card")
        offer = payment_methods.replacement(call, card, section(given, "credit_card"), customer, problems, *path)
    elif not token:
        offer = _offer(call, customer, problems)
    problems.refuse(call)
    if offer is not None:
        offer.verify({"id": customer.id, **customer.details})
        offer.keep(customer)
    customer.details.update({name: value for name, value in details.items() if name in given})
    customer.updated_at = call.now
    if chosen is not None:
        make_default(customer, chosen)
    _rename(call, customer, text(given, "id"))
    return Answer(200, "customer", customer_view(customer, call))


def delete(call: Call) -> Answer:
    """DELETE /customers/ID with all cards."""
    customer = _known(call)
    for method in customer.methods:
        del call.books.methods[method.token]
    del call.books.customers[customer.id]
    return Answer(200)


def _offer(call: Call, customer: Customer | None, problems: Problems) -> payment_methods.Offer | None:
    """The payment method inside a customer request; its nonce may stand beside the card or in it."""
    given = {**section(call.params, "credit_card")}
    nonce = text(call.params, "payment_method_nonce")
    if nonce is not None:
        given["payment_method_nonce"] = nonce
    if not given:
        return None
    path = ("customer", "credit_card")
    return payment_methods.offered(call, given, customer, problems, *path, root=path, codes=nonces.CREDIT_CARD)


def _details(call: Call, problems: Problems) -> Tree:
    custom = section(call.params, "custom_fields")
    if custom.keys() - call.books.merchant.custom_fields:
        problems.add("91602", "customer")
    return {**read_details(call.params, problems, "customer"), "custom_fields": texts(custom)}


def _known(call: Call) -> Customer:
    customer = call.books.customers.get(call.args[0])
    if customer is None:
        raise NotFound
    return customer


def _rename(call: Call, customer: Customer, new_id: str | None) -> None:
    if new_id is None or new_id == customer.id:
        return
    call.books.customers[new_id] = call.books.customers.pop(customer.id)
    customer.id = new_id
    for method in customer.methods:
        method.customer_id = new_id
    for address in customer.addresses.values():
        address["customer_id"] = new_id


ROUTES: tuple[Route, ...] = (
    ("POST", "/customers", create),
    ("GET", f"/customers/{ID}", find),
    ("PUT", f"/customers/{ID}", update),
    ("DELETE", f"/customers/{ID}", delete),
)
