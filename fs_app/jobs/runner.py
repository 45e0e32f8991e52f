"""Claims what is due in the database and gives it to its follower, some at a time.

Any number of runners may run, here and on other machines. A claim ends with its lease, so a runner that dies leaves
nothing behind but a pause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Protocol

import structlog
from gevent import Greenlet, spawn
from gevent.event import Event

from fs_app.errors import StoreUnavailable
from fs_app.ports import Clock, Task, TaskKind, Tasks

_log = structlog.get_logger(__name__)

_AFTER_A_BUG_SECONDS = 300.0


class Follower(Protocol):
    """Takes one claimed task a step further and says when it is due again, if ever. May raise StoreUnavailable."""

    def work(self, task: Task) -> str:
        """The outcome in a word, for the metrics: ``done``, ``waiting``, ``person`` ..."""
        ...


class Runner:
    """``at_once`` tasks at a time; ``lease_seconds`` is longer than any one of them can take."""

    def __init__(
        self,
        tasks: Tasks,
        followers: Mapping[TaskKind, Follower],
        clock: Clock,
        *,
        at_once: int = 8,
        poll_seconds: float = 1.0,
        lease_seconds: float = 600.0,
        worked: Callable[[str, str], None] = lambda kind, outcome: None,
    ) -> None:
        self._tasks = tasks
        self._followers = followers
        self._clock = clock
        self._at_once = at_once
        self._poll_seconds = poll_seconds
        self._lease_seconds = lease_seconds
        self._worked = worked
        self._stopping = Event()
        self._wake = Event()
        self._busy: set[Greenlet[..., None]] = set()

    def run(self) -> None:
        """Work until `stop`; then finish what is claimed."""
        while not self._stopping.is_set():
            self._wake.clear()
            if not self.claim():
                self._wake.wait(self._poll_seconds)
        for greenlet in list(self._busy):
            greenlet.join()

    def stop(self) -> None:
        """Claim nothing more."""
        self._stopping.set()
        self._wake.set()

    def claim(self) -> int:
        """Claim what is due, as much as there is room for, and start on it; how much that was."""
        room = self._at_once - len(self._busy)
        if room <= 0:
            return 0
        try:
            claimed = self._tasks.claim(list(self._followers), limit=room, lease_seconds=self._lease_seconds)
        except StoreUnavailable as error:
            _log.error("tasks_not_claimed", error=str(error))
            return 0
        for task in claimed:
            greenlet = spawn(self._work, task)
            self._busy.add(greenlet)
            greenlet.link(self._ended)
        return len(claimed)

    def _ended(self, greenlet: Greenlet[..., None]) -> None:
        self._busy.discard(greenlet)
        self._wake.set()

    def _work(self, task: Task) -> None:
        outcome = "failed"
        try:
            outcome = self._followers[task.kind].work(task)
        except StoreUnavailable as error:  # its lease ends, and it is claimed again
            _log.error("task_interrupted", kind=task.kind, subject=task.subject, error=str(error))
        except Exception as error:  # noqa: BLE001  the outermost frame of a task; it may hold a vendor's exception
            _log.error("task_failed", kind=task.kind, subject=task.subject, error=type(error).__name__)
            self._put_off(task, f"failed: {type(error).__name__}")
        self._worked(task.kind, outcome)

    def _put_off(self, task: Task, note: str) -> None:
        try:
            self._tasks.put_off(task, self._clock.now() + timedelta(seconds=_AFTER_A_BUG_SECONDS), note)
        except StoreUnavailable as error:
            _log.error("task_interrupted", kind=task.kind, subject=task.subject, error=str(error))
