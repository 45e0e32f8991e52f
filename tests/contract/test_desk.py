"""The Desk port: the fake, and ours on SQLite and MariaDB. What a call tells is read from the other side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import gevent
import pytest
from sqlalchemy import update

from fs_app.domain.assist import AssistState, AssistView, FieldState, FieldView
from fs_app.domain.handover import HandoverEnd, HandoverState, Identified, Reason
from fs_app.domain.money import Money
from fs_app.domain.payment import PaymentId
from fs_app.errors import StoreUnavailable
from fs_app.ports import (
    STALE_SECONDS,
    BillNote,
    CallbackRequest,
    Context,
    Desk,
    FailureNote,
    HandoverRecord,
    Order,
    OrderKind,
    PaymentNote,
)
from fs_app.store.desk import SqlDesk
from fs_app.store.desk_tables import call_orders
from fs_app.store.desk_view import SqlDeskView
from fs_app.store.engine import Database
from fs_app.store.soon import Soon
from fs_app.testing.fakes_desk import FakeDesk
from fs_app.testing.fakes_payments import StandingClock
from tests.fixtures_mariadb import empty_database

CALL = "0b6d9c1e-4f0a-4a0e-9a64-2f3f6b9a7c11"
AMOUNT = Money(4250, "USD")
CONTEXT = Context(
    call_uuid=CALL,
    reason=Reason.ERRORS,
    flow="utility",
    step="card",
    language="es",
    line="main",
    caller_id="+14155550101",
    identified=Identified.PROVED,
    account_id="acc-1",
    account_number="10001",
    bills=(BillNote("b1", "77", AMOUNT), BillNote("b2", "", Money(100, "USD"))),
    amount=AMOUNT,
    payment=PaymentNote(PaymentId(7), "not_paid", AMOUNT, "visa", "1111", "10000009", "try_another"),
    failures=(FailureNote("declines", 2),),
    said=("¿Cuál es su número?", "«…»"),
    path=("who:found",),
    steps=("who", "card"),
    may_skip_code=True,
)
PLAIN = Context(CALL, Reason.ASKED, "utility", "menu", "en")
FIELDS = (FieldView("number", FieldState.TYPING, 4, 16), FieldView("expiry"))
VIEW = AssistView(CALL, 1, 1, "maria", AssistState.ASKING, AMOUNT, ("b1",), FIELDS, "visa", "", "")


class World(Protocol):
    """A desk, and what can be seen of it once all that was told is written."""

    clock: StandingClock
    desk: Desk

    def handover(self, number: int) -> HandoverRecord: ...
    def assists(self) -> list[AssistView]: ...
    def give(self, *orders: Order) -> list[int]: ...
    def answered(self, order_id: int) -> str: ...
    def callbacks(self) -> list[CallbackRequest]: ...


class InMemory:
    def __init__(self) -> None:
        self.clock = StandingClock()
        self.desk = FakeDesk(self.clock)

    def handover(self, number: int) -> HandoverRecord:
        return self.desk.handovers[number]

    def assists(self) -> list[AssistView]:
        return list({view.number: view for view in self.desk.assists}.values())

    def give(self, *orders: Order) -> list[int]:
        given = [replace(order, id=number) for number, order in enumerate(orders, 1)]
        self.desk.orders += given
        self.desk.given_at |= {order.id: self.clock.now() for order in given}
        return [order.id for order in given]

    def answered(self, order_id: int) -> str:
        return self.desk.answers.get(order_id, "")

    def callbacks(self) -> list[CallbackRequest]:
        return list(self.desk.callbacks.values())


@dataclass
class InDatabase:
    database: Database

    def __post_init__(self) -> None:
        self.clock = StandingClock()
        self.soon = Soon(self.database, self.clock)
        self.desk = SqlDesk(self.database, self.clock, self.soon)
        self.view = SqlDeskView(self.database, self.clock)

    def handover(self, number: int) -> HandoverRecord:
        self.soon.close()
        found = self.view.handover(number)
        assert found is not None
        return found

    def assists(self) -> list[AssistView]:
        self.soon.close()
        return [record.view for record in self.view.assists_of([CALL])]

    def give(self, *orders: Order) -> list[int]:
        return [
            self.view.give_order(
                order.call_uuid,
                order.kind,
                order.by,
                bills=order.bills,
                amount=order.amount,
                target=order.target,
                account=order.account,
            )
            for order in orders
        ]

    def answered(self, order_id: int) -> str:
        self.soon.close()
        found = self.view.order(order_id)
        assert found is not None
        return found.result

    def callbacks(self) -> list[CallbackRequest]:
        return [record.request for record in self.view.callbacks()]


@pytest.fixture(params=["fake", "sqlite", "mariadb"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """Each implementation, on each kind of database."""
    if request.param == "fake":
        yield InMemory()
        return
    database = Database(empty_database(request, request.param, tmp_path))
    made = InDatabase(database)
    yield made
    made.soon.close()
    database.close()


@pytest.mark.parametrize("context", [CONTEXT, PLAIN])
def test_the_context_is_there_before_anybody_is_rung(world: World, context: Context) -> None:
    ticket = world.desk.open(context, "payments@default")
    found = world.handover(ticket.id)
    assert found.ticket == ticket
    assert found.context == context
    assert (found.queue, found.state, found.end) == ("payments@default", HandoverState.WAITING, HandoverEnd.OPEN)
    assert (found.created_at, found.alive_at) == (world.clock.now(), world.clock.now())
    assert (found.agent, found.leg, found.place, found.offered_at, found.answered_at) == ("", "", None, None, None)


def test_every_hand_over_has_a_reference_of_its_own_that_the_switch_takes(world: World) -> None:
    references = {world.desk.open(CONTEXT, "q").reference for _ in range(20)}
    assert len(references) == 20
    assert all(reference.isalnum() and reference.isascii() and len(reference) == 12 for reference in references)


def test_the_caller_waits_is_offered_and_talks(world: World) -> None:
    desk, clock = world.desk, world.clock
    began = clock.now()
    number = desk.open(CONTEXT, "q").id
    clock.move(5)
    desk.waiting(number, 2, 90)
    assert (world.handover(number).place, world.handover(number).expected_seconds) == (2, 90)
    clock.move(5)
    desk.waiting(number, 1, None)
    assert (world.handover(number).place, world.handover(number).expected_seconds) == (1, None)
    clock.move(5)
    desk.offered(number, "maria@default")
    rung = world.handover(number)
    assert (rung.state, rung.agent, rung.offered_at) == (HandoverState.OFFERED, "maria@default", clock.now())
    clock.move(5)
    desk.talking(number, "maria@default", "leg-1")
    talks = world.handover(number)
    assert (talks.state, talks.agent, talks.leg) == (HandoverState.TALKING, "maria@default", "leg-1")
    clock.move(60)
    desk.talking(number, "maria@default", "leg-1")
    clock.move(60)
    desk.ended(number, HandoverEnd.TALKED)
    over = world.handover(number)
    assert (over.state, over.end) == (HandoverState.ENDED, HandoverEnd.TALKED)
    at = [over.created_at, over.offered_at, over.answered_at, over.ended_at, over.alive_at]
    assert [moment and round((moment - began).total_seconds()) for moment in at] == [0, 15, 20, 140, 140]
    assert (over.agent, over.leg, over.place) == ("maria@default", "leg-1", 1)


def test_what_was_told_at_once_counts_as_if_it_had_been_written_one_by_one(world: World) -> None:
    desk, clock = world.desk, world.clock
    number = desk.open(CONTEXT, "q").id
    desk.waiting(number, 3, 90)
    desk.offered(number, "maria@default")
    rung = clock.now()
    clock.move(1)
    desk.offered(number, "maria@default")
    clock.move(1)
    desk.talking(number, "", "leg-1")
    answered = clock.now()
    clock.move(1)
    desk.talking(number, "", "leg-1")
    desk.ended(number, HandoverEnd.SENT_BACK)
    desk.ended(number, HandoverEnd.GAVE_UP)
    desk.talking(number, "bob", "leg-2")
    over = world.handover(number)
    assert (over.place, over.expected_seconds, over.agent, over.leg) == (3, 90, "maria@default", "leg-1")
    assert (over.offered_at, over.answered_at, over.ended_at) == (rung, answered, clock.now())
    assert (over.state, over.end) == (HandoverState.ENDED, HandoverEnd.SENT_BACK)


def test_the_first_end_counts_also_once_it_is_written(world: World) -> None:
    number = world.desk.open(CONTEXT, "q").id
    world.desk.ended(number, HandoverEnd.FULL)
    over = world.handover(number)
    world.clock.move(10)
    world.desk.ended(number, HandoverEnd.GAVE_UP)
    world.desk.waiting(number, 1, 1)
    assert world.handover(number) == over
    assert over.end is HandoverEnd.FULL


def test_who_does_not_answer_is_rung_no_more(world: World) -> None:
    desk = world.desk
    number = desk.open(CONTEXT, "q").id
    desk.offered(number, "maria")
    first = world.handover(number).offered_at
    world.clock.move(20)
    desk.offered(number, "maria")
    assert world.handover(number).offered_at == first, "told again, it is still so"
    desk.offered(number, "")
    waits = world.handover(number)
    assert (waits.state, waits.agent) == (HandoverState.WAITING, "")
    desk.offered(number, "bob")
    again = world.handover(number)
    assert (again.state, again.agent, again.offered_at) == (HandoverState.OFFERED, "bob", world.clock.now())


def test_who_was_rung_talks_where_the_switch_does_not_say_who(world: World) -> None:
    number = world.desk.open(CONTEXT, "q").id
    world.desk.offered(number, "maria")
    assert world.handover(number).agent == "maria"
    world.desk.talking(number, "", "leg-1")
    assert (world.handover(number).agent, world.handover(number).leg) == ("maria", "leg-1")


def test_another_leg_is_a_transfer_and_the_first_answer_stays(world: World) -> None:
    desk = world.desk
    number = desk.open(CONTEXT, "q").id
    desk.talking(number, "maria", "leg-1")
    answered = world.clock.now()
    assert world.handover(number).agent == "maria"
    world.clock.move(30)
    desk.talking(number, "", "leg-1")
    assert world.handover(number).agent == "maria"
    desk.talking(number, "", "leg-2")
    moved = world.handover(number)
    assert (moved.agent, moved.leg, moved.answered_at) == ("", "leg-2", answered)
    desk.talking(number, "bob", "leg-2")
    assert world.handover(number).agent == "bob"
    desk.talking(number, "ann", "leg-3")
    desk.talking(number, "", "leg-4")
    assert (world.handover(number).agent, world.handover(number).leg) == ("", "leg-4"), "told at once"


def test_the_calls_of_a_worker_that_lives_are_told_of(world: World) -> None:
    number = world.desk.open(CONTEXT, "q").id
    other = world.desk.open(replace(CONTEXT, call_uuid="another"), "q").id
    over = world.desk.open(CONTEXT, "q").id
    world.desk.ended(over, HandoverEnd.FULL)
    ended, opened = world.handover(over), world.handover(other)
    world.clock.move(30)
    world.desk.alive([])
    world.desk.alive([CALL, "x"])
    assert world.handover(number).alive_at == world.clock.now()
    assert (world.handover(over), world.handover(other)) == (ended, opened)


def test_the_newest_of_an_assisted_payment_is_seen(world: World) -> None:
    number = world.desk.open(CONTEXT, "q").id
    view = replace(VIEW, handover_id=number)
    world.desk.assist(replace(view, state=AssistState.STARTING, fields=()))
    world.desk.assist(view)
    assert world.assists() == [view]
    over = replace(view, state=AssistState.APPROVED, last_four="1111", payment_id=PaymentId(7), confirmation="1")
    world.desk.assist(over)
    world.desk.assist(replace(view, number=2))
    assert world.assists() == [over, replace(view, number=2)]


ORDER = Order(0, CALL, OrderKind.TAKE_PAYMENT, "maria", ("b1", "b2"), AMOUNT, "", "10001")


def test_an_order_is_taken_once_and_answered(world: World) -> None:
    other = Order(0, "another-call", OrderKind.CANCEL, "maria")
    back = Order(0, CALL, OrderKind.SEND_TO, "bob", target="survey")
    first, second, third = world.give(ORDER, other, back)
    assert list(world.desk.take([])) == []
    assert list(world.desk.take(["a-third-call"])) == []
    assert list(world.desk.take([CALL, "x"])) == [replace(ORDER, id=first), replace(back, id=third)]
    assert list(world.desk.take([CALL])) == []
    assert list(world.desk.take(["another-call", CALL])) == [replace(other, id=second)]
    assert world.answered(first) == ""
    world.desk.answer(first, "done")
    assert (world.answered(first), world.answered(third)) == ("done", "")


def test_an_order_that_nobody_took_in_time_is_not_wanted_any_more(world: World) -> None:
    (old,) = world.give(ORDER)
    world.clock.at += timedelta(seconds=STALE_SECONDS)
    assert list(world.desk.take([CALL])) == []
    assert world.answered(old) == "lapsed"
    assert list(world.desk.take([CALL])) == []


def test_who_wants_to_be_called_back_is_written_down_once_for_a_call(world: World) -> None:
    number = world.desk.open(CONTEXT, "q").id
    asked = CallbackRequest(CALL, "q", "+14155550101", "es", number)
    world.desk.call_back(asked)
    world.desk.call_back(replace(asked, number="4155550102"))
    world.desk.call_back(CallbackRequest("another-call", "q", "4155550103", "en"))
    assert world.callbacks() == [
        replace(asked, number="4155550102"),
        CallbackRequest("another-call", "q", "4155550103", "en"),
    ]


def talked(world: World, seconds: float, queue: str = "q", end: HandoverEnd = HandoverEnd.TALKED) -> None:
    """Somebody waited and talked for so long."""
    number = world.desk.open(PLAIN, queue).id
    world.clock.move(500)
    world.desk.talking(number, "maria", f"leg-{number}")
    world.clock.move(seconds)
    world.desk.ended(number, end)
    world.handover(number)


def test_the_expected_wait_is_that_of_the_talks_of_the_last_hours(world: World) -> None:
    for seconds in (100, 200):
        talked(world, seconds)
    talked(world, 5000, "another")
    talked(world, 5000, end=HandoverEnd.LOST)
    world.desk.ended(world.desk.open(PLAIN, "q").id, HandoverEnd.GAVE_UP)
    assert world.desk.expected_wait("q", 1, 1) is None, "two talks tell nothing"
    talked(world, 300, end=HandoverEnd.SENT_BACK)
    expected = {
        (place, agents): world.desk.expected_wait("q", place, agents) for place in (1, 3) for agents in (0, 2)
    }
    assert expected == {(1, 0): 200, (1, 2): 100, (3, 0): 600, (3, 2): 300}
    world.clock.move(4 * 3600)
    assert world.desk.expected_wait("q", 1, 1) is None


def test_an_order_of_a_newer_version_is_left_alone(database: Database) -> None:
    world = InDatabase(database)
    newer, known = world.give(ORDER, ORDER)
    change = update(call_orders).where(call_orders.c.id == newer).values(kind="whisper")
    database.write(lambda connection: connection.execute(change))
    assert [order.id for order in world.desk.take([CALL])] == [known]
    assert [each.order.id for each in world.view.orders_of(CALL)] == [known]
    assert world.view.order(newer) is None


def test_two_workers_never_take_the_same_order(database: Database) -> None:
    world = InDatabase(database)
    given = world.give(*[replace(ORDER, target=f"step-{number}") for number in range(20)])
    workers = [SqlDesk(database, world.clock, world.soon) for _ in range(4)]
    taking = [gevent.spawn(worker.take, [CALL]) for worker in workers]
    gevent.joinall(taking, raise_error=True)
    taken = [order.id for greenlet in taking for order in greenlet.value]
    assert sorted(taken) == given


def test_what_must_be_known_says_so_where_the_database_is_down(tmp_path: Path) -> None:
    clock, down = StandingClock(), Database(f"sqlite:///{tmp_path}/none.sqlite")
    soon = Soon(down, clock)
    fake = FakeDesk(clock, down=True)
    for desk in (SqlDesk(down, clock, soon), fake):
        with pytest.raises(StoreUnavailable):
            desk.open(CONTEXT, "q")
        with pytest.raises(StoreUnavailable):
            desk.take([CALL])
        with pytest.raises(StoreUnavailable):
            desk.call_back(CallbackRequest(CALL, "q", "4155550101", "en"))
        with pytest.raises(StoreUnavailable):
            desk.expected_wait("q", 1, 1)
        desk.assist(VIEW)
        desk.answer(1, "done")
    SqlDesk(down, clock, soon).ended(1, HandoverEnd.TALKED)
    soon.close()
