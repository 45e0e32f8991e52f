"""Who hears a call, and what of it is recorded: each recording is silent while a secret is keyed, or there is none.

The register is the switch's own list of what hears the call (``uuid_buglist``), asked for before each secret
prompt: it knows what the dialplan, a queue, a transfer or another client started, before or after us. What begins
while a secret is keyed says so (``MEDIA_BUG_START``; a recording that a transfer brings along fires no
``RECORD_START``) and is masked at once.

A recording that cannot be masked is stopped; where that fails too, `NotProtected` is raised and nothing is asked.
Who listens without writing (eavesdrop, speech recognition) hears the keys of a line that sends them as tones:
there no secret is asked for. Keys that come while nothing is asked may be the beginning of a secret typed early:
they mask what is known to run, too.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import gevent
import structlog

from fs_app.errors import CallEnded, CommandRefused, NotProtected, SwitchError
from fs_app.telephony import commands
from fs_app.telephony.pending import Pending
from fs_app.telephony.session import Session

_log = structlog.get_logger()

UNMASK_SECONDS = (
    1.0  # after the last key: its tone may still be on its way, and the switch records half a second late
)
SETTLE_SECONDS = 0.02  # a recording is announced an instant before the switch knows it by its path
_ORDER_SECONDS = 2.0

RECORDING = "session_record"

# Media bugs that carry no sound away: they look for tones, or change what is heard.
DEAF = frozenset(
    {
        *("spandsp_dtmf_detect", "inband_dtmf", "inband_dtmf_generate", "tone_detect", "spandsp_tone_detect"),
        *("fax_tone_detect", "fsk_detect", "spandsp_tdd_decode", "spandsp_tdd_encode", "avmd", "vmd"),
        *("audio", "displace", "preprocess", "soundtouch", "ladspa", "video_write_overlay"),
    }
)
_BUG = re.compile(r"<media-bug>\s*<function>(.*?)</function>\s*<target>(.*?)</target>", re.DOTALL)


class MediaBug(NamedTuple):
    """Something that hears a call; the target of a recording is its path."""

    function: str
    target: str


def media_bugs(listing: str) -> list[MediaBug]:
    """What ``uuid_buglist`` tells. ValueError where that is no list, or a part of it is not understood."""
    text = listing.strip()
    bugs = [MediaBug(match[1], match[2]) for match in _BUG.finditer(text)]
    whole = text.startswith("<media-bugs>") and text.endswith("</media-bugs>")
    if not whole or len(bugs) != text.count("<media-bug>"):
        raise ValueError("no list of what hears the call")
    return bugs


class Recordings:
    """Masks and unmasks. ``on_failure`` is called where something that began meanwhile goes on hearing a secret;
    ``failed`` says what then."""

    def __init__(self, session: Session, uuid: str, *, inband: bool, on_failure: Callable[[], None]) -> None:
        self._session = session
        self._uuid = uuid
        self._inband = inband
        self._tell = on_failure
        self._known: set[str] = set()
        self._masked: set[str] = set()
        self._told: set[str] = set()
        self._secret = False  # a secret is being keyed
        self._last_key = 0.0
        self._unmasking: gevent.Greenlet[[], None] | None = None
        self.failed: NotProtected | None = None
        self._strict = False
        session.on_end(self._forget)

    # --- in the call's greenlet ---

    def learn(self, *, left_masked: bool) -> None:
        """Ask what runs at the beginning, without waiting. ``left_masked``: a server that is gone may have left
        them silent, so they are unmasked in a second."""
        listing = self._look()
        listing.on_done(lambda: self._learnt(listing, left_masked))

    def begin(self) -> Pending:
        """A secret is about to be asked for: ask what hears the call. From now on, what begins to hear it is
        silenced; `release` must follow."""
        self._secret, self.failed = True, None
        return self._look()

    def protect(self, listing: Pending, seconds: float) -> Sequence[MediaBug]:
        """Mask all there are: before a secret prompt; what hears the call. NotProtected where that cannot be
        done."""
        bugs = self._bugs(listing, seconds)
        for bug in bugs:
            if (refusal := self._listens(bug)) is not None:
                raise refusal
        paths = [bug.target for bug in bugs if bug.function == RECORDING]
        self._known = {path for path in paths if _safe(path)}
        self._silence(paths, seconds)
        return bugs

    def release(self) -> None:
        """The secret has been keyed, or given up: unmask a second after its last key, unless the next secret comes
        first."""
        self._secret, self.failed = False, None
        if not self._strict:
            self._unmask_later()

    def hold(self) -> None:
        """A person is on the line while secrets are keyed: recordings are silent from the first of them to
        `let_go`, and whoever listens is one too many, whatever the keys sound like."""
        self._strict = True

    def let_go(self) -> None:
        """It is over: unmask as `release` does."""
        self._strict = False
        self._unmask_later()

    # --- in the hub or anywhere: nothing here waits ---

    @property
    def secret(self) -> bool:
        """Whether a secret is asked for now."""
        return self._secret

    def calm_in(self) -> float:
        """In how many seconds no tone of a key that came can be on its way any more."""
        return max(0.0, self._last_key + UNMASK_SECONDS - time.monotonic())

    def typed(self) -> None:
        """A key came that answers no public question."""
        self._last_key = time.monotonic()
        if not self._secret:
            for path in self._known - self._masked:
                self._order(f"mask {path}")
            self._masked |= self._known
            self._unmask_later()

    def started(self, bug: MediaBug) -> None:
        """Something begins to hear the call."""
        refusal = self._listens(bug)
        if bug.function == RECORDING and _safe(bug.target):
            self._known.add(bug.target)
        if (self._secret or self._strict) and bug.function == RECORDING:
            gevent.spawn(self._silence_late, bug.target)
        elif refusal is not None:
            self.fail(refusal)

    def stopped(self, path: str) -> None:
        """A recording has ended."""
        self._known.discard(path)
        self._masked.discard(path)

    def unmask(self, *, after: int = 0) -> None:
        """Let recordings hear again, at once, or have the switch do so ``after`` some seconds."""
        masked, self._masked = self._masked, set()
        with suppress(CallEnded):
            for path in masked:  # refused where it has ended meanwhile
                order = f"{self._uuid} unmask {path}"
                self._session.start_api(*commands.later(after, "uuid_record", order))

    # --- parts ---

    def _look(self) -> Pending:
        return self._session.start_api("uuid_buglist", self._uuid)

    def _learnt(self, listing: Pending, left_masked: bool) -> None:
        try:
            bugs = self._bugs(listing, 0)
        except (NotProtected, CallEnded):
            return  # the next secret asks again
        self._known |= {bug.target for bug in bugs if bug.function == RECORDING and _safe(bug.target)}
        if left_masked and not self._secret:
            self._masked |= self._known
            self._last_key = time.monotonic()
            self._unmask_later()

    def _bugs(self, listing: Pending, seconds: float) -> list[MediaBug]:
        try:
            return media_bugs(listing.wait(seconds).body.decode("utf-8", "replace"))
        except (SwitchError, ValueError) as error:
            raise NotProtected(
                f"the switch does not say what hears the call: {error}", reason="unanswered"
            ) from None

    def _listens(self, bug: MediaBug) -> NotProtected | None:
        """What is to be said of somebody who hears the line and is no recording; logged once."""
        if bug.function == RECORDING or bug.function in DEAF:
            return None
        if bug.function not in self._told:
            self._told.add(bug.function)
            _log.warning("somebody listens to the call", call=self._uuid, by=bug.function[:40], tones=self._inband)
        if not (self._inband or self._strict):
            return None
        return NotProtected(f"somebody listens to the call: {bug.function[:40]}", reason="listener")

    def _silence(self, paths: Sequence[str], seconds: float) -> None:
        """Mask each, all in one go; stop those that were not."""
        safe = [path for path in paths if _safe(path)]
        refused = self._refused(safe, seconds)
        if refused:
            gevent.sleep(SETTLE_SECONDS)
            refused = self._refused(refused, seconds)
        for path in [*refused, *(path for path in paths if path not in safe)]:
            self._stop(path if path in refused else None, seconds)

    def _refused(self, paths: Sequence[str], seconds: float) -> list[str]:
        """Mask these; those that were not. The dialplan is told of them, should all servers die now."""
        for path in sorted(set(paths) - self._masked):
            self._session.start_api("uuid_setvar", f"{self._uuid} fs_app_masked {path}")
        self._masked.update(paths)
        orders = [(path, self._order(f"mask {path}")) for path in paths]
        refused = [path for path, order in orders if not _obeyed(order, seconds)]
        self._masked.difference_update(refused)
        return refused

    def _stop(self, path: str | None, seconds: float) -> None:
        """Stop one recording, or all where its path does not pass the gate. NotProtected where it goes on."""
        _log.warning("recording stopped: it cannot be masked", call=self._uuid, path=path)
        if path is not None and _obeyed(self._order(f"stop {path}"), seconds):
            return
        if not _obeyed(self._order("stop all"), seconds) and any(
            bug.function == RECORDING and path in (None, bug.target) for bug in self._bugs(self._look(), seconds)
        ):
            raise NotProtected("a recording can be neither masked nor stopped")

    def _silence_late(self, path: str) -> None:
        """In a greenlet of its own: a recording began while a secret is keyed."""
        try:
            self._silence([path], _ORDER_SECONDS)
        except NotProtected as refusal:
            self.fail(refusal)
        except CallEnded:
            return

    def fail(self, refusal: NotProtected) -> None:
        """What is keyed now is no secret any more: whoever asks is told. In the hub or anywhere."""
        if self._secret:
            self.failed = refusal
            self._tell()

    def _order(self, order: str) -> Pending:
        return self._session.start_api("uuid_record", f"{self._uuid} {order}")

    def _unmask_later(self) -> None:
        if self._masked and self._unmasking is None and self._session.ended is None:
            self._unmasking = gevent.spawn_later(self.calm_in(), self._unmask_when_due)

    def _unmask_when_due(self) -> None:
        self._unmasking = None
        if self._secret or self._strict:
            return
        if self.calm_in():
            self._unmask_later()
        else:
            self.unmask()

    def _forget(self) -> None:
        """The session is over: nothing is unmasked any more."""
        if self._unmasking is not None:
            self._unmasking.kill(block=False)


def _safe(path: str) -> bool:
    return commands.matching(commands.FILE, path) is not None


def _obeyed(pending: Pending, seconds: float) -> bool:
    """True where the switch has done it, and said so. NotProtected where it says nothing."""
    try:
        return pending.wait(seconds).body.startswith(b"+OK")
    except CommandRefused:
        return False
    except SwitchError as error:
        raise NotProtected(f"the switch does not answer: {error}", reason="unanswered") from None
