"""Accounts for the demo and for tests; README.md shows the same table.

======  ====  ===========  ============================================================================
number  PIN   postal code  what it shows
======  ====  ===========  ============================================================================
10001   1234               42.50 USD due; its caller ID +1 415 555 0101 is known; receipts by SMS
10002         94107        118.00 USD due, at least 25.00 of it now; by postal code; receipts by mail
10003   1234               nothing due
10004   1234               a closed account
10005   1234  94107        2001.00 USD due: the sandbox declines that amount for insufficient funds
======  ====  ===========  ============================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, insert, select

from fs_app.store.engine import Database
from fs_app.store.pins import hash_pin
from fs_app.store.tables import accounts, bills

DEMO_PIN = "1234"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One account and what is due on it, in cents."""

    number: str
    due_minor: int = 0
    minimum_minor: int | None = None
    has_pin: bool = True
    postal_code: str | None = None
    telephone: str | None = None
    closed: bool = False
    receipt_to: str | None = None


DEMO_ACCOUNTS = (
    DemoAccount("10001", 4_250, telephone="14155550101", receipt_to="sms:+15550100001"),
    DemoAccount("10002", 11_800, 2_500, has_pin=False, postal_code="94107", receipt_to="mail:10002@example.org"),
    DemoAccount("10003"),
    DemoAccount("10004", closed=True),
    DemoAccount("10005", 200_100, postal_code="94107", receipt_to="sms:+15550100005"),
)
_DUE_IN = timedelta(days=14)


def insert_demo_data(database: Database, today: date) -> None:
    """Add the demo accounts and bills that are not there yet; bills are due two weeks from ``today``."""
    pin_hash = hash_pin(DEMO_PIN)
    database.write(lambda connection: _insert(connection, pin_hash, today + _DUE_IN))


def _insert(connection: Connection, pin_hash: str, due_date: date) -> None:
    present = set(connection.execute(select(accounts.c.number)).scalars())
    for account in DEMO_ACCOUNTS:
        if account.number in present:
            continue
        account_id = f"demo-{account.number}"
        connection.execute(
            insert(accounts).values(
                id=account_id,
                number=account.number,
                telephone=account.telephone,
                closed=account.closed,
                postal_code=account.postal_code,
                pin_hash=pin_hash if account.has_pin else None,
                receipt_to=account.receipt_to,
            )
        )
        if account.due_minor:
            connection.execute(
                insert(bills).values(
                    id=f"{account_id}-1",
                    account_id=account_id,
                    amount_minor=account.due_minor,
                    minimum_minor=account.minimum_minor,
                    currency="USD",
                    due_date=due_date,
                )
            )
