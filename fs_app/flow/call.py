"""One call while it runs: its line, its channel, what it has learnt, and the services its steps may use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from fs_app.flow.facts import Facts
from fs_app.ports import Cashier, Channel, Checkpoints, Clock, Directory, Journal


@dataclass(frozen=True, slots=True)
class Line:
    """What the dialplan says about the number that was dialled (channel variables, checked by a strict pattern)."""

    flow: str
    language: str
    queue: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The operator's rules for one payment and the caps of one call (settings: ``payments``)."""

    minimum_minor: int = 100
    maximum_minor: int = 500_000
    overpayment: bool = False
    declines: int = 3  # after so many declines in one call an agent takes over
    pin_length: int = 4
    postal_code_length: int = 5
    account_lengths: tuple[int, int] = (4, 12)
    brands: frozenset[str] = frozenset({"visa", "mastercard", "amex", "discover"})


@dataclass(frozen=True, slots=True)
class Services:
    """The ports a step may use."""

    directory: Directory
    cashier: Cashier
    clock: Clock
    limits: Limits
    checkpoints: Checkpoints


def _stays() -> bool:
    return False


@dataclass(slots=True)
class Call:
    """One caller's way through a flow. ``caller_id`` is digits with an optional leading +, or None. ``leaves``
    tells that this server is about to stop: the call goes on at another one from its next step."""

    line: Line
    channel: Channel
    services: Services
    journal: Journal
    caller_id: str | None = None
    leaves: Callable[[], bool] = _stays
    facts: Facts = field(default_factory=Facts)
    counts: Counter[str] = field(default_factory=Counter)  # e.g. declines; survives from step to step
