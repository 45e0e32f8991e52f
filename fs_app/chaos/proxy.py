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
_WRITES = frozenset(b"\x03" + word for word in (b"INSERT", b"UPDATE", b"DELETE"))
_COMMIT_SECONDS = 0.05  # a commit has taken effect by then; the database's end is cut after it


class AtCommit(StrEnum):
    """What becomes of the next commit of something written."""

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
        """Let that happen to the next commit of something written."""
        self._planned.append(what)

    def calm(self) -> None:
        """Nothing is planned or refused any more."""
        self._planned.clear()
        self.refusing = False

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
        written = False
        with suppress(OSError):
            while data := client.recv(65536):
                if data == _COMMIT and written and self._planned:
                    self._spoil(self._planned.pop(0), client, server)
                    return
                written = data != _COMMIT and (written or data[4:11] in _WRITES)
                server.sendall(data)

    def _spoil(self, what: AtCommit, client: socket.socket, server: socket.socket) -> None:
        if what is AtCommit.LOST:
            return
        if what is AtCommit.UNANSWERED:
            _close(client)
        server.sendall(_COMMIT)
        if what is AtCommit.CRASH:
            self._crash()
        else:
            gevent.sleep(_COMMIT_SECONDS)

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
        _close(client)


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
