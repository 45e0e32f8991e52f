"""What an operator's statements take and return, and what can be wrong with them.

At start every statement is run with nothing bound and no row asked for, so that a wrong table, column or name is
found before a call finds it. The page that says the same to operators: docs/billing-database.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from fs_app.yamlfile import did_you_mean


@dataclass(frozen=True, slots=True)
class Shape:
    """What one statement takes and returns. One name of each group in ``needs`` must be there."""

    parameter: str
    needs: tuple[tuple[str, ...], ...]
    may: tuple[str, ...]

    @property
    def known(self) -> set[str]:
        return {name for group in self.needs for name in group} | set(self.may)


HOLDER = ("first_name", "last_name", "business_name", "street", "locality", "region")
MONEY = ("due", "minimum", "late_fee", "discount", "credit", "price", "copay")
"""What is in major units by this name, or in minor ones with ``_minor`` behind it."""

_ACCOUNT = (("id",), ("number",))
_ACCOUNT_MAY = (
    *("closed", "language", "postal_code", "pin_hash", "receipt_to", "birth_date"),
    *("credit", "credit_minor", "credit_currency", *HOLDER),
)
_BILL = (("id",), ("currency",), ("due", "due_minor"))
_BILL_MAY = (
    *("due_date", "minimum", "minimum_minor", "balance_as_of", "kind"),
    *("late_fee", "late_fee_minor", "discount", "discount_minor", "discount_until"),
)
SHAPES = {
    "account_by_number": Shape("number", _ACCOUNT, _ACCOUNT_MAY),
    "account_by_caller_id": Shape("caller_id", _ACCOUNT, _ACCOUNT_MAY),
    "account_by_customer_number": Shape("customer_number", _ACCOUNT, _ACCOUNT_MAY),
    "account_by_bill_number": Shape("bill_number", _ACCOUNT, _ACCOUNT_MAY),
    "open_bills": Shape("account_id", _BILL, (*_BILL_MAY, "number")),
    "bill_by_number": Shape("bill_number", (*_BILL, ("account_id",)), (*_BILL_MAY, "number")),
    "subscriptions": Shape("account_id", (("id",), ("plan",), ("expires_on",)), ("as_of",)),
    "subscription_offers": Shape("plan", (("plan",), ("months",), ("price", "price_minor"), ("currency",)), ()),
    "appointments": Shape(
        "account_id",
        (("id",), ("day",), ("starts",)),
        ("copay", "copay_minor", "currency", "balance_as_of"),
    ),
}

# What is not SQL's own words: strings, quoted names, comments.
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/", re.DOTALL)
_WRITES = re.compile(r"\b(INTO|UPDATE|DELETE|FOR\s+SHARE|LOCK\s+IN)\b", re.IGNORECASE)


def text_problems(sql: str, shape: Shape) -> list[str]:
    """What can be said without the database."""
    words = _QUOTED.sub(" ", sql)
    if ";" in words:
        return ["one statement only, without ';'"]
    if not re.match(r"\s*(SELECT|WITH)\b", words, re.IGNORECASE):
        return ["this should start with SELECT or WITH"]
    writing = _WRITES.search(words)
    if writing:
        return [f"this should only read: {writing[0]!r} is not for here"]
    names = set(text(sql).compile().params)
    if shape.parameter not in names:
        return [f":{shape.parameter} is missing: it stands where the caller's answer goes"]
    return [f"unknown parameter :{name}; :{shape.parameter} is known" for name in sorted(names - {shape.parameter})]


def columns_of(connection: Connection, name: str, sql: str) -> list[str] | str:
    """The columns that a statement returns, or why it cannot be run, in the database's words."""
    nothing = text(f"SELECT * FROM (\n{sql}\n) AS checked WHERE 1 = 0")
    try:
        result = connection.execute(nothing, {SHAPES[name].parameter: None})
        return [key.lower() for key in list(result.keys())]
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return str(error.orig.args[-1]) if error.orig and error.orig.args else type(error.orig).__name__


def column_problems(columns: list[str] | str, shape: Shape) -> list[str]:
    if isinstance(columns, str):
        return [f"the database refuses it: {columns}"]
    found = [
        f"the column {' or '.join(map(repr, group))} is missing from the result"
        for group in shape.needs
        if not set(group) & set(columns)
    ]
    for name in columns:
        if name not in shape.known:
            hint = did_you_mean(name, shape.known) or f"known: {', '.join(sorted(shape.known))}"
            found.append(f"nothing is called {name!r} here; {hint}")
    for name in MONEY:
        if {name, f"{name}_minor"} <= set(columns):
            found.append(f"either {name!r} or '{name}_minor', not both")
    if {"credit", "credit_minor"} & set(columns) and "credit_currency" not in columns:
        found.append("a credit needs its 'credit_currency'")
    if {"copay", "copay_minor"} & set(columns) and "currency" not in columns:
        found.append("a copay needs its 'currency'")
    return found
