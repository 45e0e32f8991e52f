"""What becomes of a link to pay: who sent it where, whether it was opened, whether the bill is paid; SQLite and
MariaDB."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from fs_app.domain.bill import Bill, BillKind
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, PaymentRequest, Submitted, TransactionId
from fs_app.ports import MOST_BILLS, Delivery, LinkRecord, LinkRequest, ReceiptState
from fs_app.store.desk_tables import pay_links
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.links import SqlLinks
from fs_app.store.outbox import SqlOutbox
from fs_app.testing.fakes import FakeDirectory
from fs_app.testing.fakes_payments import StandingClock

PAGE = "https://bank.example.org/{account}?bill={bill}"
OURS = "https://pay.example.org"
AMOUNT = Money(4250, "USD")
BILL = Bill("bill-1", "10001", AMOUNT, number="77")
SMS, MAIL = Contact.parse("sms:+15550100001"), Contact.parse("mail:ann@example.org")
REQUEST = LinkRequest("call-1", "10001", BILL, AMOUNT, SMS, "en", by="maria")


class World:
    """Links, where they lead, the ledger and the operator's bills."""

    def __init__(self, database: Database) -> None:
        self.clock = StandingClock()
        self.database = database
        self.directory = FakeDirectory(bills=[BILL])
        self.links = SqlLinks(database, self.clock, PAGE, public_url=OURS, directory=self.directory)
        self.outbox = SqlOutbox(database, self.clock)

    def token(self) -> str:
        """That of the newest link, as it was sent."""
        link = self.outbox.receipts()[-1].link
        assert link is not None
        before, token = link.url.rsplit("/", 1)
        assert before == f"{OURS}/l"
        return token

    def record(self) -> LinkRecord:
        """The newest."""
        return self.links.links_of(account_id="10001")[0]

    def pays(self, bill: str = "bill-1") -> None:
        """Somebody pays a bill by telephone."""
        ledger = SqlLedger(self.database, self.clock)
        payment = ledger.open(PaymentRequest("call-9", "10001", bill, AMOUNT, "visa", "1111"))
        ledger.record(payment.id, Approved(TransactionId("t1"), AMOUNT))
        assert not self.record().paid, "held is not paid"
        ledger.record(payment.id, Submitted(TransactionId("t1")))


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def test_what_is_sent_leads_through_us_to_the_operators_page(world: World) -> None:
    assert world.links.send(REQUEST)
    assert world.links.follow(world.token(), person=False) == "https://bank.example.org/10001?bill=77"
    rows = world.database.read(lambda connection: connection.execute(select(pay_links)).all())
    assert world.token() not in str(rows), "only what follows the link has what it ends in"


@pytest.mark.parametrize(
    "token", ["", "x", "../etc/passwd", "a" * 21, "a" * 23, "é" * 22, "' OR 1=1 -- aaaaaaaaaa"]
)
def test_what_was_never_sent_leads_nowhere(world: World, token: str) -> None:
    world.links.send(REQUEST)
    assert world.links.follow(token, person=True) is None
    assert world.links.follow(world.token()[::-1], person=True) is None
    assert world.record().opens == 0


def test_persons_are_counted_and_programs_are_not(world: World) -> None:
    world.links.send(REQUEST)
    assert (world.record().opens, world.record().opened_at) == (0, None)
    world.links.follow(world.token(), person=False)
    assert world.record().opens == 0
    first = world.clock.now()
    world.links.follow(world.token(), person=True)
    world.clock.move(60)
    world.links.follow(world.token(), person=True)
    assert (world.record().opens, world.record().opened_at) == (2, first)


def test_who_opens_it_again_at_once_is_not_counted_nor_written_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.links.send(REQUEST)
    world.links.follow(world.token(), person=True)
    written = []
    monkeypatch.setattr(world.database, "write", lambda *work, **more: written.append(work))
    for _ in range(50):
        world.clock.move(0.1)
        world.links.follow(world.token(), person=True)
    assert written == []
    assert world.record().opens == 1


def test_it_is_seen_who_sent_it_where_and_how_that_went(world: World) -> None:
    world.links.send(REQUEST)
    sent_at = world.clock.now()
    receipt = world.outbox.receipts()[0]
    assert world.record() == LinkRecord(
        receipt.id, "call-1", "10001", "bill-1", AMOUNT, SMS, "maria", ReceiptState.WAITING, sent_at, opens=0
    )
    world.outbox.sending(receipt.id)
    world.outbox.sent(receipt.id, Delivery.SENT)
    assert world.record().state is ReceiptState.SENT
    world.links.send(replace(REQUEST, to=MAIL, by=""))
    assert (world.record().to, world.record().by, world.record().state) == (MAIL, "", ReceiptState.WAITING)
    world.links.send(replace(REQUEST, call_uuid="call-2", account_id="10002"))
    assert [len(world.links.links_of(account_id=account)) for account in ("10001", "10002", "x")] == [2, 1, 0]
    assert [len(world.links.links_of(call_uuid=call)) for call in ("call-1", "call-2", "x")] == [2, 1, 0]
    assert world.links.links_of(account_id="10001", call_uuid="call-2") == []


def test_without_an_address_of_ours_the_opening_stays_unknown(world: World) -> None:
    links = SqlLinks(world.database, world.clock, PAGE)
    links.send(REQUEST)
    link = world.outbox.receipts()[0].link
    assert link is not None
    assert link.url == "https://bank.example.org/10001?bill=77"
    (record,) = links.links_of(account_id="10001")
    assert (record.opens, record.opened_at, record.paid) == (None, None, False)


def test_a_bill_that_our_ledger_takes_a_payment_for_is_paid(world: World) -> None:
    world.links.send(REQUEST)
    world.clock.move(60)
    assert not world.record().paid
    world.pays()
    assert world.record().paid


@pytest.mark.parametrize("bill", ["bill-1", "bill-2"])
def test_a_payment_before_it_was_sent_or_for_another_bill_is_not_its(world: World, bill: str) -> None:
    world.links.send(replace(REQUEST, call_uuid="call-0"))
    world.pays(bill)
    world.clock.move(60)
    world.links.send(REQUEST)
    assert not world.record().paid


def test_a_bill_that_the_operator_does_not_list_any_more_is_paid(world: World) -> None:
    world.links.send(REQUEST)
    assert not world.record().paid
    world.directory.bills = [replace(BILL, id="bill-2")]
    world.clock.move(14)
    assert not world.record().paid, "the operator's database is not asked for every look at a page"
    world.clock.move(1)
    assert world.record().paid
    world.directory.down = True
    world.clock.move(15)
    assert not world.record().paid, "nobody knows"


@pytest.mark.parametrize("kind", [BillKind.GIFT, BillKind.RENEWAL, BillKind.COPAY])
def test_a_bill_that_is_never_listed_is_not_paid_by_that(world: World, kind: BillKind) -> None:
    world.links.send(replace(REQUEST, bill=replace(BILL, id="made-up", kind=kind)))
    assert not world.record().paid


def test_a_bill_beyond_those_that_are_listed_is_not_paid_by_that(world: World) -> None:
    world.links.send(REQUEST)
    world.directory.bills = [replace(BILL, id=f"other-{number}") for number in range(MOST_BILLS + 5)]
    assert not world.record().paid
