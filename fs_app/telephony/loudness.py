"""How much of a recorded answer is a voice. No I/O but the file."""

from __future__ import annotations

import sys
import wave
from array import array
from pathlib import Path

_BLOCK_SECONDS = 0.02
_QUIETEST = 250  # mean of a block that may be speech, of 32768: the switch takes what is below 200 for silence
_ABOVE_NOISE = 3  # speech is so many times louder than the line is without it
_NOISE_SHARE = 0.1  # the quietest part of a recording: somebody who speaks pauses for so much of it


def measure_voice(recording: Path, *, but_for: float = 0.0) -> tuple[float, float]:
    """The seconds of a WAV file, and how many of them, ``but_for`` so many at its end, are louder than its noise.
    OSError, EOFError or wave.Error where it cannot be read."""
    with wave.open(str(recording), "rb") as file:
        rate, channels = file.getframerate(), file.getnchannels()
        samples = array("h", file.readframes(file.getnframes()))[::channels]
    if sys.byteorder == "big":
        samples.byteswap()
    size = max(1, int(rate * _BLOCK_SECONDS))
    end = max(0, len(samples) - int(rate * but_for))
    levels = [sum(map(abs, samples[at : at + size])) / size for at in range(0, end - size + 1, size)]
    noise = sorted(levels)[int(len(levels) * _NOISE_SHARE)] if levels else 0.0
    threshold = max(_QUIETEST, _ABOVE_NOISE * noise)
    return len(samples) / rate, _BLOCK_SECONDS * sum(level >= threshold for level in levels)
