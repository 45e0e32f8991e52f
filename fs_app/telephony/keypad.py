"""The private keypad: each key reaches this socket alone, as ``key: x`` / ``digits: 4``.

No DTMF event, no line in the switch's log, nothing in the call detail record; and a prompt is not broken by a key,
so what a key means stays our decision. What is left in the switch is the last key alone, in the variable
``last_matching_digits``, until it is unset.
"""

from __future__ import annotations

from collections.abc import Callable

from fs_app.domain.keys import KEYS, KeyBuffer
from fs_app.telephony.session import Session

# Cleared first: a call that outlived another application server still has its bindings.
BIND = (
    ("set", "sensitive_dtmf=true"),
    ("clear_digit_action", "all"),
    ("bind_digit_action", "keys,~[0-9*#],key,x"),
    ("digit_action_set_realm", "keys"),
)
LISTEN_INBAND = (("spandsp_start_dtmf", ""),)
RELEASE = (("clear_digit_action", "all"),)
FORGET_LAST = (("unset", "last_matching_digits"),)


class Keypad:
    """The caller's keys: bound on the switch, kept here until somebody takes them."""

    def __init__(self, session: Session, *, inband: bool, on_key: Callable[[], None]) -> None:
        self._session = session
        self._inband = inband
        self._tell = on_key
        self.buffer = KeyBuffer()
        session.on_keys(self._pressed)

    def __len__(self) -> int:
        return len(self.buffer)

    def open(self, *first: tuple[str, str], seconds: float) -> None:
        """Run ``first``, bind the keypad, and listen for in-band tones where the line needs it: one write."""
        steps = [*first, *BIND, *(LISTEN_INBAND if self._inband else ())]
        self._session.start_all(steps)[-1].wait(seconds)

    def release(self, *more: tuple[str, str], seconds: float) -> None:
        """Give the keys back to the switch and the far end, and run ``more``: before a hand-over."""
        self.buffer.forget()
        self._session.start_all([*RELEASE, *more])[-1].wait(seconds)

    def forget_last(self) -> None:
        """Take the last key out of the channel's variables: after a secret field. Does not wait."""
        self._session.start_all(FORGET_LAST)

    def _pressed(self, digits: str) -> None:
        """In the hub. After one of the keys A to D, which match nothing, the switch sends both at once: ``A3``."""
        for key in digits[: KeyBuffer.LIMIT]:
            if key in KEYS and self.buffer.feed(key):
                self._tell()
