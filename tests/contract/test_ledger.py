"""The Ledger port, on SQLite and on MariaDB."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import gevent
import pytest
from gevent.os import tp_read
from sqlalchemy import Connection, update

from fs_app.domain.card import luhn_ok
from fs_app.domain.money import Money
from fs_app.domain.payment import (
    TRANSITIONS,
    Approved,
    Declined,
    Event,
    PaymentId,
    PaymentRequest,
    PaymentState,
    Returned,
    Settled,
    Submitted,
    TransactionId,
    Unavailable,
    Unknown,
    Voided,
    state_after,
)
from fs_app.errors import BillBusy, IllegalTransition, StoreUnavailable
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger, new_confirmation
from fs_app.store.tables import payments
from fs_app.testing.fakes_payments import StandingClock

AMOUNT = Money(4250, "USD")
REQUEST = PaymentRequest("uuid-1", "demo-10001", "bill-1", AMOUNT, "visa", "1111")
T1 = TransactionId("t1")

# One event for each state that an event can lead to.
EVENTS: dict[PaymentState, Event] = {
    state_after(event): event
    for event in (
        Approved(T1, AMOUNT),
        Declined("2001", T1),
        Unavailable("no connection"),
        Unknown("read timeout"),
        Submitted(T1),
        Voided(T1),
    )
}
# How to get to each state from OPENED.
PATHS: dict[PaymentState, list[Event]] = {
    PaymentState.OPENED: [],
    PaymentState.AUTHORISED: [EVENTS[PaymentState.AUTHORISED]],
    PaymentState.DECLINED: [EVENTS[PaymentState.DECLINED]],
    PaymentState.NOT_SENT: [EVENTS[PaymentState.NOT_SENT]],
    PaymentState.UNKNOWN: [EVENTS[PaymentState.UNKNOWN]],
    PaymentState.SUBMITTED: [EVENTS[PaymentState.AUTHORISED], EVENTS[PaymentState.SUBMITTED]],
    PaymentState.VOIDED: [EVENTS[PaymentState.AUTHORISED], EVENTS[PaymentState.VOIDED]],
}


@pytest.fixture
def clock() -> StandingClock:
    """A clock that the test moves."""
    return StandingClock()


@pytest.fixture
def ledger(database: Database, clock: StandingClock) -> SqlLedger:
    """A ledger on each kind of database."""
    return SqlLedger(database, clock)


class TestOpen:
    def test_an_attempt_is_committed_when_open_returns(self, ledger: SqlLedger, database_url: str) -> None:
        payment = ledger.open(REQUEST)
        other = Database(database_url)
        assert SqlLedger(other, StandingClock()).get(payment.id) == payment
        other.close()

    def test_what_is_kept(self, ledger: SqlLedger, clock: StandingClock) -> None:
        payment = ledger.open(REQUEST)
        assert payment.state is PaymentState.OPENED
        assert payment.request == REQUEST
        assert payment.opened_at == clock.at
        assert payment.transaction_id is None
        assert ledger.get(payment.id) == payment
        assert [(line.at, line.state, line.detail) for line in ledger.history(payment.id)] == [
            (clock.at, "opened", "by phone")
        ]

    def test_confirmation_numbers_can_be_said_and_checked(self, ledger: SqlLedger) -> None:
        opened = [ledger.open(replace(REQUEST, bill_id=f"bill-{number}")) for number in range(20)]
        for payment in opened:
            assert len(payment.confirmation) == 8
            assert payment.confirmation[0] != "0"
            assert luhn_ok(payment.confirmation)
            assert len(payment.order_id) == 36
        assert len({payment.confirmation for payment in opened}) == len({p.order_id for p in opened}) == 20

    def test_a_taken_confirmation_number_is_drawn_again(self, database: Database, clock: StandingClock) -> None:
        ledger = SqlLedger(database, clock, confirmation=lambda digits: "1" + "0" * (max(digits, 10) - 2) + "9")
        assert ledger.open(REQUEST).confirmation == "1000000009"
        assert ledger.open(replace(REQUEST, bill_id="bill-2")).confirmation == "10000000009"

    def test_confirmation_numbers_grow_where_short_ones_are_used_up(
        self, database: Database, clock: StandingClock
    ) -> None:
        def drawn(digits: int) -> str:
            return "10000009" if digits == 8 else new_confirmation(digits)

        ledger = SqlLedger(database, clock, confirmation=drawn)
        opened = [ledger.open(replace(REQUEST, bill_id=f"bill-{number}")) for number in range(3)]
        assert [len(payment.confirmation) for payment in opened] == [8, 9, 9]
        assert all(luhn_ok(payment.confirmation) for payment in opened[1:])

    def test_the_longest_confirmation_number_is_kept_whole(self, database: Database, clock: StandingClock) -> None:
        ledger = SqlLedger(database, clock, confirmation=lambda _: "9" * 15 + "7")
        payment = ledger.open(REQUEST)
        assert ledger.by_confirmation("9" * 15 + "7") == payment

    def test_no_free_confirmation_number_is_an_error(self, database: Database, clock: StandingClock) -> None:
        ledger = SqlLedger(database, clock, confirmation=lambda _: "10000009")
        ledger.open(REQUEST)
        with pytest.raises(StoreUnavailable, match="confirmation"):
            ledger.open(replace(REQUEST, bill_id="bill-2"))

    def test_a_second_attempt_on_an_open_bill_is_refused(self, ledger: SqlLedger) -> None:
        ledger.open(REQUEST)
        with pytest.raises(BillBusy):
            ledger.open(replace(REQUEST, call_uuid="uuid-2"))
        assert len(ledger.payments()) == 1

    @pytest.mark.parametrize("state", sorted(PATHS))
    def test_a_bill_is_free_again_when_its_attempt_has_ended(self, ledger: SqlLedger, state: PaymentState) -> None:
        payment = ledger.open(REQUEST)
        for event in PATHS[state]:
            ledger.record(payment.id, event)
        if state in {PaymentState.OPENED, PaymentState.UNKNOWN, PaymentState.AUTHORISED}:
            with pytest.raises(BillBusy):
                ledger.open(REQUEST)
        else:
            assert ledger.open(REQUEST).id != payment.id

    def test_a_bill_that_was_paid_since_its_balance_was_told_is_not_paid_again(self, ledger: SqlLedger) -> None:
        told = replace(REQUEST, taken_before=Money(0, "USD"))
        first = ledger.open(told)
        for event in PATHS[PaymentState.SUBMITTED]:
            ledger.record(first.id, event)
        with pytest.raises(BillBusy, match="since its balance was told"):
            ledger.open(told)
        assert len(ledger.payments()) == 1
        assert ledger.open(replace(REQUEST, taken_before=AMOUNT)).state is PaymentState.OPENED

    def test_an_attempt_that_took_nothing_leaves_the_balance_as_it_was_told(self, ledger: SqlLedger) -> None:
        told = replace(REQUEST, taken_before=Money(0, "USD"))
        ledger.record(ledger.open(told).id, Declined("2001", T1))
        assert ledger.open(told).state is PaymentState.OPENED

    def test_of_twenty_callers_on_one_bill_one_gets_in(
        self, database: Database, database_url: str, clock: StandingClock
    ) -> None:
        other = Database(database_url, threads=4)  # another process would have its own
        ledgers = [SqlLedger(database, clock), SqlLedger(other, clock)]
        tasks = [gevent.spawn(ledgers[number % 2].open, REQUEST) for number in range(20)]
        gevent.joinall(tasks, timeout=20)
        assert Counter(type(task.exception) for task in tasks) == {type(None): 1, BillBusy: 19}
        assert len(ledgers[0].payments()) == 1
        other.close()

    @pytest.mark.parametrize("change", [{"amount": Money(0, "USD")}, {"last_four": "4111111111111111"}])
    def test_what_must_not_be_kept_is_refused(self, ledger: SqlLedger, change: dict[str, object]) -> None:
        with pytest.raises(ValueError, match=r"above zero|last four"):
            ledger.open(replace(REQUEST, **change))
        assert ledger.payments() == []


class TestRecord:
    def test_the_way_to_paid(self, ledger: SqlLedger, clock: StandingClock) -> None:
        payment = ledger.open(REQUEST)
        clock.move(2.5)
        assert ledger.record(payment.id, Approved(T1, AMOUNT)).state is PaymentState.AUTHORISED
        clock.move(1)
        paid = ledger.record(payment.id, Submitted(T1))
        assert (paid.state, paid.transaction_id) == (PaymentState.SUBMITTED, T1)
        assert ledger.get(payment.id) == paid
        assert [(line.at - payment.opened_at, line.state, line.detail) for line in ledger.history(payment.id)] == [
            (timedelta(), "opened", "by phone"),
            (timedelta(seconds=2.5), "authorised", "approved 42.50 USD"),
            (timedelta(seconds=3.5), "submitted", "submitted for settlement"),
        ]

    @pytest.mark.parametrize("target", sorted(EVENTS))
    @pytest.mark.parametrize("start", sorted(PATHS))
    def test_only_the_table_of_states_leads_anywhere(
        self, ledger: SqlLedger, start: PaymentState, target: PaymentState
    ) -> None:
        payment = ledger.open(REQUEST)
        for event in PATHS[start]:
            payment = ledger.record(payment.id, event)
        history = ledger.history(payment.id)
        event = EVENTS[target]
        if event in PATHS[start]:  # the very same event again
            assert ledger.record(payment.id, event) == payment
            assert ledger.history(payment.id) == history
        elif target in TRANSITIONS[start]:
            assert ledger.record(payment.id, event).state is target
            assert len(ledger.history(payment.id)) == len(history) + 1
        else:
            with pytest.raises(IllegalTransition):
                ledger.record(payment.id, event)
            assert ledger.get(payment.id) == payment
            assert ledger.history(payment.id) == history

    def test_the_same_state_with_another_answer_is_no_repetition(self, ledger: SqlLedger) -> None:
        payment = ledger.open(REQUEST)
        ledger.record(payment.id, Approved(T1, AMOUNT))
        for other in (Approved(TransactionId("t2"), AMOUNT), Approved(T1, Money(4200, "USD"))):
            with pytest.raises(IllegalTransition):
                ledger.record(payment.id, other)

    def test_of_two_contrary_answers_one_is_recorded(self, ledger: SqlLedger) -> None:
        payment = ledger.open(REQUEST)
        events = [Approved(T1, AMOUNT), Declined("2000", T1)] * 5
        tasks = [gevent.spawn(ledger.record, payment.id, event) for event in events]
        gevent.joinall(tasks, timeout=20)
        assert Counter(type(task.exception) for task in tasks) == {type(None): 5, IllegalTransition: 5}
        assert len(ledger.history(payment.id)) == 2

    def test_an_answer_waits_for_one_that_is_being_recorded(self, ledger: SqlLedger, database: Database) -> None:
        payment = ledger.open(REQUEST)
        moved, release = os.pipe(), os.pipe()

        def decline(connection: Connection) -> None:
            declined = update(payments).where(payments.c.id == payment.id)
            connection.execute(declined.values(state=PaymentState.DECLINED))
            os.write(moved[1], b"x")
            os.read(release[0], 1)

        first = gevent.spawn(database.write, decline)
        tp_read(moved[0], 1)
        second = gevent.spawn(ledger.record, payment.id, Approved(T1, AMOUNT))
        second.join(0.3)
        assert not second.ready()
        os.write(release[1], b"x")
        first.get(timeout=5)
        with pytest.raises(IllegalTransition):
            second.get(timeout=5)
        assert ledger.get(payment.id).state is PaymentState.DECLINED
        for end in (*moved, *release):
            os.close(end)

    def test_the_last_attempt_of_a_call_and_why_it_was_declined(self, ledger: SqlLedger) -> None:
        assert ledger.last_of_call("uuid-1") is None
        for declined in (Declined("2001", T1), Declined("gateway_cvv", advice="03"), Declined("2010")):
            payment = ledger.open(REQUEST)
            assert ledger.decline_of(payment.id) is None
            ledger.record(payment.id, declined)
            found = ledger.last_of_call("uuid-1")
            assert found is not None and found.id == payment.id
            assert ledger.decline_of(payment.id) == replace(declined, transaction_id=None)

    @pytest.mark.parametrize("code", ["R01", ""])
    def test_the_code_of_a_return(self, ledger: SqlLedger, code: str) -> None:
        payment = ledger.open(REQUEST)
        for event in (Approved(T1, AMOUNT), Submitted(T1), Settled(T1)):
            ledger.record(payment.id, event)
        assert ledger.return_of(payment.id) is None
        ledger.record(payment.id, Returned(T1, code))
        assert ledger.return_of(payment.id) == code

    def test_an_unknown_id(self, ledger: SqlLedger) -> None:
        with pytest.raises(KeyError):
            ledger.get(PaymentId(7))
        with pytest.raises(KeyError):
            ledger.record(PaymentId(7), Unknown("x"))
        assert ledger.history(PaymentId(7)) == []

    def test_a_card_number_in_a_reason_ends_before_the_row(self, ledger: SqlLedger) -> None:
        payment = ledger.open(REQUEST)
        ledger.record(payment.id, Unknown("echo 4111 1111 1111 1111 and 4111111111111111 " + "x" * 300))
        detail = ledger.history(payment.id)[-1].detail
        assert detail.startswith("echo [number] and [number] xxx")
        assert len(detail) == 255


def test_payments_since_a_time(ledger: SqlLedger, clock: StandingClock) -> None:
    first = ledger.open(REQUEST)
    clock.move(60)
    second = ledger.open(replace(REQUEST, bill_id="bill-2"))
    assert ledger.payments() == [first, second]
    assert ledger.payments(since=second.opened_at) == [second]
    assert ledger.payments(since=second.opened_at + timedelta(microseconds=1)) == []


def test_drawn_confirmation_numbers_are_spread() -> None:
    drawn = {new_confirmation(8) for _ in range(200)}
    assert len(drawn) > 195
    assert len({number[0] for number in drawn}) == 9
