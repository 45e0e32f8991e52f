"""How an answer leaves the local gateway: whole, or spoiled by a fault; and connections that are cut."""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator
from typing import Any

import gevent
from gevent.pywsgi import WSGIHandler

from fs_app.gateways.sandbox.faults import BROKEN, TRUNCATED, Fault

# Longer than the 60 s after which the SDK drops an idle connection, so that we never close one it is about to use.
KEEP_ALIVE_SECONDS = 120.0
_DRIPS = 20

Environ = dict[str, Any]


class Connection(WSGIHandler):
    """Passes the path as it arrived and the socket; sends at once; lets go of connections that stay idle."""

    def handle(self) -> None:
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(KEEP_ALIVE_SECONDS)
        super().handle()

    def get_environ(self) -> Environ:
        environ: Environ = super().get_environ()
        environ["fs_app.path"] = self.path
        environ["fs_app.connection"] = self
        return environ

    def cut(self, *, reset: bool = False) -> None:
        """Close the connection without another byte, by FIN or by RST."""
        self.close_connection = True
        self._sendall = _nowhere
        with contextlib.suppress(OSError):  # the client was faster
            if reset:  # closing with a linger time of 0 sends RST
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            else:
                self.socket.shutdown(socket.SHUT_RDWR)


def _nowhere(_data: bytes) -> None:
    """What would be sent on a connection that was cut."""


def whole(body: bytes) -> tuple[int, Iterator[bytes]]:
    """An answer as it should be: its announced length and its pieces."""
    return len(body), iter([body])


def spoiled(body: bytes, fault: Fault, environ: Environ) -> tuple[int, Iterator[bytes]]:
    """An answer as a fault lets it be: its announced length and its pieces."""
    half = body[: len(body) // 2]
    if fault.kind == BROKEN:
        return whole(half)
    if fault.kind == TRUNCATED:
        return len(body), _cut_off(half, environ["fs_app.connection"])
    return len(body), _dripping(body, fault.seconds)


def _cut_off(half: bytes, connection: Connection) -> Iterator[bytes]:
    yield half
    connection.cut()


def _dripping(body: bytes, seconds: float) -> Iterator[bytes]:
    size = max(1, -(-len(body) // _DRIPS))
    for start in range(0, len(body), size):
        yield body[start : start + size]
        gevent.sleep(seconds / _DRIPS)
