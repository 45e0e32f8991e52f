"""A caller is sent to a person, against a switch played by hand: what the switch is told, and by which way."""

from __future__ import annotations

import pytest
from personkit import DESK, FIFO, HELLO, HOME, KEEPING, LEG, OTHER_LEG, STAYING, TRUNK, doing, steps_of
from wirekit import SECONDS, UUID, eventually

from fs_app.domain.destination import callcenter
from fs_app.domain.handover import HandoverEnd
from fs_app.errors import UnsafeArgument
from fs_app.ports import Answered, Joined, Over, Parted

SUBSCRIBED = [
    f"filter CC-Member-Session-UUID {UUID}",
    "event plain CHANNEL_BRIDGE CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_PARK MEDIA_BUG_STOP DTMF "
    "CUSTOM callcenter::info",
]
NEW = ["unset cc_cause", "unset fifo_serviced_uuid", "unset originate_disposition"]
RINGS = ["set continue_on_fail=true", "set transfer_ringback=/sounds/tunes/music.wav"]


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
        *STAYING,
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


# --- a fifo ---


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


# --- a telephone ---


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
    assert call.next(person) == Parted()
    call.parked()
    assert call.over(person) == Over(HandoverEnd.TALKED)


def test_a_bridge_that_ends_in_a_transfer_is_no_end_of_the_talk(call) -> None:
    person, bridge = call.join(DESK)
    call.bridged()
    call.next(person)
    call.takes_up(LEG)
    call.unbridged(OTHER_LEG)
    call.switch.complete(bridge, "_none_", originate_disposition="SUCCESS")
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
