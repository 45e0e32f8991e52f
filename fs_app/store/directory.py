"""The Directory port on our own tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, select

from fs_app.domain.bill import Account, Bill
from fs_app.domain.money import Money
from fs_app.store.engine import Database
from fs_app.store.ledger import taken
from fs_app.store.pins import pin_fits
from fs_app.store.tables import accounts, bills
from fs_app.store.telephone import telephone_digits


class TableDirectory:
    """See `fs_app.ports.Directory` for the contract."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def by_number(self, number: str) -> Account | None:
        """The account whose number the caller keyed."""
        return self._only(select(accounts).where(accounts.c.number == number))

    def by_caller_id(self, caller_id: str) -> Account | None:
        """The one account with that telephone number; None where none or several have it."""
        digits = telephone_digits(caller_id)
        return None if digits is None else self._only(select(accounts).where(accounts.c.telephone == digits))

    def pin_matches(self, account: Account, pin: str) -> bool:
        """Compare with the account's argon2 hash; False where it has none."""
        off_hub, seconds = self._database.off_hub, self._database.deadline_seconds
        return off_hub.call(lambda _job: pin_fits(account.pin_hash, pin), seconds)

    def open_bill(self, account: Account) -> Bill | None:
        """The oldest bill on which something is due, less what payments took; None where nothing is due."""
        due = (bills.c.amount_minor - taken(bills.c.id, bills.c.currency)).label("due")
        oldest = (
            select(bills, due)
            .where(bills.c.account_id == account.id, due > 0)
            .order_by(bills.c.due_date.is_(None), bills.c.due_date, bills.c.id)
            .limit(1)
        )
        row = self._database.read(lambda connection: connection.execute(oldest).one_or_none())
        if row is None:
            return None
        return Bill(row.id, row.account_id, Money(int(row.due), row.currency), row.due_date)

    def _only(self, chosen: Select[Any]) -> Account | None:
        rows = self._database.read(lambda connection: connection.execute(chosen.limit(2)).all())
        return _account(rows[0]) if len(rows) == 1 else None


def _account(row: Row[Any]) -> Account:
    return Account(
        id=row.id,
        number=row.number,
        closed=row.closed,
        language=row.language,
        postal_code=row.postal_code,
        pin_hash=row.pin_hash,
    )
