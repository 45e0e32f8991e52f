"""A caller and a person talk, against a switch played by hand: who answers, what they key, how the talk ends."""

from __future__ import annotations

import gevent
import pytest
from personkit import AGENT, ANSWERED, HELLO, LEG, OTHER_LEG, PARKED, doing
from wirekit import SECONDS, UUID, eventually

from fs_app.domain.destination import FeatureCode
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.keys import menu
from fs_app.errors import CallEnded, SwitchTimeout
from fs_app.ports import Answered, Coded, Offered, Order, Ordered, OrderKind, Over, Parted
from fs_app.telephony import happenings, way


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


def test_an_agent_who_is_gone_before_the_two_talk_is_no_wait_for_ever(dial) -> None:
    call = dial(timing=ANSWERED)
    person, queue = call.join()
    call.switch.complete(queue, "_none_", cc_cause="answered")
    assert call.over(person) == Over(HandoverEnd.FAILED)


# --- the talk, and its end ---


def test_the_keys_of_the_agents_telephone_may_mean_nothing(call) -> None:
    person = call.talk(codes={})
    call.agent_keys("*71")
    assert call.next(person, 0.1) is None


def test_after_a_talk_the_caller_is_parked_and_ours(call) -> None:
    person = call.talk()
    call.event("CHANNEL_EXECUTE_COMPLETE", Application="sched_transfer", Application_UUID="switch")
    call.unbridged()
    call.parked()
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
    call.over(person)
    asking = doing(call.channel.ask, HELLO, menu("m", "5"))
    call.switch.complete(call.execute("playback"))
    call.keys("5")
    assert asking.get(timeout=SECONDS).digits == "5"


def test_a_park_before_the_talk_is_none_of_ours(call) -> None:
    person, _ = call.join()
    call.event("CHANNEL_PARK")
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
    call.executes(*PARKED)
    taking.get(timeout=SECONDS)
    assert not call.channel.talking and call.channel.uprooted


def test_an_agent_who_hung_up_meanwhile_is_taken_back_as_well(call) -> None:
    person = call.talk()
    taking = doing(person.take_back)
    call.api(f"uuid_kill {LEG}", "-ERR No such channel!\n")
    call.unbridged()
    call.parked()
    call.executes(*PARKED)
    taking.get(timeout=SECONDS)


def test_a_talk_is_taken_back_in_the_middle_of_a_transfer_from_whoever_comes(call) -> None:
    person = call.talk()
    call.unbridged(OTHER_LEG)
    eventually(lambda: not person.leg)
    taking = doing(person.take_back)
    gevent.sleep(0.02)
    call.bridged(OTHER_LEG)
    call.takes_up(OTHER_LEG)
    call.api(f"uuid_kill {OTHER_LEG}")
    call.unbridged(OTHER_LEG)
    call.parked()
    call.executes(*PARKED)
    taking.get(timeout=SECONDS)


def test_who_was_sent_elsewhere_as_they_were_to_be_taken_back_has_their_keys_again(dial) -> None:
    call = dial(timing=ANSWERED)
    person = call.talk()
    call.unbridged("")
    eventually(lambda: not person.leg)
    taking = doing(person.take_back)
    call.executes("clear_digit_action all", *(f"{name} {value}" for name, value in way.GONE))
    with pytest.raises(CallEnded, match="elsewhere"):
        taking.get(timeout=SECONDS)


def test_a_switch_that_does_not_give_the_caller_back_is_told(dial) -> None:
    call = dial(timing=ANSWERED)
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
