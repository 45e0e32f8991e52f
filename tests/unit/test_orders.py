"""Orders reach the calls of this process as soon as they are read, and nobody reads where nobody talks."""

from __future__ import annotations

from collections.abc import Sequence

import gevent
import pytest
from structlog.testing import capture_logs

from fs_app.app.orders import OrderReader
from fs_app.ports import Order, OrderKind
from fs_app.testing.fakes import FixedClock
from fs_app.testing.fakes_desk import FakeDesk

ONE, OTHER = "5e7c9f10-0000-4000-8000-000000000001", "5e7c9f10-0000-4000-8000-000000000002"


def order(number: int, call: str = ONE) -> Order:
    return Order(number, call, OrderKind.CANCEL, "maria")


class CountingDesk(FakeDesk):
    """Writes down who was asked for, and who is said to be alive."""

    def __init__(self) -> None:
        super().__init__(FixedClock())
        self.asked: list[list[str]] = []
        self.lives: list[list[str]] = []

    def take(self, calls: Sequence[str]) -> Sequence[Order]:
        self.asked.append(list(calls))
        return super().take(calls)

    def alive(self, calls: Sequence[str]) -> None:
        self.lives.append(list(calls))


class Process:
    """A reader whose time passes only where `turn` lets it."""

    def __init__(self) -> None:
        self.desk = CountingDesk()
        self.now = 0.0
        self.reader = OrderReader(self.desk, clock=lambda: self.now, sleep=self._sleep)
        self.slept: list[float] = []
        self._may_go = gevent.event.Event()

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._may_go.clear()
        self._may_go.wait()
        self.now += seconds

    def turn(self, times: int = 1) -> None:
        """Let the reader do what it does until it sleeps, so often."""
        for _ in range(times):
            self._may_go.set()
            gevent.idle()


@pytest.fixture
def process():
    made = Process()
    yield made
    made.reader.close()
    gevent.idle()


def test_a_call_gets_its_own_orders_in_order(process) -> None:
    mine: list[Order] = []
    others: list[Order] = []
    process.reader.follow(ONE, mine.append)
    process.reader.follow(OTHER, others.append)
    process.desk.orders += [order(3), order(1), order(2, OTHER)]
    process.turn()
    assert [each.id for each in mine] == [1, 3]
    assert [each.id for each in others] == [2]
    assert process.desk.answers == {}, "whoever takes an order answers it"


def test_calls_of_other_processes_are_not_asked_for(process) -> None:
    process.reader.follow(ONE, lambda _: None)
    process.desk.orders.append(order(1, OTHER))
    process.turn()
    assert process.desk.asked == [[ONE]]
    assert process.desk.orders == [order(1, OTHER)]


def test_orders_are_looked_for_four_times_a_second(process) -> None:
    process.reader.follow(ONE, lambda _: None)
    process.turn(8)
    assert set(process.slept) == {0.25}
    assert len(process.desk.asked) == 8


def test_nobody_reads_while_nobody_talks(process) -> None:
    process.reader.follow(ONE, lambda _: None)
    process.turn(2)
    process.reader.leave(ONE)
    asked = len(process.desk.asked)
    process.turn(5)
    assert len(process.desk.asked) == asked
    taken: list[Order] = []
    process.reader.follow(OTHER, taken.append)
    process.desk.orders.append(order(1, OTHER))
    process.turn(2)
    assert [each.id for each in taken] == [1]


def test_leaving_is_harmless_when_repeated(process) -> None:
    process.reader.leave(ONE)
    process.reader.follow(ONE, lambda _: None)
    process.reader.leave(ONE)
    process.reader.leave(ONE)
    process.turn()
    assert process.desk.asked == []


def test_an_order_for_a_call_that_left_as_it_was_read_is_answered(process) -> None:
    class Leaving(CountingDesk):
        def take(self, calls: Sequence[str]) -> Sequence[Order]:
            taken = super().take(calls)
            process.reader.leave(ONE)
            return taken

    process.reader._desk = process.desk = Leaving()
    process.desk.orders.append(order(1))
    process.reader.follow(ONE, lambda _: pytest.fail("it has left"))
    process.turn()
    assert process.desk.answers == {1: "not_talking"}


def test_a_database_that_is_down_is_asked_again_later(process) -> None:
    taken: list[Order] = []
    process.desk.down = True
    process.desk.orders.append(order(1))
    with capture_logs() as logs:
        process.reader.follow(ONE, taken.append)
        process.turn()
    assert process.slept == [2.0]
    assert [(line["event"], line["log_level"]) for line in logs] == [("orders are not read", "warning")]
    assert process.desk.lives == [], "nobody says of a call that it lives while that cannot be written"
    process.desk.down = False
    process.turn(2)
    assert [each.id for each in taken] == [1]


def test_calls_are_told_to_be_alive_every_five_seconds(process) -> None:
    process.reader.follow(ONE, lambda _: None)
    process.turn()
    assert process.desk.lives == [[ONE]]
    process.turn(19)
    assert process.now < 5.0
    assert process.desk.lives == [[ONE]]
    process.turn(2)
    assert process.desk.lives == [[ONE], [ONE]]


def test_a_new_call_is_told_to_be_alive_at_once(process) -> None:
    process.reader.follow(ONE, lambda _: None)
    process.turn()
    process.reader.follow(OTHER, lambda _: None)
    process.turn()
    assert process.desk.lives == [[ONE], [ONE, OTHER]]


def test_a_reader_that_was_closed_reads_no_more(process) -> None:
    process.reader.follow(ONE, lambda _: None)
    process.turn()
    process.reader.close()
    process.turn(3)
    assert len(process.desk.asked) == 1


def test_a_process_that_had_no_talks_has_nothing_to_close(process) -> None:
    process.reader.close()
    process.turn()
    assert process.desk.asked == []
