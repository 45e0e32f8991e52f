"""The Directory port on the operator's own database, with the SQL statements of the settings.

Laws:

* What a caller keyed is bound, never formatted into a statement.
* A statement reads: it is one SELECT, and its transaction is one that the database itself keeps from writing.
* At start every statement is checked (`sql_shapes`), so that a mistake is found before a call finds it.

What each takes and returns: docs/billing-database.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, literal, select, text

from fs_app.domain.bill import Account, Bill
from fs_app.domain.money import Money
from fs_app.errors import StoreUnavailable
from fs_app.ports import MOST_BILLS, Clock
from fs_app.settings import StatementSettings
from fs_app.store.engine import Database
from fs_app.store.pins import PinDesk
from fs_app.store.sql_rows import Values, account_of, bill_of
from fs_app.store.sql_shapes import SHAPES, column_problems, columns_of, text_problems
from fs_app.store.statements import Bound, Statement, run
from fs_app.store.tables import UtcTime
from fs_app.store.taken import left_to_pay, taken
from fs_app.store.telephone import telephone_digits

# What our ledger took towards a bill: since the operator's balance was made, and ever.
_BILL: tuple[Any, Any] = bindparam("bill_id"), bindparam("currency")
_EVER = taken(*_BILL).label("ever")
_TAKEN = Statement(select(literal(0).label("since"), _EVER))
_TAKEN_SINCE = Statement(select(taken(*_BILL, bindparam("as_of", type_=UtcTime())).label("since"), _EVER))


class SqlDirectory:
    """See `fs_app.ports.Directory` for the contract. ``ours`` is where the ledger's payments are."""

    def __init__(self, theirs: Database, statements: StatementSettings, ours: Database, clock: Clock) -> None:
        self._theirs = theirs
        self._ours = ours
        self._clock = clock
        self._pins = PinDesk()
        self._statements: dict[str, str] = {
            name: statement.strip().removesuffix(";")
            for name in SHAPES
            if (statement := getattr(statements, name)) is not None
        }
        self._clauses = {name: text(sql) for name, sql in self._statements.items()}

    def problems(self) -> list[tuple[str, str]]:
        """What is wrong with the statements, as (key in ``directory.statements``, message); key ``url`` where the
        database cannot be reached. Meant for the start: the database's own words are told."""
        found: list[tuple[str, str]] = []
        try:
            for name, sql in self._statements.items():
                found += [(name, why) for why in text_problems(sql, SHAPES[name]) or self._refusals(name, sql)]
        except StoreUnavailable as error:
            found.append(("url", f"the database {self._theirs.describe()} cannot be used: {error}"))
        return found

    def by_number(self, number: str) -> Account | None:
        """The account whose number the caller keyed; None where none or several have it."""
        return self._account("account_by_number", number)

    def by_caller_id(self, caller_id: str) -> Account | None:
        """The one account with that telephone number; None too where the operator gave no statement for it."""
        digits = telephone_digits(caller_id)
        return None if digits is None else self._account("account_by_caller_id", digits)

    def by_customer_number(self, number: str) -> Account | None:
        """The account of the customer with that number; None too where there is no statement for it."""
        return self._account("account_by_customer_number", number)

    def by_bill_number(self, number: str) -> Account | None:
        """The account that the bill with that number is for; None too where there is no statement for it."""
        return self._account("account_by_bill_number", number)

    def pin_matches(self, account: Account | None, pin: str) -> bool:
        """Compare with the account's argon2 hash; False where it has none."""
        return self._pins.fits(account.pin_hash if account is not None else None, pin)

    def open_bills(self, account: Account) -> Sequence[Bill]:
        """The rows of the operator's statement, each less what our ledger took since its ``balance_as_of``."""
        found = self._bills("open_bills", account.id, account.id, MOST_BILLS)
        return [bill for bill in found if bill.due.minor > 0]

    def bill_by_number(self, number: str) -> Bill | None:
        """The bill with that number; None where there is none or several, or no statement for it."""
        found = self._bills("bill_by_number", number, None, 2)
        return found[0] if len(found) == 1 else None

    def _bills(self, name: str, value: str, account_id: str | None, most: int) -> list[Bill]:
        try:
            plain = [bill_of(account_id, row) for row in self._rows(name, value, most)]
        except (ValueError, TypeError, ArithmeticError):
            raise StoreUnavailable(f"the statement {name} returned a row that is no bill") from None
        if not plain:
            return []
        asked = [_taken_of(bill, as_of) for bill, as_of in plain]
        rows = self._ours.read(lambda connection: [run(connection, each)[0][0] for each in asked])
        today = self._clock.today()
        bills = []
        for (bill, _), row in zip(plain, rows, strict=True):
            currency = bill.due.currency
            left = left_to_pay(bill, Money(int(row.since), currency), today)
            bills.append(replace(left, taken=Money(int(row.ever), currency)))
        return bills

    def _refusals(self, name: str, sql: str) -> list[str]:
        columns = self._theirs.read(lambda connection: columns_of(connection, name, sql))
        return column_problems(columns, SHAPES[name])

    def _account(self, name: str, value: str) -> Account | None:
        rows = self._rows(name, value, 2)
        if len(rows) != 1:
            return None
        try:
            return account_of(rows[0])
        except (ValueError, TypeError, ArithmeticError):
            raise StoreUnavailable(f"the statement {name} returned a row that is no account") from None

    def _rows(self, name: str, value: str, most: int) -> list[Values]:
        statement, bound = self._clauses.get(name), {SHAPES[name].parameter: value}
        if statement is None:
            return []
        rows = self._theirs.read(lambda connection: connection.execute(statement, bound).mappings().fetchmany(most))
        return [{key.lower(): item for key, item in row.items()} for row in rows]


def _taken_of(bill: Bill, as_of: datetime | None) -> Bound:
    asked = {"bill_id": bill.id, "currency": bill.due.currency}
    return _TAKEN(**asked) if as_of is None else _TAKEN_SINCE(**asked, as_of=as_of)
