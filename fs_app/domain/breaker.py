"""A circuit breaker that slowness trips as well as failure: the rule, without I/O or a clock.

A service whose answers are slow is worse for callers than one that is down: they key a whole card and wait in
vain. Libraries count exceptions in a row; here an answer may be good and too slow, and a good one in between proves
nothing. So of the last few answers some must be bad.

After a pause it closes on trial: the next bad answer opens it again at once, and for twice as long.
"""

from __future__ import annotations

from collections import deque

OF_LAST, BAD = 5, 3
"""Of so many answers, so many bad ones open it."""
STALE_SECONDS = 300.0
"""Older answers say nothing any more."""


class Breaker:
    """Open while a service is too slow or fails. Times are seconds of any clock that does not go back."""

    def __init__(self, slow_seconds: float, *, pause_seconds: float = 30.0, longest_pause: float = 240.0) -> None:
        self._slow_seconds = slow_seconds
        self._first_pause = self._pause = pause_seconds
        self._longest_pause = longest_pause
        self._answers: deque[tuple[float, bool]] = deque(maxlen=OF_LAST)  # when, and whether it was bad
        self._open_until: float | None = None
        self._on_trial = False

    def saw(self, seconds: float, failed: bool, now: float) -> None:
        """An answer took so long, and was one or was none."""
        bad = failed or seconds > self._slow_seconds
        if self.open(now):
            return  # asked before it opened
        if self._on_trial:
            self._on_trial = False
            self._pause = min(2 * self._pause, self._longest_pause) if bad else self._first_pause
            if bad:
                self._trip(now)
            return
        self._answers.append((now, bad))
        if sum(was_bad and now - at < STALE_SECONDS for at, was_bad in self._answers) >= BAD:
            self._trip(now)

    def open(self, now: float) -> bool:
        """True while nobody should begin anything that needs the service."""
        if self._open_until is not None and now >= self._open_until:
            self._open_until, self._on_trial = None, True
        return self._open_until is not None

    def _trip(self, now: float) -> None:
        self._answers.clear()
        self._open_until = now + self._pause
