"""One hand-over, from the line to the end of the talk: what the caller hears, what the desk is told."""

from __future__ import annotations

import pytest
from dialogue import BILL, IDENTIFY
from helping import CALL, LEG, MARIA, WatchedDesk, order, scene, whole_call

from fs_app.domain.destination import Destination, FeatureCode, HelpRules, Way
from fs_app.domain.handover import HandoverEnd, HandoverState, Identified, Reason
from fs_app.errors import CallEnded, NotProtected
from fs_app.flow.call import Arrival
from fs_app.flow.checkpoint import Checkpoint
from fs_app.ports import (
    Answered,
    BillNote,
    Coded,
    FailureNote,
    Joined,
    Keyed,
    Offered,
    OrderKind,
    Parted,
    Place,
)
from fs_app.steps.hand_over_words import Words
from fs_app.steps.waiting_line import WaitingLine
from fs_app.testing.fakes import FakeCheckpoints
from fs_app.testing.fakes_desk import FakeOrders
from fs_app.testing.fakes_person import HANGS_UP, LET_GO, ScriptedPerson, nobody, talks
from fs_app.testing.phone import HANG_UP

HOLD = "Please hold while we connect you to a representative."
TRANSFERRING = "Please hold while we connect you to another representative."
OPTIONS = "To be called back instead, press 1. To go on by yourself, press 2. Or stay on the line."
NEXT = "You are next in line."
AFTER = "Your talk with our representative is over."
ALONE = "You can go on by yourself."
OTHER_LEG = "a9e47000-0000-4000-8000-000000000003"


def waits(*happenings, **values) -> ScriptedPerson:
    return ScriptedPerson(happenings, **values)


# --- the line ---


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


def test_who_talks_on_as_the_server_lets_go_has_talked() -> None:
    call = scene(people=[talks(None, LET_GO)])
    assert call.desk.handovers[1].end is HandoverEnd.TALKED


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


# --- the desk is down ---


def test_without_a_database_the_caller_reaches_a_person_all_the_same() -> None:
    call = scene(people=[waits(None, Answered(MARIA, LEG), place=Place(1, 1))], desk_down=True)
    assert call.outcome == "talked"
    assert call.said[:2] == [HOLD, f"{NEXT} {OPTIONS}"]
    assert call.told == []
    assert call.journal.notes["trouble"] == "hand-over without its context: StoreUnavailable"


def test_without_a_database_an_agent_can_still_send_the_caller_back_by_a_feature_code() -> None:
    call = scene(people=[talks(Coded(FeatureCode.SEND_BACK))], desk_down=True)
    assert (call.outcome, call.call.sent_to) == ("sent", "pay")


# --- what the agent is told ---


def test_the_context_is_there_before_anybody_is_called() -> None:
    call = scene(people=[talks()], arrival=Arrival("amount", "agent"))
    told = call.desk.handovers[1].context
    assert (told.call_uuid, told.reason, told.step, told.flow) == (CALL, Reason.ASKED, "amount", "pay_balance")
    assert (told.identified, told.account_id, told.account_number) == (Identified.PROVED, "a1", "12345678")
    assert told.bills == (BillNote("b1", BILL.number, BILL.due),)
    assert told.amount == BILL.due
    assert "amount" in told.steps and "confirm" not in told.steps
    assert call.told[0] == "1 opened for payments"


def test_a_caller_who_asks_at_a_prompt_is_told_with_what_they_heard() -> None:
    call = whole_call(*IDENTIFY, "0", people=[talks()])
    told = call.desk.handovers[1].context
    assert (told.reason, told.step, told.identified) == (Reason.ASKED, "amount", Identified.PROVED)
    assert told.path[-2:] == ("balance:due", "amount:agent")
    assert "81.20" in "".join(told.said)


def test_too_many_errors_are_told_as_such() -> None:
    call = whole_call(people=[talks()])
    told = call.desk.handovers[1].context
    assert (told.reason, told.step, told.identified) == (Reason.ERRORS, "identity", Identified.NO)
    assert told.failures == (FailureNote("no_answer", 1),)


def test_a_claim_that_was_not_proved_is_told_as_one() -> None:
    call = whole_call("12345678#", "0000", "12345678#", "0001", "12345678#", "0002", people=[talks()])
    told = call.desk.handovers[1].context
    assert (told.reason, told.identified, told.account_id) == (Reason.ERRORS, Identified.SAID, "")
    assert told.account_number == "12345678"
    assert FailureNote("mismatches", 3) in told.failures


def test_trouble_of_ours_is_told_as_such() -> None:
    call = scene(people=[talks()], arrival=Arrival("card", "trouble"))
    assert call.desk.handovers[1].context.reason is Reason.TROUBLE


def test_what_the_flow_leads_to_a_person_is_its_rule() -> None:
    call = scene(people=[talks()], arrival=Arrival("closed", "done"))
    assert call.desk.handovers[1].context.reason is Reason.RULE


def test_of_what_was_read_back_the_last_four_digits_are_told() -> None:
    call = whole_call(*IDENTIFY, "1", "4111111111111111", "1228", "123", "90210", "0", people=[talks()])
    told = call.desk.handovers[1].context
    heard = "".join(told.said)
    assert "1 1 1 1" in heard and "4 1 1 1 1" not in heard
    assert not [secret for secret in ("4111111111111111", "1228") if secret in repr(told)]


def test_the_card_is_wiped_before_anybody_is_called() -> None:
    call = whole_call(*IDENTIFY, "1", "4111111111111111", "1228", "123", "90210", "0", people=[talks()])
    assert call.call.facts.card is None
    assert call.desk.handovers[1].context.step == "confirm"


# --- where people are ---


def test_a_queue_of_the_settings_is_where_the_settings_say() -> None:
    office = Destination("payments", Way.EXTENSION, "201@pbx.example.org")
    person = waits(None, Answered("", LEG))
    call = scene(people=[person], help=HelpRules(destinations={"payments": office}))
    assert call.phone.handed_over == ["payments"]
    assert call.said[1].startswith(AFTER), "no place is told where nobody stands in line"
    assert call.told[1] == f"1 talking to  on {LEG}"


# --- the talk ---


def test_the_desk_is_told_again_and_again_that_they_talk() -> None:
    call = scene(people=[talks(None, None)])
    assert call.told.count(f"1 talking to {MARIA} on {LEG}") == 3


def test_the_end_of_a_talk_is_told_before_the_caller_is_asked_what_else() -> None:
    call = scene("2", people=[talks()])
    asked = next(n for n, turn in enumerate(call.phone.dialogue) if AFTER in turn.text)
    assert call.desk.ended_at[1] <= asked
    assert call.outcome == "self_service"


def test_who_hangs_up_after_a_talk_has_talked() -> None:
    call = scene(HANG_UP, people=[talks()])
    assert call.outcome == "caller_hung_up"
    assert call.told[-1] == "1 ended: talked"
    assert call.desk.handovers[1].end is HandoverEnd.TALKED


def test_who_hangs_up_in_a_talk_has_talked() -> None:
    call = scene(people=[talks(None, HANGS_UP)])
    assert call.outcome == "caller_hung_up"
    assert call.desk.handovers[1].end is HandoverEnd.TALKED
    assert call.call.services.orders.takers == {}


def test_after_a_talk_the_caller_may_want_another_person() -> None:
    call = scene("0", people=[talks()], queue="support")
    assert (call.outcome, call.call.queue, call.call.sent_to) == ("sent", "support", "operator")


@pytest.mark.parametrize("answers", [(), ("1",), ("*",), ("9", "")])
def test_after_a_talk_silence_is_the_end(answers) -> None:
    assert scene(*answers, people=[talks()]).outcome == "talked"


def test_a_transfer_is_told_to_the_desk() -> None:
    call = scene(people=[talks(Parted(), Joined(OTHER_LEG), None)])
    assert call.told[2:5] == [
        f"1 talking to {MARIA} on {LEG}",
        f"1 talking to  on {OTHER_LEG}",
        f"1 talking to  on {OTHER_LEG}",
    ]
    assert call.desk.handovers[1].leg == OTHER_LEG


# --- orders ---


@pytest.mark.parametrize(
    ("target", "outcome", "said"),
    [
        ("pay", "sent", "You are back on our automatic line. You can pay now."),
        ("amount", "sent", "You are back on our automatic line. You can go on by yourself."),
        ("self_service", "self_service", "You are back on our automatic line. You can go on by yourself."),
    ],
)
def test_an_agent_sends_the_caller_back(target, outcome, said) -> None:
    call = scene(people=[talks(order(OrderKind.SEND_TO, 4, target=target))])
    assert call.outcome == outcome
    assert call.call.sent_to == ("" if outcome == "self_service" else target)
    assert call.said[-1] == said
    assert call.people[0].done == ["joined", "taken back"]
    assert call.desk.answers == {4: "done"}
    assert call.told[-1] == f"1 ended: {HandoverEnd.SENT_BACK}"


@pytest.mark.parametrize("target", ["", "nowhere", "survey", "${system(x)}"])
def test_there_is_no_such_place_to_send_a_caller(target) -> None:
    call = scene(people=[talks(order(OrderKind.SEND_TO, 4, target=target))])
    assert (call.outcome, call.desk.answers) == ("talked", {4: "no_such_place"})
    assert call.people[0].done == ["joined"]


def test_an_agent_sends_the_caller_to_another_queue() -> None:
    call = scene(people=[talks(order(OrderKind.TRANSFER, 4, target="support@second"))])
    assert (call.outcome, call.call.queue, call.call.sent_to) == ("sent", "support@second", "operator")
    assert call.desk.answers == {4: "done"}
    assert call.told[-1] == f"1 ended: {HandoverEnd.TRANSFERRED}"


@pytest.mark.parametrize("target", ["", "two words", "${system(x)}", "a@b@c", "x" * 65, "a\n"])
def test_a_queue_that_no_switch_could_have_is_no_place(target) -> None:
    call = scene(people=[talks(order(OrderKind.TRANSFER, 4, target=target))])
    assert (call.outcome, call.desk.answers) == ("talked", {4: "no_such_place"})
    assert call.people[0].done == ["joined"]


@pytest.mark.parametrize("kind", [OrderKind.CLEAR, OrderKind.BACK, OrderKind.SKIP_CODE, OrderKind.CANCEL])
def test_what_belongs_to_a_payment_is_answered_where_there_is_none(kind) -> None:
    call = scene(people=[talks(order(kind, 4))])
    assert (call.outcome, call.desk.answers) == ("talked", {4: "no_payment"})


def test_orders_that_nobody_came_to_are_answered() -> None:
    ending = order(OrderKind.SEND_TO, 1, target="pay")
    call = scene(people=[talks(ending, order(OrderKind.SEND_TO, 2, target="amount"))])
    assert call.desk.answers == {1: "done", 2: "not_talking"}


def test_an_order_whose_caller_hangs_up_is_answered() -> None:
    class Gone(ScriptedPerson):
        def take_back(self) -> None:
            raise CallEnded("the caller hung up")

    person = Gone([Answered(MARIA, LEG), order(OrderKind.SEND_TO, 1, target="pay")])
    call = scene(people=[person])
    assert (call.outcome, call.desk.answers) == ("caller_hung_up", {1: "not_talking"})
    assert call.desk.handovers[1].end is HandoverEnd.TALKED


def test_orders_are_followed_only_while_somebody_may_talk() -> None:
    class Followed(ScriptedPerson):
        def next(self, seconds: float):
            assert set(call_orders.takers) == {CALL}
            return super().next(seconds)

    call_orders = FakeOrders()
    scene(people=[Followed([Answered(MARIA, LEG)])], services={"orders": call_orders})
    assert call_orders.takers == {}


# --- feature codes ---


def test_a_feature_code_sends_the_caller_back_to_pay() -> None:
    call = scene(people=[talks(Coded(FeatureCode.SEND_BACK))])
    assert (call.outcome, call.call.sent_to) == ("sent", "pay")
    assert call.desk.answers == {}


def test_a_feature_code_takes_a_payment() -> None:
    call = scene(people=[ScriptedPerson([Answered(MARIA, LEG), Coded(FeatureCode.TAKE_PAYMENT)],
                                        refusals=[NotProtected("no", reason="listener")])])  # fmt: skip
    assert [view.by for view in call.views[:1]] == [MARIA]
    assert call.desk.answers == {}


def test_who_presses_a_code_on_a_telephone_without_a_name_is_the_telephone() -> None:
    call = scene(people=[ScriptedPerson([Answered("", LEG), Coded(FeatureCode.TAKE_PAYMENT)],
                                        refusals=[NotProtected("no", reason="listener")])])  # fmt: skip
    assert call.views[0].by == "telephone"


def test_a_code_that_stops_nothing_does_nothing() -> None:
    call = scene(people=[talks(Coded(FeatureCode.CANCEL))])
    assert (call.outcome, call.views) == ("talked", [])


# --- the engine's way there ---


def test_sent_to_pay_the_caller_is_asked_for_the_card() -> None:
    call = whole_call(*IDENTIFY, "1", "0", people=[talks(order(OrderKind.SEND_TO, target="pay"))])
    assert " operator:sent card:" in call.journal.path


def test_sent_to_pay_a_stranger_begins_with_who_they_are() -> None:
    call = whole_call("0", "12345678#", people=[talks(order(OrderKind.SEND_TO, target="pay"))])
    assert "operator:sent welcome:done identity:" in call.journal.path


def test_sent_to_a_step_the_caller_is_there() -> None:
    call = whole_call(*IDENTIFY, "1", "0", people=[talks(order(OrderKind.SEND_TO, target="amount"))])
    assert " operator:sent amount:" in call.journal.path


def test_sent_to_a_step_that_not_all_is_known_for_the_caller_is_at_the_last_one_before_it() -> None:
    call = whole_call(*IDENTIFY, "0", people=[talks(order(OrderKind.SEND_TO, target="confirm"))])
    assert " operator:sent amount:" in call.journal.path


def test_back_in_self_service_the_caller_is_where_they_were() -> None:
    call = whole_call(*IDENTIFY, "0", people=[talks(order(OrderKind.SEND_TO, target="self_service"))])
    assert " amount:agent operator:self_service amount:" in call.journal.path


def test_in_another_queue_the_caller_waits_again_and_hears_so() -> None:
    people = [talks(order(OrderKind.TRANSFER, target="support")), talks()]
    call = whole_call("0", people=people)
    assert call.phone.handed_over == ["payments", "support"]
    assert " operator:sent operator:talked " in f"{call.journal.path} "
    assert HOLD in call.said and TRANSFERRING in call.said
    assert call.desk.handovers[2].queue == "support"


def test_after_a_transfer_the_next_person_is_one_of_the_lines_own_queue() -> None:
    people = [talks(order(OrderKind.TRANSFER, target="support")), talks(), talks()]
    call = whole_call("0", "2", "0", people=people)
    assert call.phone.handed_over == ["payments", "support", "payments"]


def test_who_wants_another_person_gets_one_of_the_same_queue() -> None:
    call = whole_call("0", "0", people=[talks(), talks()])
    assert call.phone.handed_over == ["payments", "payments"]


def test_a_caller_who_goes_round_in_circles_is_not_handed_over_for_ever() -> None:
    call = whole_call("0", *["0"] * 40, people=[talks() for _ in range(60)])
    assert len(call.phone.handed_over) < 60


# --- another server ---


def test_a_talk_that_another_server_led_to_is_over() -> None:
    call = scene("2", people=[], within={"handover": "1", "talked": "yes"}, handed=1)
    assert call.outcome == "self_service"
    assert call.told == ["1 ended: talked"]
    assert call.phone.handed_over == []
    assert AFTER in call.said[0]


def test_the_switch_says_that_they_talked_while_no_server_had_the_call() -> None:
    call = scene(people=[], within={"handover": "1"}, talked=True, handed=1)
    assert (call.outcome, call.told) == ("talked", ["1 ended: talked"])


def test_who_waited_as_the_server_died_waits_again() -> None:
    call = scene(people=[talks()], within={"handover": "1"}, handed=1)
    assert call.told[0] == "1 ended: lost"
    assert call.told[1] == "2 opened for payments"
    assert call.outcome == "talked"


def test_who_waited_in_another_queue_as_the_server_died_waits_there_again() -> None:
    call = scene(people=[talks()], within={"handover": "1", "transferred": "support"}, handed=1)
    assert call.phone.handed_over == ["support"]
    assert call.said[0] == TRANSFERRING


def test_what_was_not_written_down_is_not_ended() -> None:
    call = scene(people=[talks()], within={"handover": "0"}, desk_down=True)
    assert call.outcome == "talked"


def test_where_the_call_is_is_kept_before_the_line_and_as_they_talk() -> None:
    kept: list[dict[str, str]] = []

    class Kept(FakeCheckpoints):
        def commit(self, uuid: str, text: str) -> bool:
            checkpoint = Checkpoint.read(text)
            assert checkpoint is not None
            if checkpoint.step == "operator":
                kept.append(checkpoint.within)
            return super().commit(uuid, text)

    whole_call("0", people=[talks()], checkpoints=Kept())
    assert kept == [{}, {"handover": "1"}, {"handover": "1", "talked": "yes"}]


def test_the_queue_of_a_transfer_is_kept_too() -> None:
    kept: list[tuple[str, str]] = []

    class Kept(FakeCheckpoints):
        def commit(self, uuid: str, text: str) -> bool:
            checkpoint = Checkpoint.read(text)
            assert checkpoint is not None
            kept.append((checkpoint.queue, checkpoint.within.get("transferred", "")))
            return super().commit(uuid, text)

    whole_call("0", people=[talks(order(OrderKind.TRANSFER, target="support")), talks()], checkpoints=Kept())
    assert [each for each in kept if any(each)] == [("support", ""), ("", "support"), ("", "support")]
