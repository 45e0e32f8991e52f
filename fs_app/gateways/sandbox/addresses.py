"""Postal addresses: of a transaction's billing and shipping, and of a card on file."""

from __future__ import annotations

import re

from fs_app.gateways.sandbox.exchange import Problems, section, text
from fs_app.gateways.sandbox.store import new_id
from fs_app.gateways.sandbox.xml import Tree

FIELDS = (
    "first_name",
    "last_name",
    "company",
    "street_address",
    "extended_address",
    "locality",
    "region",
    "postal_code",
    "country_name",
    "country_code_alpha2",
    "country_code_alpha3",
    "country_code_numeric",
    "phone_number",
)
_POSTAL_CODE = re.compile(r"[A-Za-z0-9 -]*")


def read_address(given: Tree, problems: Problems, *path: str) -> Tree | None:
    """An address with an id of its own, None where none is given; problems are noted at ``path``."""
    check_postal_code(given, problems, *path)
    if not any(text(given, name) for name in FIELDS):
        return None
    phone = section(given, "international_phone")
    return {"id": new_id(2), **{name: text(given, name) for name in FIELDS}, "international_phone": phone}


def check_postal_code(given: Tree, problems: Problems, *path: str) -> None:
    """Note a postal code that no country has."""
    code = text(given, "postal_code") or ""
    if not _POSTAL_CODE.fullmatch(code):
        problems.add("81813", *path)
    elif len(re.sub(r"[ -]", "", code)) > 9:
        problems.add("81809", *path)


def address_view(address: Tree) -> Tree:
    """Every field of an address, nil where there is nothing."""
    return {
        "id": address.get("id"),
        **{name: address.get(name) for name in FIELDS},
        "international_phone": phone_view(address),
    }


def phone_view(holder: Tree) -> Tree:
    """The international phone of an address or a customer, its fields nil where there is none."""
    phone = holder.get("international_phone") or {}
    return {name: phone.get(name) for name in ("country_code", "national_number")}
