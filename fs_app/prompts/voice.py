"""The Voice port over recorded files: a prompt becomes a row of files, its text as heard, and its length.

Everything is read once at load; ``render`` touches no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from fs_app.domain.prompt import Manner, Named, Phrase, Prompt, Value
from fs_app.errors import ConfigError, Problem
from fs_app.ports import Tune, Utterance
from fs_app.prompts.languages import GRAMMARS
from fs_app.prompts.phrasebook import (
    SHORT,
    Gap,
    PhraseBook,
    Punctuation,
    Recording,
    Words,
    fragment_file,
    load_phrases,
)
from fs_app.prompts.spoken import PAUSE
from fs_app.prompts.tunes import read_tunes
from fs_app.prompts.wav import RATE, measure

__all__ = ["RATE", "FileVoice", "load_voice", "measure", "read_voice"]


def load_voice(sounds: Path) -> FileVoice:
    """The voice, complete; ConfigError with everything that is missing or unplayable."""
    voice, problems = read_voice(sounds)
    if problems:
        raise ConfigError(problems)
    return voice


def read_voice(sounds: Path) -> tuple[FileVoice, list[Problem]]:
    """Read the phrases and the header of every recording; the voice as far as it goes, and all that is wrong."""
    sounds = sounds.resolve()
    books, problems = load_phrases(sounds)
    paths: dict[tuple[str, str], Path] = {}
    seconds: dict[Path, float] = {}
    texts: dict[Path, str] = {}
    for book in books.values():
        folder = sounds / book.language
        for recording in book.recordings():
            path = paths[book.language, recording.file] = folder / recording.file
            texts[path] = recording.text
            length, complaint = measure(path)
            seconds[path] = length
            if complaint:
                problems.append(_missing(path, recording, complaint))
        texts |= {
            paths[book.language, piece.file]: piece.text.strip()  # with the punctuation around its gaps
            for pieces in book.phrases.values()
            for piece in pieces
            if isinstance(piece, Words)
        }
    tunes, more = read_tunes(sounds)
    texts |= {path: tune.text for tune in tunes.values() for path in tune.files}
    return FileVoice(books, paths, seconds, texts, tunes), problems + more


def _missing(path: Path, recording: Recording, complaint: str) -> Problem:
    hint = f'record "{recording.text}" or run scripts/make-sounds' if recording.text else "run scripts/make-sounds"
    return Problem(str(path), 0, 0, complaint, hint)


class FileVoice:
    """See `fs_app.ports.Voice` for the contract."""

    def __init__(
        self,
        books: Mapping[str, PhraseBook],
        paths: Mapping[tuple[str, str], Path],
        seconds: Mapping[Path, float],
        texts: Mapping[Path, str],
        tunes: Mapping[Tune, Utterance],
    ) -> None:
        self._books = books
        self._seconds = seconds
        self._texts = texts
        self._tunes = tunes
        self._paths = paths  # by language and name: a path costs more to make than all else in a prompt
        self._fixed: dict[tuple[str, str], Utterance] = {}
        # An amount is said several times in a call, and a due date in many. Bounded: what callers owe adds up.
        self._spoken = lru_cache(maxsize=256)(self._speak)

    @property
    def languages(self) -> Sequence[str]:
        """The languages that have phrases."""
        return list(self._books)

    def gaps(self, phrase: str, language: str) -> frozenset[str] | None:
        """The gaps of a phrase, None where the language does not have it."""
        book = self._books.get(language)
        return None if book is None else book.gaps(phrase)

    def render(self, prompt: Prompt, language: str, manner: Manner = Manner.PLAIN) -> Utterance:
        """The files and text of a prompt: briefly in short phrases where there are any, slowly with a pause after
        each file. KeyError for an unknown phrase or gap, ValueError for a value that is not recorded."""
        phrases = prompt.phrases
        if manner is Manner.BRIEF:
            phrases = tuple(self._shortened(phrase, language) for phrase in phrases)
        parts = [self._render_phrase(phrase, language) for phrase in phrases]
        files = [path for part in parts for path in part.files]
        seconds = sum(part.seconds for part in parts)
        if manner is Manner.SLOW:
            files = self._with_pauses(files, language)
            seconds = sum(self._seconds[path] for path in files)
        return Utterance(tuple(files), " ".join(part.text for part in parts), seconds)

    def tune(self, tune: Tune) -> Utterance:
        """The file of a sound without words."""
        return self._tunes[tune]

    def text_of(self, path: Path) -> str:
        """What is said in a recording, as it stands in its sentence (", due on"); KeyError for another's file."""
        return self._texts[path]

    def seconds_of(self, path: Path) -> float:
        """The length of a recording."""
        return self._seconds[path]

    def _shortened(self, phrase: Phrase, language: str) -> Phrase:
        short = phrase.name + SHORT
        return replace(phrase, name=short) if short in self._books[language].phrases else phrase

    def _with_pauses(self, files: list[Path], language: str) -> list[Path]:
        """A pause after every recorded piece and digit; where there is one, it becomes longer."""
        pause = self._paths[language, fragment_file(PAUSE, ends=False)]
        return [each for file in files for each in (file, pause)]

    def _render_phrase(self, phrase: Phrase, language: str) -> Utterance:
        """Phrases without gaps are kept; what was said with a caller's values is not."""
        if phrase.values:
            return self._phrase(phrase, language)
        known = self._fixed.get((phrase.name, language))
        if known is None:
            known = self._fixed[phrase.name, language] = self._phrase(phrase, language)
        return known

    def _phrase(self, phrase: Phrase, language: str) -> Utterance:
        values = dict(phrase.values)
        files: list[Path] = []
        text = ""
        for piece in self._books[language].phrases[phrase.name]:
            if isinstance(piece, Gap):
                more, words = self._spoken(values[piece.name], language, piece.ends)
                files += more
                text += words
            elif isinstance(piece, Punctuation):
                text += piece.text
            else:
                files.append(self._paths[language, piece.file])
                text += piece.text
        return Utterance(tuple(files), text, sum(self._seconds[path] for path in files))

    def _speak(self, value: Value, language: str, ends: bool) -> tuple[list[Path], str]:
        if isinstance(value, Named):
            named = self._render_phrase(Phrase(value.phrase), language)
            return list(named.files), named.text
        joined = GRAMMARS[language].join(value)
        last = len(joined.names) - 1
        files = [
            fragment_file(name, ends=ends and index == last and name != PAUSE)
            for index, name in enumerate(joined.names)
        ]
        return [self._paths[language, file] for file in files], joined.text
