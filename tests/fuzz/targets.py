"""What a fuzzer hammers: each target takes bytes and raises AssertionError where a law of the wire is broken.

Both the coverage-guided fuzzer (``scripts/fuzz``) and the suite, which replays the kept corpus, call these.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

import gevent
from gevent import socket

from fs_app.errors import CallEnded, FsAppError, ProtocolError, UnsafeArgument
from fs_app.telephony import commands
from fs_app.telephony.connect import read_connect
from fs_app.telephony.headers import MAX_FRAME, MAX_HEAD, Frame, Framer
from fs_app.telephony.pending import Pending
from fs_app.telephony.session import Session

# What the switch would expand, split at, or take for the end of a command.
HOSTILE = re.compile(r"[\x00-\x1f\x7f-\U0010ffff${}'\"`;\\<>&|%]")
UUID = "11112222-3333-4444-5555-666677778888"


def framer(data: bytes) -> None:
    """However a stream is split, the same frames come, or the same error; what waits is bounded."""
    sizes, stream = data[:8], data[8:]
    whole, broken = _cut([stream])
    chunks, rest = [], stream
    for size in sizes:
        chunks.append(rest[:size])
        rest = rest[size:]
    split, broken_too = _cut([*chunks, rest])
    assert (whole, broken) == (split, broken_too)
    for head, body in whole:
        frame = Frame(head, body)
        assert b"Content-Type" in head and repr(frame) == f"<Frame {len(head)}+{len(body)} bytes>"
        for name in ("Reply-Text", "Unique-ID", "Application-UUID"):
            for value in (frame.header(name), frame.event(name), frame.event(name, last=True)):
                assert value is None or isinstance(value, str)
        assert frame.keys is None or body.startswith(b"key: ")


def _cut(chunks: list[bytes]) -> tuple[list[tuple[bytes, bytes]], bool]:
    framer, frames = Framer(), []
    try:
        for chunk in chunks:
            for frame in framer.frames(chunk):
                frames.append((frame.head, frame.body))
            assert framer.pending <= MAX_FRAME + MAX_HEAD
    except ProtocolError:
        return frames, True
    return frames, False


def connect(data: bytes) -> None:
    """Whatever the connect reply says, what is taken from it matches a strict pattern."""
    try:
        info = read_connect(Frame(data, b""))
    except ProtocolError:
        return
    for value in (info.uuid, info.caller_id, info.flow, info.language, info.line, info.queue, info.core):
        assert value is None or (not HOSTILE.search(value) and len(value) <= 130)
    assert 1 <= info.attempt <= 9


def gate(data: bytes) -> None:
    """What passes holds nothing that the switch would expand or split at, and is one command."""
    chosen, text = data[:1] or b"\0", data[1:].decode("utf-8", "replace")
    verbs: list[tuple[str, Callable[[str, str], bytes], int]] = [
        *((verb, _execution, 6) for verb in sorted(commands.APPLICATIONS)),
        *((verb, commands.api, 1) for verb in sorted(commands.APIS)),
        *((verb, commands.plain, 1) for verb in ("connect", "event", "filter", "linger", "divert_events", "exit")),
    ]
    verb, write, lines = verbs[chosen[0] % len(verbs)]
    try:
        written = write(verb, text)
    except UnsafeArgument as error:
        assert len(text) < 4 or text not in str(error), "the message repeats the argument"
        return
    assert not HOSTILE.search(text)
    assert written.endswith(b"\n\n") and written.count(b"\n\n") == 1
    assert written.strip().count(b"\n") + 1 in (lines, lines - 1)


def _execution(verb: str, argument: str) -> bytes:
    return commands.execute(verb, argument)[1]


def session(data: bytes) -> None:
    """A session and a switch that says anything at any time: nothing hangs, nothing is raised in the hub, every
    waiter is woken."""
    Talk(data).run()


class Talk:
    """A byte says what happens next; the rest of the data is what a broken switch writes."""

    def __init__(self, data: bytes) -> None:
        application, self._switch = socket.socketpair()
        self._switch.settimeout(0.0)
        self._session = Session(application)
        self._session.on_end(lambda: None)
        self._data = data
        self._waiting: list[Pending] = []
        self._troubles: list[str] = []

    def run(self) -> None:
        hub = gevent.get_hub()
        told, hub.handle_error = hub.handle_error, self._trouble
        connecting = gevent.spawn(self._connect)
        try:
            while self._data:
                self._next()
                gevent.sleep(0)
            self._session.ask_pulse()
            gevent.sleep(0)
        finally:
            self._session.close()
            self._switch.close()
            connecting.join(timeout=1)
            gevent.sleep(0)
            hub.handle_error = told
        assert connecting.dead and not self._troubles, self._troubles
        assert self._session.ended is not None and self._session.asked_at is None
        assert all(each.done for each in self._waiting)

    def _connect(self) -> None:
        with suppress(FsAppError, CallEnded):
            self._session.connect(seconds=0.5)

    def _next(self) -> None:
        chosen = self._take(1)[0]
        match chosen % 9:
            case 0:
                self._say(self._take(chosen))
            case 1:
                self._say(b"Content-Type: command/reply\nReply-Text: +OK\n\n")
            case 2:
                self._say(b"Content-Type: command/reply\nReply-Text: -ERR no\n\n")
            case 3:
                self._say(f"Content-Type: command/reply\nUnique-ID: {UUID}\n\n".encode())
            case 4:
                self._event(b"Event-Name: CHANNEL_EXECUTE_COMPLETE\n" + self._take(chosen % 64))
            case 5:
                self._event(b"key: x\ndigits: " + self._take(chosen % 4))
            case 6:
                self._order(lambda: self._session.start("playback", "/a.wav"))
            case 7:
                self._order(lambda: self._session.start_api("uuid_break", UUID))
            case _:
                self._event(f"Event-Name: CHANNEL_HANGUP\nUnique-ID: {UUID}".encode())

    def _take(self, count: int) -> bytes:
        taken, self._data = self._data[: max(count, 1)], self._data[max(count, 1) :]
        return taken

    def _order(self, order: Callable[[], Pending]) -> None:
        with suppress(CallEnded):
            self._waiting.append(order())

    def _event(self, body: bytes) -> None:
        body += b"\n\n"
        self._say(b"Content-Type: text/event-plain\nContent-Length: %d\n\n%b" % (len(body), body))

    def _say(self, data: bytes) -> None:
        with suppress(OSError):
            self._switch.send(data)

    def _trouble(self, context: object, kind: object, value: object, trace: object) -> None:
        if not isinstance(value, CallEnded | gevent.GreenletExit):
            self._troubles.append(repr(value))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "framer": framer,
    "connect": connect,
    "gate": gate,
    "session": session,
}
