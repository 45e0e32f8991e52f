"""One caller's dialogue on the simulated switch, from the first ring to the end, and how it ended."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import gevent

from fs_app.chaos.callers import PHRASES, number_told
from fs_app.soak.ways import BY_NAME, REPLIES, Errand, Twist
from fs_app.testing.switch import Call, Happening, What

_QUIET_SECONDS = 45.0  # nobody hears nothing for so long, whatever has died
_BREAK_SECONDS = 0.3  # a key ends a prompt within that time, if it does
_HANG_UP_WITHIN = 0.004, 0.05  # seconds after the last key: what says nothing is short


class End(StrEnum):
    """How a call ended, as its caller saw it."""

    FAREWELL = "farewell"  # we said goodbye
    HUNG_UP = "hung up"  # the caller, of their own will
    AGENT = "agent"  # after a talk
    NO_AGENT = "no agent"  # the dialplan's own queue had nobody
    CUT_OFF = "cut off"  # a hang-up in the middle
    SILENCE = "silence"  # the line was up and nothing came
    SWITCH_DIED = "switch died"  # and every call with it


LOST = frozenset({End.CUT_OFF, End.SILENCE})
"""What must not happen to a caller."""


@dataclass(slots=True)
class Ended:
    """A call that is over.

    ``words``: what was told about the money, ``[told, number, when]``; ``servers``: how many had it, one after the
    other; ``deaths``: how often the dialplan went on because one was gone; ``gap``: the longest time from there to
    the next word, in seconds; ``left_at``: the phrases at which the twist came.
    """

    id: int
    end: End
    uuid: str = ""
    prompts: int = 0
    left_at: list[str] = field(default_factory=list)
    words: list[tuple[str, str, str]] = field(default_factory=list)
    servers: int = 0
    deaths: int = 0
    gap: float = 0.0
    fell_through: bool = False  # to the queue at the dialplan's end
    story: str = ""

    def line(self) -> dict[str, Any]:
        """As it goes to the soak."""
        return asdict(self)

    @classmethod
    def read(cls, line: Mapping[str, Any]) -> Ended:
        """As it came."""
        return cls(**{**line, "end": End(line["end"])})


class Caller:
    """Goes through one call as the errand says. ``heard`` tells what is said in a sound file."""

    def __init__(self, errand: Errand, call: Call, heard: Callable[[Path], str]) -> None:
        self._errand = errand
        self._call = call
        self._heard = heard
        self._chance = random.Random(errand.seed)
        self._replies = {phrase: list(keys) for phrase, keys in BY_NAME[errand.way].replies.items()}
        self._ended = Ended(errand.id, End.SILENCE, call.uuid)
        self._silent = self._farewell = self._talked = False
        self._gone_at: float | None = None

    def run(self) -> Ended:
        """To the end of the call."""
        while self._ended.end is End.SILENCE:
            happening = self._call.next(_QUIET_SECONDS)
            if happening is None:
                self._ended.story = self._call.story
                self._call.hang_up()
                break
            self._notice(happening)
        return self._ended

    def _notice(self, happening: Happening) -> None:
        match happening.what:
            case What.PROMPT:
                self._prompt(happening)
            case What.CONNECTED:
                self._ended.servers += 1
            case What.FALLBACK:
                self._gone_at = time.monotonic()
                self._ended.deaths += 1
                self._ended.fell_through = happening.detail.startswith("answer")
            case What.AGENT:
                self._talked = True
                gevent.sleep(self._chance.uniform(0.0, self._errand.thinks))
                self._call.agent_hangs_up()
            case What.HUNG_UP:
                self._ended.end = self._end_of(happening)
                if self._ended.end is End.CUT_OFF:
                    self._ended.story = self._call.story
            case _:
                pass

    def _end_of(self, happening: Happening) -> End:
        if happening.by == "caller":
            return End.HUNG_UP
        if self._talked:
            return End.AGENT
        if self._farewell:
            return End.FAREWELL
        return End.NO_AGENT if self._ended.fell_through else End.CUT_OFF

    # --- prompts ---

    def _prompt(self, happening: Happening) -> None:
        if self._gone_at is not None:
            self._ended.gap = max(self._ended.gap, time.monotonic() - self._gone_at)
            self._gone_at = None
        phrases = [path.name.split(".")[0] for path in happening.files]
        self._farewell = self._farewell or "goodbye" in phrases
        self._remember(phrases, happening)
        number, self._ended.prompts = self._ended.prompts, self._ended.prompts + 1
        gevent.sleep(self._chance.uniform(0.0, self._errand.thinks))
        if not self._call.told:
            return  # it is over already: keys typed early, or a server that died
        if number == self._errand.at and self._errand.twist is not Twist.NONE:
            self._ended.left_at = phrases
            self._twist(phrases)
        else:
            self._go_on("" if self._silent else self._reply(phrases))

    def _twist(self, phrases: Sequence[str]) -> None:
        match self._errand.twist:
            case Twist.HANG_UP:
                self._call.hang_up()
            case Twist.HANG_UP_KEYED:
                self._respond(self._reply(phrases))
                gevent.sleep(self._chance.uniform(0.0, self._chance.choice(_HANG_UP_WITHIN)))
                self._call.hang_up()
            case Twist.AGENT:
                self._go_on("0#")
            case _:
                self._silent = True
                self._go_on("")

    def _go_on(self, keys: str) -> None:
        """Key what is asked for, or listen to the end; a prompt that no key ends is heard out, too."""
        playing = self._call.playing[-1:]
        self._respond(keys)
        until = time.monotonic() + _BREAK_SECONDS
        while playing and self._call.playing[-1:] == playing:
            if time.monotonic() > until:
                self._call.hear_out()
                return
            gevent.sleep(_BREAK_SECONDS / 10)

    def _respond(self, keys: str) -> None:
        if keys:
            self._call.press(keys)
        else:
            self._call.hear_out()

    def _reply(self, phrases: Sequence[str]) -> str:
        questions = [phrase.removesuffix("_again").removesuffix("_front") for phrase in phrases]
        question = next((each for each in questions if each in REPLIES), "")
        own = self._replies.get(question)
        return (own.pop(0) if own else REPLIES.get(question, "")).format(account=self._errand.account)

    def _remember(self, phrases: Sequence[str], happening: Happening) -> None:
        """What is said about the money, the number with it, and when."""
        told = next((PHRASES[phrase] for phrase in phrases if phrase in PHRASES), None)
        if told is not None:
            number = number_told(happening, self._heard)
            self._ended.words.append((told.value, number, datetime.now(UTC).isoformat()))
