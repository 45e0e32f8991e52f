"""The simulated switch held to the real one: the application's side of recorded transcripts is replayed to it.

The frames have to be the same in number, order, kind and text; of an event's 200 headers the names have to be the
same, up to `TOLERATED`. The caller does what the caller of the recording did, at a tenth of the time.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote

import gevent
import pytest
from gevent import socket

from fs_app.testing.switch import Agents, Call, SimulatedSwitch, What

RECORDED = Path(__file__).parents[1] / "wire" / "recorded"
SPEED = 0.1
LONGEST_GAP = 1.0  # seconds of a recording; longer ones are only somebody waiting for nothing
SECONDS = 5.0

# Not simulated, because the package uses none of it: a bridge of our own, play_and_get_digits.
NOT_SIMULATED = {
    "bridge_agent_return",
    "bridge_no_answer",
    "play_and_get_digits",
}
ON_ONE_SOCKET = sorted(
    {path.stem for path in RECORDED.glob("*.jsonl")}
    - NOT_SIMULATED
    - {"server_death_1_first_server", "server_death_2_next_server"}
)
CALLER_HANGS_UP = {"caller_hangup_mid_prompt", "caller_hangup_no_linger", "transfer", "transfer_uuid"}
AGENT_HANGS_UP = "bridge_callcenter_return"
LONG_TALK = (
    60 / SPEED
)  # ended by the agent, not by its length: order has to come from the switch, not from the clock
AGENTS_EXTENSION = [("answer", ""), ("set", "fifo_music=silence_stream://-1"), ("fifo", "payments in")]

# Headers that depend on SIP signalling, on the other leg of a bridge, or on modules that we do not simulate.
TOLERATED = re.compile(
    r"""variable_sip_.* | variable_playback_.* | variable_rtp_.* | variable_proto_specific_hangup_cause
    | Other-.* | variable_(?:cc|bridge|last_bridge|last_sent|original|transfer|uuid_bridge|signal_bond|fifo).*
    | Caller-(?:Callee-ID-Name|Callee-ID-Number|Transfer-Source|RDNIS) | variable_current_application.*
    | variable_DP_MATCH | variable_(?:current|total)_loops? | variable_last_arg""",
    re.VERBOSE,
)
COMPARED = re.compile(
    r"""Event-Name | Channel-State-Number | Answer-State | Hangup-Cause | Application(?:-Data|-Response)? | DTMF-.*
    | variable_(?:last_matching_digits | sensitive_dtmf | digits_dialed | cc_cause)""",
    re.VERBOSE,
)


def messages(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (RECORDED / f"{name}.jsonl").read_text().splitlines()]


def headers_of(text: str) -> dict[str, str]:
    pairs = (line.partition(": ") for line in text.split("\n") if ": " in line)
    return {name: unquote(value) for name, _, value in pairs}


class Application:
    """The application's end: what a recording says it sent, and the frames that come back."""

    def __init__(self) -> None:
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        self.host = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self._buffer = b""

    def accept(self) -> None:
        self.listener.settimeout(SECONDS)
        self.sock, _ = self.listener.accept()
        self.sock.settimeout(SECONDS)

    def frame(self) -> str:
        """The next frame, head and body. Not CHANNEL_PARK: it races with the application's first commands."""
        text = self._frame()
        return self._frame() if "Event-Name: CHANNEL_PARK\n" in text else text

    def _frame(self) -> str:
        while b"\n\n" not in self._buffer:
            self._more()
        head, _, rest = self._buffer.partition(b"\n\n")
        length = re.search(rb"^Content-Length: (\d+)$", head, re.MULTILINE)
        size = int(length[1]) if length else 0
        while len(rest) < size:
            self._more()
            rest = self._buffer.partition(b"\n\n")[2]
        self._buffer = rest[size:]
        return (head + b"\n\n" + rest[:size]).decode()

    def at_end(self) -> bool:
        """True where the switch has closed the socket and nothing is left."""
        return not self._buffer and self.sock.recv(1) == b""

    def _more(self) -> None:
        data = self.sock.recv(65536)
        assert data, "the simulated switch closed the socket"
        self._buffer += data


def replay(name: str, application: Application, call: Call) -> None:
    """Do what the application and the caller did, and compare what comes back."""
    recording = messages(name)
    recorded_uuid = headers_of(str(recording[1]["text"]))["Unique-ID"]
    before = 0.0
    for number, message in enumerate(recording):
        text = str(message.get("text", "")).replace(recorded_uuid, call.uuid)
        gap, before = float(str(message["t"])) - before, float(str(message["t"]))
        expected = headers_of(text)
        if message["from"] == "app":
            gevent.sleep(min(gap, LONGEST_GAP) * SPEED)
            application.sock.sendall(text.encode())
            continue
        if message.get("closed"):
            assert application.at_end() if call.gone else not application.sock.close()
            continue
        if "digits" in expected or "DTMF-Digit" in expected:
            gevent.sleep(min(gap, LONGEST_GAP) * SPEED)
            call.press(expected.get("digits") or expected["DTMF-Digit"])
        elif expected.get("Event-Name") == "CHANNEL_HANGUP" and name in CALLER_HANGS_UP:
            gevent.sleep(min(gap, LONGEST_GAP) * SPEED)
            call.hang_up()
        elif expected.get("Event-Name") == "CHANNEL_UNBRIDGE" and name == AGENT_HANGS_UP:
            gevent.sleep(min(gap, LONGEST_GAP) * SPEED)
            call.agent_hangs_up()
        elif expected.get("Event-Name") == "CHANNEL_PARK":
            continue
        compare(f"{name}, message {number + 1}", text, application.frame())


def compare(where: str, recorded: str, simulated: str) -> None:
    expected, got = headers_of(recorded), headers_of(simulated)
    if "Event-Name" not in expected:
        blank = re.compile(r"Job-UUID: [0-9a-f-]+")
        assert blank.sub("Job-UUID", simulated) == blank.sub("Job-UUID", recorded), where
        return
    assert facts(got) == facts(expected), where
    missing, added = (
        {name for name in a.keys() - b.keys() if not TOLERATED.fullmatch(name)}
        for a, b in ((expected, got), (got, expected))
    )
    assert (missing, added) == (set(), set()), where
    assert list(got)[:4] == list(expected)[:4], where
    assert 0.8 < len(simulated) / len(recorded) < 1.2 or where.startswith(("bridge", "transfer")), where


def facts(headers: dict[str, str]) -> dict[str, str]:
    shown = {name: value for name, value in headers.items() if COMPARED.fullmatch(name)}
    if shown.get("Application") == "socket":
        shown["Application-Data"] = re.sub(r":\d+", ":port", shown["Application-Data"])
    return shown


@pytest.mark.parametrize("name", ON_ONE_SOCKET)
def test_answers_are_those_of_the_recorded_switch(name: str) -> None:
    application = Application()
    with SimulatedSwitch(
        [("socket", f"{application.host} async full")],
        speed=SPEED,
        agents={"payments": Agents(talk=LONG_TALK)},
        extensions={"agents": AGENTS_EXTENSION},
        log_level="info",
    ) as switch:
        call = switch.dial("15551230000", name=" true" if "hostile" in name else "Jane", inband="inband" in name)
        application.accept()
        replay(name, application, call)


def test_a_call_outlives_its_server_on_the_next_host() -> None:
    first, second = Application(), Application()
    hosts = f"{first.host}|{second.host} async full"
    plan = [("set", "socket_resume=true"), ("set", "continue_on_fail=true"), ("socket", hosts), ("socket", hosts)]
    with SimulatedSwitch(plan, speed=SPEED) as switch:
        call = switch.dial("15551230000")
        first.accept()
        first.listener.close()
        replay("server_death_1_first_server", first, call)
        second.accept()
        replay("server_death_2_next_server", second, call)
        assert [h.detail for h in call.history if h.what is What.CONNECTED] == [first.host, second.host]
        assert call.wait_for(What.FALLBACK).detail == f"socket {hosts}"
