"""The cashier: what is asked, recorded and told, for each way that a payment can go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from fs_app.domain.card import Card
from fs_app.domain.money import Money
from fs_app.domain.payment import (
    ENDINGS,
    Approved,
    Declined,
    Ending,
    Event,
    Payment,
    PaymentId,
    PaymentRequest,
    PaymentState,
    Submitted,
    TransactionId,
    Unavailable,
    Unknown,
    Voided,
)
from fs_app.domain.schedule import Schedule
from fs_app.domain.secret import Secret
from fs_app.errors import BillBusy, IllegalTransition, StoreError, StoreUnavailable
from fs_app.payments.cashier import GatewayCashier
from fs_app.payments.resolver import PaymentResolver
from fs_app.ports import ChargeRequest, PaymentOutcome
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.schema import migrate
from fs_app.testing.fakes_payments import ScriptedGateway, StandingClock

CANARY = "4111111111111111"
AMOUNT = Money(4250, "USD")
REQUEST = PaymentRequest("uuid-1", "account-1", "bill-1", AMOUNT, "visa", "1111")
T1 = TransactionId("fake1")
TIMEOUT = Unknown("read timeout")


class LedgerThatFails(SqlLedger):
    """A ledger that fails when an event of one kind is to be recorded."""

    failure: tuple[type, StoreError] | None = None

    def record(self, payment_id: PaymentId, event: Event, *, payer_knows: bool = True) -> Payment:
        if self.failure is not None and isinstance(event, self.failure[0]):
            raise self.failure[1]
        return super().record(payment_id, event, payer_knows=payer_knows)


class JumpingClock(StandingClock):
    """Time passes only between one look at it and the next."""

    at_each_look = 0.0

    def now(self) -> datetime:
        self.move(self.at_each_look)
        return super().now()


class Till:
    """A cashier and everything around it."""

    def __init__(self, database: Database) -> None:
        self.clock = clock = JumpingClock()
        self.ledger = LedgerThatFails(database, clock)
        self.gateway = ScriptedGateway()
        self.cashier = GatewayCashier(self.ledger, self.gateway, clock)
        self.card = Card(Secret(CANARY), Secret("1230"), Secret("987"), Secret("94107"), "visa", "1111")

    def patient(self) -> GatewayCashier:
        """A cashier that asks again, twice."""
        resolver = PaymentResolver(self.ledger, self.gateway, self.clock, Schedule())
        return GatewayCashier(
            self.ledger, self.gateway, self.clock, resolver=resolver, recheck_seconds=(0.001, 0.001)
        )

    def pay(self) -> PaymentOutcome:
        """Pay, and check what must be true of every payment."""
        outcome = self.cashier.pay(REQUEST, self.card)
        assert self.card.wiped
        assert self.ledger.get(outcome.payment.id) == outcome.payment, "told as it is recorded"
        return outcome

    def states(self, outcome: PaymentOutcome) -> list[str]:
        """The states that the payment went through."""
        return [line.state for line in self.ledger.history(outcome.payment.id)]

    @property
    def captures(self) -> int:
        """How many captures the gateway has made."""
        return sum(self.gateway.captures.values())


@pytest.fixture
def till(tmp_path: Path) -> Iterator[Till]:
    """A cashier with a ledger in SQLite."""
    database = Database(f"sqlite:///{tmp_path}/fs_app.sqlite", threads=2)
    migrate(database)
    yield Till(database)
    database.close()


def test_paid(till: Till) -> None:
    outcome = till.pay()
    assert outcome.result == Approved(T1, AMOUNT)
    assert outcome.payment.state is PaymentState.SUBMITTED
    assert till.states(outcome) == ["opened", "authorised", "submitted"]
    assert till.gateway.calls == ["authorise", "submit"]
    assert till.captures == 1


def test_the_attempt_and_then_the_authorisation_are_committed_before_the_next_request(till: Till) -> None:
    seen: list[PaymentState] = []

    def authorise(request: ChargeRequest) -> Approved:
        (attempt,) = till.ledger.payments()
        seen.append(attempt.state)
        assert attempt.order_id == request.order_id
        assert request.means.number.reveal() == CANARY
        return Approved(T1, AMOUNT)

    def submit(transaction_id: TransactionId) -> Submitted:
        seen.append(till.ledger.payments()[0].state)
        assert till.card.wiped, "the card is not needed any more"
        return till.gateway.capture(transaction_id)

    till.gateway.script["authorise"].append(authorise)
    till.gateway.script["submit"].append(submit)
    till.pay()
    assert seen == [PaymentState.OPENED, PaymentState.AUTHORISED]


def test_two_who_are_nobody_are_not_one_customer_at_the_gateway(till: Till) -> None:
    """A gift has no account: what the gateway keeps of one giver must not lie with another's."""
    asked: list[object] = []
    for account, bill in (("", "gift:1"), ("", "gift:2"), ("account-1", "b1"), ("account-1", "b2")):
        card = Card(Secret(CANARY), Secret("1230"), Secret("987"), Secret("94107"), "visa", "1111")
        till.gateway.script["authorise"].append(lambda request: asked.append(request.customer) or TIMEOUT)
        till.cashier.pay(replace(REQUEST, account_id=account, bill_id=bill), card)
    assert len(set(asked[:2])) == 2
    assert len(set(asked[2:])) == 1


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Declined("2001", T1), PaymentState.DECLINED),
        (Unavailable("no connection"), PaymentState.NOT_SENT),
        (Unavailable("81715 number", "number"), PaymentState.NOT_SENT),
        (TIMEOUT, PaymentState.UNKNOWN),
    ],
)
def test_everything_but_approved_ends_there(till: Till, answer: Event, state: PaymentState) -> None:
    till.gateway.script["authorise"].append(answer)
    outcome = till.pay()
    assert (outcome.result, outcome.payment.state) == (answer, state)
    assert till.gateway.calls == ["authorise"]


@pytest.mark.parametrize("answer", [TIMEOUT, Unavailable("no connection")])
def test_an_authorisation_not_known_to_be_submitted_is_being_checked(till: Till, answer: Event) -> None:
    till.gateway.script["submit"].append(answer)
    outcome = till.pay()
    assert isinstance(outcome.result, Unknown)
    assert outcome.result.transaction_id == T1
    assert outcome.payment.state is PaymentState.AUTHORISED
    assert ENDINGS[outcome.payment.state] is Ending.BEING_CHECKED


@pytest.mark.parametrize("approved", [Money(3000, "USD"), Money(4251, "USD"), Money(4250, "EUR")])
def test_another_amount_or_currency_is_given_back_and_is_not_paid(till: Till, approved: Money) -> None:
    till.gateway.script["authorise"].append(lambda request: till.gateway.hold(replace(request, amount=approved)))
    outcome = till.pay()
    assert isinstance(outcome.result, Unavailable)
    assert till.states(outcome) == ["opened", "authorised", "voided"]
    assert till.gateway.voided == {T1}
    assert till.captures == 0
    assert ENDINGS[outcome.payment.state] is Ending.NOT_PAID


@pytest.mark.parametrize("answer", [TIMEOUT, Unavailable("no connection"), RuntimeError(CANARY)])
def test_a_partial_approval_not_known_to_be_given_back_is_being_checked(till: Till, answer: object) -> None:
    till.gateway.script["authorise"].append(Approved(T1, Money(3000, "USD")))
    till.gateway.script["void"].append(answer)
    outcome = till.pay()
    assert isinstance(outcome.result, Unknown)
    assert outcome.payment.state is PaymentState.AUTHORISED
    assert till.captures == 0


def test_an_authorisation_that_cannot_be_recorded_is_not_submitted(till: Till) -> None:
    till.ledger.failure = (Approved, StoreUnavailable("down"))
    outcome = till.pay()
    assert isinstance(outcome.result, Unknown)
    assert till.gateway.calls == ["authorise"]
    assert ENDINGS[outcome.payment.state] is Ending.BEING_CHECKED


def test_an_authorisation_too_late_for_its_attempt_is_given_back(till: Till) -> None:
    till.ledger.failure = (Approved, IllegalTransition("closed meanwhile"))
    outcome = till.pay()
    assert isinstance(outcome.result, Unknown)
    assert till.gateway.calls == ["authorise", "void"]
    assert (till.gateway.voided, till.captures) == ({T1}, 0)


def test_a_process_that_stood_still_sends_nothing_afterwards(till: Till) -> None:
    till.clock.at_each_look = 3600.0
    outcome = till.pay()
    assert isinstance(outcome.result, Unavailable)
    assert till.gateway.calls == []
    assert outcome.payment.state is PaymentState.NOT_SENT


@pytest.mark.parametrize("script", ["lost before it was made", "lost after it was made", "lost after the capture"])
def test_an_unknown_result_is_asked_for_again_while_the_caller_waits(till: Till, script: str) -> None:
    def lost(request: ChargeRequest) -> Unknown:
        till.gateway.hold(request)
        return TIMEOUT

    def lost_later(transaction_id: TransactionId) -> Unknown:
        till.gateway.capture(transaction_id)
        return TIMEOUT

    if script == "lost before it was made":
        till.gateway.script["authorise"].append(TIMEOUT)
    elif script == "lost after it was made":
        till.gateway.script["authorise"].append(lost)
        till.gateway.script["find"].append(None)  # the first look fails, the second one finds it
    else:
        till.gateway.script["submit"].append(lost_later)
    outcome = till.patient().pay(REQUEST, till.card)
    found = script != "lost before it was made"
    assert isinstance(outcome.result, Approved if found else Unknown)
    assert outcome.payment.state is (PaymentState.SUBMITTED if found else PaymentState.UNKNOWN)
    assert till.captures == found
    assert till.ledger.get(outcome.payment.id) == outcome.payment


def test_a_capture_that_cannot_be_recorded_is_not_told_as_paid_nor_as_not_paid(till: Till) -> None:
    till.ledger.failure = (Submitted, StoreUnavailable("down"))
    outcome = till.pay()
    assert isinstance(outcome.result, Unknown)
    assert till.captures == 1
    assert ENDINGS[outcome.payment.state] is Ending.BEING_CHECKED


def test_a_void_that_cannot_be_recorded_is_being_checked(till: Till) -> None:
    till.gateway.script["authorise"].append(Approved(T1, Money(1, "USD")))
    till.ledger.failure = (Voided, StoreUnavailable("down"))
    assert isinstance(till.pay().result, Unknown)


def test_a_decline_that_cannot_be_recorded_is_still_what_the_gateway_said(till: Till) -> None:
    till.ledger.failure = (Declined, StoreUnavailable("down"))
    till.gateway.script["authorise"].append(Declined("2001"))
    outcome = till.pay()
    assert outcome.result == Declined("2001")
    assert outcome.payment.state is PaymentState.OPENED


@pytest.mark.parametrize("method", ["authorise", "submit"])
def test_an_adapter_that_raises_tells_nothing_of_the_card(till: Till, method: str) -> None:
    def broken(_: object) -> None:
        raise ValueError(f"request body: {CANARY}")

    till.gateway.script[method].append(broken)
    with capture_logs() as logs:
        outcome = till.pay()
    assert isinstance(outcome.result, Unknown)
    assert "ValueError" in outcome.result.reason
    assert CANARY not in repr((outcome, logs, till.ledger.history(outcome.payment.id)))
    assert {"event": "gateway_raised", "error": "ValueError", "log_level": "error"} in logs


@pytest.mark.parametrize("error", [BillBusy("open"), StoreUnavailable("down")])
def test_where_no_attempt_could_be_opened_nothing_is_sent(
    till: Till, error: StoreError, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Payment:
        raise error

    monkeypatch.setattr(till.ledger, "open", refuse)
    with pytest.raises(type(error)):
        till.cashier.pay(REQUEST, till.card)
    assert till.card.wiped
    assert till.gateway.calls == []


def test_a_caller_killed_in_mid_charge_leaves_no_card(till: Till) -> None:
    class Killed(BaseException):
        pass

    till.gateway.script["authorise"].append(Killed())
    with pytest.raises(Killed):
        till.cashier.pay(REQUEST, till.card)
    assert till.card.wiped


def test_a_bill_with_an_uncertain_payment_takes_no_second_one(till: Till) -> None:
    till.gateway.script["authorise"].append(TIMEOUT)
    till.pay()
    with pytest.raises(BillBusy):
        till.cashier.pay(REQUEST, till.card)
    assert till.gateway.calls == ["authorise"]


def test_ready_asks_the_gateway_once_in_a_while(till: Till) -> None:
    assert till.cashier.ready()
    assert till.cashier.ready()
    assert till.gateway.calls == ["check"]


@pytest.mark.parametrize(
    ("answer", "asked_again"),
    [
        (Unavailable("no connection"), True),
        (TIMEOUT, True),
        (Declined("2000"), False),
        (Unavailable("81715 number", "number"), False),
    ],
)
def test_a_failed_charge_makes_ready_ask_again(till: Till, answer: Event, asked_again: bool) -> None:
    assert till.cashier.ready()
    till.gateway.script["authorise"].append(answer)
    till.gateway.script["check"].append("refused")
    till.pay()
    assert till.cashier.ready() is not asked_again


@pytest.fixture(autouse=True)
def plain_logs() -> Iterator[None]:
    """The log as no other test has set it up."""
    structlog.reset_defaults()
    yield
