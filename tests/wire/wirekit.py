"""The switch's end of the socket, for tests: by hand (`Peer`) or from a recorded transcript (`Replay`)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import gevent
from gevent import socket

from fs_app.domain.prompt import Manner, Prompt
from fs_app.ports import Tune, Utterance

RECORDED = Path(__file__).parent / "recorded"
UUID = "11112222-3333-4444-5555-666677778888"
SECONDS = 5.0  # no test waits longer for anything


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Two ends of a TCP connection on loopback: the application's and the switch's."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        switch = socket.create_connection(listener.getsockname())
        application, _ = listener.accept()
    return application, switch


def eventually(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Wait until the condition holds; fail where it does not in time."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "did not happen in time"
        gevent.sleep(0.002)


def kind_of(command: str) -> str:
    """``playback`` for the execution of playback, ``api uuid_break``, ``linger``: what a command does."""
    if match := re.search(r"^execute-app-name: (.*)$", command, re.MULTILINE):
        return f"execute {match[1]}"
    words = command.split()
    return " ".join(words[:2]) if words[0] == "api" else words[0]


def event_text(name: str, **headers: str) -> bytes:
    """An event as the switch writes it, values URL-encoded."""
    lines = [f"Event-Name: {name}"]
    lines += [f"{key.replace('_', '-') if key[0].isupper() else key}: {quote(v)}" for key, v in headers.items()]
    body = "\n".join(lines) + "\n\n"
    return f"Content-Length: {len(body)}\nContent-Type: text/event-plain\n\n{body}".encode()


def key_text(key: str) -> bytes:
    """A key of the private keypad."""
    body = f"uuid_setvar: {UUID}%20last_matching_digits\ndigits: {quote(key)}\n\n"
    return f"Content-Length: {len(body)}\nContent-Type: text/event-plain\n\n{body}".encode()


def reply_text(text: str = "+OK") -> bytes:
    return f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode()


def connect_text(raw: dict[str, str] | None = None) -> bytes:
    """A connect reply; ``raw`` are further headers, their values as they go over the wire."""
    headers = {
        "Event-Name": "CHANNEL_DATA",
        "Unique-ID": UUID,
        "Caller-Caller-ID-Number": "15551230000",
        "variable_switch_r_sdp": "m%3Daudio%201%20RTP/AVP%200%20101%0D%0Aa%3Drtpmap%3A101%20telephone-event/8000",
        **(raw or {}),
        "Content-Type": "command/reply",
        "Reply-Text": "%2BOK%0A",
    }
    return "".join(f"{key}: {value}\n" for key, value in headers.items()).encode() + b"\n"


class Peer:
    """The switch's end, driven by a test: answers the set-up by itself, the rest when told."""

    def __init__(self, sock: socket.socket, connect_reply: bytes | None = None) -> None:
        self.sock = sock
        self.sock.settimeout(SECONDS)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connect_reply = connect_reply or connect_text()
        self.commands: list[str] = []
        self.told: list[str] = []  # recordings that are masked, for the dialplan
        self._buffer = b""

    def write(self, data: bytes) -> None:
        self.sock.sendall(data)

    def read(self) -> str:
        """The next command; EOFError where the application has closed. What the dialplan is told of recordings is
        noted and answered."""
        while True:
            while b"\n\n" not in self._buffer:
                data = self.sock.recv(65536)
                if not data:
                    raise EOFError
                self._buffer += data
            head, _, self._buffer = self._buffer.partition(b"\n\n")
            command = head.decode("ascii")
            if " fs_app_masked " not in command:
                self.commands.append(command)
                return command
            self.told.append(command.partition(" fs_app_masked ")[2])
            self.reply(command)

    def expect(self, kind: str) -> str:
        """The next command, which has to be of that kind, answered ``+OK``."""
        command = self.read()
        assert kind_of(command) == kind, command
        self.reply(command)
        return command

    def expect_api(self) -> str:
        """The next command, which has to call an API, answered ``+OK``."""
        command = self.read()
        assert command.startswith("api "), command
        self.reply(command)
        return command

    def reply(self, command: str) -> None:
        if command == "connect":
            self.write(self.connect_reply)
        elif command.startswith("api "):
            self.api_response("<media-bugs>\n</media-bugs>\n" if "uuid_buglist" in command else "+OK\n")
        else:
            self.write(reply_text())

    def api_response(self, body: str) -> None:
        self.write(f"Content-Type: api/response\nContent-Length: {len(body)}\n\n{body}".encode())

    def set_up(self) -> None:
        """What `Session.connect` sends."""
        for kind in ("connect", "linger", "filter", "event", "divert_events"):
            self.expect(kind)

    def answer(self, *, asks: bool = True) -> None:
        """What `SwitchChannel.answer` sends, completed. ``asks``: what hears the call, first."""
        if asks:
            self.expect("api uuid_buglist")
        for application in ("answer", "set", "clear_digit_action", "bind_digit_action", "digit_action_set_realm"):
            self.complete(self.expect(f"execute {application}"))

    def complete(self, command: str, response: str = "FILE PLAYED", **variables: str) -> None:
        """The completion of an execution."""
        self.write(completion_text(command, response, **variables))

    def key(self, key: str) -> None:
        self.write(key_text(key))

    def hang_up(self) -> None:
        self.write(event_text("CHANNEL_HANGUP", Unique_ID=UUID))

    def close(self) -> None:
        self.sock.close()


def uuid_of(command: str) -> str:
    match = re.search(r"^Event-UUID: (.*)$", command, re.MULTILINE)
    assert match, command
    return match[1]


def completion_text(command: str, response: str, **variables: str) -> bytes:
    return event_text(
        "CHANNEL_EXECUTE_COMPLETE",
        Unique_ID=UUID,
        **{f"variable_{name}": value for name, value in variables.items()},
        Application=kind_of(command).removeprefix("execute "),
        Application_Response=response,
        Application_UUID=uuid_of(command),
    )


def measured(text: str) -> bytes:
    """A recorded message with the Content-Length it has now: names and addresses in it were replaced."""
    head, _, body = text.partition("\n\n")
    return re.sub(r"(?m)^Content-Length: .*$", f"Content-Length: {len(body.encode())}", head).encode() + (
        b"\n\n" + body.encode()
    )


class Replay:
    """Plays the switch's part of a recorded transcript, message by message, as the application gets there.

    Commands of the socket itself are answered from the recording whenever they come; executions are awaited in the
    recorded order, and their completion carries our ``Event-UUID``. What the recording has no counterpart for
    (``unset``) is completed at once. Time does not pass: the next message goes out as soon as it may.
    """

    def __init__(self, sock: socket.socket, name: str, *, last_command: str = "") -> None:
        self.peer = Peer(sock)
        self.last_command = last_command  # what the recording's application sent after it is not awaited
        self.items = [json.loads(line) for line in (RECORDED / f"{name}.jsonl").read_text().splitlines()]
        self.uuid = next(
            match[1]
            for item in self.items
            if (match := re.search(r"^Unique-ID: (.*)$", item["text"], re.MULTILINE))
        )
        self.replies = self._recorded_replies()
        self.running: dict[str, str] = {}

    def _recorded_replies(self) -> dict[str, list[str]]:
        waiting: list[str] = []
        replies: dict[str, list[str]] = {}
        for item in self.items:
            text = item.get("text", "")
            if item["from"] == "app":
                waiting.append(kind_of(text))
            elif "command/reply" in text or "api/response" in text:
                replies.setdefault(waiting.pop(0), []).append(text)
        return replies

    def run(self) -> None:
        """Until the transcript ends or the application has left."""
        try:
            for item in self.items:
                text = item.get("text")
                if text is None:
                    self.peer.close()
                elif item["from"] == "app":
                    if f"execute {self.last_command}" not in self.running:
                        self._await(kind_of(text))
                elif "Event-Name: CHANNEL_EXECUTE_COMPLETE" in text:
                    self._complete(text)
                elif "command/reply" not in text and "api/response" not in text:
                    self.peer.write(measured(text))
        except (EOFError, OSError):
            pass  # the application has left: what was recorded after that is of no interest

    def _await(self, kind: str) -> None:
        executes_or_api = kind.startswith(("execute", "api"))
        while kind == "connect" or executes_or_api:
            command = self.peer.read()
            got = kind_of(command)
            known = self.replies.get(got) or [reply_text().decode()]
            self.peer.write((known.pop(0) if len(known) > 1 else known[0]).encode())
            if got.startswith("execute"):
                self.running[got] = command
            if got == kind:
                return
            if got.startswith("execute"):
                self.peer.complete(command, "_none_")

    def _complete(self, text: str) -> None:
        application = re.findall(r"^Application: (.*)$", text, re.MULTILINE)[-1]
        command = self.running.get(f"execute {application}")
        if command is not None:
            text = re.sub(r"(?m)^Application-UUID: .*$", f"Application-UUID: {uuid_of(command)}", text)
        self.peer.write(measured(text))


class SilentVoice:
    """A Voice whose every phrase is one file of the same length."""

    languages = ("en",)

    def __init__(self, seconds: float = 1.0) -> None:
        self.seconds = seconds

    def render(self, prompt: Prompt, language: str, manner: Manner = Manner.PLAIN) -> Utterance:
        files = tuple(Path(f"/sounds/{language}/{phrase.name}.wav") for phrase in prompt.phrases)
        return Utterance(files, " ".join(phrase.name for phrase in prompt.phrases), self.seconds)

    def tune(self, tune: Tune) -> Utterance:
        return Utterance((Path(f"/sounds/tunes/{tune}.wav"),), f"({tune})", self.seconds)

    def gaps(self, phrase: str, language: str) -> frozenset[str] | None:
        return frozenset()
