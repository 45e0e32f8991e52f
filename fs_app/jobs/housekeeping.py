"""Forgets what has served its purpose: counted attempts, remembered webhooks. Harmless to do twice, or nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog
from gevent.event import Event

from fs_app.errors import StoreUnavailable
from fs_app.ports import Clock

_log = structlog.get_logger(__name__)


class Forgetful(Protocol):
    """A place that something is kept in for a while."""

    def forget(self, before: datetime) -> int:
        """Delete what is older; how much that was."""
        ...


@dataclass(frozen=True, slots=True)
class Chore:
    """What is forgotten, and after how long."""

    name: str
    place: Forgetful
    keep: timedelta


class Housekeeper:
    """Does its chores at once and then every ``pause_seconds``."""

    def __init__(self, chores: Sequence[Chore], clock: Clock, *, pause_seconds: float = 3600.0) -> None:
        self._chores = chores
        self._clock = clock
        self._pause_seconds = pause_seconds
        self._stopping = Event()

    def run(self) -> None:
        """Until `stop`."""
        while not self._stopping.is_set():
            self.clean()
            self._stopping.wait(self._pause_seconds)

    def stop(self) -> None:
        """Leave the rest."""
        self._stopping.set()

    def clean(self) -> None:
        """Forget what is due; a database that is down is cleaned the next time."""
        for chore in self._chores:
            try:
                gone = chore.place.forget(self._clock.now() - chore.keep)
            except StoreUnavailable as error:
                _log.warning("not_cleaned", what=chore.name, error=str(error))
                continue
            if gone:
                _log.info("forgotten", what=chore.name, rows=gone)
