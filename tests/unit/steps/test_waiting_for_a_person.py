"""A caller who waits for a person: their place, what they can do, and what else there is when nobody comes."""

from __future__ import annotations

import pytest
from helping import (
    AFTER,
    ALONE,
    CALL,
    HOLD,
    LEG,
    MARIA,
    NEXT,
    OPTIONS,
    WatchedDesk,
    order,
    scene,
    waits,
    whole_call,
)

from fs_app.domain.destination import Destination, HelpRules, Way
from fs_app.domain.handover import HandoverEnd, HandoverState
from fs_app.errors import CallEnded
from fs_app.ports import (
    Answered,
    Keyed,
    Offered,
    OrderKind,
    Place,
)
from fs_app.steps.hand_over_words import Words
from fs_app.steps.waiting_line import WaitingLine
from fs_app.testing.fakes_person import HANGS_UP, LET_GO, ScriptedPerson, nobody, talks
from fs_app.testing.phone import HANG_UP


def test_an_agent_who_is_free_answers_before_any_place_is_told() -> None:
    call = scene(people=[talks()])
    assert call.outcome == "talked"
    assert call.said[0] == HOLD and AFTER in call.said[1]
    assert call.told == [
        "1 opened for payments",
        f"1 offered to {MARIA}",
        f"1 talking to {MARIA} on {LEG}",
        "1 ended: talked",
    ]
    assert call.desk.handovers[1].state is HandoverState.ENDED
    assert call.call.counts["talked"] == 1


def test_who_waits_hears_their_place_and_what_else_they_can_do() -> None:
    call = scene(people=[waits(None, None, Answered(MARIA, LEG), place=Place(3, 2))])
    place = f"You are number 3 in line. {OPTIONS}"
    assert call.said[:3] == [HOLD, place, place]
    assert call.told[1:3] == ["1 waiting at 3", "1 waiting at 3"]
    assert call.outcome == "talked"


def test_who_is_next_hears_that() -> None:
    call = scene(people=[waits(None, place=Place(1, 1))])
    assert call.said[1] == f"{NEXT} {OPTIONS}"


def test_the_expected_wait_is_told_in_minutes_where_enough_talks_were_timed() -> None:
    class Timing(WatchedDesk):
        def expected_wait(self, queue: str, place: int, agents: int) -> int | None:
            assert (queue, place, agents) == ("payments", 2, 1)
            return 398

    call = scene(people=[waits(None, place=Place(2, 1))], services={"desk": Timing()})
    assert call.said[1] == f"You are number 2 in line. The wait is about 7 minutes. {OPTIONS}"
    assert call.desk.handovers[1].expected_seconds == 398


def test_a_wait_of_seconds_is_about_a_minute() -> None:
    class Timing(WatchedDesk):
        def expected_wait(self, queue: str, place: int, agents: int) -> int | None:
            return 0

    call = scene(people=[waits(None, place=Place(1, 1))], services={"desk": Timing()})
    assert call.said[1] == f"{NEXT} The wait is about 1 minute. {OPTIONS}"


def test_a_place_that_nobody_knows_is_not_told() -> None:
    call = scene(people=[waits(None)])
    assert call.said[1] == OPTIONS
    assert not [word for word in call.told if "waiting at" in word]


def test_where_nobody_is_called_back_it_is_not_offered() -> None:
    call = scene(people=[waits(None, Keyed("1"), Answered(MARIA, LEG))], help=HelpRules(call_back=False))
    assert call.said[1] == "To go on by yourself, press 2. Or stay on the line."
    assert call.outcome == "talked", "key 1 means nothing"


def test_keys_that_mean_nothing_change_nothing() -> None:
    call = scene(people=[waits(*map(Keyed, "34567890*#"), Answered(MARIA, LEG))])
    assert call.outcome == "talked"
    assert call.people[0].done == ["joined"]


def test_who_goes_on_alone_leaves_the_line() -> None:
    call = scene(people=[waits(Keyed("2"))])
    assert call.outcome == "self_service"
    assert call.said[-1] == ALONE
    assert call.told[-1] == f"1 ended: {HandoverEnd.SELF_SERVICE}"
    assert call.people[0].done == ["joined", "left"]


@pytest.mark.parametrize("key", "12")
def test_who_wants_to_leave_as_somebody_answers_talks(key) -> None:
    call = scene(people=[waits(Keyed(key), Answered(MARIA, LEG), kept=True)])
    assert call.outcome == "talked"
    assert call.told[-1] == "1 ended: talked"


def test_a_telephone_that_rings_and_is_not_answered_is_told_to_the_desk() -> None:
    call = scene(
        people=[waits(Offered(MARIA), Offered(""), Offered("omar@default"), Answered("omar@default", LEG))]
    )
    assert call.told[1:4] == [f"1 offered to {MARIA}", "1 offered to nobody", "1 offered to omar@default"]


def test_an_order_for_a_caller_who_waits_is_answered() -> None:
    call = scene(people=[waits(order(OrderKind.TAKE_PAYMENT, 5), Answered(MARIA, LEG))])
    assert call.desk.answers == {5: "not_talking"}


class Timed(ScriptedPerson):
    """Something happens at set times (seconds from the beginning); in between nothing does."""

    def __init__(self, **happenings: object) -> None:
        super().__init__()
        self.now = 0.0
        self.said_at: list[float] = []
        self.script: list[tuple[float, object]] = []

    def at(self, seconds: float, event: object) -> Timed:
        self.script.append((seconds, event))
        return self

    def next(self, seconds: float):
        if self.script and self.script[0][0] <= self.now + seconds:
            at, event = self.script.pop(0)
            self.now = max(self.now, at)
            return event
        self.now += seconds
        return None

    def say(self, prompt) -> None:
        self.said_at.append(self.now)


def wait(person: Timed, *, waits: bool = True):
    call = scene(people=[talks()]).call
    words = Words(**dict.fromkeys(Words.__annotations__, "goodbye"))
    return WaitingLine(call, "payments", words, person, None, waits=waits, clock=lambda: person.now).wait()


def test_the_place_is_told_after_two_seconds_and_then_as_often_as_the_settings_say() -> None:
    person = Timed().at(100.0, Answered(MARIA, LEG))
    assert wait(person) == Answered(MARIA, LEG)
    assert person.said_at == [2.0, 47.0, 92.0]


def test_agents_who_refuse_again_and_again_keep_nobody_from_hearing_their_place() -> None:
    person = Timed()
    for tenth in range(1, 1000):
        person.at(tenth / 10 + 0.01, Offered(MARIA if tenth % 2 else ""))
    person.at(100.0, Answered(MARIA, LEG))
    assert wait(person) == Answered(MARIA, LEG)
    assert person.said_at == pytest.approx([2.0, 47.0, 92.0])


def test_who_waits_for_half_an_hour_is_not_answered() -> None:
    person = Timed()
    assert wait(person) is HandoverEnd.NOT_ANSWERED
    assert person.done == ["left"]
    assert 1800.0 <= person.now <= 1850.0


def test_in_a_bridge_nothing_is_said_and_no_key_leaves() -> None:
    person = Timed().at(5.0, Keyed("1")).at(6.0, Keyed("2")).at(100.0, Answered("", LEG))
    assert wait(person, waits=False) == Answered("", LEG)
    assert (person.said_at, person.done) == ([], [])


def test_who_hangs_up_while_waiting_gave_up() -> None:
    call = scene(people=[waits(None, HANGS_UP, place=Place(1, 1))])
    assert call.outcome == "caller_hung_up"
    assert call.told[-1] == f"1 ended: {HandoverEnd.GAVE_UP}"
    assert call.call.services.orders.takers == {}


def test_who_waits_on_as_the_server_lets_go_did_not_give_up() -> None:
    call = scene(people=[waits(None, LET_GO)])
    assert call.told == ["1 opened for payments"], "the next server tells how it ended"


def test_whose_server_lets_go_before_they_wait_begins_anew() -> None:
    class Gone(ScriptedPerson):
        def waiting(self) -> int:
            raise CallEnded("the server stops")

    call = scene(people=[Gone()], help=HelpRules(most_waiting=3))
    assert call.told == ["1 opened for payments", f"1 ended: {HandoverEnd.LOST}"]


def test_who_talks_on_as_the_server_lets_go_has_talked() -> None:
    call = scene(people=[talks(None, LET_GO)])
    assert call.desk.handovers[1].end is HandoverEnd.TALKED


# --- where people are ---


def test_a_queue_of_the_settings_is_where_the_settings_say() -> None:
    office = Destination("payments", Way.EXTENSION, "201@pbx.example.org")
    person = waits(None, Answered("", LEG))
    call = scene(people=[person], help=HelpRules(destinations={"payments": office}))
    assert call.phone.handed_over == ["payments"]
    assert call.said[1].startswith(AFTER), "no place is told where nobody stands in line"
    assert call.told[1] == f"1 talking to  on {LEG}"


# --- nobody answers ---


@pytest.mark.parametrize(
    ("end", "why", "outcome"),
    [
        (HandoverEnd.NOT_ANSWERED, "No representative can take your call right now.", "not_answered"),
        (HandoverEnd.NO_AGENTS, "No representative is here right now.", "not_answered"),
        (HandoverEnd.FAILED, "No representative can take your call right now.", "failed"),
    ],
)
def test_why_nobody_came_is_said_and_what_else_there_is(end, why, outcome) -> None:
    call = scene(people=[nobody(end)])
    assert call.said[1] == f"We are sorry. {why} To be called back, press 1. To go on by yourself, press 2."
    assert call.outcome == outcome
    assert call.told[-1] == f"1 ended: {end}"


@pytest.mark.parametrize("end", [HandoverEnd.NOT_ANSWERED, HandoverEnd.NO_AGENTS, HandoverEnd.FAILED])
def test_who_is_not_answered_may_go_on_alone(end) -> None:
    call = scene("2", people=[nobody(end)])
    assert call.outcome == "self_service"
    assert call.said[-1] == ALONE
    assert call.told[-1] == f"1 ended: {end}"


@pytest.mark.parametrize("end", [HandoverEnd.NOT_ANSWERED, HandoverEnd.NO_AGENTS])
def test_who_wants_a_person_all_the_same_waits_again(end) -> None:
    call = whole_call("0", "0", people=[nobody(end), talks()])
    assert call.phone.handed_over == ["payments", "payments"]
    assert call.said.count(HOLD) == 2
    assert " operator:sent operator:talked " in f"{call.journal.path} "
    assert call.desk.handovers[1].end is end


def test_where_there_is_no_queue_nobody_waits_again() -> None:
    assert scene("0", people=[nobody(HandoverEnd.FAILED)]).outcome == "failed"


def test_who_hangs_up_then_did_not_give_up() -> None:
    call = scene(HANG_UP, people=[nobody(HandoverEnd.NO_AGENTS)])
    assert call.outcome == "caller_hung_up"
    assert call.told[-1] == f"1 ended: {HandoverEnd.NO_AGENTS}"


def test_where_nobody_is_called_back_one_may_go_on_alone() -> None:
    call = scene("1", people=[nobody()], help=HelpRules(call_back=False))
    assert call.said[1].endswith("To go on by yourself, press 2. Or hang up, and please call again later.")
    assert call.outcome == "not_answered"


@pytest.mark.parametrize(("waiting", "full"), [(2, False), (3, True), (4, True), (None, False)])
def test_a_queue_with_too_many_callers_is_full(waiting, full) -> None:
    call = scene(people=[talks_in(waiting)], help=HelpRules(most_waiting=3))
    assert call.people[0].done == ([] if full else ["joined"])
    if full:
        assert call.said[:1] == [
            "We are sorry. Too many callers are waiting right now. To be called back, press 1. "
            "To go on by yourself, press 2."
        ]
        assert (call.outcome, call.told[-1]) == ("not_answered", f"1 ended: {HandoverEnd.FULL}")


def talks_in(waiting: int | None) -> ScriptedPerson:
    return ScriptedPerson([Answered(MARIA, LEG)], waiting=waiting)


def test_without_a_limit_nobody_is_asked_how_many_wait() -> None:
    class Asked(ScriptedPerson):
        def waiting(self) -> int | None:
            raise AssertionError("the queue was asked")

    assert scene(people=[Asked([Answered(MARIA, LEG)])]).outcome == "talked"


def test_a_full_queue_offers_a_call_back() -> None:
    call = scene("1", "1", people=[ScriptedPerson(waiting=9)], help=HelpRules(most_waiting=3))
    assert (call.outcome, call.desk.callbacks[CALL].number) == ("call_back", "+15550100123")
