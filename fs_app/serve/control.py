"""How a command reaches the supervisor: a Unix socket that its owner alone may use, one line of JSON a message.

A command is ``{"do": NAME}``; what it says is a line each, the last one is ``{"done": true}`` or
``{"failed": why}``. What was begun goes on when the terminal that asked for it is closed.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import gevent
from gevent.queue import Queue
from gevent.server import StreamServer

from fs_app.errors import FsAppError, RestartFailed

_LONGEST_LINE = 4096
_PATIENCE_SECONDS = 5.0

View = Mapping[str, Any]
Command = Callable[[Callable[[View], None]], None]
"""Does what it is named for and says how it goes; FsAppError where it fails."""


class ControlServer:
    """Answers at ``path``. OSError where somebody else does, or where the folder is not to be written."""

    def __init__(self, path: Path, commands: Mapping[str, Command]) -> None:
        self._path = path
        self._commands = commands
        self._server = StreamServer(_bound(path), self._serve)

    def start(self) -> None:
        """Answer from now on."""
        self._server.start()

    def stop(self) -> None:
        """Answer no more."""
        self._server.stop()
        self._path.unlink(missing_ok=True)

    def _serve(self, line: socket.socket, _address: object) -> None:
        line.settimeout(_PATIENCE_SECONDS)
        with suppress(OSError, ValueError), line.makefile("rb") as asked:
            name = json.loads(asked.readline(_LONGEST_LINE)).get("do")
            if name in self._commands:
                said: Queue[View | None] = Queue()
                gevent.spawn(_run, self._commands[name], said)
                for view in iter(said.get, None):
                    line.sendall(json.dumps(view).encode() + b"\n")


def ask(path: Path, name: str) -> Iterator[View]:
    """Have the supervisor do something and hear how it goes. RestartFailed where it fails, FsAppError where nobody
    answers."""
    with socket.socket(socket.AF_UNIX) as line:
        try:
            with _reachable(path) as short:
                line.connect(short)
        except OSError as error:
            raise FsAppError(f"no `fs-app serve` answers at {path}: {error.strerror}") from None
        line.sendall(json.dumps({"do": name}).encode() + b"\n")
        with line.makefile("rb") as answers:
            for answer in map(json.loads, answers):
                if "failed" in answer:
                    raise RestartFailed(answer["failed"])
                if "done" in answer:
                    return
                yield answer
    raise FsAppError("the server ended before it was done")


def _run(command: Command, said: Queue[View | None]) -> None:
    try:
        command(said.put)
        said.put({"done": True})
    except FsAppError as error:
        said.put({"failed": str(error)})
    finally:
        said.put(None)


def _bound(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    with _reachable(path) as short:
        with socket.socket(socket.AF_UNIX) as another, suppress(FileNotFoundError, ConnectionRefusedError):
            another.connect(short)
            raise FileExistsError("somebody answers there")
        path.unlink(missing_ok=True)  # of one that was killed
        bound = socket.socket(socket.AF_UNIX)
        os.fchmod(bound.fileno(), 0o600)  # before it has a name: nobody else ever finds it open
        bound.bind(short)
    bound.listen()
    return bound


@contextmanager
def _reachable(path: Path) -> Iterator[str]:
    """The same place by a name that is short enough for a socket: 107 bytes, unix(7)."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
