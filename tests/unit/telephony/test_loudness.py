"""What of a recording is a voice: files made here, with a voice, noise, or neither."""

from __future__ import annotations

import math
import random
import wave
from array import array
from pathlib import Path

import pytest

from fs_app.telephony.loudness import measure_voice

RATE = 8000


def recording(folder: Path, *parts: tuple[float, float], noise: float = 0.0) -> Path:
    """Parts of so many seconds at such a level, of 32768, with noise under all of them."""
    rng = random.Random(4)
    samples = array("h")
    for seconds, level in parts:
        for index in range(int(seconds * RATE)):
            tone = level * math.sin(2 * math.pi * 200 * index / RATE)
            samples.append(int(tone + rng.uniform(-noise, noise)))
    path = folder / "said.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, RATE, 0, "NONE", ""))
        sound.writeframes(samples.tobytes())
    return path


@pytest.mark.parametrize("noise", [0.0, 60.0, 400.0])
def test_a_short_yes_is_heard_over_the_noise_of_a_line(tmp_path: Path, noise: float) -> None:
    seconds, spoken = measure_voice(recording(tmp_path, (1.0, 0), (0.3, 6000), (1.5, 0), noise=noise))
    assert seconds == pytest.approx(2.8)
    assert spoken == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize("noise", [0.0, 100.0, 400.0, 3000.0])
def test_noise_alone_is_no_voice(tmp_path: Path, noise: float) -> None:
    assert measure_voice(recording(tmp_path, (5.0, 0), noise=noise))[1] == 0


def test_the_end_can_be_left_out(tmp_path: Path) -> None:
    path = recording(tmp_path, (1.0, 0), (0.2, 6000))
    assert measure_voice(path)[1] > 0.15
    assert measure_voice(path, but_for=0.25)[1] == 0


def test_an_empty_file_holds_no_voice(tmp_path: Path) -> None:
    assert measure_voice(recording(tmp_path)) == (0.0, 0.0)
