"""One TCP connection to the switch, read and written in the hub: whole writes, prompt ends, no greenlet."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import gevent
import structlog
from gevent import monkey

from fs_app.telephony.waiting import Timer

log = structlog.get_logger()

_READ_BYTES = 65536
_MAX_UNSENT = 1024 * 1024
_READ, _WRITE = 1, 2


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """How fast a half-open socket is noticed: ``idle + interval * probes`` seconds, unsent data likewise."""

    idle: int = 3
    interval: int = 2
    probes: int = 3

    @property
    def seconds(self) -> int:
        """The longest time until the kernel gives the connection up."""
        return self.idle + self.interval * self.probes

    def apply(self, sock: socket.socket) -> None:
        """Set the socket's options; a socket that is not TCP has none."""
        if sock.family not in (socket.AF_INET, socket.AF_INET6):
            return
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in (
            (socket.TCP_NODELAY, 1),
            (socket.TCP_KEEPIDLE, self.idle),
            (socket.TCP_KEEPINTVL, self.interval),
            (socket.TCP_KEEPCNT, self.probes),
            (socket.TCP_USER_TIMEOUT, self.seconds * 1000),
        ):
            sock.setsockopt(socket.IPPROTO_TCP, option, value)


plain_socket = monkey.get_original("socket", "socket")


class _Watcher(Protocol):
    """What gevent's loop looks at for us."""

    def stop(self) -> None: ...

    def close(self) -> None: ...


def _ignored(_: object) -> None:
    """Nobody listens any more."""


class Wire:
    """Hands on what arrives and why it ended, in the hub; ``write`` never waits and never loses a byte.

    ``on_bytes`` and ``on_end`` must not wait. ``on_end`` is called once, unless ``close`` came first. A peer that
    takes nothing for ``stall_seconds`` is an end, as is one that lets a megabyte pile up.
    """

    def __init__(
        self,
        sock: socket.socket,
        on_bytes: Callable[[bytes], None],
        on_end: Callable[[str], None],
        *,
        keep_alive: KeepAlive,
        stall_seconds: float,
    ) -> None:
        # gevent's socket waits and retries at each call; the one under it does neither, and nor do we.
        self.sock = plain_socket(sock.family, sock.type, sock.proto, fileno=sock.detach())
        self._on_bytes = on_bytes
        self._on_end = on_end
        self._stall_seconds = stall_seconds
        self._unsent = bytearray()
        self._reading = False
        self._held: list[bytes] = []  # what is written while we read goes out in one piece
        self._open = True
        self.sock.setblocking(False)
        keep_alive.apply(self.sock)
        self._loop = gevent.get_hub().loop
        reader = self._loop.io(self.sock.fileno(), _READ)
        self._watchers: list[_Watcher] = [reader]
        reader.start(self._readable)

    def write(self, data: bytes) -> None:
        """Write all of it, now or when the socket takes it, after what was written before.

        Now is, while ``on_bytes`` runs, when it has returned: answers to what came together leave together.
        """
        if self._reading:
            self._held.append(data)
            return
        if self._unsent:
            self._unsent += data
            if len(self._unsent) > _MAX_UNSENT:
                self._end("the switch does not read")
            return
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._end("the socket broke")
            return
        if sent < len(data):
            self._unsent += data[sent:]
            self._wait_to_write()

    def stop(self) -> None:
        """Read and write nothing any more, but for what is held. Harmless when repeated."""
        if not self._open:
            return
        if self._held:
            self._write_held()
        self._open = False
        self._unsent.clear()
        for watcher in self._watchers:
            watcher.stop()
            watcher.close()
        self._watchers.clear()

    def close(self) -> None:
        """Stop, give the socket back, and let go of who listened."""
        self.stop()
        self.sock.close()
        self._on_bytes = self._on_end = _ignored

    def _write_held(self) -> None:
        self._reading = False
        data = b"".join(self._held)
        self._held.clear()
        if self._open:
            self.write(data)

    def _end(self, reason: str) -> None:
        if self._open:
            self.stop()
            self._on_end(reason)

    def _wait_to_write(self) -> None:
        """The socket takes no more for now: go on when it does, or end where it does not in time."""
        writer = self._loop.io(self.sock.fileno(), _WRITE)
        stall = self._loop.timer(self._stall_seconds)
        self._watchers += (writer, stall)
        writer.start(self._writable, stall)
        stall.start(self._end, "the switch does not read")

    def _writable(self, stall: Timer) -> None:
        try:
            sent = self.sock.send(self._unsent)
        except BlockingIOError:
            return
        except OSError:
            self._end("the socket broke")
            return
        del self._unsent[:sent]
        stall.stop()
        if self._unsent:
            stall.start(self._end, "the switch does not read")
        else:
            for watcher in self._watchers[1:]:
                watcher.stop()
                watcher.close()
            del self._watchers[1:]

    def _readable(self) -> None:
        try:
            data = self.sock.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            self._end("the socket broke")
            return
        if not data:
            self._end("the switch closed the socket")
            return
        self._reading = True
        try:
            self._on_bytes(data)
        except Exception:  # the hub has no frame further out; a deaf call would wait for ever
            log.exception("reading from the switch failed")
            self._end("reading failed")
        self._reading = False
        if self._held:
            self._write_held()
