"""The Appointments port: the fake, and ours on our tables and on the operator's, on SQLite and MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, text

from fs_app.domain.allocation import allocate
from fs_app.domain.appointment import Appointment, Reply
from fs_app.domain.bill import Account, Bill, BillKind
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, PaymentRequest, Submitted, TransactionId
from fs_app.errors import StoreUnavailable
from fs_app.ports import Appointments
from fs_app.settings import StatementSettings
from fs_app.store.appointments import StoredAppointments, in_our_tables, in_their_database
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.sql_reader import StatementReader
from fs_app.store.tables import accounts, appointment_replies, appointments
from fs_app.testing.fakes_offers import FakeAppointments
from fs_app.testing.fakes_payments import StandingClock

TODAY = date(2026, 3, 14)  # of the standing clock
HOLDER = Account("a1", "1001")
COPAY = Bill("copay:v1", "a1", Money(2_500, "USD"), kind=BillKind.COPAY)
MORNING = Appointment("v1", "a1", TODAY, time(9, 30), copay=COPAY)
LATER = Appointment("v2", "a1", date(2026, 4, 1), time(14))
PAST = Appointment("v0", "a1", date(2026, 3, 13), time(16))
T1 = TransactionId("t1")


def ours(database: Database, _theirs: Database) -> Appointments:
    """In our tables."""

    def fill(connection: Connection) -> None:
        connection.execute(insert(accounts).values(id="a1", number="1001"))
        for each in (PAST, LATER, MORNING):
            money = {"copay_minor": each.copay.due.minor if each.copay else None, "currency": "USD"}
            row = {"id": each.id, "account_id": "a1", "day": each.day, "starts": each.at, **money}
            connection.execute(insert(appointments).values(row))

    database.write(fill)
    return StoredAppointments(database, in_our_tables(database), StandingClock())


def operators(database: Database, theirs: Database) -> Appointments:
    """In the operator's own tables; the co-payment was right at the beginning of the year."""

    def fill(connection: Connection) -> None:
        types = "no VARCHAR(80), who VARCHAR(20), d DATE, t TIME, pays DECIMAL(8,2), made_at DATETIME"
        connection.execute(text(f"CREATE TABLE visit ({types})"))
        for each in (PAST, LATER, MORNING):
            row = f"'{each.id}', 'a1', '{each.day}', '{each.at}', {25 if each.copay else 'NULL'}"
            connection.execute(text(f"INSERT INTO visit VALUES ({row}, '2026-01-01 00:00:00')"))

    theirs.write(fill)
    reader = StatementReader(theirs, THEIR_STATEMENTS)
    assert reader.problems() == []
    return StoredAppointments(database, in_their_database(reader), StandingClock())


THEIR_STATEMENTS = StatementSettings(
    account_by_number="SELECT who AS id, who AS number FROM visit WHERE who = :number",
    open_bills="SELECT no AS id, 1 AS due, 'USD' AS currency FROM visit WHERE who = :account_id",
    appointments="SELECT no AS id, d AS day, t AS starts, pays AS copay, 'USD' AS currency,"
    " made_at AS balance_as_of FROM visit WHERE who = :account_id",
)


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

    def test_the_next_one_is_todays_however_late_it_is(self, book: Appointments) -> None:
        assert book.next_of(HOLDER) == MORNING
        assert book.next_of(Account("a2", "1002")) is None

    def test_what_was_said_is_known_in_the_next_call_and_the_last_word_counts(self, book: Appointments) -> None:
        for reply in (Reply.CONFIRMED, Reply.CHECKED_IN):
            book.reply(MORNING, reply, "uuid-1")
            assert book.next_of(HOLDER) == replace(MORNING, reply=reply)

    def test_after_one_that_was_cancelled_comes_the_one_behind_it(self, book: Appointments) -> None:
        book.reply(MORNING, Reply.CANCELLED, "uuid-1")
        assert book.next_of(HOLDER) == LATER
        book.reply(LATER, Reply.CANCELLED, "uuid-2")
        assert book.next_of(HOLDER) is None

    def test_what_was_said_of_another_time_does_not_count_for_this_one(self, book: Appointments) -> None:
        """The operator has put it off since: who cancelled ten o'clock has not cancelled half past nine."""
        book.reply(replace(MORNING, at=time(10)), Reply.CANCELLED, "uuid-1")
        book.reply(replace(MORNING, day=date(2026, 3, 20)), Reply.CONFIRMED, "uuid-1")
        assert book.next_of(HOLDER) == MORNING


class TestFake(Contract):
    @pytest.fixture
    def book(self) -> Appointments:
        return FakeAppointments([PAST, LATER, MORNING], today=TODAY)


class TestStored(Contract):
    @pytest.fixture(params=[ours, operators])
    def book(self, request: pytest.FixtureRequest, database: Database, theirs: Database) -> Appointments:
        made: Appointments = request.param(database, theirs)
        return made

    def test_a_co_payment_is_due_until_it_is_paid(self, book: Appointments, database: Database) -> None:
        ledger = SqlLedger(database, StandingClock())
        for minor, left in ((1_000, Money(1_500, "USD")), (1_500, None)):
            found = book.next_of(HOLDER)
            assert found is not None and found.copay is not None
            shares = allocate([found.copay], Money(minor, "USD"))
            asked = PaymentRequest("uuid", "a1", found.copay.id, Money(minor, "USD"), allocations=shares)
            payment = ledger.open(asked)
            ledger.record(payment.id, Approved(T1, asked.amount))
            ledger.record(payment.id, Submitted(T1))
            after = book.next_of(HOLDER)
            assert after is not None and (after.copay.due if after.copay else None) == left

    def test_every_word_is_kept_with_its_time_and_its_call(self, book: Appointments, database: Database) -> None:
        book.reply(MORNING, Reply.CONFIRMED, "uuid-1")
        book.reply(MORNING, Reply.CANCELLED, "uuid-2")
        rows = database.read(lambda connection: connection.execute(select(appointment_replies)).all())
        assert [(row.appointment_id, row.reply, row.call_uuid, row.at) for row in rows] == [
            ("v1", "confirmed", "uuid-1", StandingClock().now()),
            ("v1", "cancelled", "uuid-2", StandingClock().now()),
        ]


@pytest.mark.parametrize("wrong", ["d = NULL", "t = NULL", "no = NULL", f"no = '{'x' * 59}'"])
def test_a_row_that_is_no_appointment_is_an_error_not_a_guess(
    database: Database, theirs: Database, wrong: str
) -> None:
    book = operators(database, theirs)
    theirs.write(lambda connection: connection.execute(text(f"UPDATE visit SET {wrong}")).close())
    with pytest.raises(StoreUnavailable, match="no appointment"):
        book.next_of(HOLDER)
