"""The Agreements port: the fake, SQLite and MariaDB, held to the same behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path

import gevent
import pytest

from fs_app.domain.agreement import (
    Agreement,
    AgreementId,
    AgreementKind,
    AgreementRequest,
    AgreementState,
    FullBalance,
    Instalment,
    InstalmentId,
    InstalmentState,
    Planned,
    Target,
    Terms,
)
from fs_app.domain.collection import Announce, Charge, End, Fail, Retry
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, Declined, PaymentRequest, Returned, Submitted, TransactionId
from fs_app.domain.plan import MONTHLY, plan
from fs_app.errors import IllegalTransition
from fs_app.ports import Agreements, Delivery, ReceiptKind, TaskKind
from fs_app.store.agreements import SqlAgreements
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.outbox import SqlOutbox
from fs_app.store.tasks import SqlTasks
from fs_app.testing.fakes_agreements import FakeAgreements
from fs_app.testing.fakes_payments import StandingClock
from tests.agreements import AUTOPAY, FIFTY, TERMS, TO, agreed, in_plan
from tests.fixtures_mariadb import empty_database

Agree = Callable[[AgreementRequest], AgreementRequest]
PAID = End(InstalmentState.PAID, "payment 12345674")
ONCE = replace(AUTOPAY, kind=AgreementKind.ONCE, terms=replace(AUTOPAY.terms, every=None))
THREE = plan(Money(10_000, "USD"), 3, date(2026, 4, 30), MONTHLY)
PLAN = in_plan(THREE)


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture(params=["fake", "sqlite", "mariadb"])
def port(
    request: pytest.FixtureRequest, clock: StandingClock, tmp_path: Path
) -> Iterator[tuple[Agreements, Agree]]:
    """An implementation, and what makes the consent and the method of a request."""
    if request.param == "fake":
        numbers = count(1)
        yield FakeAgreements(clock), lambda asked: replace(asked, consent_id=next(numbers))
        return
    url = empty_database(request, request.param, tmp_path)
    database = Database(url, threads=4, deadline_seconds=5.0)
    yield SqlAgreements(database, clock), lambda asked: agreed(database, asked)
    database.close()


@pytest.fixture
def agreements(port: tuple[Agreements, Agree]) -> Agreements:
    return port[0]


@pytest.fixture
def agree(port: tuple[Agreements, Agree]) -> Agree:
    return port[1]


def first(agreements: Agreements, agreement: Agreement) -> Instalment:
    return agreements.instalments(agreement.id)[0]


def charging(agreements: Agreements, instalment: Instalment) -> None:
    assert agreements.book(agreements.case(instalment.id), Charge(FIFTY, 0))


def states(agreements: Agreements, agreement: Agreement) -> list[str]:
    return [each.state.value for each in agreements.instalments(agreement.id)]


def test_what_was_agreed_to_is_kept(agreements: Agreements, agree: Agree, clock: StandingClock) -> None:
    asked = agree(AUTOPAY)
    opened = agreements.open(asked)
    assert opened == agreements.get(opened.id) == agreements.by_number(opened.number)
    assert (opened.request, opened.state) == (asked, AgreementState.ACTIVE)
    assert (opened.opened_at, opened.told) == (clock.at, FIFTY)
    (instalment,) = agreements.instalments(opened.id)
    assert (instalment.number, instalment.due_on, instalment.charge_on) == (1, date(2026, 5, 1), date(2026, 5, 1))
    assert (instalment.amount, instalment.state) == (FIFTY, InstalmentState.SCHEDULED)
    (line,) = agreements.history(opened.id)
    assert (line.at, line.state, line.number) == (clock.at, "active", None)


@pytest.mark.parametrize(
    "asked",
    [
        replace(AUTOPAY, terms=Terms(FullBalance("JPY"), date(2026, 4, 30), MONTHLY, times=12, day=30), told=None),
        replace(AUTOPAY, terms=replace(AUTOPAY.terms, last=date(2027, 1, 1))),
        replace(AUTOPAY, targets=(Target("forest", 60), Target("river", 40))),
        replace(ONCE, targets=(Target("bill-1"), Target("bill-2")), receipt_to=None, language="es"),
    ],
)
def test_all_kinds_of_terms(agreements: Agreements, agree: Agree, asked: AgreementRequest) -> None:
    ready = agree(asked)
    assert agreements.get(agreements.open(ready).id).request == ready


def test_a_plan_has_all_its_instalments(agreements: Agreements, agree: Agree) -> None:
    opened = agreements.open(agree(PLAN))
    found = agreements.instalments(opened.id)
    assert tuple(Planned(each.due_on, each.amount) for each in found) == THREE


def test_the_same_consent_is_the_same_agreement(agreements: Agreements, agree: Agree) -> None:
    """A call was taken up by another server, which opens it again."""
    asked = agree(AUTOPAY)
    assert agreements.open(asked) == agreements.open(asked)
    assert len(agreements.all()) == 1


def test_what_nobody_can_have_agreed_to_is_not_kept(agreements: Agreements, agree: Agree) -> None:
    with pytest.raises(ValueError, match="the first date is over"):
        agreements.open(agree(replace(AUTOPAY, terms=replace(AUTOPAY.terms, first=date(2026, 3, 13)))))
    assert agreements.all() == []


def test_what_is_unknown(agreements: Agreements) -> None:
    with pytest.raises(KeyError):
        agreements.get(AgreementId(7))
    with pytest.raises(KeyError):
        agreements.case(InstalmentId("none"))
    assert agreements.by_number("20000001") is None
    assert agreements.history(AgreementId(7)) == []


def test_what_is_active(agreements: Agreements, agree: Agree) -> None:
    one, other = agreements.open(agree(AUTOPAY)), agreements.open(agree(replace(ONCE, account_id="other")))
    assert agreements.of_account("demo-10001") == agreements.using(one.request.method_id)[:1] == [one]
    agreements.cancel(one.id, "by phone")
    assert agreements.of_account("demo-10001") == []
    assert [each.id for each in agreements.all()] == [one.id, other.id]


def test_the_next_one_is_planned_as_the_one_before_ends(agreements: Agreements, agree: Agree) -> None:
    opened = agreements.open(agree(replace(AUTOPAY, terms=replace(AUTOPAY.terms, first=date(2026, 3, 31)))))
    for number, ended in enumerate([PAID, End(InstalmentState.SKIPPED, "nothing is due"), Fail("2001", False)]):
        current = agreements.instalments(opened.id)[number]
        charging(agreements, current)
        assert agreements.book(agreements.case(current.id), ended)
    assert [each.due_on.isoformat() for each in agreements.instalments(opened.id)] == [
        "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30",
    ]  # fmt: skip
    assert states(agreements, opened) == ["paid", "skipped", "failed", "scheduled"]
    assert agreements.case(agreements.instalments(opened.id)[3].id).failures == 1


@pytest.mark.parametrize("asked", [ONCE, replace(AUTOPAY, terms=replace(AUTOPAY.terms, times=1))])
def test_nothing_comes_after_the_last_one(agreements: Agreements, agree: Agree, asked: AgreementRequest) -> None:
    opened = agreements.open(agree(asked))
    charging(agreements, first(agreements, opened))
    assert agreements.book(agreements.case(first(agreements, opened).id), PAID)
    assert agreements.get(opened.id).state is AgreementState.DONE
    assert [line.state for line in agreements.history(opened.id)] == ["active", "charging", "paid", "done"]


def test_a_plan_is_done_with_its_last_instalment_in_any_order(agreements: Agreements, agree: Agree) -> None:
    opened = agreements.open(agree(PLAN))
    for position in (2, 0, 1):
        assert agreements.get(opened.id).state is AgreementState.ACTIVE
        current = agreements.instalments(opened.id)[position]
        charging(agreements, current)
        assert agreements.book(agreements.case(current.id), PAID)
    assert agreements.get(opened.id).state is AgreementState.DONE


def test_of_two_who_decide_by_the_same_one_moves_it(agreements: Agreements, agree: Agree) -> None:
    opened = agreements.open(agree(AUTOPAY))
    case = agreements.case(first(agreements, opened).id)
    assert agreements.book(case, Charge(FIFTY, 0))
    before = agreements.history(opened.id)
    assert not agreements.book(case, Charge(FIFTY, 0))
    assert not agreements.book(case, End(InstalmentState.SKIPPED, "too late"))
    assert agreements.history(opened.id) == before
    assert states(agreements, opened) == ["charging"]


def test_whoever_sets_out_to_charge_leaves_the_time_and_the_amount(
    agreements: Agreements, agree: Agree, clock: StandingClock
) -> None:
    opened = agreements.open(agree(replace(AUTOPAY, terms=replace(AUTOPAY.terms, amount=FullBalance("USD")))))
    due = Money(7700, "USD")
    assert agreements.book(agreements.case(first(agreements, opened).id), Charge(due, 3))
    case = agreements.case(first(agreements, opened).id)
    assert (case.instalment.begun_at, case.instalment.amount, case.agreement.told) == (clock.at, due, due)
    assert agreements.history(opened.id)[-1].detail == "77.00 USD, 3 days after its due date"


def test_another_try_and_the_end_of_trying(agreements: Agreements, agree: Agree) -> None:
    opened = agreements.open(agree(PLAN))
    charging(agreements, first(agreements, opened))
    assert agreements.book(agreements.case(first(agreements, opened).id), Retry(date(2026, 5, 4), "declined 2001"))
    again = first(agreements, opened)
    assert (again.state, again.charge_on, again.due_on) == ("retrying", date(2026, 5, 4), date(2026, 4, 30))
    charging(agreements, again)
    assert agreements.book(agreements.case(again.id), Fail("declined 2013", stops=True))
    assert states(agreements, opened) == ["failed", "cancelled", "cancelled"]
    assert agreements.get(opened.id).state is AgreementState.STOPPED


def test_an_announced_amount(agreements: Agreements, agree: Agree) -> None:
    opened = agreements.open(agree(AUTOPAY))
    less = Money(3000, "USD")
    assert agreements.book(agreements.case(first(agreements, opened).id), Announce(less, date(2026, 5, 9)))
    case = agreements.case(first(agreements, opened).id)
    assert (case.instalment.announced, case.instalment.charge_on) == (less, date(2026, 5, 9))
    assert (case.instalment.due_on, case.agreement.told) == (date(2026, 5, 1), less)
    assert case.notice is not None


def test_a_move_that_is_not_in_the_table(agreements: Agreements, agree: Agree) -> None:
    opened = agreements.open(agree(ONCE))
    with pytest.raises(IllegalTransition):
        agreements.book(agreements.case(first(agreements, opened).id), PAID)
    assert states(agreements, opened) == ["scheduled"]


def test_cancelled(agreements: Agreements, agree: Agree) -> None:
    opened = agreements.open(agree(PLAN))
    cancelled = agreements.cancel(opened.id, "by phone")
    assert (cancelled.agreement.state, cancelled.under_way) == (AgreementState.CANCELLED, None)
    assert states(agreements, opened) == ["cancelled"] * 3
    before = agreements.history(opened.id)
    assert agreements.cancel(opened.id, "once more") == cancelled
    assert agreements.history(opened.id) == before


def test_a_cancellation_that_comes_too_late_for_one(agreements: Agreements, agree: Agree) -> None:
    opened = agreements.open(agree(PLAN))
    charging(agreements, first(agreements, opened))
    under_way = agreements.cancel(opened.id, "by phone").under_way
    assert under_way is not None and under_way.number == 1
    assert states(agreements, opened) == ["charging", "cancelled", "cancelled"]
    assert agreements.book(agreements.case(under_way.id), PAID)
    assert agreements.get(opened.id).state is AgreementState.CANCELLED
    assert states(agreements, opened) == ["paid", "cancelled", "cancelled"]


def test_nothing_is_charged_of_what_was_cancelled_meanwhile(agreements: Agreements, agree: Agree) -> None:
    opened = agreements.open(agree(AUTOPAY))
    case = agreements.case(first(agreements, opened).id)
    charging(agreements, first(agreements, opened))
    agreements.cancel(opened.id, "by phone")
    assert not agreements.book(case, Charge(FIFTY, 0))
    assert not agreements.book(agreements.case(case.instalment.id), Charge(FIFTY, 0))


def test_a_recurring_one_that_was_cancelled_does_not_go_on(agreements: Agreements, agree: Agree) -> None:
    opened = agreements.open(agree(AUTOPAY))
    charging(agreements, first(agreements, opened))
    agreements.cancel(opened.id, "by phone")
    assert agreements.book(agreements.case(first(agreements, opened).id), PAID)
    assert states(agreements, opened) == ["paid"]


def test_a_person_decides(agreements: Agreements, agree: Agree, clock: StandingClock) -> None:
    opened = agreements.open(agree(PLAN))
    one, two, _ = agreements.instalments(opened.id)
    clock.move(86400 * 90)
    assert agreements.release(one.id, "agreed on the telephone")
    case = agreements.case(one.id)
    assert (case.released, case.instalment.charge_on) == (True, clock.at.date())
    charging(agreements, case.instalment)
    assert not agreements.case(one.id).released
    assert agreements.leave_out(two.id, "paid in cash")
    assert states(agreements, opened) == ["charging", "skipped", "scheduled"]
    assert not agreements.leave_out(two.id, "again")
    agreements.cancel(opened.id, "by phone")
    assert not agreements.release(one.id, "too late")


class Office:
    """The database's own: with the ledger, the tasks and the outbox beside it."""

    def __init__(self, database: Database, clock: StandingClock) -> None:
        self.database, self.clock = database, clock
        self.agreements = SqlAgreements(database, clock)
        self.ledger, self.outbox = SqlLedger(database, clock), SqlOutbox(database, clock)
        self.tasks = SqlTasks(database, clock)

    def due(self) -> list[str]:
        """What is due now, by the instalment's number."""
        claimed = self.tasks.claim([TaskKind.INSTALMENT], limit=9, lease_seconds=60)
        found = [self.agreements.case(InstalmentId(task.subject)).instalment for task in claimed]
        for task in claimed:
            self.tasks.release(task)
        return [f"{each.agreement_id}-{each.number}" for each in found]

    def attempt(self, instalment: Instalment, bill: str = "bill") -> PaymentRequest:
        return PaymentRequest("uuid", "demo-10001", bill, FIFTY, instalment=instalment.id, receipt_to=TO)


@pytest.fixture
def office(database: Database, clock: StandingClock) -> Office:
    return Office(database, clock)


def at_nine(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T09:00:00+00:00")


def test_the_first_look_is_early_enough_to_announce_an_amount(office: Office) -> None:
    office.agreements.open(agreed(office.database, PLAN))
    office.clock.at = at_nine("2026-04-18") - timedelta(seconds=1)
    assert office.due() == []
    office.clock.move(1)
    assert office.due() == ["1-1"]


def test_what_is_due_soon_is_looked_at_at_once(office: Office) -> None:
    office.clock.at = at_nine("2026-04-25")
    office.agreements.open(agreed(office.database, PLAN))
    assert office.due() == ["1-1"]


def test_messages_are_written_with_what_they_tell_of(office: Office) -> None:
    opened = office.agreements.open(agreed(office.database, PLAN))
    one = first(office.agreements, opened)
    charging(office.agreements, one)
    office.agreements.book(office.agreements.case(one.id), Retry(date(2026, 5, 4), "declined 2001"))
    agreed_to, declined = office.outbox.receipts(agreement_id=opened.id)
    assert (agreed_to.kind, agreed_to.to, agreed_to.payment) == (ReceiptKind.AGREED, TO, None)
    assert agreed_to.news is not None and agreed_to.news.terms == TERMS
    assert declined.kind is ReceiptKind.DECLINED
    assert declined.news is not None
    assert (declined.news.due_on, declined.news.next_on) == (date(2026, 4, 30), date(2026, 5, 4))
    assert (declined.news.brand, declined.news.last_four) == ("visa", "4242")
    assert declined.amount == one.amount
    assert office.outbox.receipt(declined.id) == declined


def test_an_announcement_counts_from_when_it_left_us(office: Office) -> None:
    opened = office.agreements.open(agreed(office.database, AUTOPAY))
    one = first(office.agreements, opened)
    office.agreements.book(office.agreements.case(one.id), Announce(Money(3000, "USD"), date(2026, 5, 9)))
    (message,) = [each for each in office.outbox.receipts() if each.kind is ReceiptKind.ANNOUNCED]
    notice = office.agreements.case(one.id).notice
    assert notice is not None and (notice.sent_at, notice.hopeless) == (None, False)
    office.outbox.sending(message.id)
    office.outbox.sent(message.id, Delivery.REFUSED)
    refused = office.agreements.case(one.id).notice
    assert refused is not None and (refused.sent_at, refused.hopeless) == (None, True)
    office.clock.move(86400)
    office.outbox.sending(message.id)
    office.outbox.sent(message.id, Delivery.SENT)
    sent = office.agreements.case(one.id).notice
    assert sent is not None and sent.sent_at == office.clock.at


def test_the_ledger_tells_what_became_of_the_attempts(office: Office) -> None:
    opened = office.agreements.open(agreed(office.database, AUTOPAY))
    one = first(office.agreements, opened)
    declined = office.ledger.open(office.attempt(one))
    office.ledger.record(declined.id, Declined("2001", advice="24"))
    paid = office.ledger.open(office.attempt(one))
    for event in (Approved(TransactionId("t"), FIFTY), Submitted(TransactionId("t"))):
        office.ledger.record(paid.id, event)
    office.ledger.record(paid.id, Returned(TransactionId("t"), "R01"), payer_knows=False)
    found = [each.setback for each in office.agreements.case(one.id).attempts]
    assert [(each.code, each.advice, each.returned) for each in found if each] == [
        ("2001", "24", False), ("R01", None, True),
    ]  # fmt: skip


def test_an_attempt_that_ends_wakes_whoever_waits_for_it(office: Office) -> None:
    opened = office.agreements.open(agreed(office.database, AUTOPAY))
    one = first(office.agreements, opened)
    payment = office.ledger.open(office.attempt(one))
    assert office.due() == []
    office.clock.at = at_nine("2026-05-01")
    (task,) = office.tasks.claim([TaskKind.INSTALMENT], limit=1, lease_seconds=60)
    office.ledger.record(payment.id, Declined("2001"), payer_knows=False)
    office.tasks.put_off(task, office.clock.now() + timedelta(hours=6), "it looked too early")
    assert office.due() == ["1-1"]
    assert [each.kind for each in office.outbox.receipts(payment_id=payment.id)] == [], "the agreement tells of it"


def test_many_who_decide_at_once(office: Office) -> None:
    opened = office.agreements.open(agreed(office.database, AUTOPAY))
    one = first(office.agreements, opened)
    cases = [office.agreements.case(one.id) for _ in range(8)]
    jobs = [gevent.spawn(office.agreements.book, case, Charge(FIFTY, 0)) for case in cases]
    gevent.joinall(jobs, timeout=30, raise_error=True)
    assert sorted(job.value for job in jobs) == [False] * 7 + [True]


def test_a_number_that_is_taken_is_followed_by_a_longer_one(office: Office) -> None:
    fixed = SqlAgreements(office.database, office.clock, number=lambda digits: "1" * digits)
    found = [fixed.open(agreed(office.database, AUTOPAY)).number for _ in range(3)]
    assert found == ["1" * 8, "1" * 9, "1" * 10]
