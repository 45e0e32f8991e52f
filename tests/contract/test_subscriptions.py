"""The Subscriptions port: the fake, and ours on our tables and on the operator's, on SQLite and MariaDB.

A renewal counts once it is paid, once, and no more when the money was given back: whatever is repeated, and whoever
dies in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Protocol

import pytest
from sqlalchemy import Connection, Table, insert, text

from fs_app.domain.allocation import allocate
from fs_app.domain.bill import Account, Bill
from fs_app.domain.money import Money
from fs_app.domain.payment import (
    Approved,
    Declined,
    OrderId,
    Payment,
    PaymentId,
    PaymentRequest,
    PaymentState,
    Submitted,
    TransactionId,
    Unknown,
    Voided,
)
from fs_app.domain.subscription import Offer, Subscription, Term, bill_of
from fs_app.errors import BillBusy, StoreUnavailable
from fs_app.ports import Subscriptions
from fs_app.settings import StatementSettings
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.sql_reader import StatementReader
from fs_app.store.subscriptions import StoredSubscriptions, in_our_tables, in_their_database
from fs_app.store.tables import accounts, subscription_offers, subscriptions
from fs_app.testing.fakes_offers import FakeSubscriptions
from fs_app.testing.fakes_payments import StandingClock

TODAY = date(2026, 3, 14)  # of the standing clock
ENDS = date(2026, 8, 31)
HOLDER = Account("a1", "1001")
YEAR = Offer("digital", 12, Money(4_800, "USD"))
MONTH = Offer("digital", 1, Money(500, "USD"))
PRINT = Offer("print", 0, Money(1_500, "USD"))
T1 = TransactionId("t1")


class World(Protocol):
    """The operator's data and the ledger, somewhere."""

    subscriptions: Subscriptions

    def pay(self, bill: Bill) -> Payment: ...

    def give_back(self, payment: Payment) -> None: ...


class FakeWorld:
    def __init__(self, _database: Database | None = None, _theirs: Database | None = None) -> None:
        self._payments: list[Payment] = []
        found = [Subscription("s1", "a1", "digital", ENDS), Subscription("s2", "a1", "print", date(2026, 3, 1))]
        offers = {"digital": [YEAR, MONTH, PRINT], "print": [Offer("print", 12, Money(7_200, "USD"))]}
        self.subscriptions: Subscriptions = FakeSubscriptions(found, offers, self._payments)

    def pay(self, bill: Bill) -> Payment:
        at = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
        number = len(self._payments) + 1
        payment = Payment(PaymentId(number), OrderId(str(number)), "1", PaymentState.SUBMITTED, request(bill), at)
        self._payments.append(payment)
        return payment

    def give_back(self, payment: Payment) -> None:
        self._payments[payment.id - 1] = replace(payment, state=PaymentState.VOIDED)


class TableWorld:
    """In our tables."""

    def __init__(self, database: Database, _theirs: Database) -> None:
        database.write(_fill_ours)
        self.ledger = SqlLedger(database, StandingClock())
        self.subscriptions: Subscriptions = StoredSubscriptions(database, in_our_tables(database), StandingClock())

    def pay(self, bill: Bill) -> Payment:
        payment = self.ledger.open(request(bill))
        self.ledger.record(payment.id, Approved(T1, bill.due))
        return self.ledger.record(payment.id, Submitted(T1))

    def give_back(self, payment: Payment) -> None:
        self.ledger.record(payment.id, Voided(T1))


class SqlWorld(TableWorld):
    """In the operator's own tables, of other names; their expiry was right at the beginning of the year."""

    def __init__(self, database: Database, theirs: Database) -> None:
        theirs.write(_fill_theirs)
        reader = StatementReader(theirs, THEIR_STATEMENTS)
        assert reader.problems() == []
        self.ledger = SqlLedger(database, StandingClock())
        self.subscriptions = StoredSubscriptions(database, in_their_database(reader), StandingClock())


THEIR_STATEMENTS = StatementSettings(
    account_by_number="SELECT who AS id, who AS number FROM sub WHERE who = :number",
    open_bills="SELECT no AS id, 1 AS due, 'USD' AS currency FROM sub WHERE who = :account_id",
    subscriptions="SELECT no AS id, paper AS plan, last_day AS expires_on, made_at AS as_of FROM sub"
    " WHERE who = :account_id",
    subscription_offers="SELECT paper AS plan, months, price, 'USD' AS currency FROM tariff WHERE has = :plan"
    " ORDER BY no",
)


def _fill_ours(connection: Connection) -> None:
    def add(table: Table, **values: object) -> None:
        connection.execute(insert(table).values(values))

    add(accounts, id="a1", number="1001")
    add(subscriptions, id="s1", account_id="a1", plan="digital", expires_on=ENDS)
    add(subscriptions, id="s2", account_id="a1", plan="print", expires_on=date(2026, 3, 1))
    for plan, offer in (("digital", YEAR), ("digital", MONTH), ("digital", PRINT)):
        price = {"price_minor": offer.price.minor, "currency": "USD"}
        add(subscription_offers, for_plan=plan, plan=offer.plan, months=offer.months, **price)
    add(subscription_offers, for_plan="print", plan="print", months=12, price_minor=7_200, currency="USD")


def _fill_theirs(connection: Connection) -> None:
    for statement in (
        "CREATE TABLE sub (no VARCHAR(36), who VARCHAR(20), paper VARCHAR(20), last_day DATE, made_at DATETIME)",
        "CREATE TABLE tariff (no INTEGER, has VARCHAR(20), paper VARCHAR(20), months INTEGER, price DECIMAL(8,2))",
        "INSERT INTO sub VALUES ('s1', 'a1', 'digital', '2026-08-31', '2026-01-01 00:00:00')",
        "INSERT INTO sub VALUES ('s2', 'a1', 'print', '2026-03-01', NULL)",
        "INSERT INTO tariff VALUES (1, 'digital', 'digital', 12, 48), (2, 'digital', 'digital', 1, 5),"
        " (3, 'digital', 'print', 0, 15), (4, 'print', 'print', 12, 72)",
    ):
        connection.execute(text(statement))


def request(bill: Bill, **changed: object) -> PaymentRequest:
    shares = allocate([bill], bill.due)
    return PaymentRequest("uuid", "a1", bill.id, bill.due, allocations=shares, **changed)  # type: ignore[arg-type]


@pytest.fixture
def theirs(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Database]:
    """The operator's database, of the same kind as ours."""
    url = f"sqlite:///{tmp_path}/theirs.sqlite"
    if database_url.startswith("sqlite"):
        (tmp_path / "theirs.sqlite").touch()
    else:
        url = request.getfixturevalue("mariadb").new_database()
    made = Database(url)
    yield made
    made.close()


class Contract:
    """What holds for every implementation."""

    def test_an_account_has_its_own_subscriptions_the_first_to_end_first(self, world: World) -> None:
        assert [each.id for each in world.subscriptions.of(HOLDER)] == ["s2", "s1"]
        assert list(world.subscriptions.of(Account("a2", "1002"))) == []

    def test_what_is_offered_is_for_the_plan_it_has(self, world: World) -> None:
        ended, running = world.subscriptions.of(HOLDER)
        assert list(world.subscriptions.offers(running)) == [YEAR, MONTH, PRINT]
        assert [offer.months for offer in world.subscriptions.offers(ended)] == [12]

    def test_a_renewal_counts_once_it_is_paid(self, world: World) -> None:
        assert running(world).expires_on == ENDS
        world.pay(bill_of(running(world), YEAR))
        assert running(world) == Subscription("s1", "a1", "digital", date(2027, 8, 31), bought=1)
        world.pay(bill_of(running(world), MONTH))
        assert running(world).expires_on == date(2027, 9, 30)

    def test_what_has_ended_begins_anew_on_the_day_of_the_payment(self, world: World) -> None:
        ended = world.subscriptions.of(HOLDER)[0]
        world.pay(bill_of(ended, world.subscriptions.offers(ended)[0]))
        assert {each.id: each.expires_on for each in world.subscriptions.of(HOLDER)}["s2"] == date(2027, 3, 14)

    def test_an_upgrade_changes_the_plan_and_not_the_expiry(self, world: World) -> None:
        world.pay(bill_of(running(world), PRINT))
        assert running(world) == Subscription("s1", "a1", "print", ENDS, bought=1)
        assert [offer.plan for offer in world.subscriptions.offers(running(world))] == ["print"]

    def test_what_was_given_back_counts_no_more_and_what_was_bought_after_it_does(self, world: World) -> None:
        first = world.pay(bill_of(running(world), YEAR))
        world.pay(bill_of(running(world), MONTH))
        world.give_back(first)
        assert running(world).expires_on == date(2026, 9, 30)
        world.pay(bill_of(running(world), MONTH))
        assert running(world).expires_on == date(2026, 10, 30)


def running(world: World) -> Subscription:
    return next(each for each in world.subscriptions.of(HOLDER) if each.id == "s1")


class TestFake(Contract):
    @pytest.fixture
    def world(self) -> World:
        return FakeWorld()


class TestStored(Contract):
    @pytest.fixture(params=[TableWorld, SqlWorld])
    def world(self, request: pytest.FixtureRequest, database: Database, theirs: Database) -> TableWorld:
        made: TableWorld = request.param(database, theirs)
        return made

    def test_a_server_that_dies_after_the_charge_loses_nothing(self, world: TableWorld) -> None:
        """Nobody writes anything but the ledger: the resolver finds the charge, and the year is there."""
        payment = world.ledger.open(request(bill_of(running(world), YEAR)))
        world.ledger.record(payment.id, Unknown("the server died"))
        assert running(world).expires_on == ENDS
        world.ledger.record(payment.id, Approved(T1, YEAR.price))
        assert running(world).expires_on == ENDS
        for _ in range(2):
            world.ledger.record(payment.id, Submitted(T1))
            assert running(world).expires_on == date(2027, 8, 31)

    def test_a_declined_attempt_is_nothing(self, world: TableWorld) -> None:
        payment = world.ledger.open(request(bill_of(running(world), YEAR)))
        world.ledger.record(payment.id, Declined("2000"))
        assert running(world) == Subscription("s1", "a1", "digital", ENDS)

    def test_two_who_renew_at_the_same_time_do_not_pay_twice(self, world: TableWorld) -> None:
        told = bill_of(running(world), YEAR)
        world.pay(told)
        with pytest.raises(BillBusy):
            world.ledger.open(request(told))
        assert running(world).expires_on == date(2027, 8, 31)


def test_what_was_paid_before_the_operators_expiry_was_right_is_in_it(database: Database, theirs: Database) -> None:
    world = SqlWorld(database, theirs)
    world.pay(bill_of(running(world), YEAR))
    theirs.write(
        lambda connection: connection.execute(
            text("UPDATE sub SET last_day = '2027-08-31', made_at = '2026-03-15 00:00:00' WHERE no = 's1'")
        ).close()
    )
    assert running(world) == Subscription("s1", "a1", "digital", date(2027, 8, 31), bought=1)


def test_a_row_that_is_no_subscription_is_an_error_not_a_guess(database: Database, theirs: Database) -> None:
    world = SqlWorld(database, theirs)
    theirs.write(lambda connection: connection.execute(text("UPDATE sub SET last_day = NULL")).close())
    with pytest.raises(StoreUnavailable, match="no subscription"):
        world.subscriptions.of(HOLDER)


def test_a_subscription_whose_id_begins_as_another_ones_is_not_it(database: Database, theirs: Database) -> None:
    world = TableWorld(database, theirs)
    other = replace(running(world), id="s1:1")
    world.pay(bill_of(other, YEAR))
    assert Term.of_bill(bill_of(other, YEAR).id) == Term("s1:1", 0, 12)
    assert running(world) == Subscription("s1", "a1", "digital", ENDS)


@pytest.mark.parametrize(
    "wrong", ["price = 0", "price = NULL", "months = -1", "paper = 'Print'", f"paper = '{'x' * 60}'"]
)
def test_a_row_that_is_no_offer_is_an_error_not_a_guess(database: Database, theirs: Database, wrong: str) -> None:
    world = SqlWorld(database, theirs)
    theirs.write(_widen)
    theirs.write(lambda connection: connection.execute(text(f"UPDATE tariff SET {wrong} WHERE no = 3")).close())
    with pytest.raises(StoreUnavailable, match="no offer"):
        world.subscriptions.offers(running(world))


def _widen(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        connection.execute(text("ALTER TABLE tariff MODIFY paper VARCHAR(80)"))
