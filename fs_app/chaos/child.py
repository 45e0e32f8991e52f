"""The processes of a campaign: started, told what to do, started again when they have died."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gevent
from gevent.event import Event

from fs_app.chaos.points import ANY, Point
from fs_app.errors import FsAppError

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0


class Victim:
    """A process of `fs_app.chaos.victim`. It is started again as often as it dies, until `stop`.

    ``told`` is given every line it says; ``deaths`` counts how often it was killed.
    """

    def __init__(
        self, name: str, role: str, config: Path, log: Path, told: Callable[[dict[str, Any]], None] = lambda _: None
    ) -> None:
        self.name = name
        self.deaths = 0
        self.died = Event()
        self._command = [sys.executable, "-m", "fs_app.chaos.victim", role, "--config", str(config)]
        self._log = log
        self._told = told
        self._ready = Event()
        self._stopping = False
        self._process: subprocess.Popen[bytes] | None = None
        self._watching: gevent.Greenlet[..., None] | None = None

    def start(self) -> None:
        """Start it; it is up when `wait_ready` returns."""
        self._watching = gevent.spawn(self._watch)

    def wait_ready(self) -> None:
        """Wait until it is up; FsAppError with the end of its log where that does not happen."""
        until = time.monotonic() + _START_SECONDS
        while not self._ready.wait(0.2):
            if time.monotonic() > until:
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
        process = self._process
        if not self.ready or process is None or process.stdin is None:
            return False
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """End it at once; it is started again."""
        if self._process is not None:
            self._process.kill()

    def stop(self) -> None:
        """End it for good."""
        self._stopping = True
        if self._process is not None:
            self._process.kill()
        if self._watching is not None:
            self._watching.join(_STOP_SECONDS)

    def _watch(self) -> None:
        while not self._stopping:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(
                    self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
                )
            self._listen(self._process)
            self._ready.clear()
            self._process.wait()
            if not self._stopping:
                self.deaths += 1
                self.died.set()
                self.died.clear()

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            told = json.loads(line)
            if "ready" in told:
                self._ready.set()
            else:
                self._told(told)


class Role:
    """A process of ``fs-app`` as it is: the local gateway."""

    def __init__(self, name: str, config: Path, log: Path) -> None:
        self._command: Sequence[str] = [sys.executable, "-m", "fs_app", "--config", str(config), name]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, start_new_session=True)

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_STOP_SECONDS)


def last_lines(log: Path, count: int = 20) -> str:
    """The end of a log, for a message."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
