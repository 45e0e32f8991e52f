"""Faults on demand: for the next n requests, something goes wrong before or after the request has taken effect."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import gevent

from fs_app.gateways.sandbox.exchange import Answer


class Dropped(Exception):
    """The connection is to be closed without an answer."""


@dataclass(slots=True)
class Fault:
    """One planned fault. ``path`` is a regular expression searched in the method and the path below the merchant,
    e.g. ``POST /transactions$``; empty meets every request."""

    kind: str
    times: int = 1
    seconds: float = 0.0
    status: int = 500
    path: str = ""

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault is called {self.kind!r}; known: {', '.join(KINDS)}")
        if not (isinstance(self.times, int) and isinstance(self.status, int) and self.times > 0):
            raise ValueError("times is a whole number above 0, status a number of HTTP")
        if not (isinstance(self.seconds, int | float) and 0 <= self.seconds <= 600):
            raise ValueError("seconds is a number from 0 to 600")
        re.compile(self.path)


def _wait(fault: Fault) -> Answer | None:
    gevent.sleep(fault.seconds)
    return None


def _status(fault: Fault) -> Answer | None:
    return Answer(fault.status)


def _drop(_fault: Fault) -> Answer | None:
    raise Dropped


# Whether the request has taken effect when the fault happens, and what happens.
KINDS: Mapping[str, tuple[bool, Callable[[Fault], Answer | None]]] = {
    "delay_before_commit": (False, _wait),
    "delay_after_commit": (True, _wait),
    "drop_before_commit": (False, _drop),
    "drop_after_commit": (True, _drop),
    "status_before_commit": (False, _status),
    "status_after_commit": (True, _status),
}


@dataclass(slots=True)
class Faults:
    """The planned faults, in the order they were asked for."""

    planned: list[Fault] = field(default_factory=list)

    def plan(self, **wanted: Any) -> Fault:
        """Add a fault by the fields of `Fault`. ValueError or TypeError for one that cannot be."""
        fault = Fault(**wanted)
        self.planned.append(fault)
        return fault

    def take(self, operation: str) -> Fault | None:
        """The fault for this request, used up once."""
        for fault in self.planned:
            if re.search(fault.path, operation):
                fault.times -= 1
                if fault.times <= 0:
                    self.planned.remove(fault)
                return fault
        return None


def happen(fault: Fault | None, *, committed: bool) -> Answer | None:
    """Let the fault happen if this is its time; an Answer stands in for the true one. Raises `Dropped`."""
    if fault is None:
        return None
    after_commit, effect = KINDS[fault.kind]
    return effect(fault) if after_commit is committed else None
