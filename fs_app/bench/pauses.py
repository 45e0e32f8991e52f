"""When a core stood still: what the host of a virtual machine takes, and whatever else no program can help.

A process that nothing on its core comes before (SCHED_FIFO, which root may ask for) sleeps for a millisecond again
and again; what it oversleeps is a pause. Times are those of `time.monotonic`, the same for every process.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

_SLEEP = 0.001
_SHORTEST = 0.0005  # what a timer is late anyhow

Pause = tuple[float, float]  # from, to


class Pauses:
    """Watches cores. Use as a context manager; `found` is there after it."""

    def __init__(self, cores: Iterable[int]) -> None:
        self._cores = sorted(set(cores))
        self.found: list[Pause] = []

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "fs_app.bench.pauses"]
        self._watching = [
            subprocess.Popen([*command, str(core)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for core in self._cores
        ]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        told = [watching.communicate()[0] for watching in self._watching]  # the end of its input ends it
        self.found = united(pause for text in told for pause in json.loads(text or "[]"))

    def without(self, begins: float, ends: float) -> float:
        """How much of that time no core of ours stood still."""
        at = bisect_right(self.found, (begins, begins))
        lost = 0.0
        for first, last in self.found[max(0, at - 1) :]:
            if first >= ends:
                break
            lost += max(0.0, min(last, ends) - max(first, begins))
        return ends - begins - lost

    def share(self) -> float:
        """The share of the watched time that was lost."""
        if not self.found:
            return 0.0
        return sum(last - first for first, last in self.found) / (self.found[-1][1] - self.found[0][0])

    def longest(self) -> float:
        """Seconds."""
        return max((last - first for first, last in self.found), default=0.0)


def united(pauses: Iterable[Sequence[float]]) -> list[Pause]:
    """In order, with those that overlap as one."""
    whole: list[Pause] = []
    for first, last in sorted((pause[0], pause[1]) for pause in pauses):
        if whole and first <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(last, whole[-1][1]))
        else:
            whole.append((first, last))
    return whole


def main(core: int) -> None:
    """Watch one core until standard input ends; write its pauses."""
    os.sched_setaffinity(0, {core})
    with suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    poll = select.poll()
    poll.register(sys.stdin, select.POLLIN | select.POLLHUP)
    found: list[Pause] = []
    while not poll.poll(0):
        before = time.monotonic()
        time.sleep(_SLEEP)
        due, now = before + _SLEEP, time.monotonic()
        if now - due > _SHORTEST:
            found.append((due, now))
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
