"""How a call waits: one greenlet, one seat, and a hub that switches to it as soon as what it waits for is there.

Waiting is the hot path of a call, so it is done by hand: no queue, no event, no timer and no turn of the loop
between the bytes that end a wait and the greenlet that waited.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Protocol

from gevent import get_hub, getcurrent
from greenlet import greenlet

_LATE_SECONDS = 0.1  # a deadline that is judged so much too late: we stood still, or the machine did
_READING_SECONDS = 0.1  # what came meanwhile is read in that time


class Timer(Protocol):
    """A timer of gevent's loop."""

    def start(self, callback: Callable[..., None], *arguments: str) -> None: ...

    def stop(self) -> None: ...

    def close(self) -> None: ...


class Seat:
    """Where one greenlet waits until it is woken or its time has passed: the one that made it.

    Most waits end long before their deadline, so the timer is left running from one to the next, and looks what
    the deadline is by now when it is due. A timer is due before what has come is read, so where we stood still
    for longer than a deadline it is put off once: a caller who keyed meanwhile was not late.
    """

    __slots__ = ("_due", "_owner", "_put_off", "_sitting", "_timer", "_until")

    def __init__(self) -> None:
        self._owner: greenlet | None = getcurrent()
        self._sitting: greenlet | None = None
        self._until = 0.0
        self._put_off = False
        self._due = math.inf
        self._timer: Timer | None = None

    def of_mine(self) -> Seat:
        """A seat for whoever asks: this one for its owner, a new one for another greenlet of the same call."""
        return self if getcurrent() is self._owner else Seat()

    def sit(self, seconds: float) -> None:
        """Wait to be woken, for so many seconds at most. Who else switches to us meanwhile is not heard."""
        self._until = time.monotonic() + seconds
        self._put_off = False
        if self._until < self._due:
            self._arm(seconds)
        hub = get_hub()
        self._sitting = getcurrent()
        try:
            while self._sitting is not None:
                hub.switch()
        finally:
            self._sitting = None

    def wake(self) -> None:
        """Wake who waits: at once where the hub says so, else in the hub's next turn."""
        if self._sitting is not None:
            hub = get_hub()
            if getcurrent() is hub:
                self._wake()
            else:
                hub.loop.run_callback(self._wake)

    def wake_later(self) -> None:
        """Wake who waits in the hub's next turn."""
        if self._sitting is not None:
            get_hub().loop.run_callback(self._wake)

    def until(self, deadline: float) -> None:
        """Who waits shall wait until then, by `time.monotonic`, instead."""
        self._until = deadline
        self._put_off = False
        if deadline < self._due:
            self._arm(deadline - time.monotonic())

    def close(self) -> None:
        """Nobody will wait here for long any more."""
        self._owner = None
        self._disarm()

    def _disarm(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.close()
        self._due = math.inf

    def _wake(self) -> None:
        sitting, self._sitting = self._sitting, None
        if sitting is not None:
            sitting.switch()

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self._due = self._until
        self._timer = timer = get_hub().loop.timer(seconds)
        timer.start(self._rung)

    def _rung(self) -> None:
        self._disarm()
        if self._sitting is not None:
            left = self._until - time.monotonic()
            if left > 0:
                self._arm(left)
            elif left < -_LATE_SECONDS and not self._put_off:
                self._put_off = True
                self._until += _READING_SECONDS - left
                self._arm(_READING_SECONDS)
            else:
                self._wake()


class Stir:
    """Something happened that the call may wait for; it is woken only where what it waits for holds."""

    __slots__ = ("_closed", "_condition", "_seat", "_taken", "_until")

    def __init__(self, seat: Seat) -> None:
        self._seat = self._taken = seat
        self._condition: Callable[[], bool] | None = None
        self._until = 0.0
        self._closed = False

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until the condition holds, `close` is called or so many seconds have passed; whether it holds.

        The condition is looked at by whoever stirs, so it must not wait. It may `extend` the time.
        """
        self._until = time.monotonic() + seconds
        if condition():
            return True
        seat = self._taken = self._seat.of_mine()
        self._condition = condition
        try:
            while not self._closed and (seconds := self._until - time.monotonic()) > 0:
                seat.sit(seconds)
                if condition():
                    return True
        finally:
            self._condition = None
            if seat is not self._seat:
                seat.close()
        return False

    def extend(self, seconds: float) -> None:
        """Whoever waits shall wait for so many seconds from now, instead."""
        self._until = time.monotonic() + seconds
        if self._condition is not None:
            self._taken.until(self._until)

    def set(self) -> None:
        """Something happened. In the hub or anywhere."""
        condition = self._condition
        if condition is not None and condition():
            self._taken.wake()

    def close(self) -> None:
        """Nothing will happen any more."""
        self._closed = True
        if self._condition is not None:
            self._taken.wake_later()
