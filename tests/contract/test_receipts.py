"""Receipts on their way: from the payment's transaction to the provider, on SQLite and on MariaDB."""

from __future__ import annotations

from collections import deque
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from fs_app.domain.contact import Contact, MessageKind
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, Payment, PaymentRequest, Submitted, TransactionId
from fs_app.domain.schedule import Backoff, Schedule
from fs_app.jobs.receipts import ReceiptSender
from fs_app.messaging.templates import load_templates
from fs_app.ports import Delivery, Message, ReceiptState, Task, TaskKind
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.outbox import SqlOutbox
from fs_app.store.tasks import SqlTasks
from fs_app.testing.fakes_payments import StandingClock

AMOUNT = Money(4250, "USD")
TEMPLATES = Path(__file__).parents[2] / "conf" / "messages.yaml"
_bills = count()


class Crash(Exception):
    """The process dies."""


class ScriptedMessenger:
    """Answers from a script, and ``SENT`` after its end; an exception in it is raised."""

    def __init__(self) -> None:
        self.script: deque[Delivery | Crash] = deque()
        self.sent: list[Message] = []

    def send(self, message: Message) -> Delivery:
        """Keep the message."""
        self.sent.append(message)
        answer = self.script.popleft() if self.script else Delivery.SENT
        if isinstance(answer, Crash):
            raise answer
        return answer


class Post:
    """Everything a receipt meets on its way. There are two pauses: of 10 seconds and of 60."""

    def __init__(self, database: Database) -> None:
        self.clock = StandingClock()
        schedule = Schedule(receipt=Backoff((10.0, 60.0)))
        self.ledger = SqlLedger(database, self.clock)
        self.outbox = SqlOutbox(database, self.clock)
        self.tasks = SqlTasks(database, self.clock)
        self.sms, self.mail = ScriptedMessenger(), ScriptedMessenger()
        messengers = {MessageKind.SMS: self.sms, MessageKind.MAIL: self.mail}
        texts = load_templates(TEMPLATES, "en", ZoneInfo("UTC"))
        self.sender = ReceiptSender(self.outbox, messengers, texts.message, self.tasks, self.clock, schedule)

    def paid(self, to: str = "sms:+15550100001") -> Payment:
        """A payment with a receipt."""
        request = PaymentRequest("call", "10001", f"bill-{next(_bills)}", AMOUNT, "visa", "1111",
                                 receipt_to=Contact.parse(to))  # fmt: skip
        payment = self.ledger.open(request)
        self.ledger.record(payment.id, Approved(TransactionId("t"), AMOUNT))
        return self.ledger.record(payment.id, Submitted(TransactionId("t")))

    def claimed(self) -> Task | None:
        """The receipt's task, if it is due."""
        claimed = self.tasks.claim([TaskKind.RECEIPT], limit=1, lease_seconds=100)
        return claimed[0] if claimed else None

    def work(self) -> str | None:
        """Work on what is due."""
        task = self.claimed()
        return None if task is None else self.sender.work(task)

    def state(self) -> ReceiptState:
        """Where the one receipt stands."""
        (receipt,) = self.outbox.receipts()
        return receipt.state


@pytest.fixture
def post(database: Database) -> Post:
    return Post(database)


def test_a_receipt_is_sent_once_with_the_number_that_was_spoken(post: Post) -> None:
    payment = post.paid()
    assert post.work() == "done"
    (message,) = post.sms.sent
    assert payment.confirmation in message.text
    assert "$42.50" in message.text
    assert str(message.to) == "sms:+15550100001"
    post.clock.move(10_000)
    assert post.work() is None
    assert post.state() is ReceiptState.SENT


def test_mail_goes_by_mail(post: Post) -> None:
    payment = post.paid("mail:a@example.org")
    assert post.work() == "done"
    assert post.sms.sent == []
    assert payment.confirmation in post.mail.sent[0].subject


def test_what_was_not_taken_is_tried_again_and_then_goes_to_a_person(post: Post) -> None:
    payment = post.paid()
    post.sms.script.extend([Delivery.NOT_SENT] * 3)
    for pause in (10, 60):
        assert post.work() == "waiting"
        post.clock.move(pause - 1)
        assert post.work() is None
        post.clock.move(1)
    with capture_logs() as log:
        assert post.work() == "person"
    (line,) = [entry for entry in log if entry["event"] == "receipt_needs_person"]
    assert (line["confirmation"], line["reason"]) == (payment.confirmation, "not taken at any try")
    (task,) = post.tasks.stuck()
    post.tasks.wake(TaskKind.RECEIPT, task.subject)
    assert post.work() == "done"  # a person has found the provider's cable


def test_twice_without_a_trusted_answer_is_never_a_third_time(post: Post) -> None:
    post.paid()
    post.sms.script.extend([Delivery.UNKNOWN] * 2)
    assert post.work() == "waiting"
    post.clock.move(10)
    assert post.work() == "person"
    assert post.state() is ReceiptState.UNCONFIRMED
    post.tasks.wake(TaskKind.RECEIPT, post.tasks.stuck()[0].subject)
    assert post.work() == "person"
    first, second = post.sms.sent
    assert first == second  # the same key, so that a provider can drop the repeat


def test_refused_goes_to_a_person_at_once_who_may_mend_it(post: Post) -> None:
    post.paid()
    post.sms.script.append(Delivery.REFUSED)
    assert post.work() == "person"
    assert post.state() is ReceiptState.FAILED
    post.tasks.wake(TaskKind.RECEIPT, post.tasks.stuck()[0].subject)
    assert post.work() == "done"


def test_a_process_that_dies_in_the_send_is_followed_once(post: Post) -> None:
    post.paid()
    post.sms.script.extend([Crash(), Crash()])
    for _ in range(2):
        with pytest.raises(Crash):
            post.work()
        assert post.work() is None  # its claim stands
        post.clock.move(100)
    assert post.work() == "person"
    assert len(post.sms.sent) == 2
    assert post.state() is ReceiptState.UNCONFIRMED


def test_a_process_that_dies_after_the_record_leaves_nothing_to_send(post: Post) -> None:
    post.paid()
    task = post.claimed()
    assert task is not None
    post.outbox.sending(int(task.subject))
    post.outbox.sent(int(task.subject), Delivery.SENT)
    post.clock.move(100)
    assert post.work() == "done"
    assert post.sms.sent == []


def test_a_worker_that_lost_its_claim_does_not_send_what_was_sent(post: Post) -> None:
    """It was stopped for longer than its lease, and goes on."""
    post.paid()
    slow = post.claimed()
    assert slow is not None
    post.clock.move(100)
    assert post.work() == "done"
    assert post.sender.work(slow) == "done"
    assert len(post.sms.sent) == 1


def test_the_text_and_the_address_are_in_no_log(post: Post) -> None:
    post.paid()
    post.sms.script.append(Delivery.REFUSED)
    with capture_logs() as log:
        post.work()
    assert "5550100001" not in str(log)
    assert "42.50" not in str(log)
