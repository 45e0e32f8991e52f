"""Accounts for the demo and for tests; README.md shows the same table with what each of them is there to show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from fs_app.domain.bill import BillKind, Holder
from fs_app.store.engine import Database
from fs_app.store.pins import hash_pin
from fs_app.store.tables import accounts, appointments, bills, subscription_offers, subscriptions

DEMO_PIN = "1234"


@dataclass(frozen=True, slots=True)
class DemoBill:
    """One bill: in cents, and due so many days from today."""

    minor: int
    due_in: int = 14
    minimum_minor: int | None = None
    number: str | None = None
    kind: BillKind = BillKind.BILL
    late_fee_minor: int | None = None
    discount_minor: int | None = None
    discount_for: int = 7  # days


@dataclass(frozen=True, slots=True)
class DemoVisit:
    """One appointment, so many days from today; its co-payment in cents."""

    in_days: int
    starts: time
    copay_minor: int | None = None


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One account, and what is on it. ``runs_for`` is for how many more days its subscription is paid."""

    number: str
    bills: tuple[DemoBill, ...] = ()
    has_pin: bool = True
    postal_code: str | None = None
    telephone: str | None = None
    closed: bool = False
    receipt_to: str | None = None
    birth_date: date | None = None
    credit_minor: int | None = None
    plan: str | None = None
    runs_for: int = 0
    visits: tuple[DemoVisit, ...] = ()
    holder: Holder | None = None


_ANN = Holder("Ann", "Lee", street="1 Main Street", locality="Chicago", region="IL", postal_code="60622")
_BORN = date(1980, 3, 4)
DEMO_ACCOUNTS = (
    DemoAccount("10001", (DemoBill(4_250),), telephone="14155550101", receipt_to="sms:+15550100001"),
    DemoAccount(
        "10002",
        (DemoBill(11_800, minimum_minor=2_500),),
        has_pin=False,
        postal_code="94107",
        receipt_to="mail:10002@example.org",
    ),
    DemoAccount("10003"),
    DemoAccount("10004", closed=True),
    DemoAccount("10005", (DemoBill(200_100),), postal_code="94107", receipt_to="sms:+15550100005"),
    DemoAccount(
        "11001",
        (DemoBill(6_000, number="700101"), DemoBill(2_450, 28, number="700102")),
        credit_minor=15_000,
    ),
    DemoAccount(
        "11002",
        (DemoBill(120_000, -3, kind=BillKind.RENT, late_fee_minor=5_000),),
        receipt_to="mail:11002@example.org",
    ),
    DemoAccount(
        "11003",
        (
            DemoBill(8_000, 30, number="800101", kind=BillKind.FINE, discount_minor=2_000),
            DemoBill(12_000, -10, number="800102", kind=BillKind.FINE, late_fee_minor=3_000),
        ),
        has_pin=False,
    ),
    DemoAccount("11004", plan="digital", runs_for=20),
    DemoAccount("11005", visits=(DemoVisit(3, time(9, 30), 2_500), DemoVisit(10, time(15)))),
    DemoAccount("11006", visits=(DemoVisit(0, time(14), 3_000),)),
    DemoAccount("11007", (DemoBill(34_000, minimum_minor=5_000),), has_pin=False, birth_date=_BORN),
    DemoAccount("11008", (DemoBill(60_000, -90, number="900101", kind=BillKind.DEBT),)),
    DemoAccount("11009", (DemoBill(5_000), DemoBill(3_500, 28)), holder=_ANN),
)

# What subscribers can buy: (plan they have, plan they get, months, cents).
DEMO_OFFERS = (
    ("digital", "digital", 12, 4_800),
    ("digital", "digital", 24, 8_400),
    ("digital", "print", 0, 1_500),
    ("print", "print", 12, 7_200),
)


def insert_demo_data(database: Database, today: date) -> None:
    """Add the demo accounts that are not there yet, with what is on them; days are counted from ``today``."""
    pin_hash = hash_pin(DEMO_PIN)
    database.write(lambda connection: _insert(connection, pin_hash, today))


def _insert(connection: Connection, pin_hash: str, today: date) -> None:
    present = set(connection.execute(select(accounts.c.number)).scalars())
    for account in DEMO_ACCOUNTS:
        if account.number not in present:
            _insert_account(connection, account, pin_hash, today)
    if connection.execute(select(subscription_offers.c.id).limit(1)).first() is None:
        for for_plan, plan, months, price in DEMO_OFFERS:
            values = {"for_plan": for_plan, "plan": plan, "months": months, "price_minor": price}
            _add(connection, subscription_offers, **values, currency="USD")


def _insert_account(connection: Connection, account: DemoAccount, pin_hash: str, today: date) -> None:
    name = f"demo-{account.number}"
    _add(
        connection,
        accounts,
        id=name,
        number=account.number,
        telephone=account.telephone,
        closed=account.closed,
        postal_code=account.postal_code if account.holder is None else account.holder.postal_code,
        pin_hash=pin_hash if account.has_pin else None,
        receipt_to=account.receipt_to,
        birth_date=account.birth_date,
        credit_minor=account.credit_minor,
        credit_currency=None if account.credit_minor is None else "USD",
        **({} if account.holder is None else _holder(account.holder)),
    )
    for place, bill in enumerate(account.bills, start=1):
        _add(connection, bills, id=f"{name}-{place}", account_id=name, **_bill(bill, today))
    if account.plan is not None:
        expires = today + timedelta(days=account.runs_for)
        _add(connection, subscriptions, id=name, account_id=name, plan=account.plan, expires_on=expires)
    for place, visit in enumerate(account.visits, start=1):
        money = {"copay_minor": visit.copay_minor, "currency": "USD"}
        when = {"day": today + timedelta(days=visit.in_days), "starts": visit.starts}
        _add(connection, appointments, id=f"{name}-{place}", account_id=name, **when, **money)


def _holder(holder: Holder) -> dict[str, str]:
    columns = ("first_name", "last_name", "business_name", "street", "locality", "region")
    return {name: getattr(holder, name) for name in columns}


def _bill(bill: DemoBill, today: date) -> dict[str, Any]:
    until = None if bill.discount_minor is None else today + timedelta(days=bill.discount_for)
    return {
        "amount_minor": bill.minor,
        "minimum_minor": bill.minimum_minor,
        "currency": "USD",
        "due_date": today + timedelta(days=bill.due_in),
        "number": bill.number,
        "kind": bill.kind,
        "late_fee_minor": bill.late_fee_minor,
        "discount_minor": bill.discount_minor,
        "discount_until": until,
    }


def _add(connection: Connection, table: Table, **values: object) -> None:
    connection.execute(insert(table).values(values))
