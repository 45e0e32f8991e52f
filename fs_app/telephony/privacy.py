"""Whether what a caller keys now is a secret, and what is done for it: the one place that joins keypad, guard and
recordings."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import gevent
import structlog

from fs_app.domain.keys import Field
from fs_app.errors import NotProtected
from fs_app.telephony.connect import ConnectInfo
from fs_app.telephony.guard import Guard
from fs_app.telephony.headers import Frame
from fs_app.telephony.keypad import Keypad
from fs_app.telephony.recordings import MediaBug, Recordings
from fs_app.telephony.session import Session
from fs_app.telephony.shield import Shield

log = structlog.get_logger()

_TYPING_SECONDS = 5  # who was in mid-entry has typed the rest by then
_LOOK_SECONDS = 0.1


class Privacy:
    """What protects the keys of one call. Keys that answer no question are taken for a secret typed early.

    ``on_stir`` is called, in the hub, whenever a key came, or a secret is no longer one.
    """

    def __init__(self, session: Session, info: ConnectInfo, guard: Guard, *, on_stir: Callable[[], None]) -> None:
        self._session = session
        self._info = info
        self._guard = guard
        self._stir = on_stir
        self.keypad = Keypad(session, info, on_key=self._key_came)
        self.recordings = Recordings(session, info.uuid, inband=info.inband, on_failure=on_stir)
        self.shield: Shield | None = None
        """What keeps the keys from the person that the caller talks with, while it has to."""
        self._raised: Shield | None = None
        self._lowering: gevent.Greenlet[[], None] | None = None
        session.on_end(self._forget)

    @contextmanager
    def asking(self, field: Field, seconds: float) -> Iterator[None]:
        """While it lasts, keys answer this field. Those of a secret can be written down or heard by nobody:
        NotProtected otherwise, with what was typed early dropped."""
        if not field.secret:
            self.keypad.public = True
            try:
                yield
            finally:
                self.keypad.public = False
            return
        try:
            self._protect(seconds)
            yield
        except NotProtected as refusal:
            self.keypad.buffer.forget()
            log.error("no secret is asked for", call=self._info.uuid, field=field.name, why=str(refusal))
            self._guard.on_refusal(refusal.reason)
            raise
        finally:
            self.recordings.release()

    @contextmanager
    def shielded(self, shield: Shield, seconds: float) -> Iterator[Callable[[], None]]:
        """While it lasts a person is on the line who must not get the keys. All of it is proved before anything is
        asked, and again before each secret: NotProtected. What it yields proves it anew, and takes nothing down
        meanwhile: who types on in the middle of a transfer is not heard by whoever they come to."""
        self.recordings.hold()
        self._raised = shield
        try:
            self._put_up(shield, seconds)
            yield partial(self._put_up, shield, seconds)
        finally:
            self.shield = None
            self._lower()
            self.recordings.let_go()

    @property
    def calm(self) -> bool:
        """Whether no key could be heard by who hears the caller from now on: no secret is asked for, and no tone is
        on its way."""
        return not self.recordings.secret and not self.recordings.calm_in()

    def leave(self, *, for_good: bool = False) -> None:
        """Nobody will be here to let anybody hear the caller again: now. In mid-entry nothing is changed, as where
        we die: who types on is not heard, and the server that has the call next sets it right. Where none will have
        it (``for_good``) the switch does, in a while."""
        raised, self._raised = self._raised, None
        if not self.calm and not for_good:
            return
        after = 0 if self.calm else _TYPING_SECONDS
        self.recordings.unmask(after=after)
        if raised is not None:
            raised.take_down(after=after)

    def calm_down(self, seconds: float) -> None:
        """Wait until it is calm, for so long at most."""
        until = time.monotonic() + seconds
        while not self.calm and (left := until - time.monotonic()) > 0:
            gevent.sleep(min(left, max(self.recordings.calm_in(), _LOOK_SECONDS)))

    @property
    def lost(self) -> bool:
        """True where something began to hear the secret that is being keyed."""
        return self.recordings.failed is not None

    def raise_if_lost(self) -> None:
        """NotProtected where something began to hear the secret that is being keyed."""
        if self.recordings.failed is not None:
            raise self.recordings.failed

    def happened(self, event: Frame) -> None:
        """In the hub: something begins to hear the call, or no longer silences it."""
        function, target = (event.event(f"Media-Bug-{name}") for name in ("Function", "Target"))
        bug = MediaBug(function or "", target or "")
        if event.event("Event-Name") == "MEDIA_BUG_START":
            self.recordings.started(bug)
        elif self.shield is not None and (refusal := self.shield.lost(bug)) is not None:
            self.recordings.fail(refusal)

    def _put_up(self, shield: Shield, seconds: float) -> None:
        try:
            shield.put_up(seconds)
            self.shield = shield
            try:
                self._protect(seconds)
            finally:
                self.recordings.release()
        except NotProtected as refusal:
            log.error("no payment in a talk", call=self._info.uuid, why=str(refusal))
            self._guard.on_refusal(refusal.reason)
            raise

    def _lower(self) -> None:
        """Take the shield down once no key can be heard any more: a payment can end in mid-entry, and the caller
        types on."""
        self._lowering = None
        if self.shield is not None or self._raised is None:
            return
        if seconds := self.recordings.calm_in():
            self._lowering = gevent.spawn_later(seconds, self._lower)
        else:
            self._raised.take_down()
            self._raised = None

    def _forget(self) -> None:
        """The session is over: nothing is taken down any more."""
        if self._lowering is not None:
            self._lowering.kill(block=False)

    def _protect(self, seconds: float) -> None:
        """What hears the call and how the switch logs are asked for in one go."""
        listing = self.recordings.begin()
        self._guard.check(self._session, self._info, seconds)
        bugs = self.recordings.protect(listing, seconds)
        if self.shield is not None:
            self.shield.prove(bugs)

    def _key_came(self) -> None:
        if not self.keypad.public or self.keypad.ignoring:
            self.recordings.typed()
        self._stir()
