"""What the recorded transcripts do not show of the simulated switch: order, death, leaks, lines without keys."""

from __future__ import annotations

import re
import wave
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from gevent import socket

from fs_app.testing.switch import Agents, Call, SimulatedSwitch, What, dialplan
from tests.switchkit import SECONDS, Application

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


def start(application: Application, *, speed: float = 0.1, **options: bool) -> tuple[SimulatedSwitch, Call]:
    switch = SimulatedSwitch([("socket", f"{application.host} async full")], speed=speed)
    call = switch.dial(**options)
    application.accept()
    return switch, call


@pytest.mark.parametrize(("locked", "order"), [(True, ["a", "b", "c"]), (False, ["c", "b", "a"])])
def test_playbacks_nest_unless_they_are_locked(application: Application, locked: bool, order: list[str]) -> None:
    switch, _ = start(application)
    with switch:
        for uuid in "abc":
            application.execute("playback", "tone_stream://%(200,0,440)", uuid=uuid, locked=locked)
        for uuid in "abc":
            application.done(uuid)
        assert application.completed() == order


def test_break_all_drops_what_waits_behind_the_playback(application: Application) -> None:
    switch, call = start(application)
    with switch:
        application.execute("playback", "tone_stream://%(60000,0,440)", uuid="long")
        call.wait_prompt()
        application.execute("set", "dropped=true", uuid="waiting")
        application.say(f"api uuid_break {call.uuid} all".encode(), rb"\+OK\n")
        application.done("long")
        application.execute("set", "later=true", uuid="later")
        application.done("later")
        assert application.completed() == ["long", "later"]
        assert "dropped" not in call.variables


def sound(path: Path, seconds: float) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(int(16000 * seconds)))
    return path


def test_missing_files(application: Application, tmp_path: Path) -> None:
    there, missing = sound(tmp_path / "there.wav", 0.5), tmp_path / "missing.wav"
    switch, call = start(application)
    with switch:
        application.execute("playback", str(missing), uuid="alone")
        application.done("alone")
        application.execute("playback", f"file_string://{missing}!{there}", uuid="joined")
        application.done("joined")
        assert re.findall(rb"Application-Response: (\S+)", application.received) == [
            b"FILE%20NOT%20FOUND",
            b"FILE%20PLAYED",
        ]
        prompt = call.wait_prompt()
        assert (prompt.files, prompt.seconds) == ((missing, there), 0.5)


def test_private_keys_are_overheard_by_nobody(application: Application) -> None:
    switch, call = start(application)
    with switch:
        for name, data in KEYPAD:
            application.execute(name, data)
        application.done("digit_action_set_realm")
        call.press("4111111111111111#")  # so many that no number in an event holds them by chance
        application.until(rb"digits: %23")
        call.hang_up()
        assert call.over.wait(SECONDS)
        assert "4111111111111111" not in switch.overheard
        assert re.findall(rb"digits: (\S+)", application.received) == [b"4", *[b"1"] * 15, b"%23"]


@pytest.mark.parametrize("steps", [KEYPAD[1:], KEYPAD[:0]], ids=["without sensitive_dtmf", "without a keypad"])
def test_a_keypad_that_is_not_private_is_overheard(
    application: Application, steps: tuple[tuple[str, str], ...]
) -> None:
    switch, call = start(application)
    with switch:
        for name, data in steps:
            application.execute(name, data)
        if steps:
            application.done(steps[-1][0])
        call.press("4111111111111111")
        assert "4111111111111111" in switch.overheard


def test_keys_wait_until_events_are_diverted(application: Application) -> None:
    switch = SimulatedSwitch([("socket", f"{application.host} async full")])
    with switch:
        call = switch.dial()
        application.accept(divert=False)
        for name, data in KEYPAD:
            application.execute(name, data)
        application.done("digit_action_set_realm")
        call.press("7")
        assert b"digits" not in application.received
        application.say(b"divert_events on", rb"digits: 7")


def test_the_last_key_stays_in_the_events_until_it_is_unset(application: Application) -> None:
    switch, call = start(application)
    with switch:
        for name, data in KEYPAD:
            application.execute(name, data)
        application.done("digit_action_set_realm")
        call.press("7")
        application.execute("set", "a=b", uuid="before")
        application.done("before")
        assert b"variable_last_matching_digits: 7" in application.received
        application.execute("unset", "last_matching_digits", uuid="unset")
        application.done("unset")
        after = application.received.rpartition(b"Event-Name")[2]
        assert b"last_matching_digits: 7" not in after.replace(b"Application-Data", b"")


def test_tones_are_heard_only_by_a_detector(application: Application) -> None:
    switch, call = start(application, inband=True)
    with switch:
        for name, data in KEYPAD:
            application.execute(name, data)
        application.done("digit_action_set_realm")
        call.press("1")
        application.execute("spandsp_start_dtmf")
        application.done("spandsp_start_dtmf")
        call.press("2")
        application.until(rb"digits: 2")
        assert b"digits: 1" not in application.received
        assert b"telephone-event" not in application.received.partition(b"Control: full")[0]


def test_a_socket_without_filter_hears_every_call(application: Application) -> None:
    with SimulatedSwitch([("socket", f"{application.host} async full")]) as switch:
        first = switch.dial()
        application.accept(filtered=False)
        other = Application()
        switch.dialplan = [("socket", f"{other.host} async full")]
        second = switch.dial()
        second.hang_up()
        application.until(f"Unique-ID: {second.uuid}".encode())
        assert not first.gone


def test_the_dialplan_goes_on_when_every_server_is_down() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{nobody.getsockname()[1]}"
        with SimulatedSwitch(dialplan([host])) as switch:
            call = switch.dial()
            assert call.wait_for(What.FALLBACK).detail == "set fs_app_attempt=2"
            assert call.wait_for(What.QUEUED).detail == "payments@default"
            assert call.wait_for(What.HUNG_UP).by == "application"
            assert call.over.wait(SECONDS)


def test_a_prompt_of_a_dead_server_ends_where_the_dialplan_resumes(application: Application) -> None:
    with SimulatedSwitch(dialplan([application.host]), speed=1.0) as switch:
        call = switch.dial()
        application.accept()
        application.execute("playback", "tone_stream://%(60000,0,440)")
        call.wait_prompt()
        application.sock.close()
        application.accept()
        assert call.variables["fs_app_attempt"] == "2"
        assert [happening.what for happening in call.history][-4:] == [
            What.SOCKET_CLOSED,
            What.PROMPT_ENDED,
            What.FALLBACK,
            What.CONNECTED,
        ]


def test_without_socket_resume_what_runs_is_heard_out_before_the_dialplan_goes_on(application: Application) -> None:
    plan = [("socket", f"{application.host} async full"), ("hangup", "NORMAL_CLEARING")]
    with SimulatedSwitch(plan) as switch:
        call = switch.dial(stepped=True)
        application.accept()
        application.execute("playback", "tone_stream://%(60000,0,440)")
        call.wait_prompt()
        application.sock.close()
        call.wait_for(What.SOCKET_CLOSED)
        assert not call.over.wait(0.1)
        call.hear_out()
        assert call.wait_for(What.PROMPT_ENDED).detail == "played"
        assert call.over.wait(SECONDS)


@pytest.mark.parametrize(("resume", "after"), [("true", [What.FALLBACK]), ("false", [])])
def test_with_socket_resume_the_death_of_the_application_cuts_a_talk(
    application: Application, resume: str, after: list[What]
) -> None:
    plan = [
        *[("set", f"socket_resume={resume}"), ("set", "hangup_after_bridge=true")],
        *[("socket", f"{application.host} async full"), ("answer", "")],
    ]
    with SimulatedSwitch(plan) as switch:
        call = switch.dial(stepped=True)
        application.accept()
        application.execute("callcenter", "payments@default")
        call.wait_for(What.AGENT)
        application.sock.close()
        call.wait_for(What.SOCKET_CLOSED)
        cut = resume == "true"
        assert call.over.wait(SECONDS if cut else 0.1) is cut
        call.agent_hangs_up()
        assert call.over.wait(SECONDS)
        assert [one.what for one in call.history if one.what is What.FALLBACK] == after


@pytest.mark.parametrize(
    ("agents", "cause"),
    [({"payments": Agents()}, b"answered"), ({"payments": Agents(answer=False)}, b"cancel"), ({}, None)],
)
def test_an_agent_queue(application: Application, agents: dict[str, Agents], cause: bytes | None) -> None:
    plan = [("socket", f"{application.host} async full")]
    with SimulatedSwitch(plan, agents=agents) as switch:
        switch.dial()
        application.accept()
        application.execute("callcenter", "payments@default")
        application.done("callcenter")
        found = re.search(rb"variable_cc_cause: (\S+)", application.received)
        assert (found and found[1]) == cause


def test_a_stepped_prompt_lasts_until_it_was_heard_out(application: Application) -> None:
    switch, call = start(application, speed=0.0, stepped=True)
    with switch:
        application.execute("playback", "tone_stream://%(10,0,440)")
        call.wait_prompt()
        gevent.sleep(0.05)
        assert call.told
        call.hear_out()
        assert call.wait_for(What.PROMPT_ENDED).detail == "played"


def test_only_keys_of_a_telephone_can_be_pressed(application: Application) -> None:
    switch, call = start(application)
    with switch, pytest.raises(ValueError, match="not a telephone key"):
        call.press("x")


def test_a_switch_that_vanishes_closes_its_sockets(application: Application) -> None:
    switch, call = start(application)
    switch.vanish()
    with pytest.raises(AssertionError, match="closed before"):
        application.until(b"CHANNEL_HANGUP")
    assert call.uuid not in switch.calls
