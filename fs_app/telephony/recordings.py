"""The recordings of one call: each is silent while a secret is keyed, or there is no secret.

The register is the switch's own list of what hears the call (``uuid_buglist``), asked for before each secret
prompt: it knows what the dialplan, a queue or another client started, before or after us. What starts while a
secret is keyed says so (``RECORD_START``) and is masked at once.

A recording that cannot be masked is stopped; where that fails too, `NotProtected` is raised and nothing is asked.
Who only listens in (eavesdrop) writes nothing down, but hears the keys of a line that sends them as tones.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import gevent
import structlog

from fs_app.errors import CallEnded, CommandRefused, NotProtected
from fs_app.telephony import commands
from fs_app.telephony.pending import Pending
from fs_app.telephony.session import Session

_log = structlog.get_logger()

UNMASK_SECONDS = 1.0  # after the last key of a secret: its tone may still be on its way
_BUG = re.compile(r"<function>(.*?)</function>\s*<target>(.*?)</target>", re.DOTALL)
_RECORDS, _LISTENS = "session_record", "eavesdrop"


class Recordings:
    """Masks and unmasks. ``on_failure`` is called in the hub, where a recording began meanwhile and goes on."""

    def __init__(self, session: Session, uuid: str, *, inband: bool, on_failure: Callable[[], None]) -> None:
        self._session = session
        self._uuid = uuid
        self._inband = inband
        self._tell = on_failure
        self._masked: set[str] = set()
        self._secret = False  # a secret is being keyed
        self._unmasking: gevent.Greenlet[[], None] | None = None
        self.failed = False
        session.on_end(self._forget)

    def protect(self, seconds: float) -> None:
        """Mask all there are: before a secret prompt. NotProtected where that cannot be done."""
        self._forget()
        self._secret, self.failed = True, False
        try:
            bugs = self._bugs(seconds)
            if self._inband and any(function == _LISTENS for function, _ in bugs):
                raise NotProtected("somebody listens in on a line whose keys are tones")
            self._silence([target for function, target in bugs if function == _RECORDS], seconds)
        except NotProtected:
            self.release()
            raise

    def release(self) -> None:
        """The last key of a secret has come: unmask in a second, unless the next secret comes first."""
        self._secret = False
        if self._masked and self._session.ended is None:
            self._unmasking = gevent.spawn_later(UNMASK_SECONDS, self._unmask)

    def take_over(self, seconds: float) -> None:
        """Unmask what a server that is gone may have left masked."""
        recorded = (target for function, target in self._bugs(seconds) if function == _RECORDS)
        self._masked = {path for path in recorded if _safe(path)}
        self.release()

    def started(self, path: str | None) -> None:
        """In the hub: a recording has begun. Silenced without waiting, where a secret is being keyed."""
        if not self._secret:
            return
        if path is None or not _safe(path):
            self._then(self._order("stop all"), self._fail)
        else:
            self._masked.add(path)
            self._then(self._order(f"mask {path}"), lambda: self._stop_late(path))

    # --- on the switch ---

    def _bugs(self, seconds: float) -> list[tuple[str, str]]:
        """What hears the call: each media bug's function and its target, for a recording its path."""
        listing = self._session.api("uuid_buglist", self._uuid, seconds=seconds)
        return [(match[1], match[2]) for match in _BUG.finditer(listing)]

    def _silence(self, paths: list[str], seconds: float) -> None:
        """Mask each, all in one go; stop those that were not."""
        orders = {path: self._order(f"mask {path}") for path in paths if _safe(path)}
        for path in paths:
            if path in orders and _obeyed(orders[path], seconds):
                self._masked.add(path)
                continue
            _log.warning("recording stopped, as it cannot be masked", call=self._uuid)
            if not _obeyed(self._order(f"stop {path}" if path in orders else "stop all"), seconds):
                raise NotProtected("a recording can be neither masked nor stopped")

    def _order(self, order: str) -> Pending:
        return self._session.start_api("uuid_record", f"{self._uuid} {order}")

    def _unmask(self) -> None:
        masked, self._masked = self._masked, set()
        try:
            for path in masked:
                self._then(self._order(f"unmask {path}"), lambda: None)  # it may have ended meanwhile
        except CallEnded:
            return

    # --- without waiting ---

    def _stop_late(self, path: str) -> None:
        self._then(self._order(f"stop {path}"), self._fail)

    def _fail(self) -> None:
        self.failed = True
        self._tell()

    def _then(self, pending: Pending, refused: Callable[[], None]) -> None:
        """Do something else where the switch refuses; nothing where the call is over."""

        def done() -> None:
            if self._session.ended is None and not _obeyed(pending, 0):
                refused()

        pending.on_done(done)

    def _forget(self) -> None:
        """What was masked stays so; nothing is unmasked any more."""
        if self._unmasking is not None:
            self._unmasking.kill(block=False)
            self._unmasking = None


def _safe(path: str) -> bool:
    return commands.matching(commands.FILE, path) is not None


def _obeyed(pending: Pending, seconds: float) -> bool:
    """True where the switch has done it, and said so. SwitchTimeout where it says nothing."""
    try:
        return pending.wait(seconds).body.startswith(b"+OK")
    except CommandRefused:
        return False
