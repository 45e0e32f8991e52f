"""Hand-overs that nobody tells of any more, orders that no call takes, and what is old; on SQLite and MariaDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fs_app.domain.assist import AssistState, AssistView
from fs_app.domain.handover import HandoverEnd, HandoverState, Reason
from fs_app.domain.money import Money
from fs_app.jobs.housekeeping import Chore, Housekeeper
from fs_app.ports import CallbackRequest, Context, LiveCall, OrderKind
from fs_app.store.desk import SqlDesk
from fs_app.store.desk_upkeep import LostHandovers, OldDeskRows, UntakenOrders
from fs_app.store.desk_view import SqlDeskView
from fs_app.store.engine import Database
from fs_app.store.live import SqlLiveCalls
from fs_app.store.soon import Soon
from fs_app.testing.fakes_payments import StandingClock

CONTEXT = Context("call-1", Reason.ASKED, "utility", "menu", "en")
MINUTE = 60.0
DAY = 24 * 3600.0


class World:
    """The desk, and who keeps it in order."""

    def __init__(self, database: Database) -> None:
        self.clock = clock = StandingClock()
        self.soon = Soon(database, clock)
        self.desk = SqlDesk(database, clock, self.soon)
        self.live = SqlLiveCalls(database, clock, self.soon)
        self.view = SqlDeskView(database, clock)
        self.minutely = Housekeeper([Chore("lost", LostHandovers(database), timedelta(minutes=5))], clock)
        self.hourly = Housekeeper(
            [
                Chore("orders", UntakenOrders(database, clock), timedelta(hours=1)),
                Chore("old", OldDeskRows(database), timedelta(days=90)),
            ],
            clock,
        )

    def handed_over(self, call: str = "call-1") -> int:
        return self.desk.open(replace(CONTEXT, call_uuid=call), "q").id

    def up(self, call: str = "call-1") -> None:
        now = self.clock.now()
        self.live.tell(LiveCall(call, "host:1", "utility", "agent", "en", now, now))
        self.soon.close()

    def end_of(self, number: int) -> HandoverEnd:
        record = self.view.handover(number)
        assert record is not None
        return record.end


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def test_a_hand_over_of_a_server_that_died_is_lost_after_some_minutes(world: World) -> None:
    number = world.handed_over()
    world.clock.move(MINUTE)
    world.desk.talking(number, "maria", "leg-1")
    world.soon.close()
    last = world.clock.now()
    world.clock.move(4 * MINUTE)
    world.minutely.clean()
    assert world.end_of(number) is HandoverEnd.OPEN
    world.clock.move(2 * MINUTE)
    world.minutely.clean()
    record = world.view.handover(number)
    assert record is not None
    assert (record.state, record.end, record.ended_at) == (HandoverState.ENDED, HandoverEnd.LOST, last)
    world.desk.ended(number, HandoverEnd.TALKED)
    world.soon.close()
    assert world.view.handover(number) == record


def test_one_that_is_told_of_is_not(world: World) -> None:
    number = world.handed_over()
    for _ in range(10):
        world.clock.move(MINUTE)
        world.desk.waiting(number, 1, None)
        world.soon.close()
        world.minutely.clean()
    assert world.end_of(number) is HandoverEnd.OPEN


def test_one_whose_call_is_up_is_not_until_the_call_ends(world: World) -> None:
    number = world.handed_over()
    world.clock.move(20 * MINUTE)
    world.up()
    world.minutely.clean()
    assert world.end_of(number) is HandoverEnd.OPEN
    world.live.end("call-1", "agent", world.clock.now())
    world.soon.close()
    world.minutely.clean()
    assert world.end_of(number) is HandoverEnd.LOST


def test_one_whose_call_is_not_told_of_either_is_lost(world: World) -> None:
    number = world.handed_over()
    world.up()
    world.clock.move(6 * MINUTE)
    world.up("call-2")
    world.minutely.clean()
    assert world.end_of(number) is HandoverEnd.LOST


def test_one_that_another_followed_in_the_same_call_is_lost(world: World) -> None:
    first = world.handed_over()
    world.clock.move(6 * MINUTE)
    second = world.handed_over()
    world.up()
    world.minutely.clean()
    assert (world.end_of(first), world.end_of(second)) == (HandoverEnd.LOST, HandoverEnd.OPEN)


def test_an_order_that_no_call_took_lapses(world: World) -> None:
    old = world.view.give_order("call-1", OrderKind.CANCEL, "maria")
    world.clock.move(61 * MINUTE)
    new = world.view.give_order("call-1", OrderKind.CANCEL, "maria")
    world.hourly.clean()
    records = {record.order.id: record.result for record in world.view.orders_of("call-1")}
    assert records == {old: "lapsed", new: ""}
    assert [order.id for order in world.desk.take(["call-1"])] == [new]


def test_what_is_old_is_deleted_and_what_is_the_accounts_is_kept(world: World) -> None:
    def happens(call: str, number: int) -> None:
        view = AssistView(call, 1, number, "maria", AssistState.APPROVED, Money(1, "USD"))
        world.desk.assist(view)
        world.desk.ended(number, HandoverEnd.TALKED)
        world.desk.call_back(CallbackRequest(call, "q", "4155550101", "en"))
        world.view.give_order(call, OrderKind.CANCEL, "maria")
        world.soon.close()

    old, open_one = world.handed_over("old"), world.handed_over("open")
    happens("old", old)
    world.view.add_note("acc-1", "maria", "a note")
    world.clock.move(60 * DAY)
    new = world.handed_over("new")
    happens("new", new)
    world.clock.move(31 * DAY)
    world.hourly.clean()
    assert world.view.handover(old) is None
    assert {record.ticket.id for record in world.view.recent()} == {open_one, new}
    assert [record.view.call_uuid for record in world.view.assists_of(["old", "new"])] == ["new"]
    assert (len(world.view.orders_of("old")), len(world.view.orders_of("new"))) == (0, 1)
    assert [record.request.call_uuid for record in world.view.callbacks()] == ["new"]
    assert len(world.view.notes_of("acc-1")) == 1
