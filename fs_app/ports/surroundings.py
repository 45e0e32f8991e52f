"""What every part may need from its surroundings: the time, and a place to note what happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Protocol


class Clock(Protocol):
    """Wall-clock time; injected so that tests own it."""

    def now(self) -> datetime:
        """The time in UTC, aware."""
        ...

    def day(self, moment: datetime) -> date:
        """The day where the operator is at that moment (an aware time)."""
        ...

    def today(self) -> date:
        """The day where the operator is (settings: ``timezone``): what expiry dates are compared with."""
        ...


class Journal(Protocol):
    """Where a call's path through its flow is written: the one log line of a call, and metrics."""

    def step(self, name: str, kind: str, outcome: str, seconds: float) -> None:
        """A step ended with that outcome after so many seconds."""
        ...

    def note(self, values: Mapping[str, str | int]) -> None:
        """Facts worth a place in the call's line: payment id, ending, brand. Never a card digit."""
        ...
