"""Due work in the database: claimed by one worker at a time, on SQLite and on MariaDB."""

from __future__ import annotations

from datetime import timedelta

import gevent
import pytest

from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, Declined, PaymentRequest, Submitted, TransactionId, Unknown
from fs_app.domain.schedule import Backoff, Schedule
from fs_app.ports import Task, TaskKind
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.tasks import SqlTasks
from fs_app.testing.fakes_payments import StandingClock

KINDS = [TaskKind.PAYMENT, TaskKind.RECEIPT]


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def tasks(database: Database, clock: StandingClock) -> SqlTasks:
    return SqlTasks(database, clock)


def claim(tasks: SqlTasks, limit: int = 10) -> list[Task]:
    return list(tasks.claim(KINDS, limit=limit, lease_seconds=60))


def test_what_is_due_is_claimed_once_the_longest_overdue_first(tasks: SqlTasks, clock: StandingClock) -> None:
    for subject in ("1", "2", "3"):
        tasks.wake(TaskKind.PAYMENT, subject)
        clock.move(1)
    assert [task.subject for task in claim(tasks, 2)] == ["1", "2"]
    assert [task.subject for task in claim(tasks)] == ["3"]
    assert claim(tasks) == []


def test_only_the_kinds_that_are_asked_for(tasks: SqlTasks) -> None:
    tasks.wake(TaskKind.REFUND, "1")
    assert claim(tasks) == []


def test_many_workers_share_the_work_without_sharing_a_task(tasks: SqlTasks) -> None:
    for number in range(30):
        tasks.wake(TaskKind.PAYMENT, str(number))
    claimed: list[str] = []

    def work() -> None:
        while mine := claim(tasks, 3):
            claimed.extend(task.subject for task in mine)

    gevent.joinall([gevent.spawn(work) for _ in range(4)], timeout=30, raise_error=True)
    assert sorted(claimed, key=int) == [str(number) for number in range(30)]


def test_a_claim_ends_with_its_lease_and_whoever_lost_it_changes_nothing(
    tasks: SqlTasks, clock: StandingClock
) -> None:
    tasks.wake(TaskKind.PAYMENT, "1")
    (dead,) = claim(tasks)
    clock.move(61)
    (alive,) = claim(tasks)
    tasks.finish(dead)
    tasks.put_off(dead, clock.now() + timedelta(days=9), "from the grave")
    tasks.put_off(alive, clock.now() + timedelta(seconds=5), "later")
    clock.move(5)
    (again,) = claim(tasks)
    assert (again.tries, again.note) == (1, "later")


def test_put_off_released_given_up_and_finished(tasks: SqlTasks, clock: StandingClock) -> None:
    tasks.wake(TaskKind.PAYMENT, "1")
    (task,) = claim(tasks)
    tasks.release(task)
    (task,) = claim(tasks)
    tasks.give_up(task, "nobody knows")
    assert claim(tasks) == []
    assert [(stuck.subject, stuck.note) for stuck in tasks.stuck()] == [("1", "nobody knows")]
    tasks.wake(TaskKind.PAYMENT, "1")
    assert tasks.stuck() == []
    (task,) = claim(tasks)
    tasks.finish(task)
    clock.move(10_000)
    assert claim(tasks) == []


def test_a_hint_during_the_work_is_not_lost(tasks: SqlTasks, clock: StandingClock) -> None:
    tasks.wake(TaskKind.PAYMENT, "1")
    (task,) = claim(tasks)
    tasks.wake(TaskKind.PAYMENT, "1")
    tasks.put_off(task, clock.now() + timedelta(days=1), "seen before the hint")
    assert len(claim(tasks)) == 1


SCHEDULE = Schedule(charging=100, unresolved=Backoff((5,)), settlement=Backoff((1000,)))


@pytest.mark.parametrize(
    ("events", "due_after"),
    [
        ([], 100),
        ([Unknown("read timeout")], 5),
        ([Approved(TransactionId("t"), Money(4250, "USD"))], 100),
        ([Approved(TransactionId("t"), Money(4250, "USD")), Submitted(TransactionId("t"))], 1000),
        ([Declined("2000")], None),
    ],
)
def test_the_ledger_plans_the_next_look_with_every_move(
    database: Database, tasks: SqlTasks, clock: StandingClock, events: list[object], due_after: float | None
) -> None:
    ledger = SqlLedger(database, clock, schedule=SCHEDULE)
    payment = ledger.open(PaymentRequest("uuid", "account", "bill", Money(4250, "USD")))
    for event in events:
        ledger.record(payment.id, event)
    clock.move((due_after or 10_000) - 1)
    assert claim(tasks) == []
    clock.move(1)
    assert [task.subject for task in claim(tasks)] == ([str(payment.id)] if due_after else [])
