"""Work that runs in a greenlet of its own beside a call, and may outlive it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger()
T = TypeVar("T")


class Work(Generic[T]):
    """Keeps the result of a function, or its error, for whoever still wants it; ``run`` never raises.

    ``on_done`` must not wait. An error that nobody will hear of (``abandoned``) is logged.
    """

    def __init__(self, function: Callable[[], T], *, on_done: Callable[[], None]) -> None:
        self._function = function
        self._on_done = on_done
        self._result: list[T] = []
        self._error: Exception | None = None
        self.done = False
        self.abandoned = False

    def run(self) -> None:
        """Do the work: the outermost frame of its greenlet."""
        try:
            self._result.append(self._function())
        except Exception as error:
            self._error = error
            if self.abandoned:
                log.exception("work failed after its caller had gone")
        self.done = True
        self._on_done()

    def result(self) -> T:
        """What the function returned; what it raised is raised again."""
        if self._error is not None:
            raise self._error
        return self._result[0]
