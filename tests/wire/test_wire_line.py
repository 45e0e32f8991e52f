"""A caller waits for a person, against a switch played by hand: their place, what is said, how the wait ends."""

from __future__ import annotations

import gevent
import pytest
from personkit import AGENT, DESK, FIFO, HELLO, HOME, LEG, QUICK, TRUNK, doing
from wirekit import SECONDS, UUID, eventually

from fs_app.domain.destination import callcenter
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.keys import menu
from fs_app.errors import CallEnded, SwitchTimeout
from fs_app.ports import Answered, Keyed, Offered, Order, Ordered, OrderKind, Over, Place
from fs_app.telephony import speech
from fs_app.telephony.timing import Timing

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


def test_a_prompt_that_is_lost_as_somebody_answers_is_not_waited_for(dial, monkeypatch) -> None:
    """The queue drops what comes as it hands the caller over; its completion never comes."""
    monkeypatch.setattr(speech, "_BREAK_SECONDS", 0.06)
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


# --- leaving it ---


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
