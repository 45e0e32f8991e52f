"""The Directory port on our own tables."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from fs_app.domain.bill import Account, Bill
from fs_app.domain.money import Money
from fs_app.store.contacts import contact_or_none
from fs_app.store.engine import Database
from fs_app.store.pins import PinDesk
from fs_app.store.statements import Bound, Row, Statement, run
from fs_app.store.tables import accounts, bills
from fs_app.store.taken import taken
from fs_app.store.telephone import telephone_digits

_BY_NUMBER = Statement(select(accounts).where(accounts.c.number == bindparam("number")).limit(2))
_BY_TELEPHONE = Statement(select(accounts).where(accounts.c.telephone == bindparam("telephone")).limit(2))
_PAID = taken(bills.c.id, bills.c.currency)
_OLDEST = Statement(
    select(bills, _PAID.label("paid"))
    .where(bills.c.account_id == bindparam("account_id"), bills.c.amount_minor > _PAID)
    .order_by(bills.c.due_date.is_(None), bills.c.due_date, bills.c.id)
    .limit(1)
)


class TableDirectory:
    """See `fs_app.ports.Directory` for the contract."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pins = PinDesk()

    def by_number(self, number: str) -> Account | None:
        """The account whose number the caller keyed."""
        return self._only(_BY_NUMBER(number=number))

    def by_caller_id(self, caller_id: str) -> Account | None:
        """The one account with that telephone number; None where none or several have it."""
        digits = telephone_digits(caller_id)
        return None if digits is None else self._only(_BY_TELEPHONE(telephone=digits))

    def pin_matches(self, account: Account, pin: str) -> bool:
        """Compare with the account's argon2 hash; False where it has none."""
        return self._pins.fits(account.pin_hash, pin)

    def open_bill(self, account: Account) -> Bill | None:
        """The oldest bill on which something is due, less what payments took; None where nothing is due."""
        rows = self._rows(_OLDEST(account_id=account.id))
        if not rows:
            return None
        row = rows[0]
        minimum = None if row.minimum_minor is None else Money(row.minimum_minor, row.currency)
        amount, taken_before = Money(row.amount_minor, row.currency), Money(int(row.paid), row.currency)
        return Bill(row.id, row.account_id, amount, row.due_date, minimum, taken_before).less(taken_before)

    def _only(self, chosen: Bound) -> Account | None:
        rows = self._rows(chosen)
        return _account(rows[0]) if len(rows) == 1 else None

    def _rows(self, chosen: Bound) -> list[Row]:
        return self._database.read(lambda connection: run(connection, chosen)[0])


def _account(row: Row) -> Account:
    return Account(
        id=row.id,
        number=row.number,
        closed=row.closed,
        language=row.language,
        postal_code=row.postal_code,
        pin_hash=row.pin_hash,
        receipt_to=contact_or_none(row.receipt_to, row.id),
    )
