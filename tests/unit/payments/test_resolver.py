"""The resolver with a ledger and a gateway in memory: what is found is adopted, given back, or left alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.payment import (
    Approved,
    Payment,
    PaymentRequest,
    PaymentState,
    TransactionId,
    Unavailable,
    Unknown,
)
from fs_app.domain.schedule import Schedule
from fs_app.domain.standing import TAKEN, Standing
from fs_app.payments.resolver import PaymentResolver, Resolved
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.schema import migrate
from fs_app.testing.fakes_payments import ScriptedGateway, StandingClock

AMOUNT = Money(4250, "USD")
REQUEST = PaymentRequest("uuid-1", "account-1", "bill-1", AMOUNT, receipt_to=Contact.parse("sms:+15550100001"))
TIMEOUT = Unknown("read timeout")


class Desk:
    """A resolver and everything around it, with one open attempt."""

    def __init__(self, database: Database) -> None:
        self.clock = StandingClock()
        self.ledger = SqlLedger(database, self.clock)
        self.gateway = ScriptedGateway(self.clock.now)
        self.resolver = PaymentResolver(self.ledger, self.gateway, self.clock, Schedule())
        self.payment = self.ledger.open(REQUEST)

    def resolve(self) -> Resolved:
        resolved = self.resolver.resolve(self.ledger.get(self.payment.id))
        assert self.ledger.get(self.payment.id) == resolved.payment
        return resolved

    def hold(self, amount: Money = AMOUNT) -> TransactionId:
        """The gateway has authorised it; the reply was lost."""
        return self.gateway.add(self.payment.order_id, amount, Standing.HELD)

    def states(self) -> list[str]:
        return [line.state for line in self.ledger.history(self.payment.id)]

    def authorised(self) -> Payment:
        return self.ledger.record(self.payment.id, Approved(self.hold(), AMOUNT))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = Database(f"sqlite:///{tmp_path}/fs_app.sqlite", threads=2)
    migrate(database)
    yield Desk(database)
    database.close()


def test_a_lost_authorisation_is_adopted_and_submitted_once(desk: Desk) -> None:
    desk.hold()
    assert desk.resolve().payment.state is PaymentState.SUBMITTED
    assert desk.states() == ["opened", "authorised", "submitted"]
    assert desk.resolve().waiting == "not settled yet"
    assert desk.gateway.captures == {desk.payment.order_id: 1}
    assert desk.gateway.calls.count("submit") == 1


def test_an_old_authorisation_is_given_back(desk: Desk) -> None:
    desk.authorised()
    desk.clock.move(90_000)
    assert desk.resolve().payment.state is PaymentState.VOIDED
    assert not desk.gateway.captures


def test_a_partial_approval_is_given_back(desk: Desk) -> None:
    desk.hold(Money(3000, "USD"))
    assert desk.resolve().payment.state is PaymentState.VOIDED
    assert not desk.gateway.captures


def test_a_failed_search_and_an_early_empty_one_are_no_information(desk: Desk) -> None:
    desk.gateway.script["find"].append(None)
    assert desk.resolve().waiting == "the gateway could not be asked"
    assert desk.resolve().waiting == "the gateway's search finds nothing yet"
    assert desk.states() == ["opened"]


def test_an_empty_search_in_the_end_means_that_nothing_was_sent(desk: Desk) -> None:
    desk.clock.move(3601)
    assert desk.resolve().payment.state is PaymentState.NOT_SENT
    desk.ledger.open(REQUEST)  # the bill is free again


def test_a_search_that_lags_hides_nothing_that_is_recorded(desk: Desk) -> None:
    desk.authorised()
    desk.clock.move(7200)
    desk.gateway.script["find"].append([])
    assert desk.resolve().payment.state is PaymentState.SUBMITTED


def test_a_submission_without_an_answer_is_asked_about_not_repeated_blindly(desk: Desk) -> None:
    desk.authorised()
    desk.gateway.script["submit"].append(lambda transaction: desk.gateway.capture(transaction) and TIMEOUT)
    assert desk.resolve().waiting == "not submitted: read timeout"
    assert desk.resolve().payment.state is PaymentState.SUBMITTED
    assert desk.gateway.calls.count("submit") == 1


def test_extra_captures_are_voided_and_settled_ones_refunded_once(desk: Desk) -> None:
    ours = desk.authorised().transaction_id
    order = desk.payment.order_id
    early, late = (desk.gateway.add(order, AMOUNT, standing) for standing in (Standing.CAPTURED, Standing.SETTLED))
    desk.resolve()
    desk.resolve()
    sales = {each.transaction_id: each for each in desk.gateway.search(order) if each.kind == "sale"}
    refunds = [each for each in desk.gateway.search(order) if each.kind == "credit"]
    assert [name for name, each in sales.items() if each.standing in TAKEN] == [ours, late]
    assert sales[early].standing is Standing.GIVEN_BACK
    assert [(each.refunds, each.amount) for each in refunds] == [(late, AMOUNT)]
    notes = [line.detail for line in desk.ledger.history(desk.payment.id) if line.state == "note"]
    assert len(notes) == 2 and all("given back" in note for note in notes)


def test_what_cannot_be_given_back_now_is_tried_again(desk: Desk) -> None:
    desk.authorised()
    extra = desk.gateway.add(desk.payment.order_id, AMOUNT, Standing.HELD)
    desk.gateway.script["void"].append(TIMEOUT)
    assert extra in desk.resolve().waiting
    assert desk.resolve().payment.state is PaymentState.SUBMITTED
    assert desk.gateway.voided == {extra}


def test_a_capture_is_followed_to_its_settlement_and_back(desk: Desk) -> None:
    desk.authorised()
    desk.resolve()
    desk.gateway.settle()
    settled = desk.resolve()
    assert (settled.payment.state, settled.waiting, settled.person) == (PaymentState.SETTLED, "", "")


def test_a_void_at_the_gateway_reaches_the_ledger(desk: Desk) -> None:
    transaction = desk.authorised().transaction_id
    desk.resolve()
    assert transaction is not None
    desk.gateway.give_back(transaction)
    assert desk.resolve().payment.state is PaymentState.VOIDED


def test_a_late_authorisation_of_a_closed_attempt_is_given_back(desk: Desk) -> None:
    desk.ledger.record(desk.payment.id, Unavailable("no connection"))
    held = desk.hold()
    desk.resolve()
    assert desk.gateway.voided == {held}
    assert desk.states() == ["opened", "not_sent", "note"]


def test_two_resolvers_at_once_do_no_more_than_one(desk: Desk) -> None:
    """The second one works on what it read before the first one moved it."""
    desk.hold()
    read = desk.ledger.get(desk.payment.id)
    other = PaymentResolver(desk.ledger, desk.gateway, desk.clock, Schedule())
    assert desk.resolver.resolve(read).payment.state is PaymentState.SUBMITTED
    assert other.resolve(read).payment.state is PaymentState.SUBMITTED
    assert desk.gateway.captures == {desk.payment.order_id: 1}
    assert desk.states() == ["opened", "authorised", "submitted"]
