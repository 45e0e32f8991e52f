"""Faults on demand: for the next n requests, or at a rate, something goes wrong, before or after it takes effect.

A fault strikes at one of four points: it changes the REQUEST that is carried out, happens BEFORE the request takes
effect or AFTER it, or spoils the SENDING of the true answer.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from enum import Enum
from typing import Any

import gevent

from fs_app.gateways.sandbox.exchange import Answer, Call, refuse, text


class Point(Enum):
    """Where in a request a fault strikes."""

    REQUEST = "request"
    BEFORE = "before"
    AFTER = "after"
    SENDING = "sending"


class Dropped(Exception):
    """The connection is to be closed without an answer; ``reset`` by RST instead of FIN."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__()
        self.reset = reset


@dataclass(slots=True)
class Fault:
    """One planned fault.

    ``path`` is a regular expression searched in the method and the path below the merchant, e.g.
    ``POST /transactions$``; empty meets every request. With an ``amount``, e.g. ``12.34``, only a request about
    that amount meets it. ``rate`` (0 to 1) strikes by chance and for ever in place of ``times``; with a ``seed``
    the same requests meet the same chances.
    """

    kind: str
    times: int = 1
    seconds: float = 0.0
    status: int = 500
    path: str = ""
    amount: str | None = None
    rate: float | None = None
    seed: int | None = None
    struck: int = 0
    chance: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault is called {self.kind!r}; known: {', '.join(KINDS)}")
        if not (isinstance(self.times, int) and isinstance(self.status, int) and self.times > 0):
            raise ValueError("times is a whole number above 0, status a number of HTTP")
        if not (isinstance(self.seconds, int | float) and 0 <= self.seconds <= 600):
            raise ValueError("seconds is a number from 0 to 600")
        if self.rate is not None and not (isinstance(self.rate, int | float) and 0 <= self.rate <= 1):
            raise ValueError("rate is a number from 0 to 1")
        re.compile(self.path)
        self.chance = random.Random(self.seed)

    def strikes(self, call: Call) -> bool:
        """True where this request meets it; uses it up once."""
        if not re.search(self.path, call.operation) or self.amount not in (None, text(call.params, "amount")):
            return False
        if self.rate is not None and self.chance.random() >= self.rate:
            return False
        self.struck += 1
        self.times -= self.rate is None
        return True

    def told(self) -> dict[str, Any]:
        """The fault as the control API shows it."""
        return {name: value for name, value in asdict(self).items() if name != "chance"}


def _wait(fault: Fault) -> Answer | None:
    gevent.sleep(fault.seconds)
    return None


def _status(fault: Fault) -> Answer | None:
    return Answer(fault.status)


def _empty(_fault: Fault) -> Answer | None:
    return Answer(200)


def _drop(_fault: Fault) -> Answer | None:
    raise Dropped


def _reset(_fault: Fault) -> Answer | None:
    raise Dropped(reset=True)


def _wrong_amount(call: Call) -> Call:
    """The issuer holds less than was asked for, and the answer says so."""
    try:
        less = (Decimal(text(call.params, "amount") or "") / 2).quantize(Decimal("0.01"))
    except ArithmeticError:
        return call
    return replace(call, params={**call.params, "amount": str(max(less, Decimal("0.01")))})


def _refuse_request_key(call: Call) -> Call:
    if text(call.params, "api_request_key") is not None:
        refuse(call, "915231", "transaction")
    return call


Effect = Callable[[Fault], Answer | None]
_CHANGES: Mapping[str, Callable[[Call], Call]] = {
    "wrong_amount": _wrong_amount,
    "refuse_request_key": _refuse_request_key,
}
_HAPPENINGS: Mapping[str, tuple[Point, Effect]] = {
    f"{name}_{point.value}_commit": (point, effect)
    for name, effect in (
        ("delay", _wait),
        ("drop", _drop),
        ("reset", _reset),
        ("status", _status),
        ("empty", _empty),
    )
    for point in (Point.BEFORE, Point.AFTER)
}
# The request has taken effect; its true answer is cut in mid-body, is complete but broken XML, or takes its time.
TRUNCATED, BROKEN, SLOW = "truncated_after_commit", "broken_xml_after_commit", "slow_drip_after_commit"
KINDS: Mapping[str, Point] = {
    **dict.fromkeys(_CHANGES, Point.REQUEST),
    **{name: point for name, (point, _) in _HAPPENINGS.items()},
    **dict.fromkeys((TRUNCATED, BROKEN, SLOW), Point.SENDING),
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

    def take(self, call: Call) -> Fault | None:
        """The first fault that strikes this request."""
        for fault in self.planned:
            if fault.strikes(call):
                if fault.times <= 0:
                    self.planned.remove(fault)
                return fault
        return None


def changed(fault: Fault | None, call: Call) -> Call:
    """The request as a fault at REQUEST lets it be. Raises Refused."""
    return call if fault is None or fault.kind not in _CHANGES else _CHANGES[fault.kind](call)


def happen(fault: Fault | None, point: Point) -> Answer | None:
    """Let the fault happen if this is its point; an Answer stands in for the true one. Raises `Dropped`."""
    if fault is None or KINDS[fault.kind] is not point or point is Point.SENDING:
        return None
    return _HAPPENINGS[fault.kind][1](fault)


def sent(fault: Fault | None) -> Fault | None:
    """The fault that spoils the sending of the answer, if this one does."""
    return fault if fault is not None and KINDS[fault.kind] is Point.SENDING else None
