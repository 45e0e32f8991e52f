"""The ways a database goes away, one at a time, and its return."""

from __future__ import annotations

from collections.abc import Callable

import gevent
from gevent.lock import BoundedSemaphore

from fs_app.chaos.proxy import DatabaseProxy
from fs_app.testing.mariadb import PrivateMariaDB

_OUTAGE_SECONDS = 1.0
_STALL_SECONDS = 4.5  # longer than anybody waits


class Outages:
    """Hurts a database that stands behind a proxy. Each outage runs by itself, after the one under way."""

    def __init__(self, mariadb: PrivateMariaDB) -> None:
        self.proxy = DatabaseProxy(mariadb.socket, self._crash)
        self._mariadb = mariadb
        self._one_at_a_time = BoundedSemaphore(1)

    def killed(self) -> None:
        """Killed at once, back a little later."""
        self._begin(self._kill)

    def stalled(self) -> None:
        """Every connection stands still, longer than the product waits."""
        self._begin(self._stall)

    def failed_over(self) -> None:
        """As a cluster does it: the primary turns read-only and goes away with all connections; for a moment nobody
        answers, then one does who has every commit."""
        self._begin(self._fail_over)

    def end(self) -> None:
        """Wait until the last outage is over; no other is planned any more."""
        self.proxy.calm()
        with self._one_at_a_time:
            pass

    def _begin(self, outage: Callable[[], None]) -> None:
        gevent.spawn(self._run, outage)

    def _run(self, outage: Callable[[], None]) -> None:
        with self._one_at_a_time:
            if self._mariadb.running:
                outage()
            if not self._mariadb.running:
                self._mariadb.run()

    def _crash(self) -> None:
        """At a commit; back at once, or at the end of the outage under way."""
        self._mariadb.kill()
        self._begin(lambda: None)

    def _kill(self) -> None:
        self._mariadb.kill()
        gevent.sleep(_OUTAGE_SECONDS)

    def _stall(self) -> None:
        self._mariadb.pause()
        gevent.sleep(_STALL_SECONDS)
        if self._mariadb.running:  # a commit may have been its end
            self._mariadb.resume()

    def _fail_over(self) -> None:
        self._mariadb.execute("SET GLOBAL read_only=1")
        gevent.sleep(_OUTAGE_SECONDS)
        self.proxy.refusing = True
        self.proxy.cut()
        self._mariadb.kill()
        gevent.sleep(_OUTAGE_SECONDS)
        self.proxy.refusing = False
