"""The way to a person: the wait, the talk, and the way back. What happens on it comes one by one, from `next`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from fs_app.domain.destination import FeatureCode
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.prompt import Prompt
from fs_app.ports.desk import Order


@dataclass(frozen=True, slots=True)
class Offered:
    """An agent's telephone rings; empty where it does no more."""

    agent: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The caller and a person talk. ``agent`` is empty where the switch does not say who it is; ``leg`` is the uuid
    of the person's leg."""

    agent: str
    leg: str


@dataclass(frozen=True, slots=True)
class Keyed:
    """The caller pressed a key while waiting."""

    key: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """The desk wants something of this call."""

    order: Order


@dataclass(frozen=True, slots=True)
class Coded:
    """The agent pressed a feature code on the telephone."""

    code: FeatureCode


@dataclass(frozen=True, slots=True)
class Parted:
    """The caller talks with nobody at the moment: a transfer is under way."""


@dataclass(frozen=True, slots=True)
class Joined:
    """After a transfer the caller talks with another leg."""

    leg: str


@dataclass(frozen=True, slots=True)
class Held:
    """The person has put the caller on hold, or taken them off it: while they are, they may hear music alone."""

    on: bool


@dataclass(frozen=True, slots=True)
class Over:
    """The hand-over has ended, and the caller is back with us."""

    end: HandoverEnd


@dataclass(frozen=True, slots=True)
class Leaving:
    """The server has to let go of the call: what is under way in the talk ends, and the talk goes on without it."""


PersonEvent = Offered | Answered | Keyed | Ordered | Coded | Parted | Joined | Held | Over | Leaving


@dataclass(frozen=True, slots=True)
class Place:
    """The caller's place in the line, 1 is next, and how many agents are on duty."""

    number: int
    agents: int


class Person(Protocol):
    """One hand-over of one caller. Every method may raise `CallEnded`, also where an agent sent the caller
    elsewhere: then we have nothing to do with the call any more."""

    @property
    def agent(self) -> str:
        """Who talks; empty where nobody does, or the switch does not say who."""
        ...

    @property
    def leg(self) -> str:
        """The uuid of the leg that the caller talks with; empty where there is none."""
        ...

    @property
    def talking(self) -> bool:
        """Whether a person has answered, and the talk is not over."""
        ...

    @property
    def on_hold(self) -> bool:
        """Whether the person has put the caller on hold."""
        ...

    def next(self, seconds: float) -> PersonEvent | None:
        """What happens next; None where nothing did in so many seconds."""
        ...

    def put_back(self, event: PersonEvent) -> None:
        """`next` returns it once more, before anything else: whoever took it was not the one to act on it."""
        ...

    def order(self, order: Order) -> None:
        """Give an order to this call; `next` returns it. In the hub or anywhere: never waits."""
        ...

    def untaken(self) -> Sequence[Order]:
        """The orders that were given and that `next` has not returned. Never raises."""
        ...

    def place(self) -> Place | None:
        """Where in the line the caller waits; None where the switch does not say. Asks the switch."""
        ...

    def say(self, prompt: Prompt) -> None:
        """Say a prompt over the queue's music. A key, or an agent who answers, ends it; it may be lost."""
        ...

    def waiting(self) -> int | None:
        """How many callers wait in the line; None where the switch does not say. Before `join`."""
        ...

    def join(self) -> None:
        """Send the caller there."""
        ...

    def leave(self) -> bool:
        """Out of the line, back to us; False where an agent has answered meanwhile."""
        ...

    def take_back(self) -> None:
        """End the talk and keep the caller."""
        ...

    def shielded(self) -> AbstractContextManager[Callable[[], None]]:
        """While it lasts no key reaches the person: keys are bound to us alone, tones are silenced towards the
        person, and each is proved before anything is asked and again before each secret. A question meanwhile ends
        with INTERRUPTED as soon as `next` has something. NotProtected where that cannot be proved.

        What it yields proves all of it anew, with nothing taken down meanwhile: for another leg, and where it was
        lost. NotProtected likewise; it can be tried again."""
        ...
