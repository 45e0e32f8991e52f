"""A service that a charge needs, judged by its answers: says when it is not counted on, and when it is again."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from fs_app.domain.breaker import Breaker
from fs_app.ports import Clock

_log = structlog.get_logger(__name__)


def _nobody(name: str, is_open: bool) -> None:
    """Nobody is told."""


class Service:
    """``slow_seconds`` is what an answer may take. ``told`` hears of every change: the service's name, and whether
    its breaker is open now."""

    def __init__(
        self, name: str, clock: Clock, slow_seconds: float, *, told: Callable[[str, bool], None] = _nobody
    ) -> None:
        self._name = name
        self._clock = clock
        self._slow_seconds = slow_seconds
        self._breaker = Breaker(slow_seconds)
        self._told = told
        self._was_open = False

    def answered(self, seconds: float, ok: bool) -> None:
        """An answer came, or none did; it took so long."""
        now = self._clock.now().timestamp()
        self._breaker.saw(seconds, not ok, now)
        self._look(now)

    def works(self) -> bool:
        """False while a charge should not be begun."""
        return not self._look(self._clock.now().timestamp())

    def _look(self, now: float) -> bool:
        is_open = self._breaker.open(now)
        if is_open is not self._was_open:
            self._was_open = is_open
            if is_open:
                _log.error("no_cards_are_asked_for", service=self._name, slow_seconds=self._slow_seconds)
            else:
                _log.warning("cards_are_asked_for_again", service=self._name)
            self._told(self._name, is_open)
        return is_open
