"""The Directory port on the operator's own database, with the SQL statements of the settings.

Laws:

* What a caller keyed is bound, never formatted into a statement.
* A statement reads: it is one SELECT, and its transaction is one that the database itself keeps from writing.
* At start every statement is run with nothing bound and no row asked for, so that a wrong table, column or name is
  found before a call finds it.

``account_by_number`` takes ``:number``, ``account_by_caller_id`` takes ``:caller_id``, the digits of the
international number. They return ``id`` and ``number``, and may return ``closed`` ``language`` ``postal_code``
``pin_hash`` (argon2) ``receipt_to`` (``sms:+15550100001``, ``mail:name@example.org``); more than one row is nobody.
``open_bill`` takes ``:account_id`` and returns ``id``, ``currency`` and either ``due`` (42.50) or ``due_minor``
(4250). It may return ``due_date``, ``minimum`` or ``minimum_minor``, and ``balance_as_of`` (UTC): what our ledger
took after that time is subtracted. Its first row counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, literal, select, text
from sqlalchemy.exc import DBAPIError

from fs_app.domain.bill import Account, Bill
from fs_app.domain.money import Money, exponent
from fs_app.errors import StoreUnavailable
from fs_app.settings import StatementSettings
from fs_app.store.contacts import contact_or_none
from fs_app.store.engine import Database
from fs_app.store.pins import PinDesk
from fs_app.store.statements import Statement, run
from fs_app.store.tables import UtcTime
from fs_app.store.taken import taken
from fs_app.store.telephone import telephone_digits
from fs_app.yamlfile import did_you_mean

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What one statement takes and returns. One name of each group in ``needs`` must be there."""

    parameter: str
    needs: tuple[tuple[str, ...], ...]
    may: tuple[str, ...]

    @property
    def known(self) -> set[str]:
        return {name for group in self.needs for name in group} | set(self.may)


_ACCOUNT_MAY = ("closed", "language", "postal_code", "pin_hash", "receipt_to")
_BILL_MAY = ("due_date", "minimum", "minimum_minor", "balance_as_of")
_SHAPES = {
    "account_by_number": _Shape("number", (("id",), ("number",)), _ACCOUNT_MAY),
    "account_by_caller_id": _Shape("caller_id", (("id",), ("number",)), _ACCOUNT_MAY),
    "open_bill": _Shape("account_id", (("id",), ("currency",), ("due", "due_minor")), _BILL_MAY),
}

# What is not SQL's own words: strings, quoted names, comments.
_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|--[^\n]*|/\*.*?\*/", re.DOTALL)
_WRITES = re.compile(r"\b(INTO|UPDATE|DELETE|FOR\s+SHARE|LOCK\s+IN)\b", re.IGNORECASE)


# What our ledger took towards a bill: since the operator's balance was made, and ever.
_BILL: tuple[Any, Any] = bindparam("bill_id"), bindparam("currency")
_EVER = taken(*_BILL).label("ever")
_TAKEN = Statement(select(literal(0).label("since"), _EVER))
_TAKEN_SINCE = Statement(select(taken(*_BILL, bindparam("as_of", type_=UtcTime())).label("since"), _EVER))


class SqlDirectory:
    """See `fs_app.ports.Directory` for the contract. ``ours`` is where the ledger's payments are."""

    def __init__(self, theirs: Database, statements: StatementSettings, ours: Database) -> None:
        self._theirs = theirs
        self._ours = ours
        self._pins = PinDesk()
        self._statements: dict[str, str] = {
            name: statement.strip().removesuffix(";")
            for name in _SHAPES
            if (statement := getattr(statements, name)) is not None
        }
        self._clauses = {name: text(sql) for name, sql in self._statements.items()}

    def problems(self) -> list[tuple[str, str]]:
        """What is wrong with the statements, as (key in ``directory.statements``, message); key ``url`` where the
        database cannot be reached. Meant for the start: the database's own words are told."""
        found: list[tuple[str, str]] = []
        try:
            for name, sql in self._statements.items():
                found += [(name, why) for why in _text_problems(sql, _SHAPES[name]) or self._refusals(name, sql)]
        except StoreUnavailable as error:
            found.append(("url", f"the database {self._theirs.describe()} cannot be used: {error}"))
        return found

    def by_number(self, number: str) -> Account | None:
        """The account whose number the caller keyed; None where none or several have it."""
        return self._account("account_by_number", number)

    def by_caller_id(self, caller_id: str) -> Account | None:
        """The one account with that telephone number; None too where the operator gave no statement for it."""
        digits = telephone_digits(caller_id)
        if digits is None or "account_by_caller_id" not in self._statements:
            return None
        return self._account("account_by_caller_id", digits)

    def pin_matches(self, account: Account, pin: str) -> bool:
        """Compare with the account's argon2 hash; False where it has none."""
        return self._pins.fits(account.pin_hash, pin)

    def open_bill(self, account: Account) -> Bill | None:
        """The first row of the operator's statement, less what our ledger took since its ``balance_as_of``."""
        rows = self._rows("open_bill", account.id)
        if not rows:
            return None
        try:
            bill, as_of = _bill(account, rows[0])
        except (ValueError, TypeError, ArithmeticError):
            raise StoreUnavailable("the statement open_bill returned a row that is no bill") from None
        currency = bill.due.currency
        both = _TAKEN if as_of is None else _TAKEN_SINCE
        since = {} if as_of is None else {"as_of": as_of}
        asked = both(bill_id=bill.id, currency=currency, **since)
        row = self._ours.read(lambda connection: run(connection, asked)[0][0])
        return replace(bill.less(Money(int(row.since), currency)), taken=Money(int(row.ever), currency))

    def _refusals(self, name: str, sql: str) -> list[str]:
        columns = self._theirs.read(lambda connection: _columns(connection, name, sql))
        return _column_problems(columns, _SHAPES[name])

    def _account(self, name: str, value: str) -> Account | None:
        rows = self._rows(name, value)
        if len(rows) != 1:
            return None
        try:
            return _account(rows[0])
        except (ValueError, TypeError):
            raise StoreUnavailable(f"the statement {name} returned a row that is no account") from None

    def _rows(self, name: str, value: str) -> list[Values]:
        statement, bound = self._clauses[name], {_SHAPES[name].parameter: value}
        rows = self._theirs.read(lambda connection: connection.execute(statement, bound).mappings().fetchmany(2))
        return [{key.lower(): item for key, item in row.items()} for row in rows]


def _text_problems(sql: str, shape: _Shape) -> list[str]:
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


def _columns(connection: Connection, name: str, sql: str) -> list[str] | str:
    """The columns that a statement returns, or why it cannot be run, in the database's words."""
    nothing = text(f"SELECT * FROM (\n{sql}\n) AS checked WHERE 1 = 0")
    try:
        result = connection.execute(nothing, {_SHAPES[name].parameter: None})
        return [key.lower() for key in list(result.keys())]
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        return str(error.orig.args[-1]) if error.orig and error.orig.args else type(error.orig).__name__


def _column_problems(columns: list[str] | str, shape: _Shape) -> list[str]:
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
    for name in ("due", "minimum"):
        if {name, f"{name}_minor"} <= set(columns):
            found.append(f"either {name!r} or '{name}_minor', not both")
    return found


def _account(row: Values) -> Account:
    account_id = _text(row["id"])
    return Account(
        id=account_id,
        number=_text(row["number"]),
        closed=_is_true(row.get("closed")),
        language=_text_or_none(row.get("language")),
        postal_code=_text_or_none(row.get("postal_code")),
        pin_hash=_text_or_none(row.get("pin_hash")),
        receipt_to=contact_or_none(_text_or_none(row.get("receipt_to")), account_id),
    )


def _bill(account: Account, row: Values) -> tuple[Bill, datetime | None]:
    currency = _text(row["currency"]).strip().upper()
    due = _money(row, "due", currency)
    if due is None:
        raise ValueError("no amount")
    bill = Bill(_text(row["id"]), account.id, due, _day(row.get("due_date")), _money(row, "minimum", currency))
    return bill, _time(row.get("balance_as_of"))


def _money(row: Values, name: str, currency: str) -> Money | None:
    """From ``name`` in major units or ``name_minor`` in minor ones."""
    minor, value = row.get(f"{name}_minor"), row.get(name)
    if minor is not None:
        return Money(int(minor), currency)
    if value is None:
        return None
    amount = Decimal(str(value))
    if isinstance(value, float):  # 42.1 - 0.3 is 41.800000000000004
        amount = amount.quantize(Decimal(1).scaleb(-exponent(currency)))
    return Money.parse(amount, currency)


def _text(value: Any) -> str:
    if value is None or isinstance(value, float):
        raise ValueError("no text")
    return value.decode() if isinstance(value, bytes) else str(value)


def _text_or_none(value: Any) -> str | None:
    return None if value is None or value == "" else _text(value)


def _is_true(value: Any) -> bool:
    """From a boolean, a number or MySQL's BIT; ValueError for words, whose meaning we would have to guess."""
    if value is None:
        return False
    return bool(int.from_bytes(value, "big") if isinstance(value, bytes) else int(value))


def _day(value: Any) -> date | None:
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def _time(value: Any) -> datetime | None:
    if value is None or value == "":
        return None
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return at if at.tzinfo else at.replace(tzinfo=UTC)
