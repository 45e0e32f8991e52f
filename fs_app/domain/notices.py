"""What a line says before its flow begins: an emergency, that it is closed, announcements with an end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class After(StrEnum):
    """What follows a message."""

    GO_ON = "go_on"
    HANG_UP = "hang_up"
    AGENT = "agent"


class Closed(StrEnum):
    """What it means that nobody is there."""

    SELF_SERVICE = "self_service"  # the flow runs, and says when a person is there again
    MESSAGE = "message"  # a message, and the call is over


@dataclass(frozen=True, slots=True)
class Emergency:
    """A switch: while it is there, every caller hears it first."""

    say: str
    then: After = After.GO_ON


@dataclass(frozen=True, slots=True)
class Announcement:
    """Said in a span of time; None is open."""

    say: str
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Whether it is said at a moment."""
        return (self.since is None or self.since <= moment) and not self.expired(moment)

    def expired(self, moment: datetime) -> bool:
        """Whether nobody will hear it any more."""
        return self.until is not None and moment >= self.until
