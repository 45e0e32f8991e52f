"""A client of FreeSWITCH's inbound event socket: API commands, and everything a second client can overhear."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Sequence

import gevent
from gevent.event import Event
from gevent.queue import Empty, Queue

from fs_app.errors import SwitchError, SwitchTimeout
from fs_app.telephony.headers import Frame, Framer, decode_value

_SECONDS = 10.0


class Overheard:
    """All events and log lines of the switch, kept. ``stir`` is set whenever one is added."""

    def __init__(self) -> None:
        self.events: list[Frame] = []
        self.log: list[Frame] = []
        self._waiters: list[Event] = []

    def add(self, frame: Frame) -> None:
        """Keep what came."""
        kind = frame.content_type
        if kind == b"text/event-plain":
            self.events.append(frame)
        elif kind == b"log/data":
            self.log.append(frame)
        for waiter in self._waiters:
            waiter.set()

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds, looking at it after each event; False after so many seconds."""
        stir, until = Event(), time.monotonic() + seconds
        self._waiters.append(stir)
        try:
            while not condition():
                left = until - time.monotonic()
                if left <= 0 or not stir.wait(left):
                    return condition()
                stir.clear()
            return True
        finally:
            self._waiters.remove(stir)

    def text(self, *, without: Sequence[str] = ()) -> str:
        """Everything, its values decoded, but what belongs to one of these channels."""
        marks = [uuid.encode("ascii") for uuid in without]
        kept = [
            frame
            for frame in (*self.events, *self.log)
            if not any(mark in frame.head or mark in frame.body for mark in marks)
        ]
        return "\n".join(decode_value(line) for frame in kept for line in frame.body.split(b"\n"))


class EventSocket:
    """One logged-in connection. OSError where nobody listens, SwitchError where the password is refused."""

    def __init__(self, port: int, password: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_SECONDS)
        self._socket.settimeout(None)
        self._replies: Queue[Frame] = Queue()
        self._others: Callable[[Frame], None] = lambda frame: None
        self._greeted = Event()
        self._reader = gevent.spawn(self._read)
        self._greeted.wait(_SECONDS)
        reply = self.command(f"auth {password}").header("Reply-Text") or ""
        if not reply.startswith("+OK"):
            self.close()
            raise SwitchError("the event socket refused the password")

    def api(self, command: str) -> str:
        """What an API command answers; ``bgapi`` answers at once."""
        line = command if command.startswith("bgapi ") else f"api {command}"
        frame = self.command(line)
        answer = frame.body.decode("utf-8", "replace") or frame.header("Reply-Text") or ""
        return answer.rstrip("\n")

    def listen(self, overheard: Overheard) -> None:
        """Take all events of all channels, and the log at the level of the switch."""
        self.follow(overheard.add, "event plain ALL", "log DEBUG")

    def follow(self, taker: Callable[[Frame], None], *lines: str) -> None:
        """Send these commands, and hand ``taker`` whatever is neither a reply nor an answer: it must not wait."""
        self._others = taker
        for line in lines:
            self.command(line)

    def command(self, line: str) -> Frame:
        """Send one line and wait for its reply. SwitchTimeout after ten seconds."""
        self._socket.sendall(f"{line}\n\n".encode())
        try:
            return self._replies.get(timeout=_SECONDS)
        except Empty:
            raise SwitchTimeout("FreeSWITCH did not answer on its event socket") from None

    def close(self) -> None:
        """Hang up."""
        self._reader.kill()
        self._socket.close()

    def _read(self) -> None:
        framer = Framer()
        while data := self._received():
            framer.feed(data)
            while (frame := framer.next_frame()) is not None:
                self._take(frame)

    def _received(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except OSError:
            return b""

    def _take(self, frame: Frame) -> None:
        kind = frame.content_type
        if kind == b"auth/request":
            self._greeted.set()
        elif kind in (b"command/reply", b"api/response"):
            self._replies.put(frame)
        else:
            self._others(frame)
