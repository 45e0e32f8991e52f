"""``fs-app prompts check``: recordings that are missing, unplayable, clipped, silent or badly cut.

Standard library only: it runs on the operator's switch. Levels are dB of full scale, RMS of the spoken part.
"""

from __future__ import annotations

import array
import math
import sys
import wave
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fs_app.errors import Problem
from fs_app.prompts.manifest import Manifest
from fs_app.prompts.phrasebook import PhraseBook, Recording, load_phrases
from fs_app.prompts.voice import RATE, measure

FULL_SCALE = 32767
CLIPPED_RUN = 3  # samples in a row at full scale
QUIETEST_DB, LOUDEST_DB = -35.0, -10.0
EDGE_SILENCE_SECONDS = 0.5
_WINDOW = RATE // 100  # 10 ms


@dataclass
class SoundReport:
    """What was found. ``problems`` must be mended, ``warnings`` should be looked at."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    files: int = 0
    seconds: float = 0.0

    @property
    def summary(self) -> str:
        """One line for people."""
        return f"{self.files} recordings, {self.seconds / 60:.1f} minutes, all playable"


def check_sounds(sounds: Path) -> SoundReport:
    """Look at every recording that phrases.yaml and the languages ask for, and at files nobody asks for."""
    report = SoundReport()
    books, problems = load_phrases(sounds)
    report.problems += problems
    for book in books.values():
        _check_language(sounds / book.language, book, report)
    return report


def _check_language(folder: Path, book: PhraseBook, report: SoundReport) -> None:
    recordings = book.recordings()
    for recording in recordings:
        path = folder / recording.file
        seconds, complaint = measure(path)
        report.files += 1
        report.seconds += seconds
        complaints = [complaint] if complaint else list(_complaints(path, recording))
        report.problems += [Problem(str(path), 0, 0, text, _hint(recording)) for text in complaints]
    wanted = {folder / recording.file for recording in recordings}
    for path in sorted(set(folder.rglob("*.wav")) - wanted):
        report.warnings.append(Problem(str(path), 0, 0, "no phrase or language asks for this file", "delete it?"))
    report.warnings += _outdated(folder, recordings)


def _hint(recording: Recording) -> str:
    return f'it should say "{recording.text}"' if recording.text else ""


def _complaints(path: Path, recording: Recording) -> Iterable[str]:
    """What is wrong with a file that can be played."""
    samples = _samples(path)
    if not recording.text:
        return  # the pause is meant to be silent
    levels = [_rms(samples[start : start + _WINDOW]) for start in range(0, len(samples), _WINDOW)]
    loudest = max(levels)
    spoken = [level for level in levels if level >= loudest * 10 ** (-25 / 20)]
    level = _decibels(math.sqrt(sum(value**2 for value in spoken) / len(spoken)))
    if level < QUIETEST_DB:
        yield "is silent" if level < -60 else f"is too quiet ({level:.0f} dB, should be about -20)"
        return
    if level > LOUDEST_DB:
        yield f"is too loud ({level:.0f} dB, should be about -20)"
    if _longest_run_at_full_scale(samples) >= CLIPPED_RUN:
        yield "is clipped"
    quiet = loudest * 10 ** (-40 / 20)
    audible = [index for index, value in enumerate(levels) if value > quiet]
    for edge, windows in (("begins", audible[0]), ("ends", len(levels) - 1 - audible[-1])):
        if windows * 0.01 > EDGE_SILENCE_SECONDS:
            yield f"{edge} with {windows * 0.01:.1f} s of silence: a sentence would fall apart"


def _samples(path: Path) -> array.array[int]:
    with wave.open(str(path), "rb") as sound:
        samples = array.array("h", sound.readframes(sound.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _rms(samples: array.array[int]) -> float:
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples)) / FULL_SCALE


def _decibels(level: float) -> float:
    return 20 * math.log10(max(level, 1e-9))


def _longest_run_at_full_scale(samples: array.array[int]) -> int:
    longest = run = 0
    for sample in samples:
        run = run + 1 if abs(sample) >= FULL_SCALE else 0
        longest = max(longest, run)
    return longest


def _outdated(folder: Path, recordings: list[Recording]) -> Iterable[Problem]:
    """Recordings that scripts/make-sounds made from another text. It keeps its manifest beside them."""
    manifest = Manifest.read(folder)
    for recording in recordings:
        if manifest.is_ours(recording.file) and not manifest.is_current(recording):
            yield Problem(
                str(folder / recording.file), 0, 0, "the text has changed since", "run scripts/make-sounds"
            )
