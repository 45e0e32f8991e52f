"""The soak's side of a switch in its own process: callers are sent to it, and it is hurt as a machine is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import gevent
from gevent.event import AsyncResult, Event

from fs_app.soak.caller import End, Ended
from fs_app.soak.ways import Errand


class Switchboard:
    """A process of `fs_app.soak.board`; started again whenever it dies, until `stop`."""

    def __init__(self, name: str, sounds: Path, log: Path) -> None:
        self.name = name
        self._command = [sys.executable, "-m", "fs_app.soak.board", str(sounds)]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._up: dict[int, AsyncResult[Ended]] = {}
        self._running = Event()
        self._stopping = False
        self._watching: gevent.Greenlet[..., None] | None = None

    @property
    def pid(self) -> int:
        """Its process id; 0 where it is not up."""
        return 0 if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it, and again whenever it dies."""
        self._spawn()
        self._watching = gevent.spawn(self._watch)

    def call(self, errand: Errand) -> Ended:
        """Have somebody call there, and wait for the end of it."""
        self._running.wait()
        result = self._up[errand.id] = AsyncResult()
        self._order(json.dumps(errand.order()))
        ended = result.get()
        assert ended is not None
        return ended

    # --- what happens to it ---

    def kill(self) -> None:
        """It dies with every call; its kernel closes the connections."""
        self._signal(signal.SIGKILL)

    def stall(self, seconds: float) -> None:
        """It stands still; the connections stay, nobody reads them."""
        self._signal(signal.SIGSTOP)
        gevent.sleep(seconds)
        self._signal(signal.SIGCONT)

    def cut(self) -> None:
        """Every connection breaks, the calls stay up."""
        self._order('{"cut": true}')

    def stop(self) -> None:
        """End it for good."""
        self._stopping = True
        self.kill()
        if self._watching is not None:
            self._watching.join(timeout=5)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    def _spawn(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
            )
        self._running.set()

    def _order(self, line: str) -> None:
        assert self._process is not None and self._process.stdin is not None
        with suppress(OSError):  # it has just died: `_watch` ends its calls
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def _watch(self) -> None:
        while True:
            self._listen()
            self._running.clear()
            up, self._up = self._up, {}
            for number, result in up.items():
                result.set(Ended(number, End.SWITCH_DIED))
            if self._stopping:
                return
            self._spawn()

    def _listen(self) -> None:
        process = self._process
        assert process is not None and process.stdout is not None
        with process.stdout as stdout:
            for line in stdout:
                ended = Ended.read(json.loads(line))
                self._up.pop(ended.id).set(ended)
        process.wait()
