"""``recorded.json``: which recordings scripts/make-sounds made, from which text, and how they looked then.

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
_FILE = "recorded.json"


@dataclass
class Manifest:
    """The manifest of one language's folder: file -> (hash of text and recipe, hash of the sound)."""

    folder: Path
    entries: dict[str, tuple[str, str]]

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest as it lies there; empty where there is none."""
        path = folder / _FILE
        entries = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        return cls(folder, {file: (text, sound) for file, (text, sound) in entries.items()})

    def write(self) -> None:
        """Save it, sorted, so that a change shows as a few lines."""
        text = json.dumps(dict(sorted(self.entries.items())), indent=0)
        (self.folder / _FILE).write_text(text + "\n", encoding="utf-8")

    def is_ours(self, file: str) -> bool:
        """True where make-sounds made the file as it lies there."""
        return file in self.entries and self.entries[file][1] == self._sound(file)

    def is_current(self, recording: Recording) -> bool:
        """True where the file was made from this text."""
        return recording.file in self.entries and self.entries[recording.file][0] == _text(recording)

    def is_due(self, recording: Recording, *, force: bool) -> bool:
        """True where make-sounds should make it: missing, outdated, or somebody's own and ``force``."""
        if not (self.folder / recording.file).exists():
            return True
        return not self.is_current(recording) if self.is_ours(recording.file) else force

    def made(self, recording: Recording) -> None:
        """Remember a file that was just made."""
        self.entries[recording.file] = (_text(recording), self._sound(recording.file))

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
