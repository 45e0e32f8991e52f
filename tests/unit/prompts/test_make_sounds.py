"""scripts/make-sounds: who speaks, what is recorded anew, and what never is."""

import wave
from pathlib import Path

import numpy as np
import pytest

from fs_app.errors import FsAppError
from fs_app.prompts.manifest import FIRST_VOICE, Manifest
from fs_app.prompts.phrasebook import Recording
from fs_app.prompts.record import record_all
from fs_app.prompts.synthesis import respell_arabic, voice_for

HELLO = Recording("hello.wav", "Hello.", "Hello. Welcome.", "")
PAUSE = Recording("pause.wav", "", "", "")


class Hum:
    """A voice that hums each sentence for a second at 16 kHz, with silence around it."""

    def __init__(self, name):
        self.name = name
        self.heard = []

    def sentences(self, text):
        for sentence in text.split(". "):
            self.heard.append(sentence)
            hum = 0.3 * np.sin(2 * np.pi * 440 * np.arange(16000) / 16000)
            yield np.concatenate([np.zeros(8000), hum, np.zeros(8000)]), 16000


def seconds(path):
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        return sound.getnframes() / 8000


def test_sentences_are_trimmed_and_set_apart(tmp_path):
    assert record_all(tmp_path, [HELLO, PAUSE], Hum("first"), force=False) == (2, 0)
    assert seconds(tmp_path / "hello.wav") == pytest.approx(2 + 0.22 + 4 * 0.02, abs=0.03)
    assert seconds(tmp_path / "pause.wav") == pytest.approx(0.25)


def test_what_is_there_stays_until_another_voice_speaks(tmp_path):
    record_all(tmp_path, [HELLO, PAUSE], Hum("first"), force=False)
    assert record_all(tmp_path, [HELLO, PAUSE], Hum("first"), force=False) == (0, 2)
    second = Hum("second")
    assert record_all(tmp_path, [HELLO, PAUSE], second, force=False) == (1, 1)
    assert second.heard == ["Hello", "Welcome."]  # silence sounds the same in every voice


def test_another_voice_leaves_an_operators_own_recording_alone(tmp_path):
    record_all(tmp_path, [HELLO], Hum("first"), force=False)
    (tmp_path / "hello.wav").write_bytes(b"a voice talent's")
    assert record_all(tmp_path, [HELLO], Hum("second"), force=False) == (0, 1)
    assert (tmp_path / "hello.wav").read_bytes() == b"a voice talent's"
    assert record_all(tmp_path, [HELLO], Hum("second"), force=True) == (1, 0)


def test_a_manifest_of_before_there_were_other_voices(tmp_path):
    record_all(tmp_path, [HELLO], Hum(FIRST_VOICE), force=False)
    assert Manifest.read(tmp_path).entries["hello.wav"][2] == FIRST_VOICE
    assert (tmp_path / "recorded.json").read_text().count('"') == 2 * 3  # the name of the file, and two hashes
    assert record_all(tmp_path, [HELLO], Hum(FIRST_VOICE), force=False) == (0, 1)


def test_each_language_has_a_voice_and_any_may_have_one_of_piper(tmp_path):
    names = {language: voice_for(language, None).name for language in ("en", "es", "tr", "ar", "fr")}
    assert names == {
        "en": FIRST_VOICE,
        "es": "espeak-ng es-419",
        "tr": "espeak-ng tr",
        "ar": "espeak-ng ar",
        "fr": "espeak-ng fr",
    }
    model = tmp_path / "es_MX-claude-high.onnx"
    model.touch()
    with pytest.raises(FsAppError, match=r"es_MX-claude-high\.onnx\.json is not there"):
        voice_for("es", model)
    Path(f"{model}.json").touch()
    assert voice_for("es", model).name == "es_MX-claude-high"


@pytest.mark.parametrize(
    ("written", "for_espeak"),
    [
        ("مِئَة", "مِئَه"),  # a tāʾ marbūṭa without a vowel is no "t"
        ("مِئَةٌ", "مِئَةٌ"),
        ("س\u0650ت\u064f\u0651ونَ", "س\u0650ت\u0651\u064fونَ"),  # the sign of doubling first
        ("الث\u0651\u064eالِثَةُ", "الث\u064eالِثَةُ"),  # it doubles a sun letter itself
        ("وَاثْنَانِ", "وَثْنَانِ"),  # a joined alif is silent
        ("اضْغَطُوا", "إِضْغَطُو"),  # an alif before two consonants is "i", one after a plural silent
        ("الْآنَ", "الْآنَ"),
        ("لِهَذَا الْحِسَابِ. شُكْرًا.", "لِهَذَا الْحِسَاب. شُكْرًا."),  # short endings fall away at a pause
    ],
)
def test_arabic_is_respelled_as_espeak_reads_it(written, for_espeak):
    assert respell_arabic(written) == for_espeak
