"""The one kind of sound file that is played."""

from __future__ import annotations

import wave
from pathlib import Path

RATE = 8000  # Hz; 16 bit, mono: what FreeSWITCH plays to G.711 without resampling


def measure(path: Path) -> tuple[float, str]:
    """A recording's length in seconds, and why it cannot be played; the empty string where it can."""
    try:
        with wave.open(str(path), "rb") as sound:
            shape = sound.getframerate(), sound.getnchannels(), sound.getsampwidth()
            frames = sound.getnframes()
    except FileNotFoundError:
        return 0.0, "the recording is missing"
    except (OSError, EOFError, wave.Error) as error:
        return 0.0, f"cannot be read as WAV: {error}"
    if shape != (RATE, 1, 2):
        rate, channels, width = shape
        return 0.0, f"is {rate} Hz, {channels} channel(s), {8 * width} bit; should be {RATE} Hz, mono, 16 bit"
    return (frames / RATE, "") if frames else (0.0, "holds no sound")
