"""A talk that changes, against a switch played by hand: hold, another person, or somewhere else."""

from __future__ import annotations

import time

import pytest
from personkit import ANSWERED, LEG, OTHER_LEG, THIRD_LEG, OnTheWay, doing
from wirekit import SECONDS, UUID, eventually

from fs_app.domain.destination import FeatureCode
from fs_app.errors import CallEnded
from fs_app.ports import Coded, Held, Joined, Parted
from fs_app.telephony import recordings, way
from fs_app.telephony.person import SwitchPerson
from fs_app.telephony.timing import Timing


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


def test_a_transfer_leads_to_another_leg_whose_agent_nobody_names(call) -> None:
    person = call.talk()
    call.unbridged(OTHER_LEG)
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
    call.bridged()
    assert [call.next(person) for _ in range(2)] == [Parted(), Joined(LEG)]


RUNS = f"uuid_getvar {UUID} current_application"
"""What the switch does with a caller who was sent elsewhere without a word of to whom."""


def says(call: OnTheWay, runs: str, number: str = "9", context: str = "default") -> None:
    """The switch is asked where the caller is."""
    call.api(RUNS, runs)
    call.api(f"uuid_getvar {UUID} destination_number", number)
    call.api(f"uuid_getvar {UUID} context", context)


def sent_elsewhere(call: OnTheWay, leg: str, *, answers: bool = True) -> None:
    person = call.talk()
    call.unbridged(leg)
    assert call.next(person) == Parted()
    coming = doing(person.next, SECONDS)
    if not leg:
        says(call, "voicemail")
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


def test_a_blind_transfer_that_rings_is_waited_for_and_the_keys_are_kept(dial) -> None:
    call = dial(timing=Timing(parted=0.1, blind=0.1))
    person = call.talk()
    call.unbridged("")
    assert call.next(person) == Parted()
    coming = doing(person.next, SECONDS)
    for _ in range(3):
        says(call, "bridge")
    call.keys("8888")
    call.bridged(OTHER_LEG)
    assert coming.get(timeout=SECONDS) == Joined(OTHER_LEG)
    assert person.talking
    call.takes_up(OTHER_LEG)
    assert call.next(person, 0.2) is None, "nobody asks any more"
    call.nothing_was_sent()


def test_who_answers_a_blind_transfer_as_it_is_asked_about_is_not_let_go(dial) -> None:
    call = dial(timing=Timing(parted=60.0, blind=0.1))
    person = call.talk()
    call.unbridged("")
    assert call.next(person) == Parted()
    coming = doing(person.next, SECONDS)
    assert call.switch.read() == f"api {RUNS}"
    call.bridged(OTHER_LEG)
    call.switch.api_response("playback")
    call.api(f"uuid_getvar {UUID} destination_number", "9")
    call.api(f"uuid_getvar {UUID} context", "default")
    assert coming.get(timeout=SECONDS) == Joined(OTHER_LEG)


@pytest.mark.parametrize("answer", ["_undef_", "-ERR No such channel!\n"])
def test_a_switch_that_does_not_say_what_it_does_lets_the_caller_go(dial, answer) -> None:
    call = dial(timing=Timing(parted=60.0, blind=0.1))
    person = call.talk()
    call.unbridged("")
    assert call.next(person) == Parted()
    coming = doing(person.next, SECONDS)
    says(call, answer)
    assert call.execute("clear_digit_action all")
    for name, value in way.GONE:
        call.execute(f"{name} {value}")
    coming.kill()


def in_mid_entry(call: OnTheWay) -> SwitchPerson:
    person = call.talk()
    call.unbridged("")
    assert call.next(person) == Parted()
    before = call.channel._keypad.typed_at
    call.keys("8")
    eventually(lambda: call.channel._keypad.typed_at > before)
    return person


def test_who_types_on_is_let_go_when_they_have_typed_the_rest(dial, monkeypatch) -> None:
    monkeypatch.setattr(recordings, "UNMASK_SECONDS", 1.0)
    call = dial(timing=Timing(parted=60.0, blind=0.1))
    person = in_mid_entry(call)
    coming = doing(person.next, SECONDS)
    says(call, "ivr")
    call.execute("clear_digit_action all")
    assert time.monotonic() - call.channel._keypad.typed_at >= 1.0
    coming.kill()


def test_who_types_on_at_our_extension_is_left_to_the_next_server_as_they_are(dial, monkeypatch) -> None:
    monkeypatch.setattr(recordings, "UNMASK_SECONDS", SECONDS)
    call = dial(timing=Timing(parted=60.0, blind=0.1))
    person = in_mid_entry(call)
    coming = doing(person.next, SECONDS)
    says(call, "sleep", "fs_app")
    for name, value in way.MARKS:
        call.switch.complete(call.execute(f"{name} {value}"))
    with pytest.raises(CallEnded, match="elsewhere"):
        coming.get(timeout=SECONDS)
    call.session.close()
    with pytest.raises((EOFError, ConnectionResetError)):
        call.switch.read()


def parked_elsewhere(call: OnTheWay, extension: str) -> SwitchPerson:
    person = call.talk()
    call.unbridged("")
    call.event("CHANNEL_PARK", Caller_Dialplan="XML", Caller_Context="default", Caller_Destination_Number=extension)
    return person


def test_the_next_server_of_a_caller_whom_an_agent_sent_to_our_extension_is_left_alone(call) -> None:
    person = parked_elsewhere(call, "fs_app")
    with pytest.raises(CallEnded, match="another server"):
        call.next(person)
        call.next(person)
    with pytest.raises(EOFError):
        call.session.close()
        call.switch.read()


def test_who_is_parked_where_an_agent_sent_them_is_not_back_with_us(dial) -> None:
    call = dial(timing=Timing(parted=60.0, blind=0.1))
    person = parked_elsewhere(call, "9")
    assert call.next(person) == Parted()
    coming = doing(person.next, SECONDS)
    says(call, "park")
    call.switch.complete(call.execute("clear_digit_action all"))
    for name, value in way.GONE:
        call.switch.complete(call.execute(f"{name} {value}"))
    with pytest.raises(CallEnded, match="elsewhere"):
        coming.get(timeout=SECONDS)


def test_a_caller_waits_at_our_extension_for_longer_than_we_wait_for_who_answers_a_blind_transfer() -> None:
    assert Timing().blind < way._PAUSE_MILLISECONDS / 1000


def test_a_transfer_that_rings_for_too_long_has_left_us(dial) -> None:
    sent_elsewhere(dial(timing=Timing(parted=0.1, blind=60.0)), OTHER_LEG)


def test_a_switch_that_does_not_give_the_keys_back_holds_nobody(dial) -> None:
    sent_elsewhere(dial(timing=ANSWERED), "", answers=False)
