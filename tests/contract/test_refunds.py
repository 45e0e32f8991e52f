"""Refunds and voids, on SQLite and MariaDB: never above what was captured, once for each key, all in the audit."""

from __future__ import annotations

import gevent
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.payment import (
    Approved,
    Declined,
    OrderId,
    Payment,
    PaymentId,
    PaymentRequest,
    PaymentState,
    Settled,
    Submitted,
    TransactionId,
    Unavailable,
    Unknown,
    Voided,
)
from fs_app.domain.refund import RefundRequest, RefundState
from fs_app.domain.schedule import Schedule
from fs_app.domain.standing import Standing
from fs_app.errors import IllegalTransition, RefundRefused
from fs_app.jobs.refunds import RefundFollower
from fs_app.payments.refunds import DeedEnd, DeedResult, RefundDesk
from fs_app.payments.resolver import PaymentResolver
from fs_app.ports import Deed, TaskKind
from fs_app.store.audit import SqlAudit
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.outbox import SqlOutbox
from fs_app.store.refunds import SqlRefunds
from fs_app.store.tasks import SqlTasks
from fs_app.testing.fakes_payments import ScriptedGateway, StandingClock

AMOUNT = Money(4250, "USD")
TIMEOUT = Unknown("read timeout")


class Office:
    """A refund desk and everything around it, with one paid and settled payment."""

    def __init__(self, database: Database) -> None:
        self.clock = StandingClock()
        self.gateway = ScriptedGateway(self.clock.now)
        self.ledger = SqlLedger(database, self.clock)
        self.refunds = SqlRefunds(database, self.clock)
        self.tasks = SqlTasks(database, self.clock)
        self.audit = SqlAudit(database, self.clock)
        resolver = PaymentResolver(self.ledger, self.gateway, self.clock, Schedule())
        self.desk = RefundDesk(self.ledger, self.refunds, self.gateway, resolver, self.tasks, self.audit)
        self.follower = RefundFollower(self.refunds, self.gateway, self.tasks, self.clock, Schedule())
        self.payment = self.paid()
        self.gateway.settle()

    def paid(self) -> Payment:
        count = len(self.ledger.payments())
        to = Contact.parse("sms:+15550100001")
        payment = self.ledger.open(PaymentRequest("uuid", "account", f"bill-{count}", AMOUNT, receipt_to=to))
        made = self.gateway.add(payment.order_id, AMOUNT, Standing.CAPTURED)
        self.ledger.record(payment.id, Approved(made, AMOUNT))
        return self.ledger.record(payment.id, Submitted(made))

    def deed(self, action: str = "refund", payment: PaymentId | None = None) -> Deed:
        return Deed(action, payment or self.payment.id, "ada", "paid twice by mistake", "cli")

    def refund(self, minor: int = 4250, key: str | None = None) -> DeedResult:
        return self.desk.refund(self.deed(), Money(minor, "USD"), key)

    def follow(self) -> str:
        """Look at what is due now."""
        (task,) = self.tasks.claim([TaskKind.REFUND], limit=5, lease_seconds=60)
        return self.follower.work(task)

    @property
    def given_back(self) -> int:
        """What the gateway has given back, in minor units."""
        return sum(each.amount.minor for each in self.gateway.books.values() if each.kind == "credit")

    def state(self) -> PaymentState:
        return self.ledger.get(self.payment.id).state


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_a_whole_refund_to_its_end(office: Office) -> None:
    result = office.refund()
    assert (result.end, office.given_back) == (DeedEnd.DONE, 4250)
    assert office.state() is PaymentState.SETTLED  # on its way; it may still fail
    office.gateway.settle()
    office.clock.move(86_400)
    assert office.follow() == "moved"
    assert office.state() is PaymentState.REFUNDED
    assert result.refund is not None
    states = [line.state for line in office.refunds.refund_history(result.refund.id)]
    assert states == ["opened", "submitted", "settled"]


def test_parts_of_it_until_nothing_is_left(office: Office) -> None:
    assert office.refund(2000).end is DeedEnd.DONE
    assert office.refund(2250).end is DeedEnd.DONE
    refused = office.refund(1, "another")
    assert refused.end is DeedEnd.REFUSED
    assert "only 0.00 USD can still be given back" in refused.words
    assert office.given_back == 4250


def test_a_repeated_command_is_the_same_refund(office: Office) -> None:
    first, second = office.refund(1000), office.refund(1000)
    assert (first.end, second.end) == (DeedEnd.DONE, DeedEnd.SAME)
    assert first.refund is not None and second.refund is not None
    assert first.refund.id == second.refund.id
    assert office.refund(1000, "once more").end is DeedEnd.DONE
    assert office.given_back == 2000


@pytest.mark.parametrize("minor", [0, -1])
def test_a_refund_of_nothing_is_not_a_refund_of_everything(office: Office, minor: int) -> None:
    assert office.refund(minor).end is DeedEnd.REFUSED
    assert office.given_back == 0


def test_a_key_of_another_refund_is_refused(office: Office) -> None:
    office.refund(1000, "key")
    assert office.refund(2000, "key").end is DeedEnd.REFUSED
    assert office.given_back == 1000


def test_what_is_not_settled_is_voided_instead(office: Office) -> None:
    payment = office.paid()
    refused = office.desk.refund(office.deed(payment=payment.id))
    assert refused.end is DeedEnd.REFUSED
    assert "void it whole" in refused.words
    done = office.desk.void(office.deed("void", payment.id))
    assert (done.end, done.payment.state) == (DeedEnd.DONE, PaymentState.VOIDED)
    assert office.desk.void(office.deed("void", payment.id)).end is DeedEnd.SAME
    assert office.given_back == 0


def test_jobs_that_are_faster_than_the_desk_leave_it_nothing_to_do(office: Office) -> None:
    """A webhook made them look while the answer was on its way."""
    payment = office.paid()

    def recorded_meanwhile(transaction_id: TransactionId) -> Voided:
        office.ledger.record(payment.id, Voided(transaction_id, "the gateway shows it as voided"))
        return office.gateway.give_back(transaction_id)

    office.gateway.script["void"].append(recorded_meanwhile)
    done = office.desk.void(office.deed("void", payment.id))
    assert (done.end, done.payment.state) == (DeedEnd.DONE, PaymentState.VOIDED)

    def settled_meanwhile(transaction_id: TransactionId) -> Submitted:
        (refund,) = office.refunds.refunds(payment_id=office.payment.id)
        made = office.gateway.add(refund.order_id, AMOUNT, Standing.SETTLED, kind="credit", refunds=transaction_id)
        for state in (RefundState.SUBMITTED, RefundState.SETTLED):
            office.refunds.record_refund(refund.id, state, "found", made)
        return Submitted(made)

    office.gateway.script["refund"].append(settled_meanwhile)
    result = office.refund()
    assert result.end is DeedEnd.DONE and result.refund is not None
    assert result.refund.state is RefundState.SETTLED


def test_a_void_of_what_was_being_checked_is_told_to_the_payer(office: Office, database: Database) -> None:
    to = Contact.parse("sms:+15550100001")
    payment = office.ledger.open(PaymentRequest("uuid", "account", "bill-y", AMOUNT, receipt_to=to))
    office.ledger.record(payment.id, Approved(office.gateway.add(payment.order_id, AMOUNT, Standing.HELD), AMOUNT))
    assert office.desk.void(office.deed("void", payment.id)).end is DeedEnd.DONE
    receipts = SqlOutbox(database, office.clock).receipts(payment_id=payment.id)
    assert [receipt.kind for receipt in receipts] == ["not_paid"]


def test_what_is_settled_is_not_voided(office: Office) -> None:
    refused = office.desk.void(office.deed("void"))
    assert refused.end is DeedEnd.REFUSED
    assert office.state() is PaymentState.SETTLED  # the ledger has learnt what the gateway knew


@pytest.mark.parametrize("state", ["opened", "declined"])
def test_what_was_not_captured_is_not_refunded(office: Office, state: str) -> None:
    payment = office.ledger.open(PaymentRequest("uuid", "account", "bill-x", AMOUNT))
    if state == "declined":
        office.ledger.record(payment.id, Declined("2000"))
    assert office.desk.refund(office.deed(payment=payment.id)).end is DeedEnd.REFUSED
    assert office.desk.void(office.deed("void", payment.id)).end is DeedEnd.REFUSED
    with pytest.raises(RefundRefused, match="nothing captured"):
        office.refunds.open_refund(RefundRequest(payment.id, AMOUNT, "ada", "why", "k"))


@pytest.mark.parametrize(
    ("answer", "end", "state"),
    [
        (Declined("2004"), DeedEnd.REFUSED, RefundState.DECLINED),
        (Unavailable("no connection"), DeedEnd.REFUSED, RefundState.NOT_SENT),
        (TIMEOUT, DeedEnd.UNKNOWN, RefundState.UNKNOWN),
        (RuntimeError("4111111111111111"), DeedEnd.UNKNOWN, RefundState.UNKNOWN),
    ],
)
def test_a_refund_that_is_not_taken(office: Office, answer: object, end: DeedEnd, state: RefundState) -> None:
    office.gateway.script["refund"].append(answer)
    result = office.refund()
    assert result.refund is not None
    assert (result.end, result.refund.state) == (end, state)
    assert "4111" not in result.words
    again = office.refund()  # a failed one may be asked for again, an unknown one not
    assert again.end is (DeedEnd.SAME if end is DeedEnd.UNKNOWN else DeedEnd.DONE)


def test_a_refund_whose_answer_was_lost_is_found(office: Office) -> None:
    def lost(transaction_id: object) -> Unknown:
        (refund,) = office.refunds.refunds()
        office.gateway.add(refund.order_id, AMOUNT, Standing.CAPTURED, kind="credit", refunds=transaction_id)
        return TIMEOUT

    office.gateway.script["refund"].append(lost)
    assert office.refund().end is DeedEnd.UNKNOWN
    office.clock.move(5)
    assert office.follow() == "moved"
    assert [refund.state for refund in office.refunds.refunds()] == [RefundState.SUBMITTED]
    assert office.given_back == 4250


def test_a_process_that_died_in_between_leaves_a_refund_that_is_resolved(office: Office) -> None:
    office.refunds.open_refund(RefundRequest(office.payment.id, AMOUNT, "ada", "why", "k"))
    office.clock.move(180)
    assert office.follow() == "waiting"  # nothing found, too early to mean anything
    office.clock.move(3600)
    assert office.follow() == "moved"
    assert [refund.state for refund in office.refunds.refunds()] == [RefundState.NOT_SENT]
    assert office.refund().end is DeedEnd.DONE


def test_a_gateway_that_cannot_be_asked_is_no_information(office: Office) -> None:
    office.gateway.script["refund"].append(TIMEOUT)
    office.refund()
    office.clock.move(10_000)
    office.gateway.script["find"].append(None)
    assert office.follow() == "waiting"
    assert [refund.state for refund in office.refunds.refunds()] == [RefundState.UNKNOWN]


def test_a_gateway_that_cannot_be_asked_about_the_payment_leaves_all_as_it_is(office: Office) -> None:
    office.gateway.script["look"].extend([None, None])
    assert office.refund().end is DeedEnd.REFUSED
    assert list(office.refunds.refunds()) == []


def test_every_deed_is_in_the_audit_before_and_after(office: Office) -> None:
    office.refund(1000)
    office.desk.void(office.deed("void"))
    entries = office.audit.entries(office.payment.id)
    assert [(entry.deed.action, entry.result.split(":")[0]) for entry in entries] == [
        ("refund", "asked"),
        ("refund", "done"),
        ("void", "asked"),
        ("void", "refused"),
    ]
    assert {(entry.deed.operator, entry.deed.reason, entry.deed.source) for entry in entries} == {
        ("ada", "paid twice by mistake", "cli")
    }


def test_a_refund_moves_only_as_its_table_allows(office: Office) -> None:
    result = office.refund()
    assert result.refund is not None
    with pytest.raises(IllegalTransition):
        office.refunds.record_refund(result.refund.id, RefundState.NOT_SENT, "no")


def test_refunds_at_the_same_moment_do_not_add_up_to_more_than_was_captured(office: Office) -> None:
    office.ledger.record(office.payment.id, Settled(next(iter(office.gateway.books))))
    asked = [RefundRequest(office.payment.id, Money(1000, "USD"), "ada", "why", f"k{n}") for n in range(8)]
    greenlets = [gevent.spawn(office.refunds.open_refund, request) for request in asked]
    gevent.joinall(greenlets, timeout=30)
    assert sum(greenlet.successful() for greenlet in greenlets) == 4
    assert all(isinstance(each.exception, RefundRefused) for each in greenlets if not each.successful())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(1, 4250), st.sampled_from(["a", "b", "c"]), st.sampled_from(["ok", "lost", "no", "down"])
        ),
        max_size=6,
    )
)
def test_whatever_is_asked_and_answered_no_more_is_given_back_than_was_paid(
    office: Office, asked: list[tuple[int, str, str]]
) -> None:
    payment = office.paid()
    office.gateway.settle()
    answers = {"lost": TIMEOUT, "no": Declined("2004"), "down": Unavailable("down")}
    for minor, key, answer in asked:
        if answer != "ok":
            office.gateway.script["refund"].append(answers[answer])
        office.desk.refund(office.deed(payment=payment.id), Money(minor, "USD"), f"{payment.id}{key}")
        office.gateway.script["refund"].clear()
    orders = {refund.order_id for refund in office.refunds.refunds(payment_id=payment.id)}
    credits = [each for each in office.gateway.books.values() if each.order_id in orders]
    assert sum(each.amount.minor for each in credits) <= 4250
    assert len({each.order_id for each in credits}) == len(credits)
    assert OrderId("") not in orders
