"""Fetches the orders for the calls of this process that talk with a person, and tells that these are up.

One reader for all of them, and none while nobody talks: a quarter of a second is as long as an agent may wait for
something to happen on the line.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import gevent
import structlog
from gevent.event import Event

from fs_app.errors import StoreUnavailable
from fs_app.ports import Desk, Order

log = structlog.get_logger()

_EVERY_SECONDS = 0.25
_ALIVE_SECONDS = 5.0
_PAUSE_SECONDS = 2.0  # after a database that did not answer


class OrderReader:
    """Implements `ports.Orders`. The reader's greenlet starts with the first call."""

    def __init__(
        self,
        desk: Desk,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = gevent.sleep,
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._sleep = sleep
        self._takers: dict[str, Callable[[Order], None]] = {}
        self._something = Event()
        self._alive_at = -math.inf
        self._reader: gevent.Greenlet[[], None] | None = None

    def follow(self, call_uuid: str, take: Callable[[Order], None]) -> None:
        """Hand its orders over from now on."""
        self._takers[call_uuid] = take
        self._alive_at = -math.inf
        self._something.set()
        if self._reader is None or self._reader.dead:
            self._reader = gevent.spawn(self._read_for_ever)

    def leave(self, call_uuid: str) -> None:
        """Hand nothing over any more."""
        self._takers.pop(call_uuid, None)

    def close(self) -> None:
        """Read nothing any more."""
        self._takers.clear()
        if self._reader is not None:
            self._reader.kill(block=False)

    def _read_for_ever(self) -> None:
        while True:
            if not self._takers:
                self._something.clear()
                self._something.wait()
            try:
                self._read()
            except StoreUnavailable as error:
                log.warning("orders are not read", calls=len(self._takers), error=str(error))
                self._sleep(_PAUSE_SECONDS)
            self._sleep(_EVERY_SECONDS)

    def _read(self) -> None:
        calls = list(self._takers)
        for order in self._desk.take(calls):
            take = self._takers.get(order.call_uuid)
            if take is None:
                self._desk.answer(order.id, "not_talking")
            else:
                take(order)
        if self._clock() - self._alive_at >= _ALIVE_SECONDS:
            self._alive_at = self._clock()
            self._desk.alive(calls)
