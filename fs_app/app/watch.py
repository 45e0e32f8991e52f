"""Looks at the running switch again and again; asks for no card while something critical is wrong with it.

What must be true of the switch for one call is asked over that call's own socket (``telephony/guard.py``). This is
the rest of what ``fs-app doctor`` calls critical; it needs the password of the switch's event socket (settings:
``switch.password``), and without it nothing is looked at. A switch that does not answer is as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import gevent
import structlog

from fs_app.doctor.finding import Finding
from fs_app.errors import SwitchError
from fs_app.settings import Settings

log = structlog.get_logger()

PAUSE_SECONDS = 60.0


def _critical(settings: Settings) -> Sequence[Finding]:
    # The doctor's libraries are loaded by the first look, not by the start.
    from fs_app.doctor.examination import critical_in_force

    return critical_in_force(settings)


class SwitchWatch:
    """``look`` finds what is critical, in a native thread: to read a configuration takes the hub's time otherwise.
    ``told`` hears of every change how much that is."""

    def __init__(
        self,
        settings: Settings,
        *,
        told: Callable[[int], None] = lambda count: None,
        look: Callable[[Settings], Sequence[Finding]] = _critical,
    ) -> None:
        self._settings = settings
        self._told = told
        self._find = look
        self._found: frozenset[Finding] = frozenset()
        self._looking: gevent.Greenlet[[], None] | None = None

    def well(self) -> bool:
        """False while something critical is wrong."""
        return not self._found

    def start(self) -> None:
        """Look now, and again every minute; nothing where the switch cannot be asked."""
        if self._settings.switch.password is not None:
            self._looking = gevent.spawn(self._look_for_ever)

    def stop(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.kill()

    def _look_for_ever(self) -> None:
        while True:
            self._say(gevent.get_hub().threadpool.apply(self._look))
            gevent.sleep(PAUSE_SECONDS)

    def _look(self) -> frozenset[Finding] | None:
        """In a native thread, with a hub of its own. None where the switch does not answer."""
        try:
            return frozenset(self._find(self._settings))
        except (OSError, SwitchError):
            return None
        finally:
            gevent.get_hub().destroy()

    def _say(self, found: frozenset[Finding] | None) -> None:
        if found is None or found == self._found:
            return
        for finding in sorted(found - self._found, key=lambda each: each.check):
            what, why, change = finding.what, finding.why, finding.change
            log.error("no card is asked for", check=finding.check, what=what, why=why, change=change)
        if not found:
            log.warning("the switch is well again")
        self._found = found
        self._told(len(found))
