"""The points of a payment at which a process can be told to die, as wrappers around the ports it works with.

The product knows nothing of this: a watched port does what the port does, and kills its own process with SIGKILL
when it passes the point that was armed. A death ``during`` a method comes from another greenlet, some milliseconds
after the method has begun.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar, cast

import gevent

from fs_app.domain.payment import Approved, Event, PaymentId, PaymentState

T = TypeVar("T")


class Point(StrEnum):
    """Where a process can be killed, in the order in which a payment passes them."""

    BEFORE_OPEN = "before_open"  # before the attempt is committed
    DURING_OPEN = "during_open"  # while it is being committed
    AFTER_OPEN = "after_open"  # the attempt is committed, nothing is sent
    DURING_SEND = "during_send"  # the authorisation is on its way
    AFTER_REPLY = "after_reply"  # the gateway has answered, nothing is recorded
    DURING_RECORD = "during_record"  # while the answer is being recorded
    AFTER_RECORD = "after_record"  # the authorisation is recorded
    BEFORE_SUBMIT = "before_submit"
    DURING_SUBMIT = "during_submit"  # the submission is on its way
    AFTER_SUBMIT = "after_submit"  # submitted, and not recorded as such
    AFTER_PAID = "after_paid"  # recorded as paid, and nobody was told
    BEFORE_LOOK = "before_look"  # about to ask the gateway what became of an attempt
    AFTER_LOOK = "after_look"
    BEFORE_RECEIPT = "before_receipt"  # about to hand a receipt to the provider
    DURING_RECEIPT = "during_receipt"
    AFTER_RECEIPT = "after_receipt"  # the provider has it, that is not recorded


ANY = 0
"""Instead of an amount: whichever payment comes first."""

_LATEST_SECONDS = 0.04  # a death during a method comes within so long after it began


class Fuse:
    """Kills this process when an armed point is passed by a payment of the armed amount (in minor units)."""

    def __init__(self) -> None:
        self._armed: dict[Point, int] = {}

    def arm(self, point: Point, minor: int = ANY) -> None:
        """From now on the point is deadly for a payment of that amount."""
        self._armed[point] = minor

    def disarm(self) -> None:
        """No point is deadly any more."""
        self._armed.clear()

    def passes(self, point: Point, minor: int) -> None:
        """A payment of an amount passes a point; ``ANY`` where the amount is not known there."""
        if self._armed.get(point) in (ANY, minor):
            _die()

    def enters(self, point: Point, minor: int) -> None:
        """The same for a point that lasts: death comes a little later, wherever the work is by then."""
        if self._armed.get(point) in (ANY, minor):
            gevent.spawn_later(random.uniform(0, _LATEST_SECONDS), _die)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class _Passage:
    """What is passed where: points before, during and after a method, and how the amount is told from its arguments
    or its result."""

    before: Point | None = None
    during: Point | None = None
    after: Callable[[Any], Point | None] = lambda _: None
    asked: Callable[..., int] = lambda *_: ANY
    told: Callable[[Any], int] = lambda _: ANY


def _always(point: Point) -> Callable[[Any], Point | None]:
    return lambda _: point


def _approved(_payment_id: PaymentId, event: Event) -> int:
    return event.amount.minor if isinstance(event, Approved) else ANY


_RECORDED = {PaymentState.AUTHORISED: Point.AFTER_RECORD, PaymentState.SUBMITTED: Point.AFTER_PAID}

LEDGER = {
    "open": _Passage(
        Point.BEFORE_OPEN,
        Point.DURING_OPEN,
        _always(Point.AFTER_OPEN),
        asked=lambda request, *_: int(request.amount.minor),
        told=lambda payment: int(payment.request.amount.minor),
    ),
    "record": _Passage(
        None,
        Point.DURING_RECORD,
        lambda payment: _RECORDED.get(payment.state),
        asked=_approved,
        told=lambda payment: int(payment.request.amount.minor),
    ),
}
GATEWAY = {
    "authorise": _Passage(
        None,
        Point.DURING_SEND,
        lambda answer: Point.AFTER_REPLY if isinstance(answer, Approved) else None,
        asked=lambda request: int(request.amount.minor),
        told=lambda answer: int(answer.amount.minor),
    ),
    "submit": _Passage(
        Point.BEFORE_SUBMIT,
        Point.DURING_SUBMIT,
        _always(Point.AFTER_SUBMIT),
        asked=lambda _, amount: int(amount.minor),
    ),
    "find": _Passage(Point.BEFORE_LOOK, None, _always(Point.AFTER_LOOK)),
}
MESSENGER = {"send": _Passage(Point.BEFORE_RECEIPT, Point.DURING_RECEIPT, _always(Point.AFTER_RECEIPT))}


def watched(port: T, passages: Mapping[str, _Passage], fuse: Fuse) -> T:
    """The same port, and a process that dies where it is told to."""
    return cast(T, _Watched(port, passages, fuse))


class _Watched:
    def __init__(self, port: object, passages: Mapping[str, _Passage], fuse: Fuse) -> None:
        self._port, self._passages, self._fuse = port, passages, fuse

    def __getattr__(self, name: str) -> Any:
        method, passage = getattr(self._port, name), self._passages.get(name)
        return method if passage is None else _watch(method, passage, self._fuse)


def _watch(method: Callable[..., Any], passage: _Passage, fuse: Fuse) -> Callable[..., Any]:
    def passed(*arguments: Any, **more: Any) -> Any:
        asked = passage.asked(*arguments)
        if passage.before:
            fuse.passes(passage.before, asked)
        if passage.during:
            fuse.enters(passage.during, asked)
        result = method(*arguments, **more)
        after = passage.after(result)
        if after:
            fuse.passes(after, passage.told(result) or asked)
        return result

    return passed
