"""One sentence that the simulated switch records: it ends by silence, after its longest time, or when told to."""

from __future__ import annotations

import math
import re
import wave
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote

import gevent
from gevent.event import Event

if TYPE_CHECKING:
    from fs_app.testing.switch_call import Call

_RATE = 8000
_RUNS_ON_SECONDS = 0.5  # of the line before and after a voice, at any speed
_OPTIONS = re.compile(r"\{(.*)\}")


class Mouth:
    """The caller's: what is said counts for the recording that runs, or, in a stepped call, for the next one that
    follows the same prompt."""

    def __init__(self) -> None:
        self.words = ""
        self.seconds = 0.0
        self._opened = Event()

    def say(self, words: str, seconds: float) -> None:
        """Say something, or, where it is nothing, stay silent."""
        self.words, self.seconds = words, seconds if words else 0.0
        self._opened.set()

    def close(self) -> None:
        """A prompt begins: what was said is gone."""
        self.words, self.seconds = "", 0.0
        self._opened.clear()

    def wait(self, seconds: float | None) -> bool:
        """Until something is said, or the caller is known to stay silent; False where neither came in time."""
        return bool(self._opened.wait(seconds))


@dataclass(frozen=True, slots=True)
class Sentence:
    """How a recording of one sentence ends: after so many seconds, ``before`` a voice or ``after`` one."""

    limit: float
    before: float
    after: float
    options: dict[str, str]

    @classmethod
    def read(cls, words: list[str]) -> Self | None:
        """From what follows the path in ``record_session``; None for a recording that goes on."""
        given = _OPTIONS.fullmatch(unquote(words[1])) if len(words) > 1 else None
        if given is None:
            return None
        options = dict(option.split("=", 1) for option in given[1].split(","))
        before, after = (int(options[f"RECORD_{name}_TIMEOUT_MS"]) / 1000 for name in ("INITIAL", "FINAL"))
        return cls(float(words[0].removeprefix("+")), before, after, options)

    @property
    def told(self) -> list[tuple[str, str]]:
        """The headers in which its events tell the options."""
        return [(f"Recording-Variable-{name}", value) for name, value in self.options.items()]

    def wait(self, call: Call) -> str:
        """In a greenlet of its own: until it ends by itself; the cause. In a stepped call the caller says when."""
        speed = call.switch.speed
        opened = call.mouth.wait(None if call.stepped else min(self.before, self.limit) * speed)
        if not opened or not call.mouth.words:
            return "no-input-timeout"
        gevent.sleep(min(self.after, self.limit) * speed)
        return "success-silence"


def write_sound(path: Path, voice_seconds: float) -> int:
    """A file as the switch writes it, with so much of a voice in it; its samples. OSError where it cannot."""
    quiet = [0] * int(_RUNS_ON_SECONDS * _RATE)
    voice = [
        int(6000 * math.sin(2 * math.pi * 180 * index / _RATE) * math.sin(math.pi * index / 800) ** 2)
        for index in range(int(voice_seconds * _RATE))
    ]
    samples = array("h", quiet + voice + quiet)
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, _RATE, 0, "NONE", ""))
        sound.writeframes(samples.tobytes())
    return len(samples)
