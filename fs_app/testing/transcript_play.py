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

from fs_app.domain.agreement import Agreement, Fixed
from fs_app.domain.calendar import Every
from fs_app.domain.payment import Payment, PaymentState
from fs_app.ports import DeskView
from fs_app.testing.switch import Call, Happening, SimulatedSwitch, What
from fs_app.testing.transcript import ANYTHING, HANGS_UP, SAYS, SILENCE, WAITS, Line, Transcript, matches
from fs_app.testing.transcript_agent import Agent

_SECONDS = 15.0  # no transcript waits longer for anything
_QUIET_SECONDS = 0.05  # a caller keys when nothing plays any more; so long the server has to say something else
_MOMENT_SECONDS = 0.15  # what a caller typed in one go has ended after that, by the key times of a test
_BREAK_SECONDS = 1.0  # a prompt that a key has not ended by then cannot be interrupted
_BOOKING_SECONDS = 15.0  # from the end of a call until the ledger has to hold what was under way
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
    agreements: Callable[[], Sequence[Agreement]] = tuple,
    desk: DeskView | None = None,
) -> Played:
    """Dial, and go through the transcript line by line; `Differs` at the first difference.

    ``heard`` tells what is said in a sound file. ``payments`` and ``agreements`` are read once the call is over;
    ``desk`` is what an agent of the transcript has before them.
    """
    call = switch.dial(transcript.caller, variables=transcript.variables, stepped=True)
    caller = _Caller(call, transcript, heard, Agent(call, desk))
    try:
        caller.go_through()
        caller.compare_results(lambda: [*booked(payments()), *agreed(agreements())])
    finally:
        call.hang_up()
        call.over.wait(_SECONDS)
    return Played(call, caller.dialogue, switch.overheard)


def booked(payments: Sequence[Payment]) -> list[str]:
    """What the ledger holds, a line an attempt: ``paid 42.50 USD visa 1111``."""
    lines = []
    for payment in payments:
        state = _BOOKED.get(payment.state, str(payment.state))
        lines.append(
            f"{state} {payment.request.amount} {payment.request.brand} {payment.request.last_four}".strip()
        )
    return lines or ["no payment"]


def agreed(agreements: Sequence[Agreement]) -> list[str]:
    """What was agreed to, a line each: ``agreement plan active 42.50 USD 3 times``."""
    lines = []
    for agreement in agreements:
        terms = agreement.request.terms
        amount = str(terms.amount.amount) if isinstance(terms.amount, Fixed) else "full balance"
        times = "" if terms.times is None else f"{terms.times} times"
        until = "" if terms.last is None else f"until {terms.last:%m-%d}"
        words = ("agreement", agreement.request.kind, agreement.state, amount, _often(terms.every), times, until)
        lines.append(" ".join(word for word in words if word))
    return lines


def _often(every: Every | None) -> str:
    if every is None:
        return ""
    return f"every {every.unit}" if every.count == 1 else f"every {every.count} {every.unit}s"


class _Caller:
    def __init__(self, call: Call, transcript: Transcript, heard: Callable[[Path], str], agent: Agent) -> None:
        self._call = call
        self._agent = agent
        self._transcript = transcript
        self._heard = heard
        self._playing = False
        self._waiting: Happening | None = None  # a prompt that has begun and was not looked at yet
        self._left: Sequence[Line] = ()  # what the transcript still has
        self._ended: list[str] = []
        self._done_talking = False  # with the talk the call is over
        self._rows: list[tuple[str, str]] = []  # each line as it was written and as it went

    @property
    def dialogue(self) -> tuple[str, ...]:
        return tuple(heard for _, heard in self._rows)

    # --- the dialogue ---

    def go_through(self) -> None:
        lines = self._transcript.dialogue
        for position, line in enumerate(lines):
            self._left = lines[position + 1 :]
            if line.sign == "<<" and line.text == ANYTHING:
                self._listen_until(line, next(iter(self._left), None))
            elif line.sign == "<<":
                self._expect(line)
            elif line.sign == "@@":
                self._agent_does(line)
            elif line.sign == ">>!":
                self._key(line)
                self._await_break()
            else:
                self._hear_out(line)
                self._key(line)
        if not (lines and lines[-1].text == ANYTHING):
            text = self._next_prompt()
            if text is not None:
                self._differs("(nothing more)", f"<< {text}")

    def _expect(self, line: Line) -> None:
        text = self._next_prompt()
        if text is None:
            self._differs(str(line), "(nothing more)")
        elif not matches(line.text, text):
            self._differs(str(line), f"<< {text}")
        self._rows.append((str(line), f"<< {text}"))

    def _listen_until(self, line: Line, following: Line | None) -> None:
        """Any number of prompts, until the next is the one that follows in the transcript, or the call is over."""
        while (text := self._next_prompt(peek=following)) is not None:
            self._rows.append((str(line), f"<< {text}"))

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
        text = happening.spoken(self._heard)
        if peek is not None and matches(peek.text, text):
            self._waiting = happening
            return None
        self._playing = True
        return text

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
                self._differs("(something happens)", "(nothing happens)")

    # --- the caller ---

    def _key(self, line: Line) -> None:
        self._rows.append((str(line), str(line)))
        if line.text == HANGS_UP:
            self._call.hang_up()
        elif line.text == WAITS:
            gevent.sleep(_MOMENT_SECONDS)
        elif line.text == SILENCE:
            self._call.says("")
        elif spoken := SAYS.fullmatch(line.text):
            self._call.says(spoken[1])
        else:
            self._call.press(line.text)

    def _agent_does(self, line: Line) -> None:
        """Before the talk once the prompt has ended, in the talk while one plays."""
        if not self._agent.talks:
            self._call.hear_out()
            self._playing = False
        done = self._agent.does(line.text)
        if done != line.text:
            self._differs(str(line), f"@@ {done}")
        self._rows.append((str(line), str(line)))

    def _hear_out(self, line: Line) -> None:
        """Let the prompt end. The server has a moment to say something else instead of waiting for this key."""
        self._call.hear_out()
        self._playing = False
        while (happening := self._call.next(_QUIET_SECONDS)) is not None:
            if happening.what is What.PROMPT:
                self._differs(str(line), f"<< {happening.spoken(self._heard)}")
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
                if not self._left:
                    self._done_talking = True
                    self._call.hang_up()
            case What.FALLBACK:
                self._ended.append(f"fallback {happening.detail}")
            case What.HUNG_UP if happening.by == "caller" and not self._done_talking:
                self._ended.append("caller hung up")
            case What.HUNG_UP if not self._done_talking:
                self._ended.append("hung up" if happening.by == "application" else f"cut off {happening.detail}")
            case _:
                pass

    def compare_results(self, held: Callable[[], Sequence[str]]) -> None:
        """What is held then, then how the call ended, against the transcript's. A caller who hung up is gone
        before the ledger has what was under way: it is given the time."""
        expected = [line.text for line in self._transcript.results]
        until = time.monotonic() + _BOOKING_SECONDS
        while True:
            actual = [*held(), *self._ended]
            pairs = list(itertools.zip_longest(expected, actual, fillvalue=""))
            wrong = [not want or not f"{got} ".startswith(f"{want} ") for want, got in pairs]
            if not any(wrong) or time.monotonic() >= until:
                break
            gevent.sleep(_QUIET_SECONDS)
        rows = [(f"== {want}", f"== {got}") for want, got in pairs]
        if any(wrong):
            raise Differs(self._side_by_side([*self._rows, *rows], len(self._rows) + wrong.index(True)))
        self._rows += rows

    def _differs(self, written: str, heard: str) -> NoReturn:
        """Fail at this line: what went before, the line, and what else the transcript has."""
        left = [(str(line), "") for line in (*self._left, *self._transcript.results)]
        raise Differs(self._side_by_side([*self._rows, (written, heard), *left], len(self._rows)))

    def _side_by_side(self, rows: Sequence[tuple[str, str]], wrong: int) -> str:
        """Two columns; ``!`` marks the line where they part."""
        text = [f"{self._transcript.file}: the call went another way", f"  {'written':<{_WIDTH}}  heard"]
        for position, row in enumerate(rows):
            left, right = (textwrap.wrap(part, _WIDTH, subsequent_indent="   ") or [""] for part in row)
            for index, (one, other) in enumerate(itertools.zip_longest(left, right, fillvalue="")):
                mark = "!" if position == wrong and index == 0 else " "
                text.append(f"{mark} {one:<{_WIDTH}}  {other}".rstrip())
        return "\n".join(text)
