"""A door before the database, on loopback: closed, cut, or slammed in the middle of a commit."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import gevent
from gevent import socket
from gevent.server import StreamServer

_COMMIT = b"\x07\x00\x00\x00\x03COMMIT"  # a packet of MySQL's protocol: length, sequence, COM_QUERY, text


class AtCommit(StrEnum):
    """What becomes of the next commit that passes."""

    LOST = "lost"  # it never reaches the database
    UNANSWERED = "unanswered"  # it does, and its answer is lost
    CRASH = "crash"  # it reaches a database that is killed at that moment


class DatabaseProxy:
    """Passes connections on to the socket of a database. ``crash`` kills the database."""

    def __init__(self, upstream: Path, crash: Callable[[], None]) -> None:
        self._upstream = str(upstream)
        self._crash = crash
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._open: set[socket.socket] = set()
        self._planned: list[AtCommit] = []
        self.refusing = False
        self.stalled = False

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_port or 0)

    def start(self) -> None:
        """Listen."""
        self._server.start()

    def stop(self) -> None:
        """Stop listening and cut everything."""
        self._server.stop(timeout=0)
        self.cut()

    def cut(self) -> None:
        """Cut every connection."""
        for one in list(self._open):
            _close(one)

    def at_commit(self, what: AtCommit) -> None:
        """Let that happen to the next commit that passes."""
        self._planned.append(what)

    def calm(self) -> None:
        """Nothing is planned, refused or held back any more."""
        self._planned.clear()
        self.refusing = self.stalled = False

    def _serve(self, client: socket.socket, _address: object) -> None:
        if self.refusing:
            _close(client)
            return
        server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            server.connect(self._upstream)
        except OSError:
            _close(client)
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open |= {client, server}
        answers = gevent.spawn(self._answers, server, client)
        try:
            self._requests(client, server)
        finally:
            self._open -= {client, server}
            _close(client)
            _close(server)
            answers.kill(block=False)

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if data == _COMMIT and self._planned:
                    what = self._planned.pop(0)
                    if what is not AtCommit.LOST:
                        _close(client) if what is AtCommit.UNANSWERED else None
                        server.sendall(data)
                    if what is AtCommit.CRASH:
                        self._crash()
                    elif what is AtCommit.UNANSWERED:
                        gevent.sleep(0.05)  # the commit takes effect, as nobody cuts the database's end
                    return
                self._wait()
                server.sendall(data)

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                self._wait()
                client.sendall(data)
        _close(client)

    def _wait(self) -> None:
        while self.stalled:
            gevent.sleep(0.01)


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
