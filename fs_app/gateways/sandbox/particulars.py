"""What a transaction may carry besides the money: level 2 and 3 data, line items, where it goes.

None of it changes what the processor says. It is checked, kept and answered as given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from fs_app.gateways.sandbox.exchange import ID, Answer, Call, NotFound, Problems, Route, text
from fs_app.gateways.sandbox.xml import Items, Tree


class _Amount(NamedTuple):
    """The codes for an amount that is wrong. Without ``positive`` it may be zero."""

    not_a_number: str
    negative: str
    too_large: str
    required: str | None = None
    positive: bool = False
    places: int = 2


_LARGEST = Decimal("99999999.99")
_AMOUNTS: Mapping[str, _Amount] = {
    "tax_amount": _Amount("81535", "81534", "81536"),
    "discount_amount": _Amount("915159", "915160", "915161"),
    "shipping_amount": _Amount("915162", "915163", "915164"),
}

# Section of the transaction, field, code, and what the field has to look like.
_PATTERNS: tuple[tuple[str | None, str, str, str], ...] = (
    (None, "purchase_order_number", "91537", r".{0,17}"),
    (None, "purchase_order_number", "91548", r"[ -~]+"),
    (None, "channel", "91550", r"(?s:.{0,255})"),
    (None, "ships_from_postal_code", "915165", r".{0,9}"),
    (None, "ships_from_postal_code", "915167", r"[A-Za-z0-9 -]*"),
    (None, "product_sku", "915202", r"[A-Za-z0-9_-]*"),
    (None, "exchange_rate_quote_id", "915229", r"(?s:.{0,4000})"),
    (None, "processing_merchant_category_code", "915265", r"[0-9]{4}"),
    (
        None,
        "sca_exemption",
        "915213",
        "low_value|secure_corporate|trusted_beneficiary|transaction_risk_analysis",
    ),
    ("billing", "phone_number", "915206", r"[0-9()+. x-]{0,255}"),
    ("shipping", "phone_number", "915204", r"[0-9()+. x-]{0,255}"),
    (
        "shipping",
        "shipping_method",
        "915203",
        "same_day|next_day|priority|ground|electronic|ship_to_store|pickup_in_store",
    ),
    ("risk_data", "customer_location_zip", "94703", r"[A-Za-z0-9 -]*"),
    ("risk_data", "customer_location_zip", "94705", r".{0,9}"),
    ("external_vault", "status", "915175", "will_vault|vaulted"),
    ("external_vault", "previous_network_transaction_id", "915179", r"[A-Za-z0-9]{9,15}"),
)

# Answered as given, nil where absent.
FIELDS = (
    "purchase_order_number",
    "channel",
    "tax_amount",
    "tax_exempt",
    "discount_amount",
    "shipping_amount",
    "shipping_tax_amount",
    "surcharge_amount",
    "ships_from_postal_code",
)

_MOST_ITEMS = 249
_LARGEST_IN_ITEM = Decimal(2147483647)
_ITEM_AMOUNTS: Mapping[str, _Amount] = {
    "quantity": _Amount("95810", "95810", "95812", required="95811", places=4),
    "unit_amount": _Amount("95817", "95820", "95819", required="95818", positive=True, places=4),
    "unit_tax_amount": _Amount("95824", "95826", "95825"),
    "discount_amount": _Amount("95804", "95806", "95805"),
    "tax_amount": _Amount("95827", "95829", "95828"),
    "total_amount": _Amount("95813", "95816", "95815", required="95814", positive=True),
}
_ITEM_TEXTS: Mapping[str, tuple[str, int]] = {
    "name": ("95823", 35),
    "description": ("95803", 127),
    "unit_of_measure": ("95821", 12),
    "product_code": ("95809", 12),
    "commodity_code": ("95801", 12),
    "upc_code": ("95831", 17),
}
_ITEM_FIELDS = (*_ITEM_TEXTS, *_ITEM_AMOUNTS, "kind", "upc_type", "url", "image_url")
_UPC_TYPES = ("UPC-A", "UPC-B", "UPC-C", "UPC-D", "UPC-E", "UPC-2", "UPC-5")


def read_particulars(call: Call, problems: Problems) -> Tree:
    """The fields to keep with the transaction; problems are noted."""
    params = call.params
    for name, codes in _AMOUNTS.items():
        _check_amount(text(params, name), codes, _LARGEST, problems, "transaction")
    for part, name, code, pattern in _PATTERNS:
        given = text(params if part is None else call.section(part), name)
        if given is not None and not re.fullmatch(pattern, given):
            problems.add(code, "transaction", *([part] if part else []))
    vault = call.section("external_vault")
    if text(vault, "status") == "will_vault" and text(vault, "previous_network_transaction_id") is not None:
        problems.add("915177", "transaction", "external_vault")
    kept: Tree = {name: params.get(name) if isinstance(params.get(name), str | bool) else None for name in FIELDS}
    kept["line_items"] = _read_items(params.get("line_items"), problems)
    if params.get("foreign_retailer") in (True, "true"):
        kept["foreign_retailer"] = True
    return kept


def _check_amount(given: str | None, codes: _Amount, largest: Decimal, problems: Problems, *path: str) -> None:
    if given is None:
        if codes.required is not None:
            problems.add(codes.required, *path)
    elif not re.fullmatch(rf"-?[0-9]+(\.[0-9]{{1,{codes.places}}})?", given):
        problems.add(codes.not_a_number, *path)
    elif Decimal(given) < 0 or (codes.positive and Decimal(given) == 0):
        problems.add(codes.negative, *path)
    elif Decimal(given) > largest:
        problems.add(codes.too_large, *path)


def _read_items(given: Any, problems: Problems) -> list[Tree]:
    items = given if isinstance(given, list) else []
    if len(items) > _MOST_ITEMS:
        problems.add("915157", "transaction")
        return []
    return [_read_item(item, problems, f"index_{i}") for i, item in enumerate(items) if isinstance(item, dict)]


def _read_item(given: Tree, problems: Problems, index: str) -> Tree:
    path = ("transaction", "line_items", index)
    for name, codes in _ITEM_AMOUNTS.items():
        _check_amount(text(given, name), codes, _LARGEST_IN_ITEM, problems, *path)
    for name, (code, longest) in _ITEM_TEXTS.items():
        if len(text(given, name) or "") > longest:
            problems.add(code, *path)
    for name, code in (("name", "95822"), ("kind", "95808")):
        if text(given, name) is None:
            problems.add(code, *path)
    if text(given, "kind") not in (None, "debit", "credit"):
        problems.add("95807", *path)
    _check_upc(given, problems, *path)
    return {name: _written(name, text(given, name)) for name in _ITEM_FIELDS}


def _check_upc(given: Tree, problems: Problems, *path: str) -> None:
    code, kind = text(given, "upc_code"), text(given, "upc_type")
    if kind is not None and kind not in _UPC_TYPES:
        problems.add("95833", *path)
    if code is None and kind is not None:
        problems.add("95830", *path)
    if kind is None and code is not None:
        problems.add("95832", *path)


def _written(name: str, given: str | None) -> str | None:
    """Amounts of two decimals are answered with both of them."""
    codes = _ITEM_AMOUNTS.get(name)
    if given is None or codes is None or codes.places != 2 or not re.fullmatch(r"[0-9.]+", given):
        return given
    return f"{Decimal(given):.2f}"


def line_items(call: Call) -> Answer:
    """GET /transactions/ID/line_items."""
    transaction = call.books.transactions.get(call.args[0])
    if transaction is None:
        raise NotFound
    return Answer(200, "line_items", Items("line_item", transaction.details.get("line_items", [])))


ROUTES: tuple[Route, ...] = (("GET", f"/transactions/{ID}/line_items", line_items),)
