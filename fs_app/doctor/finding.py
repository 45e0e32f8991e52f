"""What a check finds, and the shape of a check."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

F = TypeVar("F")


class Severity(StrEnum):
    """How bad it is."""

    CRITICAL = "critical"  # a card could be written down or heard, or a call lost: no card is asked for
    WRONG = "wrong"  # something does not work as it should, or will not when it is needed
    ADVICE = "advice"  # works; a careful operator would change it


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to mend. ``place`` is file:line where a file is known, ``change`` the exact line to write."""

    check: str
    severity: Severity
    what: str
    why: str
    change: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a check has to say about one place; the rest stands in the check itself."""

    what: str
    change: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Check(Generic[F]):
    """A question to the facts ``F``. ``why`` is told with everything it finds."""

    name: str
    severity: Severity
    why: str
    look: Callable[[F], Iterator[Found]]

    def findings(self, facts: F) -> Iterator[Finding]:
        """What it finds."""
        for found in self.look(facts):
            yield Finding(self.name, self.severity, found.what, self.why, found.change, found.place)
