"""``fs-app prompts script``: the list a voice talent reads, one line a file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from fs_app.errors import ConfigError, FsAppError
from fs_app.prompts.phrasebook import load_phrases

_COLUMNS = ("file", "text", "note")


def voice_script(sounds: Path, language: str, style: str) -> str:
    """The script of one language as ``csv`` or ``markdown``. ConfigError for a broken phrases.yaml, FsAppError for
    a language it does not have."""
    books, problems = load_phrases(sounds)
    if problems:
        raise ConfigError(problems)
    if language not in books:
        raise FsAppError(f"phrases.yaml has no language {language!r}; it has: {', '.join(books)}")
    rows = [
        (f"{language}/{each.file}", each.speak, each.note) for each in books[language].recordings() if each.speak
    ]
    return _markdown(rows) if style == "markdown" else _csv(rows)


def _csv(rows: list[tuple[str, str, str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(rows)
    return out.getvalue()


def _markdown(rows: list[tuple[str, str, str]]) -> str:
    lines = [f"| {' | '.join(_COLUMNS)} |", "|---|---|---|"]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"
