"""The tunes that come with fs_app, made of sine tones by this program and nobody else's work.

Quiet and plain: what is heard over a telephone for some seconds must not tire, and must not drown the word that
comes into it. Every note lies below the lowest tone of a key (697 Hz, ITU-T Q.23), so that no echo of it is one.
"""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterator
from pathlib import Path

from fs_app.ports import Tune
from fs_app.prompts.tunes import FOLDER
from fs_app.prompts.wav import RATE

_NOTES = {"E": 329.6, "G": 392.0, "A": 440.0, "C": 523.3, "D": 587.3, "e": 659.3}
_MELODY = "EGACDCAGEACeDCAG"  # half a second each
_NOTE_SECONDS = 0.5
_RING_SECONDS = 1.4  # a note sounds on under those that follow
_ATTACK_SECONDS = 0.03
_MUSIC_LEVEL = 0.07  # of full scale: some 10 dB below speech
_BEEP_SECONDS, _BEEP_HERTZ, _BEEP_LEVEL = 0.25, 620.0, 0.12


def compose(sounds: Path, *, force: bool) -> int:
    """Write the tunes that are not there, with ``force`` also over somebody else's; how many were made."""
    made = 0
    for tune, samples in ((Tune.MUSIC, music), (Tune.BEEP, beep)):
        path = sounds / FOLDER / f"{tune}.wav"
        if force or not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, samples())
            made += 1
    return made


def music() -> Iterator[float]:
    """Eight seconds that can follow themselves: the last notes ring into the first ones."""
    length = int(len(_MELODY) * _NOTE_SECONDS * RATE)
    mixed = [0.0] * length
    for place, name in enumerate(_MELODY):
        start = int(place * _NOTE_SECONDS * RATE)
        for index, sample in enumerate(_ring(_NOTES[name])):
            mixed[(start + index) % length] += _MUSIC_LEVEL * sample
    yield from mixed


def beep() -> Iterator[float]:
    """A quarter of a second with soft edges."""
    count = int(_BEEP_SECONDS * RATE)
    for index in range(count):
        edge = min(1.0, index / (0.02 * RATE), (count - index) / (0.02 * RATE))
        yield _BEEP_LEVEL * edge * math.sin(2 * math.pi * _BEEP_HERTZ * index / RATE)


def _ring(hertz: float) -> Iterator[float]:
    """A soft stroke that dies away."""
    for index in range(int(_RING_SECONDS * RATE)):
        seconds = index / RATE
        level = min(1.0, seconds / _ATTACK_SECONDS) * math.exp(-3.2 * seconds)
        yield level * math.sin(2 * math.pi * hertz * seconds)


def _write(path: Path, samples: Iterator[float]) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, RATE, 0, "NONE", ""))
        sound.writeframes(array("h", (round(32767 * max(-1.0, min(1.0, each))) for each in samples)).tobytes())
