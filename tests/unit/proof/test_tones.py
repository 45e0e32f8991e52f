"""The tone decoder hears keys in a recording, and none in silence or a voice. Needs no FreeSWITCH."""

from __future__ import annotations

import math
import wave
from array import array
from pathlib import Path

from fs_app.proof.tones import keys_in, loud_seconds

RATE = 8000
ROWS, COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477)
KEYS = ("123", "456", "789", "*0#")


def tone(key: str, *, level: float = 4000.0, seconds: float = 0.1) -> list[int]:
    row = next(at for at, keys in enumerate(KEYS) if key in keys)
    low, high = ROWS[row], COLUMNS[KEYS[row].index(key)]
    return [
        round(level * (math.sin(2 * math.pi * low * at / RATE) + math.sin(2 * math.pi * high * at / RATE)))
        for at in range(int(seconds * RATE))
    ]


def write(path: Path, left: list[int], right: list[int]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes(array("h", [sample for pair in zip(left, right, strict=True) for sample in pair]))
    return path


def test_keys_are_heard_in_the_channel_they_are_in(tmp_path: Path) -> None:
    pause = [0] * 800
    left = [sample for key in "371449635*0#" for sample in (*tone(key), *pause)]
    recording = write(tmp_path / "a.wav", left, [0] * len(left))
    assert keys_in(recording) == ["371449635*0#", ""]
    assert loud_seconds(recording) > 0.5


def test_quiet_keys_are_heard_too(tmp_path: Path) -> None:
    left = [sample for key in "98" for sample in (*tone(key, level=150.0), *([0] * 800))]
    assert keys_in(write(tmp_path / "a.wav", left, left)) == ["98", "98"]


def test_a_key_with_holes_is_one_key(tmp_path: Path) -> None:
    """What a switch on a busy machine made of a tone: packets of 20 ms that came too late are silent."""
    lost = [0] * 320
    pieces = [*tone("5", seconds=0.03), *lost, *tone("5", seconds=0.03), *lost, *([0] * 1440)]
    whole = [*tone("5", seconds=0.05), *lost, *tone("5", seconds=0.05), *([0] * 1440)]
    for shift in range(0, 200, 25):  # wherever the blocks begin
        assert keys_in(write(tmp_path / "a.wav", left := [0] * shift + pieces + whole, left)) == ["55", "55"]


def test_a_key_that_is_pressed_twice_is_two(tmp_path: Path) -> None:
    twice = [*tone("7", seconds=0.07), *([0] * 800), *tone("7", seconds=0.07), *([0] * 800)]
    assert keys_in(write(tmp_path / "a.wav", twice, twice)) == ["77", "77"]


def test_a_key_of_which_the_beginning_is_cut_is_heard(tmp_path: Path) -> None:
    for milliseconds in (40, 50, 60):
        cut = [0] * 800 + tone("5", seconds=milliseconds / 1000) + [0] * 800
        assert keys_in(write(tmp_path / "a.wav", cut, cut)) == ["5", "5"]


def test_no_key_is_heard_in_silence_or_our_prompts(tmp_path: Path) -> None:
    assert keys_in(write(tmp_path / "a.wav", [0] * RATE, [0] * RATE)) == ["", ""]
    prompt = Path(__file__).resolve().parents[3] / "sounds" / "en" / "enter_card_number.wav"
    assert keys_in(prompt) == [""]
