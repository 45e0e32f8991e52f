"""The way to a person against a switch played by hand: the line, who answers, and how a talk ends."""

from __future__ import annotations

import gevent
import pytest
from personkit import (
    AGENT,
    HOME,
    KEEPING,
    LEG,
    OTHER_LEG,
    THIRD_LEG,
    OnTheWay,
    steps_of,
)
from wirekit import SECONDS, UUID, eventually

from fs_app.domain.destination import Destination, FeatureCode, Way, callcenter
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.keys import menu
from fs_app.domain.prompt import say
from fs_app.errors import CallEnded, SwitchTimeout, UnsafeArgument
from fs_app.ports import (
    Answered,
    Coded,
    Held,
    Joined,
    Keyed,
    Offered,
    Order,
    Ordered,
    OrderKind,
    Over,
    Parted,
    Place,
)
from fs_app.telephony import happenings, way
from fs_app.telephony.timing import Timing

HELLO = say("hello")
SUBSCRIBED = [
    f"filter CC-Member-Session-UUID {UUID}",
    "event plain CHANNEL_BRIDGE CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_PARK MEDIA_BUG_STOP DTMF "
    "CUSTOM callcenter::info",
]
NEW = ["unset cc_cause", "unset fifo_serviced_uuid", "unset originate_disposition"]
RINGS = ["set continue_on_fail=true", "set transfer_ringback=/sounds/tunes/music.wav"]
FIFO = Destination("support", Way.FIFO, "support")
DESK = Destination("desk", Way.EXTENSION, "201@pbx.example.org")
TRUNK = Destination("night", Way.TRUNK, "office/+15550100")
QUICK = Timing(first_key=SECONDS, inter_key=SECONDS, margin=0.2, parted=0.2, blind=0.1)


@pytest.fixture
def dial():
    calls: list[OnTheWay] = []

    def start(*arguments, **named) -> OnTheWay:
        calls.append(OnTheWay(*arguments, **named))
        return calls[-1]

    yield start
    for call in calls:
        call.close()


@pytest.fixture
def call(dial) -> OnTheWay:
    return dial()


def doing(function, *arguments):
    return gevent.spawn(function, *arguments)


# --- the way there ---


def test_what_the_switch_has_to_know_goes_before_the_queue(call) -> None:
    call.join(reference="abc123")
    assert steps_of(call.commands) == [
        *SUBSCRIBED,
        *KEEPING,
        "set fs_app_reference=abc123",
        "set sip_h_X-FS-App-Reference=abc123",
        "set cc_export_vars=fs_app_reference,sip_h_X-FS-App-Reference",
        *NEW,
        "set cc_exit_keys=D",
        "callcenter payments@default",
    ]


@pytest.mark.parametrize(
    ("destination", "steps"),
    [
        (FIFO, ["set fifo_caller_exit_key=D", "fifo support in"]),
        (DESK, [*RINGS, "bridge user/201@pbx.example.org"]),
        (TRUNK, [*RINGS, "bridge sofia/gateway/office/+15550100"]),
    ],
)
def test_a_reference_goes_to_whoever_is_called(call, destination, steps) -> None:
    call.join(destination, reference="abc123")
    assert steps_of(call.commands) == [
        *SUBSCRIBED,
        *KEEPING,
        "export nolocal:fs_app_reference=abc123",
        "export nolocal:sip_h_X-FS-App-Reference=abc123",
        *NEW,
        *steps,
    ]


@pytest.mark.parametrize("destination", [callcenter("payments"), FIFO, DESK, TRUNK])
def test_prompts_nest_in_what_leads_to_a_person_and_all_else_waits_its_turn(call, destination) -> None:
    call.join(destination)
    executed = [command for command in call.commands if command.startswith("sendmsg")]
    assert ["event-lock: true" in command for command in executed] == [True] * (len(executed) - 1) + [False]


def test_the_keys_stay_ours_on_the_way(call) -> None:
    call.join()
    assert not [step for step in steps_of(call.commands) if "digit_action" in step or "sensitive" in step]


def test_where_the_dialplan_has_no_place_for_the_caller_nobody_is_kept(dial) -> None:
    call = dial({})
    call.join()
    assert steps_of(call.commands)[2:] == [
        "set socket_resume=false",
        *NEW,
        "set cc_exit_keys=D",
        "callcenter payments@default",
    ]


@pytest.mark.parametrize("queue", ["", "pay ments", "${system(x)}", "a@b@c", "a\nb"])
def test_a_queue_with_a_bad_name_is_not_asked_for(call, queue) -> None:
    with pytest.raises(UnsafeArgument):
        call.channel.seek(callcenter(queue))
    call.nothing_was_sent()


def test_what_was_typed_before_answers_nobody(call) -> None:
    call.keys("12")
    eventually(lambda: len(call.channel._keypad) == 2)
    person, _ = call.join()
    assert call.next(person, 0.02) is None


# --- in the line ---

MEMBERS = (
    "queue|instance_id|uuid|session_uuid|cid_number|cid_name|system_epoch|joined_epoch|rejoined_epoch|bridge_epoch|"
    "abandoned_epoch|base_score|skill_score|serving_agent|serving_system|state|score\n"
    "payments@default|single_box|m1|11111111-aaaa|1555|A|0|100|0|0|0|0|0|||Waiting|9\n"
    f"payments@default|single_box|m2|{UUID}|1556|B|0|101|0|0|0|0|0|||Waiting|8\n+OK\n"
)
AGENTS = "name|instance_id\n+OK\n"


def test_the_queue_is_asked_for_the_place_in_one_go(call) -> None:
    person, _ = call.join()
    asking = doing(person.place)
    for what in ("members", "agents"):
        assert call.switch.read() == f"api callcenter_config queue list {what} payments@default"
    call.switch.api_response(MEMBERS)
    call.switch.api_response(AGENTS)
    assert asking.get(timeout=SECONDS) == Place(2, 0)


def test_how_many_wait_is_known_before_one_joins(call) -> None:
    person = call.channel.seek(callcenter("payments"))
    asking = doing(person.waiting)
    call.api("callcenter_config queue list members payments@default", MEMBERS)
    assert asking.get(timeout=SECONDS) == 2


@pytest.mark.parametrize("answer", ["-ERR no reply\n", None])
def test_a_queue_that_tells_nothing_is_no_error(dial, answer) -> None:
    call = dial(timing=QUICK)
    person, _ = call.join()
    asking = doing(person.place)
    for _ in range(2):
        call.switch.read()
        if answer:
            call.switch.api_response(answer)
    assert asking.get(timeout=SECONDS) is None


@pytest.mark.parametrize("destination", [FIFO, DESK, TRUNK])
def test_only_a_queue_of_mod_callcenter_has_places(call, destination) -> None:
    person, _ = call.join(destination)
    assert person.place() is None and person.waiting() is None
    call.nothing_was_sent()


def test_a_key_ends_what_is_said_in_the_line_and_comes_next(call) -> None:
    person, _ = call.join()
    saying = doing(person.say, HELLO)
    command = call.execute("playback /sounds/en/hello.wav")
    call.keys("1")
    call.api(f"uuid_break {UUID}")
    call.switch.complete(command)
    saying.get(timeout=SECONDS)
    assert call.next(person) == Keyed("1")
    call.nothing_was_sent()


def test_a_telephone_that_rings_breaks_nothing_off(call) -> None:
    person, _ = call.join()
    saying = doing(person.say, HELLO)
    command = call.execute("playback")
    call.queue_says("agent-offering", CC_Agent=AGENT)
    call.queue_says("bridge-agent-fail", CC_Agent=AGENT)
    eventually(lambda: len(person._so_far.row) == 2)
    person.order(Order(1, UUID, OrderKind.CANCEL, "maria"))
    call.nothing_was_sent()
    call.switch.complete(command)
    saying.get(timeout=SECONDS)
    happened = [call.next(person) for _ in range(3)]
    assert happened == [Offered(AGENT), Offered(""), Ordered(Order(1, UUID, OrderKind.CANCEL, "maria"))]


@pytest.mark.parametrize("response", ["PLAYBACK ERROR", "FILE PLAYED"])
def test_who_answers_ends_what_is_said(call, response) -> None:
    person, queue = call.join()
    saying = doing(person.say, HELLO)
    prompt = call.execute("playback")
    call.switch.complete(prompt, response)
    call.switch.complete(queue, "_none_", cc_cause="answered")
    call.bridged()
    saying.get(timeout=SECONDS)
    assert call.next(person) == Answered("", LEG)


def test_a_prompt_that_is_lost_as_somebody_answers_is_not_waited_for(dial) -> None:
    """The queue drops what comes as it hands the caller over; its completion never comes."""
    call = dial(timing=Timing(margin=60.0), prompt_seconds=60.0)
    person, queue = call.join()
    saying = doing(person.say, HELLO)
    call.execute("playback")
    call.switch.complete(queue, "_none_", cc_cause="answered")
    call.bridged()
    saying.get(timeout=SECONDS)
    assert call.next(person) == Answered("", LEG)


def test_nothing_is_said_to_a_caller_who_talks_by_then(call) -> None:
    person, queue = call.join()
    call.switch.complete(queue, "_none_", cc_cause="answered")
    eventually(lambda: person._so_far.taken)
    person.say(HELLO)
    call.nothing_was_sent()


def test_who_hangs_up_in_the_line_is_gone(call) -> None:
    person, _ = call.join()
    coming = doing(person.next, SECONDS)
    call.switch.hang_up()
    with pytest.raises(CallEnded):
        coming.get(timeout=SECONDS)


# --- who answers ---


def test_an_agent_of_a_queue_is_offered_the_call_and_answers(call) -> None:
    person, queue = call.join(codes={"*71": FeatureCode.TAKE_PAYMENT})
    call.queue_says("member-queue-start")
    call.queue_says("agent-offering", CC_Agent=AGENT)
    call.queue_says("bridge-agent-start", CC_Agent=AGENT, CC_Agent_UUID=LEG)
    call.switch.complete(queue, "_none_", cc_cause="answered")
    call.switch.complete("execute-app-name: socket\nEvent-UUID: dialplan", "_none_", cc_cause="answered")
    call.bridged()
    assert [call.next(person) for _ in range(2)] == [Offered(AGENT), Answered(AGENT, LEG)]
    assert (person.agent, person.leg, person.talking) == (AGENT, LEG, True)
    call.takes_up(LEG)


def test_an_agent_who_refuses_rings_no_more(call) -> None:
    person, _ = call.join()
    for _ in range(2):
        call.queue_says("agent-offering", CC_Agent=AGENT)
        call.queue_says("bridge-agent-fail", CC_Agent=AGENT)
    assert [call.next(person) for _ in range(4)] == [Offered(AGENT), Offered("")] * 2


def test_what_a_hostile_agents_name_says_is_not_told(call) -> None:
    person, _ = call.join()
    call.queue_says("agent-offering", CC_Agent="${system(x)}")
    assert call.next(person) == Offered("")


def test_nobody_elses_calls_are_taken_for_ours(call) -> None:
    person, _ = call.join()
    call.queue_says("agent-offering", CC_Agent=AGENT, member=OTHER_LEG)
    call.bridged(of=OTHER_LEG)
    call.event("CHANNEL_PARK", of=LEG)
    call.event("CHANNEL_HANGUP", of=LEG)
    assert call.next(person, 0.05) is None
    assert not person.talking


def test_the_keys_of_the_agents_telephone_may_mean_nothing(call) -> None:
    person = call.talk(codes={})
    call.agent_keys("*71")
    assert call.next(person, 0.1) is None


def test_a_caller_is_put_on_hold_and_taken_off_it(call) -> None:
    person = call.talk()
    call.event("CHANNEL_HOLD", of=LEG)
    assert call.next(person) == Held(on=True)
    assert person.on_hold
    call.event("CHANNEL_UNHOLD", of=LEG)
    call.event("CHANNEL_UNHOLD", of=LEG)
    assert call.next(person) == Held(on=False)
    assert not person.on_hold
    assert call.next(person, 0.1) is None


def test_who_comes_after_a_transfer_holds_nobody_yet(call) -> None:
    person = call.talk()
    call.event("CHANNEL_HOLD", of=LEG)
    call.bridged(OTHER_LEG)
    assert [call.next(person) for _ in range(2)] == [Held(on=True), Joined(OTHER_LEG)]
    assert not person.on_hold
    call.event("CHANNEL_UNHOLD", of=LEG)  # the leg that the caller talks with no more
    assert call.next(person, 0.1) is None


def test_an_agent_who_is_gone_before_the_two_talk_is_no_wait_for_ever(dial) -> None:
    call = dial(timing=QUICK)
    person, queue = call.join()
    call.switch.complete(queue, "_none_", cc_cause="answered")
    assert call.over(person) == Over(HandoverEnd.FAILED)


# --- how a wait ends without anybody ---


@pytest.mark.parametrize(
    ("variables", "end"),
    [
        ({"cc_cause": "cancel", "cc_cancel_reason": "TIMEOUT"}, HandoverEnd.NOT_ANSWERED),
        ({"cc_cause": "cancel", "cc_cancel_reason": "NO_AGENT_TIMEOUT"}, HandoverEnd.NO_AGENTS),
        ({"cc_cause": "cancel", "cc_cancel_reason": "EXIT_WITH_KEY"}, HandoverEnd.SELF_SERVICE),
        ({"cc_cause": "cancel", "cc_cancel_reason": "something new"}, HandoverEnd.NOT_ANSWERED),
        ({"cc_cause": "cancel"}, HandoverEnd.NOT_ANSWERED),
        ({}, HandoverEnd.FAILED),
        ({"cc_cancel_reason": "TIMEOUT"}, HandoverEnd.FAILED),
    ],
)
def test_the_queue_says_why_nobody_answered(call, variables, end) -> None:
    person, queue = call.join()
    call.switch.complete(queue, "_none_", **variables)
    assert call.over(person) == Over(end)
    assert not person.talking


def test_the_reason_of_an_earlier_wait_is_not_that_of_a_talk(call) -> None:
    person, queue = call.join()
    call.switch.complete(queue, "_none_", cc_cause="answered", cc_cancel_reason="TIMEOUT")
    call.bridged()
    assert call.next(person) == Answered("", LEG)


def test_a_switch_that_does_not_know_the_application_fails(call) -> None:
    person = call.channel.seek(callcenter("payments"))
    person.join()
    for _ in range(9):
        command = call.switch.read()
        refused = "app-name: callcenter" in command
        call.switch.write(b"Content-Type: command/reply\nReply-Text: -ERR invalid app\n\n") if refused else (
            call.switch.reply(command)
        )
        if not refused and command.startswith("sendmsg"):
            call.switch.complete(command)
    while "app-name: callcenter" not in command:
        command = call.switch.read()
        call.switch.write(b"Content-Type: command/reply\nReply-Text: -ERR invalid app\n\n")
    assert call.over(person) == Over(HandoverEnd.FAILED)


def test_keys_of_the_wait_answer_no_question_that_follows(call) -> None:
    person, queue = call.join()
    call.keys("7")
    eventually(lambda: len(call.channel._keypad) == 1)
    call.switch.complete(queue, "_none_", cc_cause="cancel", cc_cancel_reason="TIMEOUT")
    eventually(lambda: person._so_far.over)
    call.over(person)
    asking = doing(call.channel.ask, HELLO, menu("m", "7"))
    call.switch.complete(call.execute("playback"))
    call.keys("7")
    assert asking.get(timeout=SECONDS).digits == "7"


# --- leaving the line ---


def test_a_line_is_left_with_a_key_that_no_telephone_has(call) -> None:
    person, queue = call.join()
    leaving = doing(person.leave)
    call.api(f"uuid_recv_dtmf {UUID} D")
    call.switch.complete(queue, "_none_", cc_cause="cancel", cc_cancel_reason="EXIT_WITH_KEY")
    call.executes(*HOME)
    assert leaving.get(timeout=SECONDS) is True
    assert call.next(person, 0.02) is None, "whoever left needs not be told that it is over"


def test_an_agent_who_answers_as_the_caller_leaves_is_not_missed(call) -> None:
    person, queue = call.join()
    leaving = doing(person.leave)
    call.api(f"uuid_recv_dtmf {UUID} D")
    call.switch.complete(queue, "_none_", cc_cause="answered")  # the bridge comes up to 20 ms later
    gevent.sleep(0.02)
    assert not leaving.ready()
    call.bridged()
    assert leaving.get(timeout=SECONDS) is False
    assert call.next(person) == Answered("", LEG)
    call.takes_up(LEG)
    call.nothing_was_sent()


def test_an_agent_who_answered_before_is_not_left(call) -> None:
    person, queue = call.join()
    call.switch.complete(queue, "_none_", cc_cause="answered")
    call.bridged()
    eventually(lambda: person.talking)
    call.takes_up(LEG)
    assert person.leave() is False
    call.nothing_was_sent()


def test_a_key_that_a_prompt_has_eaten_is_pressed_again(call) -> None:
    person, queue = call.join()
    leaving = doing(person.leave)
    call.api(f"uuid_recv_dtmf {UUID} D")
    call.api(f"uuid_break {UUID}")
    call.api(f"uuid_recv_dtmf {UUID} D")
    call.switch.complete(queue, "_none_", cc_cause="cancel", cc_cancel_reason="EXIT_WITH_KEY")
    call.executes(*HOME)
    assert leaving.get(timeout=SECONDS) is True


def test_a_switch_that_keeps_the_caller_in_the_line_is_told(dial) -> None:
    call = dial(timing=QUICK)
    person, _ = call.join()
    with pytest.raises(SwitchTimeout, match="line"):
        doing(person.leave).get(timeout=SECONDS)


def test_who_hangs_up_while_leaving_is_gone(call) -> None:
    person, _ = call.join()
    leaving = doing(person.leave)
    call.api(f"uuid_recv_dtmf {UUID} D")
    call.switch.hang_up()
    with pytest.raises(CallEnded):
        leaving.get(timeout=SECONDS)


# --- the talk, and its end ---


def test_after_a_talk_the_caller_is_parked_and_ours(call) -> None:
    person = call.talk()
    call.event("CHANNEL_EXECUTE_COMPLETE", Application="sched_transfer", Application_UUID="switch")
    call.unbridged()
    call.parked()
    call.api(f"sched_del {UUID}")
    call.api(f"sched_del {UUID}")
    call.api(f"sched_transfer +120 {UUID} fs_app XML default")
    assert call.next(person) == Parted()
    assert call.over(person) == Over(HandoverEnd.TALKED)
    assert (person.leg, person.talking) == ("", False)
    assert call.channel.uprooted
    call.nothing_was_sent()


def test_keys_of_the_talk_answer_no_question_that_follows(call) -> None:
    person = call.talk()
    call.keys("5")
    call.unbridged()
    call.parked()
    call.next(person)
    for _ in range(3):
        call.switch.expect_api()
    call.over(person)
    asking = doing(call.channel.ask, HELLO, menu("m", "5"))
    call.switch.complete(call.execute("playback"))
    call.keys("5")
    assert asking.get(timeout=SECONDS).digits == "5"


def test_a_park_before_the_talk_is_none_of_ours(call) -> None:
    person, _ = call.join()
    call.parked()
    assert call.next(person, 0.02) is None
    call.nothing_was_sent()


def test_an_agent_can_key_a_feature_code(call) -> None:
    person = call.talk()
    call.agent_keys("5*")
    call.agent_keys("71")
    assert call.next(person) == Coded(FeatureCode.TAKE_PAYMENT)
    call.agent_keys("**70")
    assert call.next(person) == Coded(FeatureCode.CANCEL)
    call.agent_keys("71")
    assert call.next(person, 0.02) is None, "the star was that of the code before"


def test_keys_of_other_legs_are_no_feature_codes(call) -> None:
    person = call.talk()
    call.agent_keys("*71", leg=OTHER_LEG)
    call.agent_keys("*71", leg=UUID)
    assert call.next(person, 0.02) is None


def test_keys_that_are_far_apart_are_no_feature_code(call, monkeypatch) -> None:
    monkeypatch.setattr(happenings, "_CODE_SECONDS", 0.03)
    person = call.talk()
    call.agent_keys("*7")
    assert call.next(person, 0.05) is None
    call.agent_keys("1")
    assert call.next(person, 0.02) is None


def test_an_order_of_the_desk_is_something_that_happens(call) -> None:
    person = call.talk()
    order = Order(7, UUID, OrderKind.SEND_TO, "maria", target="pay")
    coming = doing(person.next, SECONDS)
    gevent.sleep(0)
    person.order(order)
    assert coming.get(timeout=SECONDS) == Ordered(order)
    person.put_back(Ordered(order))
    assert call.next(person) == Ordered(order)


def test_an_order_that_nobody_came_to_is_known(call) -> None:
    person = call.talk()
    order = Order(7, UUID, OrderKind.SEND_TO, "maria", target="pay")
    person.order(order)
    call.switch.hang_up()
    eventually(lambda: call.session.ended is not None)
    with pytest.raises(CallEnded):
        person.next(0)
    assert list(person.untaken()) == [order]


def test_a_talk_is_taken_back(call) -> None:
    person = call.talk()
    taking = doing(person.take_back)
    call.api(f"uuid_kill {LEG}")
    call.unbridged()
    call.parked()
    for _ in range(3):
        call.switch.expect_api()
    call.executes(*HOME)
    taking.get(timeout=SECONDS)
    assert not call.channel.talking and call.channel.uprooted


def test_an_agent_who_hung_up_meanwhile_is_taken_back_as_well(call) -> None:
    person = call.talk()
    taking = doing(person.take_back)
    call.api(f"uuid_kill {LEG}", "-ERR No such channel!\n")
    call.unbridged()
    call.parked()
    for _ in range(3):
        call.switch.expect_api()
    call.executes(*HOME)
    taking.get(timeout=SECONDS)


def test_a_talk_is_taken_back_in_the_middle_of_a_transfer_from_whoever_comes(call) -> None:
    person = call.talk()
    call.unbridged(OTHER_LEG)
    call.api(f"sched_del {UUID}")
    taking = doing(person.take_back)
    gevent.sleep(0.02)
    call.bridged(OTHER_LEG)
    call.takes_up(OTHER_LEG)
    call.api(f"uuid_kill {OTHER_LEG}")
    call.unbridged(OTHER_LEG)
    call.parked()
    for _ in range(3):
        call.switch.expect_api()
    call.executes(*HOME)
    taking.get(timeout=SECONDS)


def test_a_switch_that_does_not_give_the_caller_back_is_told(dial) -> None:
    call = dial(timing=QUICK)
    person = call.talk()
    taking = doing(person.take_back)
    call.api(f"uuid_kill {LEG}")
    with pytest.raises(SwitchTimeout, match="give a caller back"):
        taking.get(timeout=SECONDS)


def test_who_hangs_up_as_they_are_taken_back_is_gone(call) -> None:
    person = call.talk()
    taking = doing(person.take_back)
    call.api(f"uuid_kill {LEG}")
    call.switch.hang_up()
    with pytest.raises(CallEnded):
        taking.get(timeout=SECONDS)


# --- transfers ---


def test_a_transfer_leads_to_another_leg_whose_agent_nobody_names(call) -> None:
    person = call.talk()
    call.unbridged(OTHER_LEG)
    call.api(f"sched_del {UUID}")
    assert call.next(person) == Parted()
    assert (person.leg, person.talking) == ("", True)
    call.bridged(OTHER_LEG)
    assert call.next(person) == Joined(OTHER_LEG)
    assert (person.agent, person.leg, person.talking) == ("", OTHER_LEG, True)
    call.takes_up(OTHER_LEG)
    call.agent_keys("*71")
    call.agent_keys("*70", leg=OTHER_LEG)
    assert call.next(person) == Coded(FeatureCode.CANCEL), "the one who left has no say any more"


def test_a_bridge_to_the_same_leg_is_nothing_new(call) -> None:
    person = call.talk()
    call.bridged()
    assert call.next(person, 0.02) is None
    assert person.leg == LEG


def test_a_reconnect_is_another_proof(call) -> None:
    """Off hold by way of a transfer back: the same leg, after a time with nobody."""
    person = call.talk()
    call.unbridged(THIRD_LEG)
    call.api(f"sched_del {UUID}")
    call.bridged()
    assert [call.next(person) for _ in range(2)] == [Parted(), Joined(LEG)]


def sent_elsewhere(call: OnTheWay, leg: str, *, answers: bool = True) -> None:
    person = call.talk()
    call.unbridged(leg)
    call.api(f"sched_del {UUID}")
    assert call.next(person) == Parted()
    coming = doing(person.next, SECONDS)
    for step in ("clear_digit_action all", *(f"{name} {value}" for name, value in way.GONE)):
        command = call.execute(step)
        if answers:
            call.switch.complete(command)
    with pytest.raises(CallEnded, match="elsewhere"):
        coming.get(timeout=SECONDS)
    assert call.channel.talking, "as far as we know they still do"
    assert not call.channel.hung_up
    with pytest.raises(EOFError):
        call.session.close()
        call.switch.read()


def test_a_blind_transfer_has_left_us_and_the_keys_are_the_callers_again(dial) -> None:
    sent_elsewhere(dial(timing=Timing(parted=60.0, blind=0.1)), "")


def test_a_transfer_that_rings_for_too_long_has_left_us(dial) -> None:
    sent_elsewhere(dial(timing=Timing(parted=0.1, blind=60.0)), OTHER_LEG)


def test_a_switch_that_does_not_give_the_keys_back_holds_nobody(dial) -> None:
    sent_elsewhere(dial(timing=QUICK), "", answers=False)


# --- ways that are no queue of mod_callcenter ---


def test_a_fifo_says_by_its_completion_who_took_the_caller(call) -> None:
    person, fifo = call.join(FIFO)
    call.switch.complete(fifo, "FILE PLAYED", fifo_status="WAITING", fifo_serviced_uuid=LEG)
    assert call.next(person) == Answered("", LEG)
    assert person.talking


def test_a_talk_by_way_of_a_fifo_is_over_when_the_caller_is_parked(call) -> None:
    person, fifo = call.join(FIFO)
    call.switch.complete(fifo, "FILE PLAYED", fifo_serviced_uuid=LEG)
    call.next(person)
    call.takes_up(LEG)
    call.event("CHANNEL_EXECUTE_COMPLETE", Application="sched_transfer", Application_UUID="switch")
    call.parked()
    call.api(f"sched_del {UUID}")
    call.api(f"sched_transfer +120 {UUID} fs_app XML default")
    assert call.over(person) == Over(HandoverEnd.TALKED)
    assert call.channel.uprooted


def test_a_fifo_that_nobody_took_the_caller_from(call) -> None:
    person, fifo = call.join(FIFO)
    call.switch.complete(fifo, "_none_", fifo_status="ABORTED")
    assert call.over(person) == Over(HandoverEnd.NOT_ANSWERED)


def test_a_fifo_is_left_as_a_queue_is(call) -> None:
    person, fifo = call.join(FIFO)
    leaving = doing(person.leave)
    call.api(f"uuid_recv_dtmf {UUID} D")
    call.switch.complete(fifo, "_none_", fifo_status="ABORTED")
    call.executes(*HOME)
    assert leaving.get(timeout=SECONDS) is True


def test_a_fifo_hands_over_only_once_what_is_said_in_it_is_broken(call) -> None:
    person, fifo = call.join(FIFO)
    saying = doing(person.say, HELLO)
    call.switch.complete(call.execute("playback"))
    call.api(f"uuid_break {UUID}")
    call.switch.complete(fifo, "FILE PLAYED", fifo_serviced_uuid=LEG)
    saying.get(timeout=SECONDS)
    assert call.next(person) == Answered("", LEG)


@pytest.mark.parametrize("destination", [DESK, TRUNK])
def test_a_telephone_that_nobody_answers_is_no_end_of_the_call(call, destination) -> None:
    person, bridge = call.join(destination)
    call.switch.complete(bridge, "_none_", originate_disposition="USER_BUSY")
    assert call.over(person) == Over(HandoverEnd.NOT_ANSWERED)
    assert not call.channel.uprooted


def test_a_talk_with_a_telephone_is_over_when_the_caller_is_parked(call) -> None:
    person, bridge = call.join(DESK)
    call.bridged()
    assert call.next(person) == Answered("", LEG)
    call.takes_up(LEG)
    call.unbridged()
    call.switch.complete(bridge, "_none_", originate_disposition="SUCCESS")
    call.api(f"sched_del {UUID}")
    assert call.next(person) == Parted()
    call.parked()
    for _ in range(2):
        call.switch.expect_api()
    assert call.over(person) == Over(HandoverEnd.TALKED)


def test_a_bridge_that_ends_in_a_transfer_is_no_end_of_the_talk(call) -> None:
    person, bridge = call.join(DESK)
    call.bridged()
    call.next(person)
    call.takes_up(LEG)
    call.unbridged(OTHER_LEG)
    call.switch.complete(bridge, "_none_", originate_disposition="SUCCESS")
    call.api(f"sched_del {UUID}")
    call.bridged(OTHER_LEG)
    assert [call.next(person) for _ in range(2)] == [Parted(), Joined(OTHER_LEG)]


def test_where_nobody_parks_the_caller_the_end_of_a_bridge_is_that_of_the_talk(dial) -> None:
    call = dial({})
    person, bridge = call.join(DESK)
    call.bridged()
    call.next(person)
    call.takes_up(LEG)
    call.switch.complete(bridge, "_none_", originate_disposition="SUCCESS")
    assert call.over(person) == Over(HandoverEnd.TALKED)


# --- a caller who is parked ---


def parked(call: OnTheWay) -> None:
    person = call.talk()
    call.unbridged()
    call.parked()
    for _ in range(3):
        call.switch.expect_api()
    call.next(person)
    call.over(person)
    call.commands.clear()


def test_a_parked_caller_is_taken_to_the_dialplan_in_one_go(call) -> None:
    parked(call)
    moving = doing(call.channel.move_on)
    call.executes("set fs_app_moved=true")
    order = f"uuid_transfer {UUID} 'sleep:300,transfer:fs_app XML default' inline"
    assert [call.switch.read() for _ in range(3)] == [f"api sched_del {UUID}", f"api {order}", "exit"]
    moving.get(timeout=SECONDS)
    assert call.channel.moved


def test_a_caller_who_is_not_parked_goes_on_by_our_end_alone(call) -> None:
    moving = doing(call.channel.move_on)
    call.executes("set fs_app_moved=true")
    moving.get(timeout=SECONDS)
    call.session.close()
    with pytest.raises(EOFError):
        call.switch.read()


def test_a_parked_caller_who_is_given_up_gets_to_the_dialplan_too(call) -> None:
    parked(call)
    giving = doing(call.channel.give_up)
    call.executes("set fs_app_given_up=true")
    read = [call.switch.read() for _ in range(3)]
    assert (read[0], read[2]) == (f"api sched_del {UUID}", "exit")
    giving.get(timeout=SECONDS)


def test_a_parked_caller_who_waits_again_is_not_fetched_meanwhile(call) -> None:
    parked(call)
    person, queue = call.join()
    assert call.commands[0] == f"api sched_del {UUID}"
    assert call.channel.uprooted, "and they are still held by us alone"
    call.switch.complete(queue, "_none_", cc_cause="cancel", cc_cancel_reason="TIMEOUT")
    call.over(person)
    playing = doing(call.channel.play, HELLO)
    call.api(f"sched_del {UUID}")
    call.api(f"sched_transfer +120 {UUID} fs_app XML default")
    call.switch.complete(call.execute("playback"))
    playing.get(timeout=SECONDS)


def test_a_parked_caller_is_not_fetched_while_we_speak_to_them(call, monkeypatch) -> None:
    parked(call)
    asking = doing(call.channel.ask, HELLO, menu("m", "1"))
    call.switch.complete(call.execute("playback"))  # the order to fetch them is new
    call.keys("1")
    assert asking.get(timeout=SECONDS).digits == "1"
    monkeypatch.setattr(happenings, "_ANEW_SECONDS", 0.0)
    asking = doing(call.channel.ask, HELLO, menu("m", "1"))
    call.api(f"sched_del {UUID}")
    call.api(f"sched_transfer +120 {UUID} fs_app XML default")
    call.switch.complete(call.execute("playback"))
    call.keys("1")
    assert asking.get(timeout=SECONDS).digits == "1"
