"""Postal addresses: of a transaction's billing and shipping, of a card, and a customer's own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from fs_app.gateways.sandbox import countries
from fs_app.gateways.sandbox.exchange import ID, Answer, Call, NotFound, Problems, Route, section, text
from fs_app.gateways.sandbox.store import Customer, new_id
from fs_app.gateways.sandbox.xml import Tree

# Text of an address, and the code for more than 255 characters of it.
_LONGEST: Mapping[str, str] = {
    "first_name": "81805",
    "last_name": "81806",
    "company": "81802",
    "street_address": "81812",
    "extended_address": "81804",
    "locality": "81807",
    "region": "81810",
}
FIELDS = (*_LONGEST, "postal_code", *countries.FIELDS, "phone_number")
_POSTAL_CODE = re.compile(r"[A-Za-z0-9 -]*")


def read_address(given: Tree, problems: Problems, *path: str) -> Tree | None:
    """The address of a request, None where none is given; problems are noted at ``path``."""
    if not any(text(given, name) for name in FIELDS) and not section(given, "international_phone"):
        return None
    for name, code in _LONGEST.items():
        if len(text(given, name) or "") > 255:
            problems.add(code, *path)
    _check_postal_code(text(given, "postal_code") or "", problems, *path)
    country = countries.complete(given, problems, *path)
    return {
        **{name: text(given, name) for name in FIELDS},
        **country,
        "international_phone": read_phone(given, problems, *path),
    }


def _check_postal_code(code: str, problems: Problems, *path: str) -> None:
    if not _POSTAL_CODE.fullmatch(code):
        problems.add("81813", *path)
    elif len(re.sub(r"[ -]", "", code)) > 9:
        problems.add("81809", *path)


def read_phone(given: Tree, problems: Problems, *path: str) -> Tree:
    """The international phone of an address or a customer, empty where there is none; one problem at most."""
    phone = section(given, "international_phone")
    if phone and not re.fullmatch(r"[0-9]{1,3}", text(phone, "country_code") or ""):
        problems.add("91625", *path)
    elif phone and not re.fullmatch(r"[0-9]{4,12}", text(phone, "national_number") or ""):
        problems.add("91626", *path)
    return phone


def add_address(customer: Customer, address: Tree, now: datetime) -> Tree:
    """Give an address to a customer; the same one if the customer has it already."""
    if address.get("id") in customer.addresses:
        return customer.addresses[address["id"]]
    key = next(key for key in iter(lambda: new_id(2), None) if key not in customer.addresses)
    kept = {**address, "id": key, "customer_id": customer.id, "created_at": now, "updated_at": now}
    customer.addresses[key] = kept
    return kept


def change_address(address: Tree, given: Tree, new: Tree, now: datetime) -> None:
    """Write the fields that the request gives into an address on file; the country's four go together."""
    names = {name for name in FIELDS if name in given} | {"international_phone"} & given.keys()
    if names & countries.FIELDS.keys():
        names |= countries.FIELDS.keys()
    address.update({name: new[name] for name in names}, updated_at=now)


def address_view(address: Tree) -> Tree:
    """Every field of an address, nil where there is nothing."""
    return {
        "id": address.get("id"),
        **({"customer_id": address["customer_id"]} if "customer_id" in address else {}),
        **{name: address.get(name) for name in FIELDS},
        "international_phone": phone_view(address),
        **{name: address[name] for name in ("created_at", "updated_at") if name in address},
    }


def phone_view(holder: Tree) -> Tree:
    """The international phone of an address or a customer, its fields nil where there is none."""
    phone = holder.get("international_phone") or {}
    return {name: phone.get(name) for name in ("country_code", "national_number")}


# --- endpoints ------------------------------------------------------------------------------------------------


def create(call: Call) -> Answer:
    """POST /customers/ID/addresses."""
    customer, problems = _owner(call), Problems()
    address = read_address(call.params, problems, "address")
    if address is None:
        problems.add("81801", "address")
    problems.refuse(call)
    assert address is not None
    return Answer(201, "address", address_view(add_address(customer, address, call.now)))


def find(call: Call) -> Answer:
    """GET /customers/ID/addresses/ID."""
    return Answer(200, "address", address_view(_known(call)))


def update(call: Call) -> Answer:
    """PUT /customers/ID/addresses/ID: what is not given stays."""
    address, problems = _known(call), Problems()
    new = read_address(call.params, problems, "address")
    problems.refuse(call)
    change_address(address, call.params, new or dict.fromkeys((*FIELDS, "international_phone")), call.now)
    return Answer(200, "address", address_view(address))


def delete(call: Call) -> Answer:
    """DELETE /customers/ID/addresses/ID, from the cards it is the billing address of too."""
    customer, address = _owner(call), _known(call)
    del customer.addresses[address["id"]]
    for vaulted in customer.cards:
        if vaulted.billing is address:
            vaulted.billing = None
    return Answer(200)


def _owner(call: Call) -> Customer:
    customer = call.books.customers.get(call.args[0])
    if customer is None:
        raise NotFound
    return customer


def _known(call: Call) -> Tree:
    address = _owner(call).addresses.get(call.args[1])
    if address is None:
        raise NotFound
    return address


_ONE = f"/customers/{ID}/addresses/{ID}"
ROUTES: tuple[Route, ...] = (
    ("POST", f"/customers/{ID}/addresses", create),
    ("GET", _ONE, find),
    ("PUT", _ONE, update),
    ("DELETE", _ONE, delete),
)
