"""The private keypad: each key reaches this socket alone, as ``uuid_setvar: ...`` / ``digits: 4``.

No DTMF event, no line in the switch's log, nothing in the call detail record; and a prompt is not broken by a key,
so what a key means stays our decision. What the switch keeps is the last key alone, in the variable
``last_matching_digits``: what a key is bound to is the order to delete it, which the switch carries out as it sends
the key, whatever is asked: cards are keyed at menus.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from fs_app.domain.keys import CLEAR as CLEAR_KEY
from fs_app.domain.keys import DONE, KEYS, KeyBuffer
from fs_app.telephony.connect import ConnectInfo
from fs_app.telephony.session import Session

# Cleared first: a call that outlived another application server still has its bindings.
CLEAR = ("clear_digit_action", "all")
BEFORE, AFTER = (("set", "sensitive_dtmf=true"), CLEAR), (("digit_action_set_realm", "keys"),)
# The detector logs each key at DEBUG; a call can have been told to log more than its switch, or more of tones.
LISTEN_INBAND = (("session_loglevel", "console"), ("unset", "dtmf_verbose"), ("spandsp_start_dtmf", ""))
RELEASE = (CLEAR,)

# A line whose keys are tones while its caller's side sends telephone-event as well: a key comes twice. The switch
# is told to report the second kind at once too, and not when the key is let go, so that both come close together:
# nobody presses a key twice within a tenth of a second. (Its own `deduplicate_dtmf` logs each key at INFO.)
REPORT_AT_ONCE = (("set", "rtp_manual_rtp_bugs=IGNORE_DTMF_DURATION"),)
TWICE_SECONDS = 0.1


def binding(uuid: str) -> tuple[tuple[str, str], ...]:
    """What gives this socket the keys of a call."""
    forget = f"keys,~[0-9*#],api:uuid_setvar,{uuid} last_matching_digits"
    return *BEFORE, ("bind_digit_action", forget), *AFTER


class Keypad:
    """The caller's keys: bound on the switch, kept here until somebody takes them."""

    def __init__(self, session: Session, info: ConnectInfo, *, on_key: Callable[[], None]) -> None:
        self._session = session
        self._binding = binding(info.uuid)
        self._inband = info.inband
        self._both = info.inband and info.telephone_event is True
        self._tell = on_key
        self._last: tuple[str, float] = ("", 0.0)
        self._run = 0.0  # keys that follow the last dropped one this soon are dropped, too
        self._dropped_at = 0.0
        self.typed_at = 0.0
        """When the last key came (monotonic)."""
        self.buffer = KeyBuffer()
        self.public = False
        """True while a question is asked that is no secret."""
        session.on_keys(self._pressed)
        session.on_end(self._let_go)

    def __len__(self) -> int:
        return len(self.buffer)

    def open(self, *first: tuple[str, str], seconds: float) -> None:
        """Run ``first``, bind the keypad, and listen for in-band tones where the line needs it: one write."""
        self._session.start_all(self._steps(*first))[-1].wait(seconds)

    def bind(self, seconds: float) -> None:
        """Bind it anew, with each command looked at: CommandRefused where one is, SwitchTimeout where one was not
        carried out before the last."""
        executions = self._session.start_all(self._steps())
        executions[-1].wait(seconds)
        for execution in executions:
            execution.wait(0)

    def _steps(self, *first: tuple[str, str]) -> list[tuple[str, str]]:
        return [
            *(REPORT_AT_ONCE if self._both else ()),
            *first,
            *self._binding,
            *(LISTEN_INBAND if self._inband else ()),
        ]

    @property
    def ignoring(self) -> bool:
        """True while keys are dropped."""
        return self._run > 0

    def ignore(self, *, typing: bool = False) -> None:
        """An answer was refused before it was whole: what else is typed of it is dropped, whatever is said, until
        `heed`, and from then on until the caller has paused. ``typing``: they have not had the time to."""
        self.buffer.forget()
        self._run, self._dropped_at = math.inf, time.monotonic() if typing else 0.0

    def heed(self, run: float) -> None:
        """Why it was refused has been said: a key that comes ``run`` seconds after the last one begins an
        answer."""
        if self._run:
            self._run = run

    def release(self, *more: tuple[str, str], seconds: float) -> None:
        """Give the keys back to the switch and the far end, and run ``more``: before a hand-over."""
        self.buffer.forget()
        self._run = 0.0
        self._session.start_all([*RELEASE, *more])[-1].wait(seconds)

    def _let_go(self) -> None:
        """No key comes any more: whoever was told of them is not held by us, nor we by them."""
        self._tell = lambda: None

    def _pressed(self, digits: str) -> None:
        """In the hub. After one of the keys A to D, which match nothing, the switch sends both at once: ``A3``."""
        self.typed_at = time.monotonic()
        if self._both and self._came_twice(digits):
            return
        if self._run and self._goes_on(digits):
            self._tell()  # it is a digit of a secret all the same
            return
        for key in digits[: KeyBuffer.LIMIT]:
            if key in KEYS and self.buffer.feed(key):
                self._tell()

    def _goes_on(self, digits: str) -> bool:
        """Whether the caller still types what was refused; ``#`` and ``*`` end that as a pause does."""
        now = time.monotonic()
        if now - self._dropped_at < self._run:
            self._dropped_at = 0.0 if digits[-1:] in (DONE, CLEAR_KEY) else now
            return True
        self._run = 0.0
        return False

    def _came_twice(self, digits: str) -> bool:
        now = time.monotonic()
        (before, at), self._last = self._last, (digits, now)
        if digits != before or now - at > TWICE_SECONDS:
            return False
        self._last = ("", 0.0)
        return True
