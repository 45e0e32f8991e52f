"""What happens to a caller on the simulated switch, as the caller notices it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gevent.queue import Empty, Queue

from fs_app.domain.prompt import sentence

_SECONDS = 15.0  # nobody waits longer for what has to happen

Action = tuple[str, str]
"""An application of the dialplan and its data."""


class What(StrEnum):
    """What can happen to a caller."""

    CONNECTED = "connected"  # detail: the application server's host:port
    ANSWERED = "answered"
    PROMPT = "prompt"  # files, seconds
    PROMPT_ENDED = "prompt ended"  # files; detail: played, broken, or gone
    QUEUED = "queued"  # detail: the queue, the fifo, or whom the switch calls
    LEFT_QUEUE = "left the queue"  # without a person; detail: why
    AGENT = "agent"  # an agent answered; detail: the queue
    TRANSFERRED = "transferred"  # the talk goes on with somebody else; detail: who
    TALK_OVER = "talk over"  # detail: who left: agent, caller, or transfer for one that leads to an extension
    PARKED = "parked"  # after a talk: the application has the caller again
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


class Story:
    """What happened to one caller, in order, and what of it nobody has looked at yet."""

    def __init__(self) -> None:
        self.history: list[Happening] = []
        self._happenings: Queue[Happening] = Queue()

    def tell(self, happening: Happening) -> None:
        """The caller notices something."""
        self.history.append(happening)
        self._happenings.put(happening)

    def next(self, seconds: float) -> Happening | None:
        """The next thing that happens; None where nothing did in so many seconds (of the clock)."""
        try:
            return self._happenings.get(timeout=seconds)
        except Empty:
            return None

    def wait_for(self, what: What, seconds: float = _SECONDS) -> Happening:
        """The next happening of that kind; those before it are passed over. TimeoutError after so many seconds."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            happening = self.next(left)
            if happening is not None and happening.what is what:
                return happening
        raise TimeoutError(f"{what} did not happen within {seconds:g} s; what did: {self.story}")

    def wait_prompt(self, seconds: float = _SECONDS) -> Happening:
        """The next prompt that starts."""
        return self.wait_for(What.PROMPT, seconds)

    @property
    def told(self) -> bool:
        """True where `next` has nothing left that happened."""
        return self._happenings.empty()

    @property
    def story(self) -> str:
        """Everything that happened so far, for the message of a failed test."""
        return ", ".join(f"{happening.what} {happening.detail}".strip() for happening in self.history)


@dataclass(slots=True)
class Command:
    """A sendmsg that waits for the session thread."""

    application: str
    data: str
    uuid: str
    locked: bool


@dataclass(slots=True, eq=False)
class Playing:
    """A playback under way. ``broken``: uuid_break ended it; ``torn``: the state of the channel changed."""

    over: bool = False
    broken: bool = False
    torn: bool = False
