"""Keeps one seat taken: what dies is started again, what is replaced leaves in peace."""

from __future__ import annotations

import time
from collections.abc import Callable

import gevent
import structlog
from gevent.event import Event

from fs_app.errors import RestartFailed
from fs_app.serve.plan import Seat
from fs_app.serve.process import Process

log = structlog.get_logger()

Launch = Callable[[Seat], Process]
Told = Callable[[str, Process], None]
"""Is given each state of a process: starting, ready, leaving (again and again while it does), gone."""

_FIRST_PAUSE, _LONGEST_PAUSE, _STEADY_SECONDS = 0.5, 30.0, 60.0
_READY_SECONDS = 120.0  # a worker is ready in 2 s, on a machine that is busy with calls in 20
_LOOK_SECONDS = 0.5
_LAST_SECONDS = 5.0


class Keeper:
    """``process`` is who sits there now. ``died`` is told of each process that ended unasked."""

    def __init__(self, seat: Seat, launch: Launch, died: Callable[[Process], None]) -> None:
        self.seat = seat
        self.process: Process | None = None
        self._launch = launch
        self._died = died
        self._replaced, self._closing = Event(), Event()

    @property
    def is_ready(self) -> bool:
        """Whether who sits there serves."""
        return self.process is not None and self.process.ready.is_set()

    def keep(self) -> None:
        """Until `close`."""
        pause = _FIRST_PAUSE
        while not self._closing.is_set():
            try:
                process = self.process = self.process or self._launch(self.seat)
            except RestartFailed as error:  # no memory, no descriptors
                log.error("role not started", role=self.seat.name, reason=str(error), pause_seconds=_LONGEST_PAUSE)
                self._closing.wait(_LONGEST_PAUSE)
                continue
            self._replaced.clear()
            gevent.wait([process.ended, self._replaced], count=1)
            if self.process is not process or self._closing.is_set():
                continue
            self._died(process)
            if self._closing.is_set():
                break
            if time.time() - process.since > _STEADY_SECONDS:
                pause = _FIRST_PAUSE
            log.error(
                "role died, starting it again",
                role=self.seat.name,
                exit_code=process.exit_code,
                pause_seconds=pause,
            )
            self._closing.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
            if self.process is process:
                self.process = None

    def close(self) -> None:
        """Start nobody any more."""
        self._closing.set()
        self._replaced.set()

    def replace(self, seat: Seat, told: Told) -> Process | None:
        """Seat a fresh process, and return the one that sat there once the fresh one serves.

        RestartFailed where it does not: then nothing has changed.
        """
        fresh = self._launch(seat)
        told("starting", fresh)
        try:
            _wait_ready(fresh)
        except RestartFailed:
            fresh.kill()
            raise
        old, self.process, self.seat = self.process, fresh, seat
        self._replaced.set()
        told("ready", fresh)
        return old


def see_off(process: Process, told: Told) -> None:
    """Have a process leave and wait for its end; one that needs longer than it may is told to end at once."""
    until = time.monotonic() + process.seat.leave_seconds
    process.make_way()
    while not process.ended.is_set() and time.monotonic() < until:
        told("leaving", process)
        process.ended.wait(_LOOK_SECONDS)
    for push in (process.end, process.kill):
        if not process.ended.is_set():
            log.error("a process does not leave", role=process.seat.name, pid=process.pid, calls=process.calls)
            push()
            process.ended.wait(_LAST_SECONDS)
    told("gone", process)


def _wait_ready(process: Process) -> None:
    gevent.wait([process.ready, process.ended], timeout=_READY_SECONDS, count=1)
    if process.ended.is_set():
        reason = (
            "\n".join(process.problems) or f"the fresh one ended with exit code {process.exit_code}, see its log"
        )
    elif not process.ready.is_set():
        reason = f"the fresh one was not ready within {_READY_SECONDS:g} s"
    else:
        return
    raise RestartFailed(f"{process.seat.name} was not replaced: {reason}")
