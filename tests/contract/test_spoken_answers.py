"""A spoken answer on the simulated switch and, where there is one, on a real FreeSWITCH: the same ends, the same
files, the same events."""

from __future__ import annotations

import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import gevent
import pytest
from gevent.event import AsyncResult

from fs_app.domain.keys import Verdict
from fs_app.domain.prompt import say
from fs_app.errors import CallEnded, SwitchError
from fs_app.metrics import Metrics
from fs_app.ports import Recorded
from fs_app.prompts.voice import load_voice
from fs_app.telephony.server import CallServer
from fs_app.telephony.timing import Timing
from fs_app.testing.freeswitch import INBAND_NUMBER, NUMBER, RealSwitch
from fs_app.testing.switch import SimulatedSwitch, dialplan

SOUNDS = Path(__file__).parents[2] / "sounds"
YES = SOUNDS / "en" / "brand_visa.wav"
SECONDS = 20.0
TIMING = Timing(before_voice=2.0, after_voice=1.0)
EVENTS = ("RECORD_START", "RECORD_STOP")


class Line(NamedTuple):
    """One switch: how its caller is asked aloud, and what then happens there."""

    ask: Callable[..., Recorded]
    events: Callable[[], list[dict[str, str]]]
    folder: Path


class Server:
    """Asks one question aloud in each call, and keeps what came of it."""

    def __init__(self, folder: Path) -> None:
        self.answer: AsyncResult[Recorded] = AsyncResult()
        self.calls = CallServer(
            ("127.0.0.1", 0),
            self._ask,
            voice=load_voice(SOUNDS),
            language="en",
            queue="payments",
            limit=5,
            watcher=Metrics(),
            timing=TIMING,
            recordings=folder,
        )
        self.calls.start()
        self.host = f"127.0.0.1:{self.calls.port}"

    def _ask(self, channel, info) -> None:
        channel.answer()
        try:
            self.answer.set(channel.record(say("one_moment"), 6))
        except (CallEnded, SwitchError) as error:
            self.answer.set_exception(error)


def headers(text: str) -> dict[str, str]:
    pairs = (line.partition(": ") for line in text.splitlines() if ": " in line)
    return {name: value for name, _, value in pairs}


def simulated(folder: Path) -> Iterator[Line]:
    server = Server(folder)
    with SimulatedSwitch(dialplan([server.host])) as switch:

        def ask(*, voice: bool = False, keys: str = "", hangs_up: bool = False, tones: bool = False) -> Recorded:
            server.answer = AsyncResult()
            # Who says or presses something is slow enough for a busy machine to do so in time.
            switch.speed = 0.3 if voice or keys or hangs_up else 0.1
            call = switch.dial(inband=tones)
            listening(lambda: call.recordings.all)
            if voice:
                call.says("yes")
            call.press(keys)
            if hangs_up:
                call.hang_up()
            return server.answer.get(timeout=SECONDS)

        yield Line(ask, lambda: [headers(text) for text in switch.events], folder)
    server.calls.stop(1, 1)


def real(folder: Path) -> Iterator[Line]:
    server = Server(folder)
    with RealSwitch(folder.parent / "fs", [server.host], SOUNDS) as switch:

        def ask(*, voice: bool = False, keys: str = "", hangs_up: bool = False, tones: bool = False) -> Recorded:
            server.answer = AsyncResult()
            call = switch.dial(INBAND_NUMBER if tones else NUMBER, tones=tones)
            if folder.parent.is_dir() and not folder.is_file():
                call.waits_until("RECORD_START")
            gevent.sleep(0.5)
            if voice:
                switch.api(f"uuid_broadcast {call.caller} {YES}")
                gevent.sleep(1.0)
            if keys:
                call.press(keys)
            if hangs_up:
                call.hang_up()
            answer = server.answer.get(timeout=SECONDS)
            call.waits_for_end()
            return answer

        events = switch.overheard.events
        yield Line(ask, lambda: [headers(event.body.decode("utf-8", "replace")) for event in events], folder)
    server.calls.stop(1, 1)


def listening(condition: Callable[[], object]) -> None:
    for _ in range(100):
        if condition():
            return
        gevent.sleep(0.02)


SWITCHES = {"simulated": simulated, "real": real}


@pytest.fixture(
    scope="module",
    params=["simulated", pytest.param("real", marks=pytest.mark.freeswitch)],
)
def line(request, tmp_path_factory) -> Iterator[Line]:
    yield from SWITCHES[request.param](tmp_path_factory.mktemp("spoken") / "recordings")


def files(line: Line) -> list[Path]:
    return sorted(line.folder.glob("*")) if line.folder.is_dir() else []


@pytest.mark.parametrize("tones", [False, True], ids=["telephone-event", "tones"])
def test_a_sentence_ends_with_the_pause_after_it(line: Line, tones: bool) -> None:
    said = line.ask(voice=True, tones=tones)
    assert said.verdict is Verdict.ENTERED
    assert files(line) == [said.path]
    assert line.folder.stat().st_mode & 0o777 == 0o700
    with wave.open(str(said.path)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        assert said.seconds == pytest.approx(sound.getnframes() / 8000)
    assert 0.15 <= said.spoken < said.seconds
    stop = [event for event in line.events() if event.get("Event-Name") == "RECORD_STOP"][-1]
    assert stop["Record-Completion-Cause"] == "success-silence"
    said.path.unlink()


@pytest.mark.parametrize("tones", [False, True], ids=["telephone-event", "tones"])
def test_a_pound_key_ends_it_and_is_no_voice(line: Line, tones: bool) -> None:
    said = line.ask(voice=True, keys="#", tones=tones)
    assert said.verdict is Verdict.ENTERED
    assert said.path is not None
    said.path.unlink()
    assert line.ask(keys="#", tones=tones).verdict is Verdict.SILENCE
    assert files(line) == []


@pytest.mark.parametrize(
    ("keys", "verdict"),
    [("", Verdict.SILENCE), ("0", Verdict.AGENT), ("*", Verdict.BACK), ("5", Verdict.WRONG_KEY)],
)
def test_what_is_no_voice_leaves_no_file(line: Line, keys: str, verdict: Verdict) -> None:
    assert line.ask(keys=keys).verdict is verdict
    assert files(line) == []


def test_digits_keyed_after_a_voice_throw_it_away(line: Line) -> None:
    assert line.ask(voice=True, keys="4", tones=True).verdict is Verdict.WRONG_KEY
    assert files(line) == []


def test_a_caller_who_hangs_up_leaves_no_file(line: Line) -> None:
    with pytest.raises(CallEnded):
        line.ask(hangs_up=True)
    listening(lambda: not files(line))
    assert files(line) == []


def test_events_and_variables_are_those_of_the_real_switch(line: Line) -> None:
    line.ask()
    start, stop = [event for event in line.events() if event.get("Event-Name") in EVENTS][-2:]
    assert [start["Event-Name"], stop["Event-Name"]] == list(EVENTS)
    assert start["Record-File-Path"] == stop["Record-File-Path"]
    for event in (start, stop):
        assert event["Recording-Variable-RECORD_READ_ONLY"] == "true"
        assert event["Recording-Variable-RECORD_FINAL_TIMEOUT_MS"] == "1000"
    assert stop["Record-Completion-Cause"] == stop["variable_record_completion_cause"] == "no-input-timeout"
    samples = int(stop["variable_record_samples"])
    assert int(stop["variable_record_ms"]) == samples // 8
    assert int(stop["variable_record_seconds"]) == samples // 8000
    assert int(stop["variable_record_file_size"]) == pytest.approx(2 * samples + 44, abs=400)
