"""A client of FreeSWITCH's own event socket (``event_socket.conf``): API commands, and events for who wants them.

Calls do not come this way: the switch connects to us for each. This is for who looks at the switch from outside.
"""

from __future__ import annotations

from collections.abc import Callable

import gevent
from gevent import socket
from gevent.event import Event
from gevent.queue import Empty, Queue

from fs_app.errors import ProtocolError, SwitchError, SwitchTimeout
from fs_app.telephony.headers import Frame, Framer

_SECONDS = 10.0


class EventSocket:
    """One logged-in connection; every wait ends after ``seconds``.

    OSError where nobody listens; SwitchError where the password, or our address, is refused.
    """

    def __init__(self, address: tuple[str, int], password: str, *, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._socket = socket.create_connection(address, timeout=seconds)
        self._socket.settimeout(None)
        self._replies: Queue[Frame] = Queue()
        self._others: Callable[[Frame], None] = lambda frame: None
        self._greeted = Event()
        self._refused = ""
        self._reader = gevent.spawn(self._read)
        self._greeted.wait(seconds)
        try:
            if self._refused:
                raise SwitchError(self._refused)
            reply = self.command(f"auth {password}").header("Reply-Text") or ""
            if not reply.startswith("+OK"):
                raise SwitchError("the event socket refused the password")
        except SwitchError:
            self.close()
            raise

    def api(self, command: str) -> str:
        """What an API command answers; ``bgapi`` answers at once."""
        line = command if command.startswith("bgapi ") else f"api {command}"
        frame = self.command(line)
        answer = frame.body.decode("utf-8", "replace") or frame.header("Reply-Text") or ""
        return answer.rstrip("\n")

    def follow(self, taker: Callable[[Frame], None], *lines: str) -> None:
        """Send these commands, and hand ``taker`` whatever is neither a reply nor an answer: it must not wait."""
        self._others = taker
        for line in lines:
            self.command(line)

    def command(self, line: str) -> Frame:
        """Send one line and wait for its reply. SwitchTimeout where none comes, SwitchError where the end does."""
        try:
            self._socket.sendall(f"{line}\n\n".encode())
            return self._replies.get(timeout=self._seconds)
        except OSError:
            raise SwitchError("the event socket is closed") from None
        except Empty:
            raise SwitchTimeout("FreeSWITCH did not answer on its event socket") from None

    def close(self) -> None:
        """Hang up."""
        self._reader.kill()
        self._socket.close()

    def _read(self) -> None:
        framer = Framer()
        try:
            while data := self._received():
                for frame in framer.frames(data):
                    self._take(frame)
        except ProtocolError:
            self._refused = "that is no event socket"
        self._greeted.set()

    def _received(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except OSError:
            return b""

    def _take(self, frame: Frame) -> None:
        kind = frame.content_type
        if kind == b"auth/request":
            self._greeted.set()
        elif kind == b"text/rude-rejection":
            self._refused = "the event socket takes nobody from this address (apply-inbound-acl)"
            self._greeted.set()
        elif kind in (b"command/reply", b"api/response"):
            self._replies.put(frame)
        else:
            self._others(frame)
