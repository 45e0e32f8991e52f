"""Links to pay on their way: written once for a bill in a call, sent as every message is; SQLite and MariaDB."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fs_app.domain.bill import Bill
from fs_app.domain.contact import Contact, MessageKind
from fs_app.domain.money import Money
from fs_app.domain.schedule import Backoff, Schedule
from fs_app.jobs.receipts import ReceiptSender
from fs_app.messaging.templates import load_templates
from fs_app.ports import Delivery, LinkRequest, Message, ReceiptKind, ReceiptState, TaskKind
from fs_app.store.engine import Database
from fs_app.store.links import SqlLinks
from fs_app.store.outbox import SqlOutbox
from fs_app.store.tasks import SqlTasks
from fs_app.testing.fakes_payments import StandingClock

TEMPLATES = Path(__file__).parents[2] / "conf" / "messages.yaml"
PAGE = "https://pay.example.org/{account}?bill={bill}&sum={amount}%20{currency}"
BILL = Bill("bill-1", "10001", Money(125_000, "USD"), number="77/1 & x")
REQUEST = LinkRequest("call-1", "10001", BILL, Money(125_000, "USD"), Contact.parse("sms:+15550100001"), "en")
LONG = "b" * 64  # as long as a bill's id may be


class Provider:
    """Takes every message, but for what its script says."""

    def __init__(self) -> None:
        self.script: deque[Delivery] = deque()
        self.sent: list[Message] = []

    def send(self, message: Message) -> Delivery:
        self.sent.append(message)
        return self.script.popleft() if self.script else Delivery.SENT


class Post:
    """The way of a link: outbox, task, provider."""

    def __init__(self, database: Database) -> None:
        clock = StandingClock()
        self.links = SqlLinks(database, clock, PAGE)
        self.no_page = SqlLinks(database, clock, None)
        self.outbox, self.tasks = SqlOutbox(database, clock), SqlTasks(database, clock)
        self.provider = Provider()
        self.sender = ReceiptSender(
            self.outbox,
            dict.fromkeys(MessageKind, self.provider),
            load_templates(TEMPLATES, "en", ZoneInfo("UTC")).message,
            self.tasks,
            clock,
            Schedule(receipt=Backoff((10.0,))),
        )

    def work(self) -> list[str]:
        """Work on everything that is due."""
        return [self.sender.work(task) for task in self.tasks.claim([TaskKind.RECEIPT], limit=9, lease_seconds=9)]


@pytest.fixture
def post(database: Database) -> Post:
    return Post(database)


def test_a_link_is_sent_with_every_value_quoted(post: Post) -> None:
    assert post.links.send(REQUEST)
    assert post.work() == ["done"]
    (message,) = post.provider.sent
    url = "https://pay.example.org/10001?bill=77%2F1%20%26%20x&sum=1250.00%20USD"
    assert message.text == f"Pay $1,250.00 for account 10001 here: {url}"
    assert message.to == REQUEST.to
    (written,) = post.outbox.receipts()
    assert (written.kind, written.state) == (ReceiptKind.LINK, ReceiptState.SENT)
    assert (written.payment, written.news) == (None, None)


def test_a_bill_without_a_number_is_told_by_its_id(post: Post) -> None:
    post.links.send(replace(REQUEST, bill=replace(BILL, number="")))
    post.work()
    assert "?bill=bill-1&" in post.provider.sent[0].text


def test_it_is_written_once_for_a_bill_in_a_call(post: Post) -> None:
    for _ in range(3):
        assert post.links.send(REQUEST)
    assert post.work() == ["done"]
    assert post.links.send(REQUEST)
    assert post.work() == []
    post.links.send(replace(REQUEST, bill=replace(BILL, id=LONG)))
    post.links.send(replace(REQUEST, bill=replace(BILL, id=LONG[:-1] + "c")))
    post.links.send(replace(REQUEST, call_uuid="call-2"))
    post.links.send(replace(REQUEST, to=Contact.parse("mail:ann@example.org")))
    assert len(post.work()) == 4


def test_it_is_tried_again_as_every_message_is(post: Post) -> None:
    post.provider.script.append(Delivery.REFUSED)
    post.links.send(REQUEST)
    assert post.work() == ["person"]
    assert post.outbox.receipts()[0].state is ReceiptState.FAILED


def test_without_a_page_nothing_is_written(post: Post) -> None:
    assert not post.no_page.send(REQUEST)
    assert list(post.outbox.receipts()) == []


@pytest.mark.parametrize(
    ("script", "state", "kept"),
    [
        ([Delivery.SENT], ReceiptState.SENT, False),
        ([Delivery.UNKNOWN, Delivery.UNKNOWN], ReceiptState.UNCONFIRMED, False),
        ([Delivery.UNKNOWN, Delivery.SENT], ReceiptState.SENT, False),
        ([Delivery.NOT_SENT], ReceiptState.WAITING, True),
        ([Delivery.UNKNOWN], ReceiptState.WAITING, True),
    ],
)
def test_what_was_sent_is_the_payers_alone(
    database: Database, script: list[Delivery], state: ReceiptState, *, kept: bool
) -> None:
    """Who reads the database, or a backup of it, opens no link in somebody's place."""
    post = Post(database)
    links = SqlLinks(database, StandingClock(), PAGE, public_url="https://pay.example.com")
    assert links.send(REQUEST)
    for delivery in script:
        receipt = post.outbox.sending(1)
        assert receipt is not None and receipt.link is not None and "/l/" in receipt.link.url, (
            "it is whole until then"
        )
        post.outbox.sent(1, delivery)
    (receipt,) = post.outbox.receipts()
    assert receipt.link is not None
    assert (receipt.state, "/l/" in receipt.link.url, receipt.link.account_id) == (state, kept, "10001")
    assert post.outbox.sending(1) is None or kept
    assert links.links_of(account_id="10001")[0].state is state
