"""The tunes that come with fs_app: what telephones can play, quieter than speech, and no key in them."""

import math
import wave
from array import array
from pathlib import Path

import pytest

from fs_app.ports import Tune
from fs_app.prompts.compose import compose
from fs_app.prompts.voice import load_voice
from fs_app.proof.tones import keys_in

SHIPPED = Path(__file__).resolve().parents[3] / "sounds"


def level(path: Path) -> float:
    """dB of full scale."""
    with wave.open(str(path)) as sound:
        samples = array("h", sound.readframes(sound.getnframes()))
    return 20 * math.log10(math.sqrt(sum(each * each for each in samples) / len(samples)) / 32767)


@pytest.mark.parametrize("tune", Tune)
def test_a_shipped_tune_is_one_that_compose_makes(tune: Tune, tmp_path: Path) -> None:
    assert compose(tmp_path, force=False) == len(Tune)
    name = f"tunes/{tune}.wav"
    assert (SHIPPED / name).read_bytes() == (tmp_path / name).read_bytes()


def test_music_is_quiet_and_holds_no_key(tmp_path: Path) -> None:
    utterance = load_voice(SHIPPED).tune(Tune.MUSIC)
    (path,) = utterance.files
    assert 6 <= utterance.seconds <= 12
    assert -36 < level(path) < -28
    assert keys_in(path) == [""]


def test_somebody_elses_tune_is_left_alone_unless_told_otherwise(tmp_path: Path) -> None:
    compose(tmp_path, force=False)
    own = tmp_path / "tunes" / "music.wav"
    own.write_bytes(b"mine")
    assert compose(tmp_path, force=False) == 0
    assert own.read_bytes() == b"mine"
    assert compose(tmp_path, force=True) == len(Tune)
    assert own.read_bytes() != b"mine"
