"""One process of a role: started, heard, told to leave, waited for."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import gevent
from gevent.event import Event

from fs_app.serve import notices
from fs_app.serve.plan import Seat


class Process(Protocol):
    """What the supervisor sees of a process."""

    seat: Seat
    pid: int
    since: float
    """Unix seconds."""
    ready: Event
    ended: Event
    exit_code: int | None
    calls: int
    silent: int
    """How often it was looked at since it told something."""
    problems: Sequence[str]
    leaving: bool

    def hear(self, words: Mapping[str, str]) -> None:
        """It told something."""
        ...

    def leave(self) -> None:
        """Ask it, once, to finish what it has begun and end."""
        ...

    def make_way(self) -> None:
        """The same, and what it has begun goes on in a fresh one that is ready."""
        ...

    def end(self) -> None:
        """Ask one that is leaving to end now: what it has begun, others go on with."""
        ...

    def kill(self) -> None:
        """End it."""
        ...


class ChildProcess:
    """``fs-app --config FILE ROLE``. ``ended`` is called once, before anybody who waits for its end goes on."""

    def __init__(
        self,
        config: Path,
        seat: Seat,
        environment: Mapping[str, str],
        descriptors: Sequence[int],
        ended: Callable[[Process], None],
    ) -> None:
        self.seat = seat
        self.since = time.time()
        self.ready, self.ended = Event(), Event()
        self.exit_code: int | None = None
        self.calls = self.silent = 0
        self.problems: Sequence[str] = ()
        self.leaving = False
        self._on_end = ended
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "fs_app", "--config", str(config), *seat.words],
            env={**os.environ, **environment},
            pass_fds=descriptors,
            start_new_session=True,  # a group of its own: Ctrl-C reaches us alone and is passed on once
        )
        self.pid = self._popen.pid
        gevent.spawn(self._wait)

    def hear(self, words: Mapping[str, str]) -> None:
        """It told something."""
        self.silent = 0
        self.calls = int(words.get(notices.CALLS, self.calls))
        if notices.PROBLEMS in words:
            self.problems = json.loads(words[notices.PROBLEMS])
        if words.get(notices.READY) == "1":
            self.ready.set()
        if words.get(notices.STOPPING) == "1":  # somebody else has told it to
            self.leaving = True

    def leave(self) -> None:
        """SIGTERM, once: a second one would end it at once."""
        self._tell_once(signal.SIGTERM)

    def make_way(self) -> None:
        """SIGUSR1: a fresh one is ready to take what it has."""
        self._tell_once(signal.SIGUSR1)

    def _tell_once(self, number: signal.Signals) -> None:
        if not self.leaving:
            self.leaving = True
            self._popen.send_signal(number)

    def end(self) -> None:
        """The second SIGTERM, for one that was told to leave."""
        self._popen.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self._popen.kill()

    def _wait(self) -> None:
        self.exit_code = self._popen.wait()
        self._on_end(self)
        self.ended.set()
