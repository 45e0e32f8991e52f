"""The Outbox port, on SQLite and on MariaDB: at least once, at most twice."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.payment import (
    Approved,
    Declined,
    Event,
    Payment,
    PaymentId,
    PaymentRequest,
    Returned,
    Settled,
    Submitted,
    TransactionId,
    Unknown,
    Voided,
)
from fs_app.ports import Delivery, Receipt, ReceiptKind, ReceiptState, TaskKind
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.outbox import SqlOutbox
from fs_app.store.tasks import SqlTasks
from fs_app.testing.fakes_payments import StandingClock

AMOUNT = Money(4250, "USD")
T1 = TransactionId("t1")
TO = Contact.parse("sms:+15550100001")
PAID = (Approved(T1, AMOUNT), Submitted(T1))
_bills = count()


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def ledger(database: Database, clock: StandingClock) -> SqlLedger:
    return SqlLedger(database, clock)


@pytest.fixture
def outbox(database: Database, clock: StandingClock) -> SqlOutbox:
    return SqlOutbox(database, clock)


def made(ledger: SqlLedger, *events: Event, to: Contact | None = TO, payer_knows: bool = True) -> Payment:
    """A payment to which that happened."""
    request = PaymentRequest("call", "10001", f"bill-{next(_bills)}", AMOUNT, "visa", "1111", language="es",
                             receipt_to=to)  # fmt: skip
    payment = ledger.open(request)
    for event in events:
        payment = ledger.record(payment.id, event, payer_knows=payer_knows)
    return payment


def only(outbox: SqlOutbox, payment_id: PaymentId) -> Receipt:
    (receipt,) = outbox.receipts(payment_id=payment_id)
    return receipt


def test_a_receipt_is_there_as_soon_as_the_payment_is(ledger: SqlLedger, outbox: SqlOutbox, database: Database,
                                                      clock: StandingClock) -> None:  # fmt: skip
    payment = made(ledger, *PAID)
    receipt = only(outbox, payment.id)
    assert receipt == outbox.receipt(receipt.id)
    assert (receipt.kind, receipt.state, receipt.sends) == (ReceiptKind.PAID, ReceiptState.WAITING, 0)
    assert (receipt.payment, receipt.amount, receipt.to) == (payment, AMOUNT, TO)
    assert (receipt.language, receipt.created_at) == ("es", clock.at)
    (task,) = SqlTasks(database, clock).claim([TaskKind.RECEIPT], limit=9, lease_seconds=9)
    assert task.subject == str(receipt.id)


@pytest.mark.parametrize(
    ("events", "payer_knows", "kinds"),
    [
        ([Approved(T1, AMOUNT)], True, []),
        ([Declined("2000")], True, []),
        ([Declined("2000")], False, [ReceiptKind.NOT_PAID]),
        ([Unknown("reset"), Declined("2000")], False, [ReceiptKind.NOT_PAID]),
        ([*PAID, Voided(T1)], True, [ReceiptKind.PAID, ReceiptKind.VOIDED]),
        ([*PAID, Settled(T1), Returned(T1, "R01")], False, [ReceiptKind.PAID, ReceiptKind.RETURNED]),
    ],
)
def test_what_a_payer_is_told(
    ledger: SqlLedger, outbox: SqlOutbox, events: Sequence[Event], payer_knows: bool, kinds: list[ReceiptKind]
) -> None:
    payment = made(ledger, *events, payer_knows=payer_knows)
    assert [receipt.kind for receipt in outbox.receipts(payment_id=payment.id)] == kinds


def test_the_same_event_again_is_no_second_receipt(ledger: SqlLedger, outbox: SqlOutbox) -> None:
    payment = made(ledger, *PAID)
    ledger.record(payment.id, PAID[-1])
    assert len(outbox.receipts()) == 1


def test_without_an_address_there_is_none(ledger: SqlLedger, outbox: SqlOutbox) -> None:
    made(ledger, *PAID, to=None)
    assert outbox.receipts() == []


@pytest.mark.parametrize(
    ("deliveries", "state", "sends"),
    [
        ([Delivery.SENT], ReceiptState.SENT, 1),
        ([Delivery.NOT_SENT] * 9, ReceiptState.WAITING, 0),
        ([Delivery.NOT_SENT] * 9 + [Delivery.SENT], ReceiptState.SENT, 1),
        ([Delivery.REFUSED], ReceiptState.FAILED, 0),
        ([Delivery.REFUSED, Delivery.SENT], ReceiptState.SENT, 1),  # a person has woken its task
        ([Delivery.UNKNOWN], ReceiptState.WAITING, 1),
        ([Delivery.UNKNOWN, Delivery.SENT], ReceiptState.SENT, 2),
        ([Delivery.UNKNOWN, Delivery.NOT_SENT, Delivery.UNKNOWN], ReceiptState.UNCONFIRMED, 2),
        ([Delivery.UNKNOWN, Delivery.REFUSED], ReceiptState.FAILED, 1),
    ],
)
def test_how_sends_end(
    ledger: SqlLedger, outbox: SqlOutbox, deliveries: list[Delivery], state: ReceiptState, sends: int
) -> None:
    receipt = only(outbox, made(ledger, *PAID).id)
    for delivery in deliveries:
        about_to = outbox.sending(receipt.id)
        assert about_to is not None
        assert about_to.state is ReceiptState.WAITING
        receipt = outbox.sent(receipt.id, delivery)
    assert (receipt.state, receipt.sends) == (state, sends)
    assert receipt == outbox.receipt(receipt.id)
    may_be_sent = state in (ReceiptState.WAITING, ReceiptState.FAILED)
    assert (outbox.sending(receipt.id) is not None) == may_be_sent


def test_a_send_that_nobody_reported_counts(ledger: SqlLedger, outbox: SqlOutbox) -> None:
    receipt = only(outbox, made(ledger, *PAID).id)
    assert outbox.sending(receipt.id)  # and the process died
    assert outbox.sending(receipt.id)  # and this one too
    assert outbox.sending(receipt.id) is None
    assert outbox.receipt(receipt.id).state is ReceiptState.UNCONFIRMED


def test_an_unknown_receipt(outbox: SqlOutbox) -> None:
    for ask in (outbox.receipt, outbox.sending, lambda number: outbox.sent(number, Delivery.SENT)):
        with pytest.raises(KeyError):
            ask(77)


ANSWERS = st.none() | st.sampled_from(list(Delivery))  # None: the process died before it could report
STEPS = st.lists(st.tuples(st.integers(0, 2), ANSWERS), max_size=24)


def test_never_more_than_two_sends_that_may_have_been_taken(ledger: SqlLedger, outbox: SqlOutbox) -> None:
    """Three workers, each at its own pace, whatever the provider answers and whoever dies."""

    @settings(max_examples=60, deadline=None, database=None,
              suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip
    @given(STEPS)
    def whatever_happens(steps: list[tuple[int, Delivery | None]]) -> None:
        receipt = only(outbox, made(ledger, *PAID).id)
        sending: set[int] = set()
        may_be_taken, surely_taken = 0, False
        for worker, answer in steps:
            if worker not in sending:
                if outbox.sending(receipt.id) is not None:
                    assert not surely_taken
                    sending.add(worker)
                    may_be_taken += 1
                continue
            sending.discard(worker)
            if answer is not None:
                may_be_taken -= answer in (Delivery.NOT_SENT, Delivery.REFUSED)
                surely_taken |= answer is Delivery.SENT
                outbox.sent(receipt.id, answer)
            assert may_be_taken <= 2
        now = outbox.receipt(receipt.id)
        assert now.sends == may_be_taken <= 2
        assert (now.state is ReceiptState.SENT) == surely_taken

    whatever_happens()
