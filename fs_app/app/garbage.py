"""When garbage is collected: while few callers are up, not in the middle of a thousand calls.

Python looks for circles of garbage whenever enough objects were made, and all calls wait meanwhile: 10 ms again and
again beside a thousand calls, and 60 ms every so often. Calls leave no circles (a test holds that), so that what a
call was is gone with its last frame, and there is next to nothing to find. So nobody looks while there are many.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from pathlib import Path

import gevent
import structlog

log = structlog.get_logger()

_LOOK_SECONDS = 60.0
_FEW = 20  # calls: all they hold is looked through within a few milliseconds
_GROWTH_KB, _GROWTH_KB_A_CALL = 64 * 1024, 40  # beyond what so many calls need, something has left circles


def resident_kb() -> int:
    """The memory this process has now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


class Collector:
    """Collects garbage instead of Python. ``calls`` tells how many are up, ``memory_kb`` what the process has."""

    def __init__(self, calls: Callable[[], int], *, memory_kb: Callable[[], int] = resident_kb) -> None:
        self._calls = calls
        self._memory_kb = memory_kb
        self._before_kb = 0
        self._running: gevent.Greenlet[..., None] | None = None

    def start(self) -> None:
        """From now on Python does not collect by itself."""
        gc.disable()
        self._before_kb = self._memory_kb()
        self._running = gevent.spawn(self._run)

    def stop(self) -> None:
        """Python collects again."""
        if self._running is not None:
            self._running.kill()
        gc.enable()  # killed before it ran, it does not say so itself

    def look(self) -> bool:
        """Collect where few calls are up, or where memory has grown beyond what calls need; whether it did."""
        calls = self._calls()
        grown = self._memory_kb() - self._before_kb
        if calls > _FEW and grown < _GROWTH_KB + _GROWTH_KB_A_CALL * calls:
            return False
        began = time.monotonic()
        found = gc.collect()
        self._before_kb = self._memory_kb()
        if calls > _FEW:
            took = round(1000 * (time.monotonic() - began))
            log.warning(
                "collected garbage beside calls", calls=calls, grown_kb=grown, found=found, milliseconds=took
            )
        return True

    def _run(self) -> None:
        try:
            while True:
                gevent.sleep(_LOOK_SECONDS)
                self.look()
        finally:  # whatever ends it: somebody has to collect
            gc.enable()
