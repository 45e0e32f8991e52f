"""Due dates as they come and go: charged once, whatever happens, with an injected clock, on SQLite and MariaDB."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import gevent
import pytest
from structlog.testing import capture_logs

from fs_app.domain.agreement import AgreementKind, AgreementState, Fixed, FullBalance, Target, Terms
from fs_app.domain.calendar import Every, Unit
from fs_app.domain.collection import Charge, CollectionPolicy
from fs_app.domain.money import Money
from fs_app.domain.payment import Declined, PaymentRequest, PaymentState, Unavailable, Unknown
from fs_app.domain.plan import MONTHLY, plan
from fs_app.domain.retries import RetryPolicy
from fs_app.domain.standing import Standing
from fs_app.ports import ReceiptKind, TaskKind
from fs_app.store.engine import Database
from tests.agreements import AUTOPAY, FIFTY, in_plan
from tests.collecting import Collection

NEW_YORK, SYDNEY, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Australia/Sydney"), ZoneInfo("Europe/Berlin")
FULL = replace(AUTOPAY, terms=Terms(FullBalance("USD"), date(2026, 5, 1), MONTHLY), told=None)
ONCE = replace(AUTOPAY, kind=AgreementKind.ONCE, terms=replace(AUTOPAY.terms, every=None))


def starting(first: str, **more: object) -> object:
    terms = replace(AUTOPAY.terms, first=date.fromisoformat(first), **more)  # type: ignore[arg-type]
    return replace(AUTOPAY, terms=terms)


@pytest.fixture
def desk(database: Database) -> Collection:
    return Collection(database)


def test_each_month_and_told_each_time(desk: Collection) -> None:
    agreement = desk.agree(starting("2026-03-31", times=4))  # type: ignore[arg-type]
    desk.live_until("2026-07-31")
    assert desk.paid() == [("2026-03-31", 5000), ("2026-04-30", 5000), ("2026-05-31", 5000), ("2026-06-30", 5000)]
    assert desk.agreements.get(agreement.id).state is AgreementState.DONE
    assert [each.text for each in desk.postman.messages] == ["agreed", "paid", "paid", "paid", "paid"]
    assert desk.due() is None


def test_a_leap_day_each_year(database: Database) -> None:
    desk = Collection(database, at=datetime(2028, 2, 1, tzinfo=UTC))
    terms = Terms(Fixed(FIFTY), date(2028, 2, 29), Every(12, Unit.MONTH), times=5)
    desk.agree(replace(AUTOPAY, terms=terms))
    desk.live_until("2033-01-01")
    assert [day for day, _ in desk.paid()] == [
        "2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "start", "hour", "moments"),
    [
        (NEW_YORK, "2026-03-01", "09:00", ["2026-03-01T14:00", "2026-03-08T13:00", "2026-03-15T13:00"]),
        (NEW_YORK, "2026-03-01", "02:30", ["2026-03-01T07:30", "2026-03-08T07:30", "2026-03-15T06:30"]),
        (NEW_YORK, "2026-10-25", "01:30", ["2026-10-25T05:30", "2026-11-01T05:30", "2026-11-08T06:30"]),
        (BERLIN, "2026-10-18", "02:30", ["2026-10-18T00:30", "2026-10-25T00:30", "2026-11-01T01:30"]),
        (SYDNEY, "2026-09-27", "02:30", ["2026-09-26T16:30", "2026-10-03T16:30", "2026-10-10T15:30"]),
    ],
)
def test_once_for_each_local_day_as_clocks_are_changed(
    database: Database, zone: ZoneInfo, start: str, hour: str, moments: list[str]
) -> None:
    policy = CollectionPolicy(zone=zone, charge_at=time.fromisoformat(hour))
    desk = Collection(database, policy=policy, at=datetime.fromisoformat(f"{start}T00:00:00+00:00") - timedelta(3))
    weekly = Terms(Fixed(FIFTY), date.fromisoformat(start), Every(1, Unit.WEEK), times=3)
    desk.agree(replace(AUTOPAY, terms=weekly))
    desk.live_until("2026-12-01")
    opened = [each.opened_at for each in desk.mine()]
    assert opened == [datetime.fromisoformat(f"{each}:00+00:00") for each in moments]


def test_a_plan(desk: Collection) -> None:
    planned = plan(Money(10_000, "USD"), 3, date(2026, 3, 31), MONTHLY)
    desk.agree(in_plan(planned))
    desk.live_until("2026-07-31")
    assert desk.paid() == [("2026-03-31", 3334), ("2026-04-30", 3333), ("2026-05-31", 3333)]


def test_a_gift_to_two_projects(desk: Collection) -> None:
    """Nothing is due of a gift, and it takes no bill's place."""
    given = replace(starting("2026-03-31", times=2), targets=(Target("forest", 2), Target("river", 1)))  # type: ignore[type-var]
    desk.agree(given)
    desk.bill(0)
    desk.live_until("2026-05-31")
    assert desk.paid() == [("2026-03-31", 5000), ("2026-04-30", 5000)]
    shares = desk.ledger.allocations(desk.mine()[0].id)
    assert [(each.bill_id, each.amount.minor) for each in shares] == [("forest", 3333), ("river", 1667)]


def test_what_the_processor_is_told(desk: Collection) -> None:
    asked = []

    def hold(request: object) -> object:
        asked.append(request)
        return desk.gateway.hold(request)  # type: ignore[arg-type]

    desk.gateway.script["authorise"].append(hold)
    desk.agree(starting("2026-03-20", times=1))  # type: ignore[arg-type]
    desk.live_until("2026-03-20")
    (request,) = asked
    assert request.recurring
    (payment,) = desk.mine()
    assert (payment.request.channel, payment.request.brand, payment.request.last_four) == (
        "agreement",
        "visa",
        "4242",
    )


def test_paid_meanwhile_by_phone(desk: Collection) -> None:
    agreement = desk.agree(ONCE)
    desk.bill(4000)
    desk.pay_by_phone(4000)
    desk.live_until("2026-05-31")
    assert desk.paid() == []
    assert desk.states(agreement) == ["skipped"]


def test_never_more_than_is_due_and_less_is_announced_ten_days_ahead(desk: Collection) -> None:
    agreement = desk.agree(ONCE)
    desk.bill(4000)
    desk.live_until("2026-05-31")
    assert desk.paid() == [("2026-05-01", 4000)]
    announced = desk.outbox.receipts(agreement_id=agreement.id)[1]
    assert announced.kind is ReceiptKind.ANNOUNCED
    assert announced.news is not None and announced.news.next_on == date(2026, 5, 1)
    assert announced.created_at <= datetime(2026, 4, 21, 9, tzinfo=UTC)


def test_what_was_not_announced_in_time_waits_for_ten_days(desk: Collection) -> None:
    agreement = desk.agree(ONCE)
    desk.live_until("2026-04-27")
    desk.bill(4000)
    desk.live_until("2026-05-31")
    assert desk.paid() == [("2026-05-08", 4000)]  # seen on the 28th
    assert desk.instalments(agreement)[0].due_on == date(2026, 5, 1)


def test_the_full_balance_is_announced_unless_it_is_what_was_told_last(desk: Collection) -> None:
    desk.bill(7000)
    agreement = desk.agree(FULL)
    desk.live_until("2026-05-02")
    desk.bill(14_000)
    desk.live_until("2026-06-02")
    desk.bill(23_000)
    desk.live_until("2026-07-02")
    assert desk.paid() == [("2026-05-01", 7000), ("2026-06-01", 7000), ("2026-07-01", 9000)]
    assert desk.told(agreement) == [ReceiptKind.AGREED, ReceiptKind.ANNOUNCED, ReceiptKind.ANNOUNCED]


def test_an_announcement_that_does_not_leave_us_holds_the_charge_up(desk: Collection) -> None:
    desk.bill(7000)
    desk.agree(FULL)
    desk.live_until("2026-04-18")
    desk.postman.away = True
    desk.live_until("2026-04-25")
    desk.postman.away = False
    for task in desk.tasks.stuck():
        desk.tasks.wake(task.kind, task.subject)
    desk.live_until("2026-05-31")
    ((day, minor),) = desk.paid()
    assert (day, minor) == ("2026-05-05", 7000)  # ten days after it left


def test_nobody_is_charged_what_could_not_be_announced(desk: Collection) -> None:
    desk.bill(7000)
    desk.agree(FULL)
    desk.postman.away = True
    desk.live_until("2026-06-30")
    assert desk.paid() == []
    assert "70.00 USD could not be announced" in [task.note for task in desk.tasks.stuck()]


def test_declined_and_tried_again_by_the_policy(desk: Collection) -> None:
    agreement = desk.agree(ONCE)
    desk.gateway.script["authorise"].extend([Declined("2001")] * 2)
    desk.live_until("2026-05-31")
    opened = [each.opened_at.date().isoformat() for each in desk.mine()]
    assert opened == ["2026-05-01", "2026-05-04", "2026-05-09"]
    assert desk.paid() == [("2026-05-09", 5000)]
    assert desk.told(agreement) == [ReceiptKind.AGREED, ReceiptKind.DECLINED, ReceiptKind.DECLINED]


def test_after_the_last_try_it_stops_and_the_payer_knows(desk: Collection) -> None:
    agreement = desk.agree()
    desk.gateway.script["authorise"].extend([Declined("2001")] * 9)
    desk.live_until("2026-08-31")
    opened = [each.opened_at.date().isoformat() for each in desk.mine()]
    assert opened == ["2026-05-01", "2026-05-04", "2026-05-09", "2026-05-16"]
    assert desk.states(agreement) == ["failed"]
    assert desk.agreements.get(agreement.id).state is AgreementState.STOPPED
    assert desk.told(agreement)[-1] is ReceiptKind.STOPPED


@pytest.mark.parametrize("declined", [Declined("2013"), Declined("2001", advice="03"), Declined("2004")])
def test_a_code_that_forbids_another_try_is_obeyed(desk: Collection, declined: Declined) -> None:
    planned = plan(Money(10_000, "USD"), 3, date(2026, 3, 31), MONTHLY)
    agreement = desk.agree(in_plan(planned))
    desk.gateway.script["authorise"].append(declined)
    desk.live_until("2026-08-31")
    assert len(desk.mine()) == 1
    assert desk.states(agreement) == ["failed", "cancelled", "cancelled"]


def test_an_agreement_may_go_on_after_a_failure(database: Database) -> None:
    desk = Collection(database, policy=CollectionPolicy(retry=RetryPolicy((3,), failures=2)))
    agreement = desk.agree()
    desk.gateway.script["authorise"].extend([Declined("2001")] * 2)
    desk.live_until("2026-06-30")
    assert desk.states(agreement) == ["failed", "paid", "scheduled"]
    assert ReceiptKind.FAILED in desk.told(agreement)


def test_no_try_on_the_next_due_date_or_after_it(database: Database) -> None:
    desk = Collection(database, policy=CollectionPolicy(retry=RetryPolicy(failures=2)))
    weekly = Terms(Fixed(FIFTY), date(2026, 4, 1), Every(1, Unit.WEEK), times=2)
    agreement = desk.agree(replace(AUTOPAY, terms=weekly))
    desk.gateway.script["authorise"].extend([Declined("2001")] * 2)
    desk.live_until("2026-04-30")
    assert [each.opened_at.day for each in desk.mine()] == [1, 4, 8]
    assert desk.states(agreement) == ["failed", "paid"]


def returned(desk: Collection, code: str) -> None:
    """The bank takes the last payment back; a webhook says so."""
    payment = desk.mine()[-1]
    assert payment.transaction_id is not None
    record = desk.gateway.books[payment.transaction_id]
    desk.gateway.books[payment.transaction_id] = replace(record, standing=Standing.RETURNED, code=code)
    desk.tasks.wake(TaskKind.PAYMENT, str(payment.id))
    desk.work()


def test_a_bank_that_takes_it_back_is_debited_twice_more_at_most(desk: Collection) -> None:
    agreement = desk.agree(ONCE)
    for day in ("2026-05-03", "2026-05-06", "2026-05-11"):
        desk.live_until(day)
        returned(desk, "R01")
    desk.live_until("2026-06-30")
    assert [each.opened_at.date().isoformat() for each in desk.mine()] == ["2026-05-01", "2026-05-06", "2026-05-11"]
    assert {each.state for each in desk.mine()} == {PaymentState.RETURNED}
    assert desk.states(agreement) == ["failed"]
    assert desk.agreements.get(agreement.id).state is AgreementState.STOPPED


def test_a_return_that_is_not_for_want_of_funds_ends_it(desk: Collection) -> None:
    agreement = desk.agree()
    desk.live_until("2026-05-03")
    returned(desk, "R02")
    desk.live_until("2026-08-31")
    assert len(desk.mine()) == 1
    assert desk.states(agreement) == ["failed", "cancelled"]


def test_an_unknown_result_is_left_to_the_resolver(desk: Collection) -> None:
    agreement = desk.agree(ONCE)
    desk.gateway.script["authorise"].append(Unknown("read timeout"))
    desk.live_until("2026-04-30")
    desk.clock.at = datetime(2026, 5, 1, 9, tzinfo=UTC)
    desk.work()
    (attempt,) = desk.mine()
    assert (attempt.state, desk.states(agreement)) == (PaymentState.UNKNOWN, ["charging"])
    desk.gateway.add(attempt.order_id, FIFTY, Standing.HELD)  # it had arrived
    desk.clock.move(10)
    assert sorted(desk.work()) == ["instalment done", "payment moved", "receipt done"]
    assert desk.states(agreement) == ["paid"]
    assert desk.gateway.calls.count("authorise") == 1


def test_what_never_arrived_is_sent_again_when_that_is_proved(desk: Collection) -> None:
    desk.agree(ONCE)
    desk.gateway.script["authorise"].append(Unknown("read timeout"))
    desk.clock.at = datetime(2026, 5, 1, 9, tzinfo=UTC)
    for _ in range(40):
        desk.work()
        desk.clock.move(600)
    assert [each.state for each in desk.mine()] == [PaymentState.NOT_SENT, PaymentState.SUBMITTED]
    assert set(desk.charges().values()) == {1}
    assert [each.text for each in desk.postman.messages] == ["agreed", "paid"], "nothing was declined"


def test_a_gateway_that_is_down_is_asked_again_each_hour_and_then_a_person_is(desk: Collection) -> None:
    desk.agree(ONCE)
    desk.gateway.script["authorise"].extend([Unavailable("no connection")] * 3)
    desk.live_until("2026-05-01")
    assert [each.opened_at.hour for each in desk.mine()] == [9, 10, 11, 12]
    assert desk.paid() == [("2026-05-01", 5000)]


def test_a_bill_that_somebody_is_paying_right_now(desk: Collection) -> None:
    agreement = desk.agree(replace(ONCE, terms=replace(ONCE.terms, first=date(2026, 3, 15))))
    desk.gateway.script["authorise"].append(Unknown("read timeout"))
    desk.pay_by_phone(5000)
    desk.clock.at = datetime(2026, 3, 15, 9, tzinfo=UTC)
    desk.work((TaskKind.INSTALMENT,))
    assert desk.mine() == []
    assert desk.states(agreement) == ["charging"]
    desk.live_until("2026-03-17")  # nothing of the call's had arrived
    assert [each.state for each in desk.ledger.payments()] == [PaymentState.NOT_SENT, PaymentState.SUBMITTED]
    assert desk.states(agreement) == ["paid"]


def test_after_days_of_downtime_each_date_is_charged_once_and_late(desk: Collection) -> None:
    weekly = Terms(Fixed(FIFTY), date(2026, 4, 1), Every(1, Unit.WEEK), times=3)
    agreement = desk.agree(replace(AUTOPAY, terms=weekly))
    desk.clock.at = datetime(2026, 4, 8, 12, tzinfo=UTC)
    desk.work()
    assert desk.paid() == [("2026-04-08", 5000), ("2026-04-08", 5000)]
    charged = [line.detail for line in desk.agreements.history(agreement.id) if line.state == "charging"]
    assert charged == ["50.00 USD, 7 days after its due date", "50.00 USD"]


def test_what_is_too_late_goes_to_a_person_who_decides(desk: Collection) -> None:
    planned = plan(Money(10_000, "USD"), 2, date(2026, 4, 1), MONTHLY)
    agreement = desk.agree(in_plan(planned))
    desk.clock.at = datetime(2026, 5, 20, 12, tzinfo=UTC)
    with capture_logs() as log:
        desk.work()
    assert desk.paid() == []
    told = [line for line in log if line["event"] == "instalment_needs_person"]
    assert {(line["number"], line["agreement"]) for line in told} == {(1, agreement.number), (2, agreement.number)}
    one, two = desk.instalments(agreement)
    assert desk.agreements.leave_out(one.id, "paid in cash")
    assert desk.agreements.release(two.id, "agreed on the telephone")
    desk.work()
    assert desk.paid() == [("2026-05-20", 5000)]
    assert desk.states(agreement) == ["skipped", "paid"]
    assert desk.tasks.stuck() == []


def test_a_cancelled_agreement_is_not_charged(desk: Collection) -> None:
    agreement = desk.agree()
    desk.live_until("2026-05-15")
    desk.agreements.cancel(agreement.id, "by phone")
    desk.live_until("2026-08-31")
    assert desk.paid() == [("2026-05-01", 5000)]
    assert desk.states(agreement) == ["paid", "cancelled"]
    assert desk.told(agreement)[-1] is ReceiptKind.CANCELLED


def test_cancelled_while_a_charge_is_being_decided(desk: Collection) -> None:
    agreement = desk.agree(ONCE)
    desk.clock.at = datetime(2026, 5, 1, 9, tzinfo=UTC)

    def declines(_: object) -> Declined:
        desk.agreements.cancel(agreement.id, "by phone")
        return Declined("2001")

    desk.gateway.script["authorise"].append(declines)
    desk.live_until("2026-06-30")
    assert len(desk.mine()) == 1
    assert desk.states(agreement) == ["cancelled"]


def test_a_saved_method_that_was_deleted_stops_the_agreement(desk: Collection) -> None:
    agreement = desk.agree()
    desk.methods.forget(agreement.request.method_id)
    desk.live_until("2026-08-31")
    assert desk.mine() == []
    assert desk.agreements.get(agreement.id).state is AgreementState.STOPPED


def test_a_closed_account_goes_to_a_person(desk: Collection) -> None:
    desk.agree(ONCE)
    desk.database.write(lambda connection: connection.exec_driver_sql("UPDATE accounts SET closed = 1"))
    desk.live_until("2026-05-02")
    assert desk.paid() == []
    (task,) = desk.tasks.stuck()
    assert task.note == "its account is closed, or not there any more"


def test_two_followers_at_once_on_one_instalment(desk: Collection) -> None:
    """The lease of one has ended, while it is still at work."""
    desk.agree(ONCE)
    desk.clock.at = datetime(2026, 5, 1, 9, tzinfo=UTC)
    first = desk.next_task()
    jobs = [gevent.spawn(desk.follower.work, first) for _ in range(6)]
    gevent.joinall(jobs, timeout=60, raise_error=True)
    assert sum(desk.charges().values()) == 1
    assert [each.state for each in desk.mine()] == [PaymentState.SUBMITTED]


def test_two_followers_at_once_are_one_try_where_it_is_declined(desk: Collection) -> None:
    agreement = desk.agree(ONCE)
    desk.gateway.script["authorise"].extend([Declined("2001")] * 6)
    desk.clock.at = datetime(2026, 5, 1, 9, tzinfo=UTC)
    task = desk.next_task()
    gevent.joinall([gevent.spawn(desk.follower.work, task) for _ in range(6)], timeout=60, raise_error=True)
    assert len(desk.mine()) == 1
    assert desk.states(agreement) == ["retrying"]


def test_whoever_comes_second_waits_until_the_first_must_have_died(desk: Collection) -> None:
    agreement = desk.agree(ONCE)
    desk.clock.at = datetime(2026, 5, 1, 9, tzinfo=UTC)
    desk.agreements.book(desk.agreements.case(desk.instalment(agreement)), Charge(FIFTY, 0))
    assert desk.work((TaskKind.INSTALMENT,)) == ["instalment waiting"]
    desk.clock.move(179)
    assert desk.work((TaskKind.INSTALMENT,)) == []
    assert desk.mine() == []
    desk.clock.move(1)
    assert desk.work((TaskKind.INSTALMENT,)) == ["instalment done"]
    assert set(desk.charges().values()) == {1}


def test_whoever_was_stopped_before_it_could_charge_does_not_charge(
    desk: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.agree(ONCE)
    desk.clock.at = datetime(2026, 5, 1, 9, tzinfo=UTC)
    real = desk.agreements.book

    def slow(*args: object) -> bool:
        booked = real(*args)  # type: ignore[arg-type]
        desk.clock.move(61)
        return booked

    with monkeypatch.context() as patch:
        patch.setattr(desk.agreements, "book", slow)
        assert desk.work((TaskKind.INSTALMENT,)) == ["instalment waiting"]
    assert desk.mine() == []


def test_a_worker_that_stands_still_at_the_ledgers_door_meets_what_was_paid_meanwhile(
    desk: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For longer than its lease: another one has charged, and the ledger itself opens no second attempt. It is a
    gift, which no bill's balance guards."""
    agreement = desk.agree(replace(ONCE, targets=(Target("forest", 1),)))
    desk.clock.at = datetime(2026, 5, 1, 9, tzinfo=UTC)
    task, real = desk.next_task(), desk.ledger.open

    def stands_still(request: PaymentRequest, marks: object = ()) -> object:
        patch.undo()
        desk.clock.move(601)
        assert desk.work((TaskKind.INSTALMENT,)) == ["instalment done"]
        return real(request)

    with monkeypatch.context() as patch:
        patch.setattr(desk.ledger, "open", stands_still)
        assert desk.follower.work(task) == "waiting"
    assert list(desk.charges().values()) == [1]
    assert desk.states(agreement) == ["paid"]
    assert len(desk.mine()) == 1


def test_a_run_again_and_a_clock_that_was_set_back_charge_nothing_twice(desk: Collection) -> None:
    agreement = desk.agree()
    desk.clock.at = datetime(2026, 5, 1, 9, tzinfo=UTC)
    task = desk.next_task()
    for back in (0, 3600, 86400, 86400 * 40):
        desk.clock.move(-back)
        assert desk.follower.work(task) == "done"
    desk.live_until("2026-05-20")
    assert set(desk.charges().values()) == {1}
    assert desk.paid() == [("2026-05-01", 5000)]
    assert [each.due_on.isoformat() for each in desk.instalments(agreement)] == ["2026-05-01", "2026-06-01"]


class Death(Exception):
    """The process dies here."""


DEATHS = [
    ("ledger", "open", "before"),
    ("ledger", "open", "after"),
    ("gateway", "authorise", "before"),
    ("gateway", "authorise", "after"),
    ("ledger", "record", "before"),
    ("ledger", "record", "after"),
    ("gateway", "submit", "before"),
    ("gateway", "submit", "after"),
    ("agreements", "book", "before"),
    ("agreements", "book", "after"),
]


@pytest.mark.parametrize(("part", "method", "when"), DEATHS)
@pytest.mark.parametrize("time_of_death", [1, 2])
def test_a_death_at_any_point_leads_to_one_charge(
    desk: Collection, monkeypatch: pytest.MonkeyPatch, part: str, method: str, when: str, time_of_death: int
) -> None:
    agreement = desk.agree(ONCE)
    desk.clock.at = datetime(2026, 5, 1, 9, tzinfo=UTC)
    task, target = desk.next_task(), getattr(desk, part)
    lives, real = time_of_death, getattr(target, method)

    def mortal(*args: object, **more: object) -> object:
        nonlocal lives
        lives -= 1
        if lives == 0 and when == "before":
            raise Death
        answer = real(*args, **more)
        if lives == 0:
            raise Death
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(target, method, mortal)
        with suppress(Death):
            desk.follower.work(task)
    for _ in range(60):  # ten hours of other workers
        desk.clock.move(600)
        desk.work()
    assert list(desk.charges().values()) == [1]
    assert desk.states(agreement) == ["paid"]
    assert len(desk.paid()) == 1
