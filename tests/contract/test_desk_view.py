"""The DeskView port on SQLite and MariaDB: what people at the desk read, claim, order, take and write down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import gevent
import pytest

from fs_app.domain.assist import AssistState, AssistView
from fs_app.domain.handover import HandoverEnd, Reason
from fs_app.domain.money import Money
from fs_app.ports import CallbackRequest, CallbackState, Context, HandoverRecord, OrderKind
from fs_app.store.desk import SqlDesk
from fs_app.store.desk_view import SqlDeskView
from fs_app.store.engine import Database
from fs_app.store.soon import Soon
from fs_app.testing.fakes_payments import StandingClock

AMOUNT = Money(4250, "USD")
CONTEXT = Context("call-1", Reason.ASKED, "utility", "menu", "en", account_id="acc-1")


class World:
    """The two sides of the desk."""

    def __init__(self, database: Database) -> None:
        self.clock = StandingClock()
        self.soon = Soon(database, self.clock)
        self.desk = SqlDesk(database, self.clock, self.soon)
        self.view = SqlDeskView(database, self.clock)

    def handed_over(self, call: str = "call-1", queue: str = "q", account: str = "acc-1") -> int:
        context = replace(CONTEXT, call_uuid=call, account_id=account)
        return self.desk.open(context, queue).id

    def talks(self, number: int, agent: str = "maria") -> None:
        self.desk.talking(number, agent, f"leg-{number}")
        self.soon.close()

    def ends(self, number: int, end: HandoverEnd = HandoverEnd.TALKED) -> None:
        self.desk.ended(number, end)
        self.soon.close()


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def ids(records: object) -> list[int]:
    assert isinstance(records, list)
    return [record.ticket.id for record in records if isinstance(record, HandoverRecord)]


def test_who_waits_and_who_talks_is_seen_until_it_is_over(world: World) -> None:
    first, second, third = (world.handed_over(f"call-{number}") for number in range(3))
    assert ids(world.view.open_handovers()) == [first, second, third]
    world.talks(second)
    world.ends(first)
    assert ids(world.view.open_handovers()) == [second, third]
    assert ids(world.view.open_handovers(agent="maria")) == [second]
    assert ids(world.view.open_handovers(agent="bob")) == []


def test_one_is_found_by_the_reference_on_the_agents_leg(world: World) -> None:
    ticket = world.desk.open(CONTEXT, "q")
    found = world.view.by_reference(ticket.reference)
    assert found is not None
    assert found.ticket == ticket
    assert world.view.by_reference(ticket.reference.upper() + "x") is None
    assert world.view.handover(ticket.id + 1) is None


def test_all_of_a_call_are_found(world: World) -> None:
    numbers = [world.handed_over(), world.handed_over()]
    world.handed_over("call-2")
    assert ids(world.view.handovers_of("call-1")) == numbers


def test_the_recent_ones_of_an_account_an_agent_or_a_queue(world: World) -> None:
    numbers = [world.handed_over(queue=f"q{number % 2}", account=f"acc-{number % 3}") for number in range(6)]
    world.talks(numbers[4])
    world.ends(numbers[4])
    assert ids(world.view.recent()) == numbers[::-1]
    assert ids(world.view.recent(limit=2)) == [numbers[5], numbers[4]]
    assert ids(world.view.recent(before=numbers[4], limit=2)) == [numbers[3], numbers[2]]
    assert ids(world.view.recent(account_id="acc-1")) == [numbers[4], numbers[1]]
    assert ids(world.view.recent(queue="q1", account_id="acc-1")) == [numbers[1]]
    assert ids(world.view.recent(agent="maria")) == [numbers[4]]


def test_a_caller_whom_nobody_is_said_to_have_is_claimed_once(world: World) -> None:
    number = world.handed_over()
    world.talks(number, agent="")
    claims = [gevent.spawn(world.view.claim, number, agent) for agent in ("maria", "bob")]
    gevent.joinall(claims, raise_error=True)
    assert sorted(claim.value for claim in claims) == [False, True]
    claimed = world.view.handover(number)
    assert claimed is not None
    world.talks(number, agent="")
    assert world.view.handover(number) == claimed, "who talks on the same leg is still who claimed it"
    over = world.handed_over("call-2")
    world.ends(over)
    assert not world.view.claim(over, "maria")
    assert not world.view.claim(over + 1, "maria")


def test_an_order_says_what_came_of_it(world: World) -> None:
    given = world.view.give_order(
        "call-1", OrderKind.TAKE_PAYMENT, "maria", bills=["b1", "b2"], amount=AMOUNT, account="10001"
    )
    waits = world.view.order(given)
    assert waits is not None
    assert (waits.order.bills, waits.order.amount, waits.order.account) == (("b1", "b2"), AMOUNT, "10001")
    assert (waits.created_at, waits.taken_at, waits.result) == (world.clock.now(), None, "")
    world.clock.move(1)
    world.desk.take(["call-1"])
    taken = world.clock.now()
    world.clock.move(1)
    world.desk.answer(given, "done")
    world.soon.close()
    done = replace(waits, taken_at=taken, result="done", answered_at=world.clock.now())
    assert world.view.order(given) == done
    back = world.view.give_order("call-1", OrderKind.SEND_TO, "bob", target="self_service")
    assert [record.order.id for record in world.view.orders_of("call-1")] == [given, back]
    assert world.view.order(back + 1) is None


def test_an_order_that_no_call_has_taken_can_be_taken_back(world: World) -> None:
    given = world.view.give_order("call-1", OrderKind.CANCEL, "maria")
    assert world.view.withdraw_order(given)
    assert not world.view.withdraw_order(given)
    assert list(world.desk.take(["call-1"])) == []
    record = world.view.order(given)
    assert record is not None
    assert record.result == "withdrawn"
    taken = world.view.give_order("call-1", OrderKind.CANCEL, "maria")
    world.desk.take(["call-1"])
    assert not world.view.withdraw_order(taken)


HOSTILE = ["a b", "x;y", "q@d\n", "${uuid}", "é", "'", "a/b", "x" * 129]


@pytest.mark.parametrize("target", HOSTILE)
def test_a_target_that_is_no_name_is_refused(world: World, target: str) -> None:
    with pytest.raises(ValueError, match="target"):
        world.view.give_order("call-1", OrderKind.TRANSFER, "maria", target=target)
    assert list(world.view.orders_of("call-1")) == []


@pytest.mark.parametrize("account", ["1 2", "abc", "1\n", "٣", "1" * 21])
def test_an_account_that_is_no_number_is_refused(world: World, account: str) -> None:
    with pytest.raises(ValueError, match="account"):
        world.view.give_order("call-1", OrderKind.TAKE_PAYMENT, "maria", account=account)


def test_a_call_back_is_taken_by_one_and_closed_once(world: World) -> None:
    asked = CallbackRequest("call-1", "q", "+14155550101", "es")
    world.desk.call_back(asked)
    world.clock.move(60)
    world.desk.call_back(CallbackRequest("call-2", "other", "4155550102", "en"))
    first, second = world.view.callbacks()
    assert (first.request, first.state, first.taken_by) == (asked, CallbackState.WAITING, "")
    assert [record.id for record in world.view.callbacks(queue="other")] == [second.id]
    taking = [gevent.spawn(world.view.take_callback, first.id, agent) for agent in ("maria", "bob")]
    gevent.joinall(taking, raise_error=True)
    assert sorted(each.value for each in taking) == [False, True]
    taken = world.view.callback(first.id)
    assert taken is not None
    assert (taken.state, taken.taken_at) == (CallbackState.TAKEN, world.clock.now())
    other = {"maria": "bob", "bob": "maria"}[taken.taken_by]
    assert not world.view.return_callback(first.id, other)
    assert world.view.return_callback(first.id, taken.taken_by)
    assert world.view.callback(first.id) == first
    assert world.view.take_callback(first.id, "bob")
    world.clock.move(60)
    assert world.view.close_callback(first.id, "bob", done=True, note="paid 4111 1111 1111 1111")
    assert not world.view.close_callback(first.id, "maria", done=False)
    assert not world.view.take_callback(first.id, "maria")
    assert world.view.close_callback(second.id, "maria", done=False)
    assert list(world.view.callbacks()) == []
    given_up, done = sorted(world.view.callbacks(closed=True), key=lambda record: record.state, reverse=True)
    assert (given_up.state, given_up.taken_by) == (CallbackState.GIVEN_UP, "maria")
    assert (done.taken_by, done.closed_at, done.note) == ("bob", world.clock.now(), "paid [number]")
    assert world.view.callback(99) is None


def test_notes_are_read_the_newest_first(world: World) -> None:
    first = world.view.add_note("acc-1", "maria", "Zahlt am Freitag 😀")
    world.clock.move(1)
    second = world.view.add_note("acc-1", "bob", "called again")
    world.view.add_note("acc-2", "bob", "another's")
    assert list(world.view.notes_of("acc-1")) == [second, first]
    assert list(world.view.notes_of("acc-1", limit=1)) == [second]
    assert (first.by, first.text) == ("maria", "Zahlt am Freitag 😀")


@pytest.mark.parametrize(
    "card",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111. 1111. 1111. 1111",
        "378282246310005",
        "٤١١١ ١١١١ ١١١١ ١١١١",
        "4111\u00a01111\u00a01111\u00a01111",
    ],
)
def test_no_note_keeps_what_could_be_a_card(world: World, card: str) -> None:
    note = world.view.add_note("acc-1", "maria", f"says {card}, until 12/30")
    assert note.text == "says [number], until 12/30"
    assert list(world.view.notes_of("acc-1")) == [note]


def test_a_note_keeps_dates_amounts_and_telephone_numbers(world: World) -> None:
    text = "2026-03-14 and 2026-04-14: $1,250.00, call +1 415 555 0101"
    assert world.view.add_note("acc-1", "maria", text).text == text


def test_the_figures_of_the_queues(world: World) -> None:
    def over(queue: str, wait: float, talk: float | None, end: HandoverEnd) -> None:
        number = world.handed_over(queue=queue)
        world.clock.move(wait)
        if talk is not None:
            world.talks(number)
            world.clock.move(talk)
        world.ends(number, end)

    over("q", 7, 7, HandoverEnd.TALKED)
    world.clock.move(3600)
    since = world.clock.now()
    over("q", 10, 100.5, HandoverEnd.TALKED)
    over("q", 20, 200.5, HandoverEnd.SENT_BACK)
    over("q", 30, 5000, HandoverEnd.LOST)
    over("q", 9, None, HandoverEnd.GAVE_UP)
    over("q", 9, None, HandoverEnd.FULL)
    over("q", 9, None, HandoverEnd.NO_AGENTS)
    over("q", 9, None, HandoverEnd.NOT_ANSWERED)
    over("q", 9, None, HandoverEnd.CALL_BACK)
    waiting_since = world.clock.now()
    rung, talks = (world.handed_over(queue="q") for _ in range(2))
    world.clock.move(0.5)
    waits = world.handed_over(queue="q")
    world.clock.move(-0.5)
    world.clock.move(1)
    world.handed_over(queue="another")
    world.handed_over(queue="another")
    world.desk.offered(rung, "bob")
    world.clock.move(39)
    world.talks(talks)
    another, queue = world.view.queue_figures(since)
    assert (another.queue, another.waiting, another.answered, another.mean_wait) == ("another", 2, 0, None)
    assert (queue.waiting, queue.offered, queue.talking) == (1, 1, 1)
    assert (queue.answered, queue.gave_up, queue.not_served) == (4, 1, 3)
    assert queue.waiting_since == waiting_since
    assert queue.mean_wait == pytest.approx((10 + 20 + 30 + 40) / 4, abs=0.01)
    assert queue.mean_talk == pytest.approx(150.5, abs=0.01)
    world.ends(waits)
    world.clock.move(3600)
    assert [each.queue for each in world.view.queue_figures(world.clock.now())] == ["another", "q"]


def test_what_is_asked_for_about_nothing_is_nothing(world: World) -> None:
    assert list(world.view.assists_of([])) == []
    assert list(world.view.assists_of(["call-1"])) == []
    assert list(world.view.live_calls(timedelta(hours=1))) == []
    assert world.view.live_call("call-1") is None
    assert list(world.view.queue_figures(world.clock.now())) == []


@pytest.mark.parametrize(
    ("left", "shown"),
    [
        (AssistState.ASKING, AssistState.ENDED),
        (AssistState.PAUSED, AssistState.ENDED),
        (AssistState.CHARGING, AssistState.BEING_CHECKED),
        (AssistState.APPROVED, AssistState.APPROVED),
    ],
)
def test_a_payment_whose_server_died_is_not_shown_as_going_on_after_the_talk(
    world: World, left: AssistState, shown: AssistState
) -> None:
    number = world.handed_over()
    world.desk.assist(AssistView("call-1", 1, number, "maria", left, AMOUNT))
    world.talks(number)
    assert [record.view.state for record in world.view.assists_of(["call-1"])] == [left]
    world.ends(number, HandoverEnd.LOST)
    assert [record.view.state for record in world.view.assists_of(["call-1"])] == [shown]
