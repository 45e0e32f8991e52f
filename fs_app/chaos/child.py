"""The processes of a campaign: started, told what to do, started again when they have died."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import gevent
from gevent import socket
from gevent.event import Event

from fs_app.chaos.points import ANY, Point
from fs_app.errors import FsAppError

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0


class Nursery:
    """The process that the others are forked from (`fs_app.chaos.victim`)."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; what it is asked for meanwhile waits."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "fs_app.chaos.victim"],
                stdin=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )

    def fork(self, **order: str) -> None:
        """Have it fork a process."""
        assert self._process is not None and self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_STOP_SECONDS)


class Victim:
    """A process of `fs_app.chaos.victim`. It is started again as often as it dies, until `stop`.

    ``told`` is given every line it says, and ``{"died": name}``; ``deaths`` counts how often it was killed.
    """

    def __init__(
        self,
        nursery: Nursery,
        name: str,
        role: str,
        config: Path,
        log: Path,
        told: Callable[[dict[str, Any]], None],
    ) -> None:
        self.name = name
        self.deaths = 0
        self._nursery = nursery
        self._order = {
            "role": role,
            "config": str(config),
            "log": str(log),
            "line": str(config.with_suffix(".line")),
        }
        self._log = log
        self._told = told
        self._ready = Event()
        self._stopping = False
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._line: socket.socket | None = None
        self._pid = 0
        self._watching: gevent.Greenlet[..., None] | None = None

    def start(self) -> None:
        """Start it; it is up when `wait_ready` returns."""
        Path(self._order["line"]).unlink(missing_ok=True)  # of an earlier campaign that was kept
        self._listener.bind(self._order["line"])
        self._listener.listen()
        self._listener.settimeout(_START_SECONDS)
        self._watching = gevent.spawn(self._watch)

    def wait_ready(self) -> None:
        """Wait until it is up; FsAppError with the end of its log where that does not happen."""
        if not self._ready.wait(_START_SECONDS):
            raise FsAppError(f"{self.name} did not start; {self._log} says:\n{last_lines(self._log)}")

    @property
    def ready(self) -> bool:
        """Whether it is up now."""
        return self._ready.is_set()

    def arm(self, point: Point, minor: int = ANY) -> None:
        """Have it die when a payment of that amount passes the point."""
        self.order(arm=point.value, minor=minor)

    def disarm(self) -> None:
        """Have it live."""
        self.order(disarm=True)

    def order(self, **order: Any) -> bool:
        """Hand it an order; False where it is not up."""
        if not self.ready or self._line is None:
            return False
        try:
            self._line.sendall(json.dumps(order).encode() + b"\n")
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End it for good."""
        self._stopping = True
        if self.ready:
            os.kill(self._pid, signal.SIGKILL)
        if self._watching is not None:
            self._watching.kill(timeout=_STOP_SECONDS)
        self._listener.close()

    def _watch(self) -> None:
        while not self._stopping:
            self._nursery.fork(**self._order)
            try:
                self._line, _ = self._listener.accept()
            except TimeoutError:
                continue
            self._listen(self._line)
            self._ready.clear()
            self._line.close()
            self.deaths += 1
            self._told({"died": self.name})

    def _listen(self, line: socket.socket) -> None:
        with suppress(OSError):
            for text in line.makefile("rb"):
                told = json.loads(text)
                if "ready" in told:
                    self._pid = told["ready"]
                    self._ready.set()
                else:
                    self._told(told)


class Role:
    """A process of ``fs-app`` as it is."""

    def __init__(self, name: str, config: Path, log: Path) -> None:
        self._command: Sequence[str] = [sys.executable, "-m", "fs_app", "--config", str(config), name]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id; 0 before the first start."""
        return 0 if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it, for the first time or again; its log goes on."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, start_new_session=True)

    def ask_to_end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """SIGTERM; or SIGUSR1, where another process is ready to take over."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def ended(self, seconds: float) -> bool:
        """Wait so long for its end; whether it came."""
        if self._process is not None:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        return self._process is None or self._process.poll() is not None

    def stop(self) -> None:
        """End it, whatever it takes."""
        self.ask_to_end()
        if not self.ended(_STOP_SECONDS):
            self.kill()


def last_lines(log: Path, count: int = 20) -> str:
    """The end of a log, for a message."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
