"""One TCP connection to the switch, read and written in the hub: whole writes, prompt ends, no greenlet."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass

import gevent
import structlog

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
        self._sock = sock
        self._on_bytes = on_bytes
        self._on_end = on_end
        self._unsent = bytearray()
        self._open = True
        sock.settimeout(0.0)
        keep_alive.apply(sock)
        loop = gevent.get_hub().loop
        self._reader = loop.io(sock.fileno(), _READ)
        self._writer = loop.io(sock.fileno(), _WRITE)
        self._stall = loop.timer(stall_seconds)
        self._reader.start(self._readable)

    def write(self, data: bytes) -> None:
        """Write all of it, now or when the socket takes it, after what was written before."""
        waiting = bool(self._unsent)
        self._unsent += data
        if not waiting:
            self._writable()
            if self._unsent:
                self._writer.start(self._writable)
        elif len(self._unsent) > _MAX_UNSENT:
            self._end("the switch does not read")

    def stop(self) -> None:
        """Read and write nothing any more. Harmless when repeated."""
        if not self._open:
            return
        self._open = False
        self._unsent.clear()
        for watcher in (self._reader, self._writer, self._stall):
            watcher.stop()
            watcher.close()

    def close(self) -> None:
        """Stop, give the socket back, and let go of who listened."""
        self.stop()
        self._sock.close()
        self._on_bytes = self._on_end = _ignored

    def _end(self, reason: str) -> None:
        if self._open:
            self.stop()
            self._on_end(reason)

    def _writable(self) -> None:
        try:
            sent = self._sock.send(self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._end("the socket broke")
            return
        del self._unsent[:sent]
        self._stall.stop()
        if self._unsent:
            self._stall.start(self._end, "the switch does not read")
        else:
            self._writer.stop()

    def _readable(self) -> None:
        try:
            data = self._sock.recv(_READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            self._end("the socket broke")
            return
        if not data:
            self._end("the switch closed the socket")
            return
        try:
            self._on_bytes(data)
        except Exception:  # the hub has no frame further out; a deaf call would wait for ever
            log.exception("reading from the switch failed")
            self._end("reading failed")
