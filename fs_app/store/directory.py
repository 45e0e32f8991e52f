"""The Directory port on our own tables."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from fs_app.domain.bill import Account, Bill, BillKind, Holder
from fs_app.domain.money import Money
from fs_app.ports import MOST_BILLS, Clock
from fs_app.store.contacts import contact_or_none
from fs_app.store.engine import Database
from fs_app.store.pins import PinDesk
from fs_app.store.statements import Bound, Row, Statement, run
from fs_app.store.tables import accounts, bills
from fs_app.store.taken import left_to_pay, taken
from fs_app.store.telephone import telephone_digits

_BY_NUMBER = Statement(select(accounts).where(accounts.c.number == bindparam("number")).limit(2))
_BY_TELEPHONE = Statement(select(accounts).where(accounts.c.telephone == bindparam("telephone")).limit(2))
_BY_CUSTOMER = Statement(select(accounts).where(accounts.c.customer_number == bindparam("number")).limit(2))
_BY_BILL = Statement(
    select(accounts)
    .join_from(accounts, bills, bills.c.account_id == accounts.c.id)
    .where(bills.c.number == bindparam("number"))
    .limit(2)
)
_PAID = taken(bills.c.id, bills.c.currency)
_BILLS = select(bills, _PAID.label("paid"))
_OPEN = Statement(
    _BILLS.where(bills.c.account_id == bindparam("account_id"), bills.c.amount_minor > _PAID)
    .order_by(bills.c.due_date.is_(None), bills.c.due_date, bills.c.id)
    .limit(MOST_BILLS)
)
_BILL = Statement(_BILLS.where(bills.c.number == bindparam("number")))


class TableDirectory:
    """See `fs_app.ports.Directory` for the contract."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._pins = PinDesk()

    def by_number(self, number: str) -> Account | None:
        """The account whose number the caller keyed."""
        return self._only(_BY_NUMBER(number=number))

    def by_caller_id(self, caller_id: str) -> Account | None:
        """The one account with that telephone number; None where none or several have it."""
        digits = telephone_digits(caller_id)
        return None if digits is None else self._only(_BY_TELEPHONE(telephone=digits))

    def by_customer_number(self, number: str) -> Account | None:
        """The account of the customer with that number."""
        return self._only(_BY_CUSTOMER(number=number))

    def by_bill_number(self, number: str) -> Account | None:
        """The account that the bill with that number is for."""
        return self._only(_BY_BILL(number=number))

    def pin_matches(self, account: Account | None, pin: str) -> bool:
        """Compare with the account's argon2 hash; False where it has none."""
        return self._pins.fits(account.pin_hash if account is not None else None, pin)

    def open_bills(self, account: Account) -> Sequence[Bill]:
        """The bills on which something is due, the oldest first."""
        found = [self._bill(row) for row in self._rows(_OPEN(account_id=account.id))]
        return [bill for bill in found if bill.due.minor > 0]

    def bill_by_number(self, number: str) -> Bill | None:
        """The bill with that number, paid or not."""
        rows = self._rows(_BILL(number=number))
        return self._bill(rows[0]) if rows else None

    def _bill(self, row: Row) -> Bill:
        currency = row.currency
        taken_before = Money(int(row.paid), currency)
        plain = Bill(
            id=row.id,
            account_id=row.account_id,
            due=Money(row.amount_minor, currency),
            due_date=row.due_date,
            minimum=_money(row.minimum_minor, currency),
            taken=taken_before,
            number=row.number or "",
            kind=BillKind(row.kind),
            late_fee=_money(row.late_fee_minor, currency),
            discount=_money(row.discount_minor, currency),
            discount_until=row.discount_until,
        )
        return left_to_pay(plain, taken_before, self._clock.today())

    def _only(self, chosen: Bound) -> Account | None:
        rows = self._rows(chosen)
        return _account(rows[0]) if len(rows) == 1 else None

    def _rows(self, chosen: Bound) -> list[Row]:
        return self._database.read(lambda connection: run(connection, chosen)[0])


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)


def _account(row: Row) -> Account:
    credit = (
        None
        if row.credit_minor is None or not row.credit_currency
        else Money(row.credit_minor, row.credit_currency)
    )
    return Account(
        id=row.id,
        number=row.number,
        closed=row.closed,
        language=row.language,
        postal_code=row.postal_code,
        pin_hash=row.pin_hash,
        receipt_to=contact_or_none(row.receipt_to, row.id),
        birth_date=row.birth_date,
        credit=credit,
        holder=_holder(row),
    )


def _holder(row: Row) -> Holder | None:
    names = ("first_name", "last_name", "business_name", "street", "locality", "region", "postal_code")
    values = {name: getattr(row, name) or "" for name in names}
    named = values["last_name"] or values["business_name"]
    return Holder(**values) if named else None
