"""Looks for debits that banks took back: nobody tells where no webhook arrives, and a bank may take sixty days.

Source: Nacha Operating Rules, return deadlines: two banking days, for unauthorised debits sixty calendar days after
the settlement. What is found is only a reason to look at the payment; how it stands is asked there.
"""

from __future__ import annotations

from datetime import timedelta

import structlog
from gevent.event import Event

from fs_app.domain.payment import PAID_STATES
from fs_app.errors import StoreUnavailable
from fs_app.ports import Clock, GatewayOffice, Ledger, TaskKind, Tasks

_log = structlog.get_logger(__name__)

_FIRST = timedelta(days=70)  # nobody may have looked for as long as a bank may take, and some days
_THEN = timedelta(days=3)  # a search lags behind, and a gateway may be down for a day


class ReturnWatch:
    """Asks at once and then every ``pause_seconds``. Any number may run: a look that is made due twice is one."""

    def __init__(
        self, office: GatewayOffice, ledger: Ledger, tasks: Tasks, clock: Clock, *, pause_seconds: float = 3600.0
    ) -> None:
        self._office = office
        self._ledger = ledger
        self._tasks = tasks
        self._clock = clock
        self._pause_seconds = pause_seconds
        self._back = _FIRST
        self._stopping = Event()

    def run(self) -> None:
        """Until `stop`."""
        while not self._stopping.is_set():
            self.look()
            self._stopping.wait(self._pause_seconds)

    def stop(self) -> None:
        """Leave the rest."""
        self._stopping.set()

    def look(self) -> None:
        """Make every payment due that counts as paid here and was taken back there. What cannot be asked now is
        asked the next time, as far back."""
        now = self._clock.now()
        found = self._office.bank_returns(now - self._back, now + timedelta(days=1))
        if found is None:
            _log.warning("bank_returns_not_asked")
            return
        try:
            for record in found:
                payment = self._ledger.by_transaction(record.transaction_id)
                if payment is not None and payment.state in PAID_STATES:
                    self._tasks.wake(TaskKind.PAYMENT, str(payment.id))
        except StoreUnavailable as error:
            _log.warning("bank_returns_not_followed", error=str(error))
            return
        self._back = _THEN
