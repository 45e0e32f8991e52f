"""Whatever happens, in any order: the table of states holds, a bill has one open attempt, history only grows."""

from __future__ import annotations

from itertools import count

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fs_app.domain.money import Money
from fs_app.domain.payment import (
    OPEN_STATES,
    TRANSITIONS,
    Approved,
    Declined,
    Event,
    PaymentId,
    PaymentRequest,
    PaymentState,
    Submitted,
    TransactionId,
    Unavailable,
    Unknown,
    Voided,
    state_after,
)
from fs_app.errors import BillBusy, IllegalTransition
from fs_app.ports import LedgerEvent
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.testing.fakes_payments import StandingClock

AMOUNT = Money(4250, "USD")
TRANSACTIONS = st.sampled_from([TransactionId("t1"), TransactionId("t2")])
EVENTS = st.one_of(
    st.builds(Approved, TRANSACTIONS, st.just(AMOUNT)),
    st.builds(Declined, st.sampled_from(["2000", "2001", "gateway_cvv"]), st.none() | TRANSACTIONS),
    st.builds(Unavailable, st.sampled_from(["refused", "no connection"])),
    st.builds(Unknown, st.sampled_from(["read timeout", "reset"]), st.none() | TRANSACTIONS),
    st.builds(Submitted, TRANSACTIONS),
    st.builds(Voided, TRANSACTIONS),
)
_runs = count()


class LedgerMachine(RuleBasedStateMachine):
    """A ledger and what we believe of it."""

    database: Database
    attempts = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        self.run = next(_runs)  # every run has bills of its own in the one database
        self.clock = StandingClock()
        self.ledger = SqlLedger(self.database, self.clock)
        self.states: dict[PaymentId, PaymentState] = {}
        self.bills: dict[PaymentId, str] = {}
        self.seen: dict[PaymentId, set[Event]] = {}
        self.histories: dict[PaymentId, list[LedgerEvent]] = {}

    @rule(target=attempts, bill=st.sampled_from("ab"))
    def open(self, bill: str) -> PaymentId | None:
        """A caller confirms; None where the bill is busy, as it must be exactly where an attempt is open."""
        bill_id = f"{self.run}-{bill}"
        busy = any(self.bills[p] == bill_id and state in OPEN_STATES for p, state in self.states.items())
        try:
            payment = self.ledger.open(PaymentRequest("uuid", "account", bill_id, AMOUNT))
        except BillBusy:
            assert busy
            return None
        assert not busy
        self.states[payment.id], self.bills[payment.id] = payment.state, bill_id
        self.seen[payment.id] = set()
        return payment.id

    @rule(attempt=attempts, event=EVENTS, seconds=st.integers(0, 3))
    def record(self, attempt: PaymentId | None, event: Event, seconds: int) -> None:
        """Something comes from the gateway, sensible or not."""
        if attempt is None:
            return
        self.clock.move(seconds)
        state = state_after(event)
        allowed = state in TRANSITIONS[self.states[attempt]]
        again = event in self.seen[attempt]
        try:
            payment = self.ledger.record(attempt, event)
        except IllegalTransition:
            assert not allowed
            assert not again
            return
        if not again:
            assert allowed
            self.states[attempt] = state
            self.seen[attempt].add(event)
        assert payment.state is self.states[attempt]

    @invariant()
    def the_ledger_is_as_we_believe(self) -> None:
        """Every attempt stands where the allowed events led it, and its history has grown at its end only."""
        for attempt, state in self.states.items():
            assert self.ledger.get(attempt).state is state
            history = list(self.ledger.history(attempt))
            before = self.histories.get(attempt, [])
            assert history[: len(before)] == before
            assert history[-1].state == state
            assert len(history) == 1 + len(self.seen[attempt])
            self.histories[attempt] = history


def test_the_ledger_under_random_events(database: Database) -> None:
    class Machine(LedgerMachine):
        pass

    Machine.database = database
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=15,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
