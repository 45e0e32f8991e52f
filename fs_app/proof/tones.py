"""Keys that can be heard in a recording: a tone decoder that would rather hear one too many. No I/O but the file.

Goertzel's filter for each of the seven tones over blocks of 26 milliseconds, each half in the next one. A key is
three blocks in which one row and one column tone hold most of the energy: some 40 milliseconds of it. They need not
be in a row: a switch that comes late to its packets makes two of them silence, often more than once in a tone.
What is left on both sides of such a hole is one key, for nobody presses one twice so soon.
"""

from __future__ import annotations

import math
import wave
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

_ROWS, _COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477)
_KEYS = ("123", "456", "789", "*0#")
_BLOCK_SECONDS = 0.0256
_LOUD = 60.0  # root mean square of a block that may hold a tone, of 32768
_SHARE = 0.5  # of the block's energy
_BLOCKS = 3
_HOLE_BLOCKS = 5  # 64 ms; who presses a key twice pauses longer


def keys_in(recording: Path) -> list[str]:
    """The keys heard in each channel of a WAV file."""
    with wave.open(str(recording), "rb") as file:
        channels, rate = file.getnchannels(), file.getframerate()
        samples = array("h", file.readframes(file.getnframes()))
    return ["".join(_keys(samples[channel::channels], rate)) for channel in range(channels)]


def loud_seconds(recording: Path) -> float:
    """How much of a recording is not silence: one that holds nothing proves nothing."""
    with wave.open(str(recording), "rb") as file:
        rate = file.getframerate() * file.getnchannels()
        samples = array("h", file.readframes(file.getnframes()))
    size = int(rate * _BLOCK_SECONDS)
    loud = sum(_energy(samples[at : at + size]) > _LOUD**2 for at in range(0, len(samples) - size, size))
    return loud * _BLOCK_SECONDS


def _keys(samples: array[int], rate: int) -> Iterator[str]:
    size, key, blocks, hole = int(rate * _BLOCK_SECONDS), "", 0, 0
    for at in range(0, len(samples) - size, size // 2):
        heard = _key(samples[at : at + size], rate)
        hole = 0 if heard else hole + 1
        if hole > _HOLE_BLOCKS or heard not in ("", key):
            key, blocks = heard, 0
        if heard:
            blocks += 1
            if blocks == _BLOCKS:
                yield key


def _key(block: Sequence[int], rate: int) -> str:
    energy = _energy(block)
    if energy < _LOUD**2:
        return ""
    rows = [_power(block, tone, rate) for tone in _ROWS]
    columns = [_power(block, tone, rate) for tone in _COLUMNS]
    if max(rows) + max(columns) < _SHARE * energy or 8 * min(max(rows), max(columns)) < max(*rows, *columns):
        return ""
    return _KEYS[rows.index(max(rows))][columns.index(max(columns))]


def _energy(block: Sequence[int]) -> float:
    return sum(sample * sample for sample in block) / max(1, len(block))


def _power(block: Sequence[int], tone: float, rate: int) -> float:
    """The mean square of the part of a block that has this frequency."""
    factor = 2 * math.cos(2 * math.pi * tone / rate)
    last = before = 0.0
    for sample in block:
        last, before = sample + factor * last - before, last
    return 2 * (last * last + before * before - factor * last * before) / len(block) ** 2
