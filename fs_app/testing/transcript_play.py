"""Plays a transcript over the simulated switch against a running server; shows both dialogues where they differ.

The call is stepped: a prompt lasts until the transcript goes on, so a call takes as long as the server does and not
as long as its prompts. Only silence takes its time, the key times of the settings.
"""

from __future__ import annotations

import itertools
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import gevent

from fs_app.domain.payment import Payment, PaymentState
from fs_app.testing.switch import Call, Happening, SimulatedSwitch, What
from fs_app.testing.transcript import ANYTHING, HANGS_UP, SILENCE, Line, Transcript, matches

_SECONDS = 15.0  # no transcript waits longer for anything
_QUIET_SECONDS = 0.05  # a caller keys when nothing plays any more; so long the server has to say something else
_BREAK_SECONDS = 1.0  # a prompt that a key has not ended by then cannot be interrupted
_BOOKING_SECONDS = 2.0  # from the end of a call until the ledger has to hold what was under way
_WIDTH = 56

_BOOKED = {
    PaymentState.SUBMITTED: "paid",
    PaymentState.SETTLED: "paid",
    PaymentState.OPENED: "being checked",
    PaymentState.UNKNOWN: "being checked",
    PaymentState.AUTHORISED: "authorised",
    PaymentState.NOT_SENT: "not sent",
}


class Differs(AssertionError):
    """A call did not go as its transcript; the message shows both dialogues side by side."""


@dataclass(frozen=True, slots=True)
class Played:
    """A call that went as its transcript. ``overheard`` is what the log of the switch at DEBUG and every other
    event-socket client would hold: searched for digits that must not be there."""

    call: Call
    dialogue: tuple[str, ...]
    overheard: str


def play(
    transcript: Transcript,
    switch: SimulatedSwitch,
    heard: Callable[[Path], str],
    payments: Callable[[], Sequence[Payment]],
) -> Played:
    """Dial, and go through the transcript line by line; `Differs` at the first difference.

    ``heard`` tells what is said in a sound file. ``payments`` are read from the ledger once the call is over.
    """
    call = switch.dial(transcript.caller, variables=transcript.variables, stepped=True)
    caller = _Caller(call, transcript, heard)
    try:
        caller.go_through()
        caller.compare_results(payments)
    finally:
        call.hang_up()
        call.over.wait(_SECONDS)
    return Played(call, tuple(caller.dialogue), switch.overheard)


def booked(payments: Sequence[Payment]) -> list[str]:
    """What the ledger holds, a line an attempt: ``paid 42.50 USD visa 1111``."""
    lines = [
        f"{_BOOKED.get(payment.state, str(payment.state))} {payment.request.amount} {payment.request.brand} "
        f"{payment.request.last_four}"
        for payment in payments
    ]
    return lines or ["no payment"]


class _Caller:
    def __init__(self, call: Call, transcript: Transcript, heard: Callable[[Path], str]) -> None:
        self._call = call
        self._transcript = transcript
        self._heard = heard
        self._playing = False
        self._waiting: Happening | None = None  # a prompt that has begun and was not looked at yet
        self._ended: list[str] = []
        self.dialogue: list[str] = []

    # --- the dialogue ---

    def go_through(self) -> None:
        lines = self._transcript.dialogue
        for line, following in itertools.zip_longest(lines, lines[1:]):
            if line.sign == "<<" and line.text == ANYTHING:
                self._listen_until(following)
            elif line.sign == "<<":
                self._expect(line)
            elif line.sign == ">>!":
                self._key(line)
                self._await_break()
            else:
                self._hear_out(line)
                self._key(line)
        if not (lines and lines[-1].text == ANYTHING):
            text = self._next_prompt()
            if text is not None:
                self._differs(f"<< {text}", "(the call is over)")

    def _expect(self, line: Line) -> None:
        text = self._next_prompt()
        if text is None:
            self._differs("(nothing more is said)", str(line))
        elif not matches(line.text, text):
            self._differs(f"<< {text}", str(line))
        self.dialogue.append(f"<< {text}")

    def _listen_until(self, following: Line | None) -> None:
        """Any number of prompts, until the next is the one that follows in the transcript, or the call is over."""
        while (text := self._next_prompt(peek=following)) is not None:
            self.dialogue.append(f"<< {text}")

    def _next_prompt(self, peek: Line | None = None) -> str | None:
        """The text of the next prompt, once the one that plays was heard out; None where none comes any more.
        With ``peek`` also None, and left for later, where it is the one of that line."""
        if self._playing:
            self._call.hear_out()
            self._playing = False
        happening = self._waiting or self._await()
        self._waiting = None
        if happening is None:
            return None
        text = self._text(happening)
        if peek is not None and matches(peek.text, text):
            self._waiting = happening
            return None
        self._playing = True
        return text

    def _text(self, happening: Happening) -> str:
        return " ".join(" ".join(self._heard(path) for path in happening.files).split())

    def _await(self) -> Happening | None:
        """The next prompt that starts; what else happens is written down."""
        until = time.monotonic() + _SECONDS
        while True:
            over = self._call.over.is_set()
            happening = self._call.next(0.0 if over else 0.1)
            if happening is not None and happening.what is What.PROMPT:
                return happening
            if happening is not None:
                self._note(happening)
            elif over:
                return None
            elif time.monotonic() >= until:
                self._differs("(nothing happens)", "(something happens)")

    # --- the caller ---

    def _key(self, line: Line) -> None:
        self.dialogue.append(str(line))
        if line.text == HANGS_UP:
            self._call.hang_up()
        elif line.text != SILENCE:
            self._call.press(line.text)

    def _hear_out(self, line: Line) -> None:
        """Let the prompt end. The server has a moment to say something else instead of waiting for this key."""
        self._call.hear_out()
        self._playing = False
        while (happening := self._call.next(_QUIET_SECONDS)) is not None:
            if happening.what is What.PROMPT:
                self._differs(f"<< {self._text(happening)}", str(line))
            self._note(happening)

    def _await_break(self) -> None:
        until = time.monotonic() + _BREAK_SECONDS
        while (left := until - time.monotonic()) > 0:
            happening = self._call.next(left)
            if happening is not None and happening.what is What.PROMPT_ENDED:
                self._playing = False
                return
            if happening is not None:
                self._note(happening)

    # --- the end ---

    def _note(self, happening: Happening) -> None:
        match happening.what:
            case What.QUEUED:
                self._ended.append(f"queue {happening.detail.partition('@')[0]}")
            case What.AGENT:
                self._ended[-1] = f"agent {happening.detail.partition('@')[0]}"
                self._call.agent_hangs_up()
            case What.FALLBACK:
                self._ended.append(f"fallback {happening.detail}")
            case What.HUNG_UP if happening.by == "caller":
                self._ended.append("caller hung up")
            case What.HUNG_UP if not (self._ended and self._ended[-1].startswith("agent ")):
                self._ended.append("hung up" if happening.by == "application" else f"cut off {happening.detail}")
            case _:
                pass

    def compare_results(self, payments: Callable[[], Sequence[Payment]]) -> None:
        """The ledger's lines, then how the call ended, against the transcript's. A caller who hung up is gone
        before the ledger has what was under way: it is given the time."""
        expected = [line.text for line in self._transcript.results]
        until = time.monotonic() + _BOOKING_SECONDS
        while True:
            actual = [*booked(payments()), *self._ended]
            same = len(actual) == len(expected) and all(
                f"{got} ".startswith(f"{want} ") for want, got in zip(expected, actual, strict=True)
            )
            if same or time.monotonic() >= until:
                break
            gevent.sleep(_QUIET_SECONDS)
        self.dialogue += [f"== {line}" for line in actual]
        if not same:
            raise Differs(self._side_by_side([str(line) for line in self._expected()]))

    def _expected(self) -> tuple[Line, ...]:
        return (*self._transcript.dialogue, *self._transcript.results)

    def _differs(self, actual: str, expected: str) -> NoReturn:
        """Fail here: both dialogues up to this line."""
        done = len(self.dialogue)
        self.dialogue.append(actual)
        wanted = [str(line) for line in self._expected()]
        if any(line.text == ANYTHING for line in self._transcript.dialogue):
            wanted = [*self.dialogue[:done], expected]
        self.dialogue += [f"== {line}" for line in self._ended]
        raise Differs(self._side_by_side(wanted))

    def _side_by_side(self, expected: Sequence[str]) -> str:
        """Two columns; ``!`` marks where they part."""
        rows = [f"{self._transcript.file}: the call went another way", f"  {'written':<{_WIDTH}}  heard"]
        for wanted, got in itertools.zip_longest(expected, self.dialogue, fillvalue=""):
            sign, _, text = wanted.partition(" ")
            same = wanted == got or (sign == got[:2] and (matches(text, got[3:]) or f"{got} ".startswith(wanted)))
            left, right = (textwrap.wrap(part, _WIDTH, subsequent_indent="   ") or [""] for part in (wanted, got))
            for index, (one, other) in enumerate(itertools.zip_longest(left, right, fillvalue="")):
                rows.append(f"{'!' if not same and index == 0 else ' '} {one:<{_WIDTH}}  {other}")
        return "\n".join(row.rstrip() for row in rows)
