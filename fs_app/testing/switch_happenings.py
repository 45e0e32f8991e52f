"""What happens to a caller on the simulated switch, as the caller notices it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fs_app.domain.prompt import sentence

Action = tuple[str, str]
"""An application of the dialplan and its data."""


class What(StrEnum):
    """What can happen to a caller."""

    CONNECTED = "connected"  # detail: the application server's host:port
    ANSWERED = "answered"
    PROMPT = "prompt"  # files, seconds
    PROMPT_ENDED = "prompt ended"  # files; detail: played, broken, or gone
    QUEUED = "queued"  # detail: the queue
    AGENT = "agent"  # an agent answered; detail: the queue
    SOCKET_CLOSED = "socket closed"  # the application let go without hanging up
    FALLBACK = "fallback"  # the dialplan goes on without the application; detail: its next action
    HUNG_UP = "hung up"  # detail: the cause; by: caller, application or switch


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened to a caller."""

    what: What
    detail: str = ""
    files: tuple[Path, ...] = ()
    seconds: float = 0.0
    by: str = ""

    def spoken(self, heard: Callable[[Path], str]) -> str:
        """What is said in a prompt; ``heard`` tells what is said in one file."""
        return sentence(heard(path) for path in self.files)


@dataclass(slots=True)
class Command:
    """A sendmsg that waits for the session thread."""

    application: str
    data: str
    uuid: str
    locked: bool


@dataclass(slots=True, eq=False)
class Playing:
    """A playback under way."""

    over: bool = False
    broken: bool = False
