"""Whether the gateway can be counted on, so that no card is asked for in vain.

What the gateway answered lately is believed for a while; after that, and after every failure, it is asked again.
An outage is remembered too, so that callers do not all wait for the same silence. A gateway that says all is well
and takes its time with every charge is not counted on either: a breaker sees to that, and one to the database.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import structlog

from fs_app.domain.payment import Approved, ChargeResult, Declined, Unavailable, Unknown
from fs_app.payments.service import Service
from fs_app.ports import Clock

_log = structlog.get_logger(__name__)

SLOW_SECONDS = 10.0  # an authorisation takes one to three seconds


class GatewayHealth:
    """``check`` is the gateway's own: None where it works, else the problem in words without card data.

    A good answer counts for ``good_seconds``, a bad one for ``bad_seconds``, and a caller waits for a new one no
    longer than ``patience_seconds``. ``service`` judges how long charges take.
    """

    def __init__(
        self,
        check: Callable[[], object | None],
        clock: Clock,
        *,
        good_seconds: float = 60.0,
        bad_seconds: float = 10.0,
        patience_seconds: float = 3.0,
        service: Service | None = None,
    ) -> None:
        self._check = check
        self._clock = clock
        self._spans = {True: timedelta(seconds=good_seconds), False: timedelta(seconds=bad_seconds)}
        self._patience_seconds = patience_seconds
        self._service = service or Service("gateway", clock, SLOW_SECONDS)
        self._good = False
        self._known_until = datetime.min.replace(tzinfo=UTC)
        self._asking: Event | None = None

    def saw(self, result: ChargeResult, seconds: float) -> None:
        """Learn from a charge: any answer about the card is a sign of life, everything else a reason to ask."""
        failed = isinstance(result, Unknown) or (isinstance(result, Unavailable) and not result.field)
        self._service.answered(seconds, not failed)
        if isinstance(result, Approved | Declined) or (isinstance(result, Unavailable) and result.field):
            self._learn(True)
        else:
            self._known_until = self._clock.now()

    def good(self) -> bool:
        """True where the gateway answered well, lately or now. Waits ``patience_seconds`` at most."""
        if not self._service.works():
            return False
        if self._clock.now() < self._known_until:
            return self._good
        asked = self._asking
        if asked is None:
            asked = self._asking = Event()
            Thread(target=self._ask, args=(asked,), name="gateway check", daemon=True).start()
        return asked.wait(self._patience_seconds) and self._good

    def _ask(self, asked: Event) -> None:
        try:
            problem = self._check()
        except Exception as error:  # noqa: BLE001  the outermost frame of its thread; a Gateway never raises
            problem = f"its check failed ({type(error).__name__})"
        if problem is not None:
            _log.warning("gateway_down", problem=str(problem))
        self._learn(problem is None)
        self._asking = None
        asked.set()

    def _learn(self, good: bool) -> None:
        self._good = good
        self._known_until = self._clock.now() + self._spans[good]
