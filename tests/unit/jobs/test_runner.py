"""The runner of due work: how much at once, what a failure leaves, how it ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import gevent
import pytest
from gevent.event import Event

from fs_app.errors import StoreUnavailable
from fs_app.jobs.runner import Runner
from fs_app.ports import Task, TaskKind
from fs_app.store.engine import Database
from fs_app.store.schema import migrate
from fs_app.store.tasks import SqlTasks
from fs_app.testing.fakes_payments import StandingClock


class Follower:
    """Does to a task whatever the test says, and finishes it."""

    def __init__(self, tasks: SqlTasks, doing: Callable[[Task], None]) -> None:
        self._tasks = tasks
        self._doing = doing
        self.seen: list[str] = []

    def work(self, task: Task) -> str:
        self.seen.append(task.subject)
        self._doing(task)
        self._tasks.finish(task)
        return "done"


class Shop:
    """A runner with one follower, and what the metrics were told."""

    def __init__(self, database: Database) -> None:
        self.clock = StandingClock()
        self.tasks = SqlTasks(database, self.clock)
        self.worked: list[tuple[str, str]] = []

    def runner(self, doing: Callable[[Task], None], *, at_once: int = 2) -> tuple[Runner, Follower]:
        follower = Follower(self.tasks, doing)
        runner = Runner(
            self.tasks,
            {TaskKind.PAYMENT: follower},
            self.clock,
            at_once=at_once,
            poll_seconds=0.01,
            lease_seconds=60,
            worked=lambda kind, outcome: self.worked.append((kind, outcome)),
        )
        return runner, follower

    def due(self, count: int) -> None:
        for number in range(count):
            self.tasks.wake(TaskKind.PAYMENT, str(number))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    database = Database(f"sqlite:///{tmp_path}/fs_app.sqlite", threads=2)
    migrate(database)
    yield Shop(database)
    database.close()


def until(condition: Callable[[], bool]) -> None:
    with gevent.Timeout(10):
        while not condition():
            gevent.sleep(0.005)


def test_so_many_at_once_and_the_next_as_soon_as_there_is_room(shop: Shop) -> None:
    going, most, go = 0, 0, Event()

    def doing(_: Task) -> None:
        nonlocal going, most
        going += 1
        most = max(most, going)
        go.wait()
        going -= 1

    runner, follower = shop.runner(doing, at_once=2)
    shop.due(5)
    running = gevent.spawn(runner.run)
    until(lambda: going == 2)
    go.set()
    until(lambda: len(shop.worked) == 5)
    runner.stop()
    running.join(5)
    assert (most, sorted(follower.seen)) == (2, ["0", "1", "2", "3", "4"])
    assert shop.worked == [("payment", "done")] * 5


def test_what_is_claimed_is_finished_before_it_ends(shop: Shop) -> None:
    begun, go = Event(), Event()

    def doing(_: Task) -> None:
        begun.set()
        go.wait()

    runner, _ = shop.runner(doing)
    shop.due(1)
    running = gevent.spawn(runner.run)
    assert begun.wait(5)
    runner.stop()
    gevent.sleep(0.05)
    assert not running.dead
    go.set()
    running.join(5)
    assert running.dead and shop.worked == [("payment", "done")]


def test_a_bug_in_a_follower_is_put_off_and_hurts_nobody_else(shop: Shop) -> None:
    def doing(task: Task) -> None:
        if task.subject == "0":
            raise ValueError("4111111111111111")

    runner, _ = shop.runner(doing)
    shop.due(2)
    running = gevent.spawn(runner.run)
    until(lambda: len(shop.worked) == 2)
    runner.stop()
    running.join(5)
    assert sorted(shop.worked) == [("payment", "done"), ("payment", "failed")]
    assert shop.tasks.claim([TaskKind.PAYMENT], limit=5, lease_seconds=60) == []
    shop.clock.move(301)
    (again,) = shop.tasks.claim([TaskKind.PAYMENT], limit=5, lease_seconds=60)
    assert (again.subject, again.tries, again.note) == ("0", 1, "failed: ValueError")


def test_a_database_that_fails_in_mid_work_leaves_the_task_to_its_lease(shop: Shop) -> None:
    def doing(_: Task) -> None:
        raise StoreUnavailable("down")

    runner, _ = shop.runner(doing)
    shop.due(1)
    assert runner.claim() == 1
    until(lambda: shop.worked == [("payment", "failed")])
    assert runner.claim() == 0
    shop.clock.move(61)
    assert runner.claim() == 1


def test_a_database_that_is_down_is_asked_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    runner, follower = shop.runner(lambda _: None)
    shop.due(1)
    with monkeypatch.context() as broken:
        broken.setattr(shop.tasks, "claim", _down)
        assert runner.claim() == 0
    running = gevent.spawn(runner.run)
    until(lambda: follower.seen == ["0"])
    runner.stop()
    running.join(5)


def _down(*_: object, **__: object) -> list[Task]:
    raise StoreUnavailable("down")
