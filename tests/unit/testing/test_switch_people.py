"""People on the simulated switch: what a test can have them do, and what they get to hear.

What the socket is told of a wait and a talk is held to recordings in tests/contract; here is what those do not
show. Each was measured on FreeSWITCH 1.10.12.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import gevent
import pytest

from fs_app.testing.switch import Agents, Call, SimulatedSwitch, What
from tests.switchkit import SECONDS, Application

QUEUE = "payments@default"
LONG = "tone_stream://%(60000,0,440)"
TOLD = Agents(after=None, names=("maria@default", "omar@default"))
KEEP = {"socket_resume": "false", "hangup_after_bridge": "false", "park_after_bridge": "true"}
EVENTS = "CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_PARK MEDIA_BUG_START MEDIA_BUG_STOP CUSTOM callcenter::info"
KEYPAD = (
    ("set", "sensitive_dtmf=true"),
    ("bind_digit_action", "keys,~[0-9*#],key,x"),
    ("digit_action_set_realm", "keys"),
)


@pytest.fixture
def application() -> Iterator[Application]:
    made = Application()
    yield made
    made.listener.close()


@contextmanager
def a_call(application: Application, agents: Agents = TOLD, *, inband: bool = False) -> Iterator[Call]:
    """A stepped call whose application wants to keep the caller after a talk."""
    plan = [("socket", f"{application.host} async full")]
    with SimulatedSwitch(plan, agents={"payments": agents}) as switch:
        call = switch.dial(stepped=True, inband=inband)
        application.accept()
        application.hears(EVENTS)
        application.say(f"filter CC-Member-Session-UUID {call.uuid}".encode(), b"filter added")
        for name, value in KEEP.items():
            application.execute("set", f"{name}={value}")
        application.ask(f"uuid_exists {call.uuid}")
        yield call


def waits(application: Application, call: Call) -> None:
    application.execute("callcenter", QUEUE, locked=False)
    call.wait_for(What.QUEUED)


def talks(application: Application, call: Call, times: int = 1) -> None:
    waits(application, call)
    call.waiting.answer()
    call.wait_for(What.AGENT)
    application.until(b"(?s)" + b".*".join([b"Event-Name: CHANNEL_BRIDGE"] * times))


# --- in the line ---


def test_agents_do_by_themselves_what_they_were_told(application: Application) -> None:
    agents = Agents(names=("maria@default",), missed=("omar@default",), after=1.0, rings=0.5)
    with a_call(application, agents) as call:
        application.execute("callcenter", QUEUE, locked=False)
        call.wait_for(What.AGENT)
        application.until(b"bridge-agent-start")
        assert application.events("CUSTOM") == [
            "CUSTOM member-queue-start",
            "CUSTOM agent-offering",
            "CUSTOM bridge-agent-fail",
            "CUSTOM agent-offering",
            "CUSTOM bridge-agent-start",
        ]
        assert call.agent.name == "maria@default"


@pytest.mark.parametrize(
    ("agents", "reason"),
    [
        (Agents(answer=False, after=0.1), "TIMEOUT"),
        (Agents(names=(), busy=("maria@default",), after=0.1), "TIMEOUT"),
        (Agents(names=(), away=("maria@default",), after=0.1), "NO_AGENT_TIMEOUT"),
    ],
)
def test_why_the_queue_gives_up(application: Application, agents: Agents, reason: str) -> None:
    with a_call(application, agents) as call:
        application.execute("callcenter", QUEUE, locked=False)
        assert call.wait_for(What.LEFT_QUEUE).detail == reason
        application.done("callcenter")
        assert f"variable_cc_cancel_reason: {reason}".encode() in application.received


def test_the_listing_of_a_queue_has_who_waits_who_left_and_who_is_there(application: Application) -> None:
    agents = replace(TOLD, busy=("tom@default",), away=("eve@default",), ahead=2)
    with a_call(application, agents) as call:
        waits(application, call)
        call.waiting.give_up()
        application.done("callcenter")
        application.execute("callcenter", QUEUE, locked=False, uuid="again")
        call.wait_for(What.QUEUED)
        call.waiting.ring("omar@default")
        header, *rows, _ = application.ask(f"callcenter_config queue list members {QUEUE}").splitlines()
        fields = [dict(zip(header.split("|"), row.split("|"), strict=True)) for row in rows]
        assert [(row["cid_name"], row["serving_agent"], row["state"]) for row in fields] == [
            ("Caller 2", "", "Waiting"),
            ("Caller 1", "", "Waiting"),
            ("Jane", "", "Abandoned"),
            ("Jane", "omar@default", "Trying"),
        ]
        assert [row["session_uuid"] for row in fields[2:]] == ["", call.uuid]
        assert application.ask(f"callcenter_config queue count members {QUEUE}") == "4\n"
        agents_listed = application.ask(f"callcenter_config queue list agents {QUEUE}").splitlines()[1:-1]
        assert [(row.split("|")[0], *row.split("|")[5:7]) for row in agents_listed] == [
            ("maria@default", "Available", "Waiting"),
            ("omar@default", "Available", "Receiving"),
            ("tom@default", "Available", "In a queue call"),
            ("eve@default", "On Break", "Waiting"),
        ]
        call.waiting.answer()
        call.wait_for(What.AGENT)
        leg = call.agent.uuid
        row = application.ask(f"callcenter_config queue list agents {QUEUE}").splitlines()[2].split("|")
        assert (row[0], row[2], row[6]) == ("omar@default", leg, "In a queue call")


def test_an_agent_who_answers_tears_the_prompt_and_what_waits_behind_it_is_lost(application: Application) -> None:
    with a_call(application) as call:
        waits(application, call)
        application.execute("playback", LONG)
        application.execute("set", "lost=true", uuid="lost")
        call.wait_prompt()
        call.waiting.answer()
        application.until(b"CHANNEL_BRIDGE")
        application.execute("set", "kept=true", uuid="kept")
        application.done("kept")
        assert b"PLAYBACK%20ERROR" in application.received
        assert "lost" not in call.variables
        assert "lost" not in application.completed()


def test_who_leaves_while_a_telephone_rings_is_told_before_the_telephone_is(application: Application) -> None:
    with a_call(application) as call:
        application.execute("set", "cc_exit_keys=D")
        waits(application, call)
        call.waiting.ring()
        application.ask(f"uuid_recv_dtmf {call.uuid} D")
        application.until(b"ORIGINATOR_CANCEL")
        assert application.events("CUSTOM")[-2:] == ["CUSTOM member-queue-end", "CUSTOM bridge-agent-fail"]


def test_who_does_not_wait_cannot_be_answered(application: Application) -> None:
    with a_call(application) as call:
        waits(application, call)
        wait = call.waiting
        wait.give_up()
        application.done("callcenter")
        assert call.waiting is None
        with pytest.raises(LookupError, match="does not wait"):
            wait.answer()
        with pytest.raises(LookupError, match="nobody has taken the call"):
            call.agent.hang_up()


# --- what the person hears ---


@pytest.mark.parametrize(
    ("steps", "keys"),
    [(KEYPAD, ""), (KEYPAD[:1], ""), ((("unset", "nothing"),), "41")],
    ids=["private keypad", "sensitive, not bound", "nothing"],
)
def test_which_keys_reach_the_person(
    application: Application, steps: tuple[tuple[str, str], ...], keys: str
) -> None:
    with a_call(application) as call:
        talks(application, call)
        for name, data in steps:
            application.execute(name, data, uuid=f"{name}-{data[:4]}")
        application.done(f"{steps[-1][0]}-{steps[-1][1][:4]}")
        call.press("41")
        assert (call.agent.keys, call.agent.tones) == (keys, "")
        application.execute("playback", LONG)
        call.wait_prompt()
        call.press("7")
        assert call.agent.keys == keys


def test_tones_reach_the_person_but_not_while_the_caller_is_silenced_or_hears_a_prompt(
    application: Application,
) -> None:
    with a_call(application, inband=True) as call:
        for name, data in (*KEYPAD, ("spandsp_start_dtmf", "")):
            application.execute(name, data)
        talks(application, call)
        call.press("1")
        assert application.ask(f"uuid_audio {call.uuid} start read mute -1") == "+OK\n"
        call.press("2")
        assert application.ask(f"uuid_audio {call.uuid} stop") == "+OK\n"
        application.execute("playback", LONG)
        call.wait_prompt()
        call.press("3")
        application.ask(f"uuid_break {call.uuid}")
        application.done("playback")
        call.press("4")
        assert (call.agent.tones, call.agent.keys) == ("14", "")
        application.until(rb"digits: 4")
        assert all(f"digits: {key}".encode() in application.received for key in "1234")


def test_a_detector_that_comes_after_the_silence_hears_nothing(application: Application) -> None:
    with a_call(application, inband=True) as call:
        for name, data in KEYPAD:
            application.execute(name, data)
        talks(application, call)
        application.ask(f"uuid_audio {call.uuid} start read mute -1")
        application.execute("spandsp_start_dtmf")
        application.done("spandsp_start_dtmf")
        call.press("1")
        application.ask(f"uuid_audio {call.uuid} stop")
        call.press("2")
        application.until(rb"digits: 2")
        assert b"digits: 1" not in application.received


@pytest.mark.parametrize(("order", "answer"), [("audio", "-ERR Operation Failed\n"), ("mute", "+OK\n")])
def test_a_caller_who_cannot_be_silenced(application: Application, order: str, answer: str) -> None:
    with a_call(application, inband=True) as call:
        call.recordings.obstinate.add(order)
        talks(application, call)
        assert application.ask(f"uuid_audio {call.uuid} start read mute -1") == answer
        assert "mute" not in application.ask(f"uuid_buglist {call.uuid}")
        call.press("1")
        assert call.agent.tones == "1"


def test_somebody_listens_in(application: Application) -> None:
    with a_call(application) as call:
        call.recordings.eavesdrop()
        application.until(b"MEDIA_BUG_START")
        listing = application.ask(f"uuid_buglist {call.uuid}")
        assert f"<function>eavesdrop</function>\n  <target>{call.uuid}</target>" in listing
        call.recordings.eavesdrop_no_more()
        application.until(b"MEDIA_BUG_STOP")
        assert "eavesdrop" not in application.ask(f"uuid_buglist {call.uuid}")


# --- what the person does ---


def test_the_persons_keys_wait_until_nothing_plays_to_the_caller(application: Application) -> None:
    with a_call(application) as call:
        talks(application, call)
        application.say(f"filter Other-Leg-Unique-ID {call.uuid}".encode(), rb"added. \[Other-Leg-Unique-ID")
        call.agent.press("*7")
        application.until(rb"DTMF-Digit: 7")
        application.execute("playback", LONG)
        call.wait_prompt()
        call.agent.press("8")
        application.ask(f"uuid_exists {call.uuid}")
        assert b"DTMF-Digit: 8" not in application.received
        call.hear_out()
        application.until(rb"DTMF-Digit: 8")
        assert application.events("DTMF") == ["DTMF *", "DTMF 7", "DTMF 8"]


def test_the_caller_hears_a_prompt_to_its_end_after_the_person_has_left(application: Application) -> None:
    with a_call(application) as call:
        talks(application, call)
        application.execute("playback", LONG)
        call.wait_prompt()
        call.agent_hangs_up()
        assert application.ask(f"uuid_exists {call.agent.uuid}") == "false"
        gevent.sleep(0.02)
        assert b"CHANNEL_UNBRIDGE" not in application.received
        application.ask(f"uuid_break {call.uuid}")
        application.until(b"(?s)CHANNEL_UNBRIDGE.*CHANNEL_PARK")
        assert call.wait_for(What.TALK_OVER).detail == "agent"
        call.wait_for(What.PARKED)


def test_a_transfer_leads_to_a_new_leg_and_only_that_can_go_on(application: Application) -> None:
    with a_call(application) as call:
        talks(application, call)
        first = call.agent
        second = first.transfer("omar@default")
        assert call.wait_for(What.TRANSFERRED).detail == "omar@default"
        assert (call.agent, first.gone, second.gone) == (second, True, False)
        with pytest.raises(LookupError, match="does not talk"):
            first.transfer("eve@default")
        second.hang_up()
        call.wait_for(What.PARKED)


def test_the_variables_of_a_leg_are_those_that_were_exported(application: Application) -> None:
    with a_call(application) as call:
        for text in ("cc_export_vars=fs_app_reference,sip_h_X-FS-App-Reference", "fs_app_reference=abc", "other=x"):
            application.execute("set", text)
        talks(application, call)
        leg = call.agent
        assert leg.variables["fs_app_reference"] == "abc"
        assert leg.variables["cc_member_session_uuid"] == call.uuid
        assert {"other", "sip_h_X-FS-App-Reference"}.isdisjoint(leg.variables)
        assert application.ask(f"uuid_getvar {leg.uuid} fs_app_reference") == "abc"


# --- after the talk ---


def parked(application: Application, call: Call) -> None:
    talks(application, call)
    application.ask(f"uuid_kill {call.agent.uuid}")
    call.wait_for(What.PARKED)


@pytest.mark.parametrize("resume", ["true", "false"])
def test_a_parked_caller_is_forgotten_by_the_dialplan_but_not_by_what_is_scheduled(
    application: Application, resume: str
) -> None:
    with a_call(application) as call:
        parked(application, call)
        application.execute("set", f"socket_resume={resume}", uuid="resume")
        application.done("resume")
        assert application.ask(f"sched_transfer +60 {call.uuid} pay XML default") == "+OK\n"
        application.sock.close()
        call.wait_for(What.SOCKET_CLOSED)
        gevent.sleep(0.02)
        assert not call.gone
        assert call.schedule.transfers == ["pay XML default"]
        following = Application(application.listener)
        call.schedule.come_due()
        following.accept()
        assert b"Caller-Destination-Number: pay\n" in following.received
        following.execute("hangup")
        assert call.over.wait(SECONDS)
        assert What.FALLBACK not in [one.what for one in call.history]


def test_in_a_second_talk_a_death_takes_the_caller_back_to_the_dialplan(application: Application) -> None:
    with a_call(application) as call:
        parked(application, call)
        talks(application, call, times=2)
        application.execute("set", "socket_resume=true", uuid="resume")
        application.done("resume")
        application.sock.close()
        call.wait_for(What.FALLBACK)
        assert call.agent.gone


ALONE = "^^|sched_transfer:+60 pay XML default,park:,transfer:pay XML default|inline"


def alone_after_a_talk(application: Application, call: Call) -> None:
    for name, value in (("park_after_bridge", "false"), ("transfer_after_bridge", ALONE)):
        application.execute("set", f"{name}={value}")
    application.ask(f"uuid_exists {call.uuid}")


def test_who_is_alone_after_a_talk_goes_where_the_switch_was_told_and_an_attended_transfer_is_no_such_end(
    application: Application,
) -> None:
    with a_call(application) as call:
        alone_after_a_talk(application, call)
        talks(application, call)
        call.agent.transfer("omar@default")
        call.wait_for(What.TRANSFERRED)
        assert call.schedule.transfers == []
        call.agent_hangs_up()
        call.wait_for(What.PARKED)
        assert call.schedule.transfers == ["pay XML default"]
        assert "transfer_after_bridge" not in call.variables, "once"


def test_who_is_sent_elsewhere_is_not_alone(application: Application) -> None:
    with a_call(application) as call:
        alone_after_a_talk(application, call)
        call.switch.extensions["elsewhere"] = [("playback", LONG)]
        talks(application, call)
        call.agent.transfer_blind("elsewhere")
        call.wait_for(What.TALK_OVER)
        assert call.schedule.transfers == []
        assert call.variables["transfer_after_bridge"] == ALONE


@pytest.mark.parametrize("resume", ["false", "true"])
def test_who_is_parked_by_an_application_goes_on_as_its_server_goes_unless_the_switch_resumes(
    application: Application, resume: str
) -> None:
    with a_call(application) as call:
        alone_after_a_talk(application, call)
        parked(application, call)
        assert application.ask(f"sched_del {call.uuid}") == "+OK Deleted: 1\n"
        application.execute("set", f"socket_resume={resume}", uuid="resume")
        application.done("resume")
        application.execute("playback", LONG)
        call.wait_prompt()
        application.sock.close()
        call.wait_for(What.SOCKET_CLOSED)
        if resume == "false":
            assert call.playing, "what is said is said to its end"
            call.hear_out()
            following = Application(application.listener)
            following.accept()
            following.execute("hangup")
            assert call.over.wait(SECONDS)
        else:
            gevent.sleep(0.05)
            assert not call.gone and call.facts["state"] == "CS_RESET"


def test_a_scheduled_transfer_is_taken_back(application: Application) -> None:
    with a_call(application) as call:
        application.execute("set", "execute_on_post_bridge=sched_transfer +60 pay XML default")
        parked(application, call)
        assert application.ask(f"sched_del {call.uuid}") == "+OK Deleted: 1\n"
        assert application.ask(f"sched_del {call.uuid}") == "+OK Deleted: 0\n"
        with pytest.raises(LookupError, match="nothing is scheduled"):
            call.schedule.come_due()


def test_a_socket_that_was_left_behind_gets_the_keys_and_takes_the_call_along(application: Application) -> None:
    with a_call(application) as call:
        for name, data in KEYPAD:
            application.execute(name, data)
        parked(application, call)
        application.ask(f"uuid_transfer {call.uuid} pay XML default")
        following = Application(application.listener)
        following.accept()
        call.press("5")
        application.until(rb"digits: 5")
        following.execute("set", "socket_resume=true", uuid="resume")
        following.done("resume")
        assert b"\ndigits: 5" not in following.received
        application.sock.close()
        call.wait_for(What.FALLBACK)


def test_the_inline_dialplan_gives_an_application_time_to_leave(application: Application) -> None:
    with a_call(application) as call:
        parked(application, call)
        target = f"uuid_transfer {call.uuid} 'sleep:300,transfer:pay XML default' inline"
        assert application.ask(target) == "+OK\n"
        application.say(b"exit", rb"\+OK bye")
        following = Application(application.listener)
        following.accept()
        assert not call.gone


@pytest.mark.parametrize("hangs_up", ["true", "false"])
def test_without_parking_the_call_ends_or_the_dialplan_goes_on(application: Application, hangs_up: str) -> None:
    with a_call(application) as call:
        application.execute("set", "park_after_bridge=false")
        application.execute("set", f"hangup_after_bridge={hangs_up}", uuid="rule")
        talks(application, call)
        call.agent_hangs_up()
        ended = call.wait_for(What.HUNG_UP)
        assert ended.by == ("application" if hangs_up == "true" else "switch")
        assert (What.FALLBACK in [one.what for one in call.history]) is (hangs_up == "false")


# --- other ways ---


def with_ways(application: Application, ways: dict[str, Agents]) -> tuple[SimulatedSwitch, Call]:
    switch = SimulatedSwitch([("socket", f"{application.host} async full")], agents=ways)
    call = switch.dial(stepped=True)
    application.accept()
    application.hears(EVENTS)
    for name, value in KEEP.items():
        application.execute("set", f"{name}={value}")
    return switch, call


def test_who_is_taken_from_a_fifo_in_a_prompt_stays_there_until_a_break(application: Application) -> None:
    switch, call = with_ways(application, {"fifo/payments": TOLD})
    with switch:
        application.execute("fifo", "payments in", locked=False)
        call.wait_for(What.QUEUED)
        application.execute("playback", LONG)
        call.wait_prompt()
        leg = call.waiting.answer()
        application.done("playback")
        assert application.ask(f"uuid_getvar {call.uuid} fifo_serviced_uuid") == leg.uuid
        assert "fifo" not in application.completed()
        application.ask(f"uuid_break {call.uuid}")
        application.done("fifo")
        call.wait_for(What.AGENT)
        leg.hang_up()
        call.wait_for(What.PARKED)


def test_a_second_bridge_from_where_a_caller_is_parked_leaves_the_channel_deaf(application: Application) -> None:
    switch, call = with_ways(application, {"user/201": replace(TOLD, after=0.1)})
    with switch:
        application.execute("bridge", "user/201", uuid="first", locked=False)
        call.wait_for(What.AGENT)
        call.agent_hangs_up()
        call.wait_for(What.PARKED)
        application.execute("bridge", "user/201", uuid="second", locked=False)
        call.wait_for(What.AGENT)
        call.agent_hangs_up()
        application.done("second")
        application.execute("set", "deaf=false", uuid="set")
        application.ask(f"uuid_exists {call.uuid}")
        gevent.sleep(0.02)
        assert "deaf" not in call.variables


@pytest.mark.parametrize(
    ("dialled", "cause"),
    [("user/201", "USER_BUSY"), ("user/202", "SUBSCRIBER_ABSENT"), ("sofia/gateway/no/1", "INVALID_GATEWAY")],
)
@pytest.mark.parametrize("stays", [True, False])
def test_who_is_called_and_not_reached(application: Application, dialled: str, cause: str, stays: bool) -> None:
    switch, call = with_ways(application, {"user/201": Agents(answer=False, after=0.1, cause="USER_BUSY")})
    with switch:
        if stays:
            application.execute("set", "continue_on_fail=true")
        application.execute("bridge", dialled, locked=False)
        application.done("bridge")
        assert call.variables["originate_disposition"] == cause
        assert call.gone is not stays
