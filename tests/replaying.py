"""The application's side of a recorded transcript, replayed to the simulated switch, and what comes back compared.

The frames have to be the same in kind and text, and in order: those of the caller's own channel, and those of
everything else that the socket hears of, each by itself, for the threads of the real switch race. Of an event's
200 headers the names have to be the same, up to `TOLERATED`. The caller, and whoever talks with the caller, do
what they did when it was recorded, at a tenth of the time.
"""

from __future__ import annotations

import json
import re
from collections import deque
from pathlib import Path
from urllib.parse import unquote

import gevent
from gevent import socket

from fs_app.testing.switch import Call

RECORDED = Path(__file__).parent / "wire" / "recorded"
SPEED = 0.1
LONGEST_GAP = 1.0  # seconds of a recording; longer ones are only somebody waiting for nothing
SECONDS = 5.0

CALLER_HANGS_UP = {"caller_hangup_mid_prompt", "caller_hangup_no_linger", "transfer", "transfer_uuid"}

# Headers that depend on SIP signalling, on the other leg of a bridge, or on modules that we do not simulate.
TOLERATED = re.compile(
    r"""variable_sip_.* | variable_playback_.* | variable_rtp_.* | variable_proto_specific_hangup_cause
    | Other-.* | variable_(?:cc|bridge|last_bridge|last_sent|original|transfer|uuid_bridge|signal_bond|fifo).*
    | variable_originated?_.* | variable_(?:DIALSTATUS|switch_m_sdp|last_sched_id)
    | (?:Caller|Channel)-(?:Callee-ID-Name|Callee-ID-Number|Transfer-Source|RDNIS) | variable_current_application.*
    | variable_DP_MATCH | variable_(?:current|total)_loops? | variable_last_arg
    | FIFO-Type | FIFO-.*-(?:us|ms|s|Name|Number|UUID)""",
    re.VERBOSE,
)
COMPARED = re.compile(
    r"""Event-Name | Event-Subclass | Channel-State-Number | Answer-State | Hangup-Cause
    | Application(?:-Data|-Response)? | DTMF-.* | Media-Bug-.* | FIFO-(?:Name|Action)
    | CC-(?:Queue|Action|Cause|Cancel-Reason|Hangup-Cause|Agent-Type|Agent-Bridged)
    | variable_(?:last_matching_digits | sensitive_dtmf | digits_dialed | cc_cause | cc_cancel_reason)""",
    re.VERBOSE,
)
_LEGS = ("Unique-ID", "Other-Leg-Unique-ID", "Bridge-B-Unique-ID", "CC-Agent-UUID")
_VARIES = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b1[0-9]{9}\b")
_LISTING = "|instance_id|"


def messages(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (RECORDED / f"{name}.jsonl").read_text().splitlines()]


def headers_of(text: str) -> dict[str, str]:
    pairs = (line.partition(": ") for line in text.split("\n") if ": " in line)
    return {name: unquote(value) for name, _, value in pairs}


class Application:
    """The application's end of one socket."""

    def __init__(self, listener: socket.socket | None = None) -> None:
        self.listener = listener or socket.socket()
        if listener is None:
            self.listener.bind(("127.0.0.1", 0))
            self.listener.listen()
        self.host = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self._buffer = b""
        self._kept: dict[bool, deque[str]] = {True: deque(), False: deque()}

    def accept(self) -> None:
        self.listener.settimeout(SECONDS)
        self.sock, _ = self.listener.accept()
        self.sock.settimeout(SECONDS)

    def frame(self, uuid: str, *, own: bool) -> str:
        """The next frame of the caller's own channel, or of anything else."""
        while not self._kept[own]:
            text = self._frame()
            if not races(headers_of(text)):
                self._kept[is_own(headers_of(text), uuid)].append(text)
        return self._kept[own].popleft()

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


def races(headers: dict[str, str]) -> bool:
    """The CHANNEL_PARK of the socket application comes at once, or after the application's first commands."""
    return headers.get("Event-Name") == "CHANNEL_PARK" and headers["Channel-State"] == "CS_EXECUTE"


def is_own(headers: dict[str, str], uuid: str) -> bool:
    """Of the thread of the caller's channel, or an answer to the application."""
    name = headers.get("Event-Name", "")
    return not name.startswith(("CUSTOM", "MEDIA_BUG")) and headers.get("Unique-ID", uuid) == uuid


class Replay:
    """One recording, message by message."""

    def __init__(self, name: str, application: Application, call: Call) -> None:
        self.name = name
        self.messages = messages(name)
        self._application = application
        self._call = call
        self._recorded = headers_of(str(self.messages[1]["text"]))["Unique-ID"]
        self._uuids = {self._recorded: call.uuid}
        self._endings = _endings(self.messages, self._recorded)

    def run(self) -> None:
        for number in range(len(self.messages)):
            self.step(number)

    def step(self, number: int) -> None:
        """Do what the application or a person did, or compare what came back."""
        message = self.messages[number]
        before = self.messages[number - 1]["t"] if number else 0.0
        gap = min(float(str(message["t"])) - float(str(before)), LONGEST_GAP) * SPEED
        text = str(message.get("text", ""))
        for recorded, simulated in self._uuids.items():
            text = text.replace(recorded, simulated)
        if message["from"] == "app":
            gevent.sleep(gap)
            self._application.sock.sendall(text.encode())
        elif message.get("closed"):
            closed = self._call.gone and self._application.at_end()
            assert closed or not (self._call.gone or self._application.sock.close())
        elif not races(expected := headers_of(text)):
            self._act(number, expected, gap)
            got = self._application.frame(self._call.uuid, own=is_own(expected, self._call.uuid))
            compare(f"{self.name}, message {number + 1}", text, got, self._call.uuid)
            self._learn(headers_of(str(message["text"])), headers_of(got))

    def _learn(self, recorded: dict[str, str], got: dict[str, str]) -> None:
        """Which leg of the recording is which of the simulated switch."""
        self._uuids |= {recorded[name]: got[name] for name in _LEGS if recorded.get(name) and got.get(name)}

    def _act(self, number: int, expected: dict[str, str], gap: float) -> None:
        """What somebody did without which this would not have come."""
        call, waiting = self._call, self._call.waiting
        if number in self._endings and call.talk is not None and not call.agent.gone:
            gevent.sleep(gap)
            self._end_talk(self._endings[number])
        elif "digits" in expected:
            gevent.sleep(gap)
            call.press(expected["digits"])
        elif "DTMF-Digit" in expected:
            gevent.sleep(gap)
            who = call if expected["Unique-ID"] == call.uuid else call.agent
            who.press(expected["DTMF-Digit"])
        elif expected.get("Event-Name") == "CHANNEL_HANGUP" and self.name in CALLER_HANGS_UP:
            gevent.sleep(gap)
            call.hang_up()
        elif waiting is not None:
            match expected.get("CC-Action") or expected.get("FIFO-Action"):
                case "agent-offering":
                    waiting.ring(expected["CC-Agent"])
                case "bridge-agent-fail":
                    waiting.miss(expected["CC-Hangup-Cause"])
                case "bridge-agent-start" | "caller_pop":
                    waiting.answer()
                case "member-queue-end" if expected["CC-Cancel-Reason"] == "TIMEOUT":
                    waiting.give_up("TIMEOUT")

    def _end_talk(self, how: str) -> None:
        if how == "attended":
            self._call.agent.transfer("omar@default")
        elif how == "blind":
            self._call.agent.transfer_blind("other")
        else:
            self._call.agent.hang_up()


def _endings(recording: list[dict[str, object]], uuid: str) -> dict[int, str]:
    """At which message the first trace is of a talk's end, and which end: ``attended``, ``blind`` or ``over``."""
    endings, since = {}, 0
    for number, message in enumerate(recording):
        headers = headers_of(str(message.get("text", "")))
        name = headers.get("Event-Name")
        if message["from"] == "app" or name in (None, "CHANNEL_BRIDGE", "DTMF"):
            since = number + 1
        elif name == "CHANNEL_UNBRIDGE" and headers["Unique-ID"] == uuid:
            other = headers.get("Other-Leg-Unique-ID")
            kept = "over" if other == headers["Bridge-B-Unique-ID"] else "attended"
            endings[since] = kept if other else "blind"
    return endings


def compare(where: str, recorded: str, simulated: str, uuid: str) -> None:
    expected, got = headers_of(recorded), headers_of(simulated)
    if "Event-Name" not in expected:
        assert blanked(simulated) == blanked(recorded), where
        return
    assert facts(got) == facts(expected), where
    missing, added = (
        {name for name in a.keys() - b.keys() if not tolerated(name, got, uuid)}
        for a, b in ((expected, got), (got, expected))
    )
    assert (missing, added) == (set(), set()), where
    assert list(got)[:4] == list(expected)[:4], where
    other_leg = where.startswith(("bridge", "fifo", "queue", "scheduled", "transfer"))
    assert 0.8 < len(simulated) / len(recorded) < 1.2 or other_leg, where


def blanked(text: str) -> str:
    """A reply without what is another one in every call; of a listing its header and what was asked for stay."""
    if _LISTING in text:
        rows = text.split("\n")[3:]
        return "\n".join(row if _LISTING in row else str(row.count("|")) for row in rows)
    return _VARIES.sub("varies", text)


def tolerated(name: str, event: dict[str, str], uuid: str) -> bool:
    """Of another leg variables and profile are those of its own signalling."""
    others = event.get("Unique-ID", uuid) != uuid
    return TOLERATED.fullmatch(name) is not None or (others and name.startswith(("variable_", "Caller-")))


def facts(headers: dict[str, str]) -> dict[str, str]:
    shown = {name: value for name, value in headers.items() if COMPARED.fullmatch(name)}
    if shown.get("Event-Subclass"):
        for name in ("Channel-State-Number", "variable_digits_dialed"):
            shown.pop(name, None)  # of whichever thread was first
    if shown.get("Application") == "socket":
        shown["Application-Data"] = re.sub(r":\d+", ":port", shown["Application-Data"])
    return shown
