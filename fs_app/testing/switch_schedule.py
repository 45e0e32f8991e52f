"""Scheduled transfers of a call on the simulated switch: ``sched_transfer`` and ``sched_del``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gevent

if TYPE_CHECKING:
    from fs_app.testing.switch_call import Call


class Schedule:
    """What is to become of one call, and when. It takes its seconds of the clock at any speed of the switch, since
    an application that is there takes it back in time; a test that does not want to wait says `come_due`."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._tasks: dict[gevent.Greenlet[[str], None], str] = {}

    @property
    def transfers(self) -> list[str]:
        """Where the call will be sent: ``pay XML default``."""
        return list(self._tasks.values())

    def add(self, seconds: float, where: str) -> None:
        """Send the call to an extension after so many seconds."""
        self._tasks[gevent.spawn_later(seconds, self._send, where)] = where

    def clear(self) -> int:
        """Forget all of it; how many there were."""
        tasks, self._tasks = self._tasks, {}
        gevent.killall(tasks, block=False)
        return len(tasks)

    def come_due(self) -> None:
        """Now. LookupError where nothing is scheduled."""
        if not self._tasks:
            raise LookupError(f"nothing is scheduled; what happened: {self._call.story}")
        where = self.transfers[-1]
        self.clear()
        self._send(where)

    def _send(self, where: str) -> None:
        self._tasks = {task: kept for task, kept in self._tasks.items() if task is not gevent.getcurrent()}
        extension, _, context = where.split()
        if not self._call.gone:
            self._call.send_to(extension, context)
