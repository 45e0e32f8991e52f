"""The text of every phrase, cut at its gaps into what is recorded in one breath.

``sounds/phrases.yaml`` holds any language beneath its code (``en:``), ``sounds/<language>/phrases.yaml`` that
language alone; a language may stand in both, a phrase only once.

``balance_is: "Your balance is {amount}, due on {date}."`` is recorded as ``balance_is.1.wav`` ("Your balance is")
and ``balance_is.2.wav`` ("due on"); a phrase without gaps is one file. A gap before a full stop is spoken with a
falling voice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fs_app import yamlfile
from fs_app.errors import ConfigError, Problem
from fs_app.prompts.languages import GRAMMARS
from fs_app.prompts.spoken import PAUSE
from fs_app.yamlfile import Document, Place, did_you_mean

PHRASES_FILE = "phrases.yaml"
FRAGMENTS = "fragments"
SHORT = "_short"
"""``welcome_short`` is how ``welcome`` is said to callers who have been here before."""
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_GAP = re.compile(r"\{([a-z_]*)\}")
_SENTENCE_END = re.compile(r"\s*(?:[.?!؟]|$)")


@dataclass(frozen=True, slots=True)
class Words:
    """Recorded words: the file beneath the language's folder, and their text."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A place for a value. ``ends`` where the voice falls: at a sentence's end."""

    name: str
    ends: bool


@dataclass(frozen=True, slots=True)
class Punctuation:
    """Text between two gaps that is not spoken, only shown."""

    text: str


Piece = Words | Gap | Punctuation


@dataclass(frozen=True, slots=True)
class Recording:
    """One file to record. ``speak`` is the text with the punctuation that gives the right intonation."""

    file: str
    text: str
    speak: str
    note: str


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """The phrases of one language."""

    language: str
    phrases: Mapping[str, tuple[Piece, ...]]

    def gaps(self, phrase: str) -> frozenset[str] | None:
        """The gaps of a phrase, None where there is no such phrase."""
        pieces = self.phrases.get(phrase)
        return None if pieces is None else _gaps(pieces)

    def recordings(self) -> list[Recording]:
        """Every file of the language: phrases in the order of the file, then fragments in both intonations."""
        found = [
            _recording(piece, index, pieces)
            for pieces in self.phrases.values()
            for index, piece in enumerate(pieces)
            if isinstance(piece, Words)
        ]
        for fragment in GRAMMARS[self.language].fragments():
            inside, ending = fragment_file(fragment.name, ends=False), fragment_file(fragment.name, ends=True)
            found.append(Recording(inside, fragment.text, f"{fragment.text},", "inside a sentence: level voice"))
            if fragment.ends:
                speak = f"{fragment.at_end or fragment.text}."
                found.append(Recording(ending, fragment.text, speak, "at the end: falling voice"))
        found.append(Recording(fragment_file(PAUSE, ends=False), "", "", "a quarter of a second of silence"))
        return found


def fragment_file(name: str, *, ends: bool) -> str:
    """The file of a fragment beneath the language's folder."""
    return f"{FRAGMENTS}/{name}{'.end' if ends else ''}.wav"


def load_phrases(sounds: Path) -> tuple[dict[str, PhraseBook], list[Problem]]:
    """The phrase book of every language, and what is wrong with the files."""
    shelf = _Shelf()
    try:
        document = yamlfile.read(sounds / PHRASES_FILE)
    except ConfigError as error:
        return {}, list(error.problems)
    if not isinstance(document.data, dict) or not document.data:
        return {}, [document.problem((), "should hold languages, e.g. en: {welcome: ...}")]
    for language, phrases in document.data.items():
        shelf.add(language, phrases, document, (language,))
    for path in sorted(sounds.glob(f"*/{PHRASES_FILE}")):
        try:
            document = yamlfile.read(path)
        except ConfigError as error:
            shelf.problems += error.problems
        else:
            shelf.add(path.parent.name, document.data, document, ())
    shelf.check_short_phrases()
    return {language: PhraseBook(language, phrases) for language, phrases in shelf.books.items()}, shelf.problems


@dataclass
class _Shelf:
    """What was read so far, and where each phrase stands."""

    books: dict[str, dict[str, tuple[Piece, ...]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    places: dict[tuple[str, str], tuple[Document, Place]] = field(default_factory=dict)

    def add(self, language: str, phrases: object, document: Document, place: Place) -> None:
        """The phrases of one language that stand at one place."""
        if language not in GRAMMARS:
            hint = did_you_mean(language, GRAMMARS) or "a language needs a module in fs_app/prompts/languages"
            self.problems.append(document.problem(place, f"no grammar for {language!r}", hint, at_key=bool(place)))
            return
        if not isinstance(phrases, dict):
            self.problems.append(
                document.problem(place, f'{language} should hold phrases, e.g. welcome: "Welcome."')
            )
            return
        book = self.books.setdefault(language, {})
        for name, text in phrases.items():
            complaint = _complaint(name, text)
            if not complaint and name in book:
                first, at = self.places[language, name]
                line, _ = first.keys[at]
                complaint = f"{language} has {name} twice: it also stands in {first.file}:{line}"
            if complaint:
                self.problems.append(document.problem((*place, name), complaint))
            else:
                book[name] = cut(name, text)
                self.places[language, name] = document, (*place, name)

    def check_short_phrases(self) -> None:
        """A short phrase is said where its long one was asked for: it has no other values."""
        for language, book in self.books.items():
            for name, pieces in book.items():
                if not name.endswith(SHORT):
                    continue
                long = name.removesuffix(SHORT)
                missing = _gaps(pieces) - _gaps(book.get(long, ()))
                if long not in book:
                    self._complain(language, name, f"{name} shortens nothing: there is no phrase {long}")
                elif missing:
                    gaps = ", ".join(f"{{{gap}}}" for gap in sorted(missing))
                    self._complain(language, name, f"{name} has a gap that {long} does not have: {gaps}")

    def _complain(self, language: str, name: str, complaint: str) -> None:
        document, place = self.places[language, name]
        self.problems.append(document.problem(place, complaint))


def _gaps(pieces: tuple[Piece, ...]) -> frozenset[str]:
    return frozenset(piece.name for piece in pieces if isinstance(piece, Gap))


def cut(name: str, text: str) -> tuple[Piece, ...]:
    """A phrase cut at its gaps."""
    parts = _GAP.split(text)  # words, gap, words, gap, words
    spoken = [index for index in range(0, len(parts), 2) if _is_spoken(parts[index])]
    pieces: list[Piece] = []
    for index, part in enumerate(parts):
        if index % 2:
            pieces.append(Gap(part, bool(_SENTENCE_END.match(parts[index + 1]))))
        elif index in spoken:
            file = f"{name}.wav" if len(parts) == 1 else f"{name}.{spoken.index(index) + 1}.wav"
            pieces.append(Words(file, part))
        elif part:
            pieces.append(Punctuation(part))
    return tuple(pieces)


def _complaint(name: str, text: object) -> str:
    if not _NAME.fullmatch(name):
        return f"{name!r} is no name for a phrase: small letters, digits and underscores, a letter first"
    if not isinstance(text, str) or not text.strip():
        return f"{name} has no text"
    rest = _GAP.sub("", text)
    if "{" in rest or "}" in rest or "{}" in text:
        return f"{name}: a gap is a name in braces, e.g. {{amount}}"
    return ""


def _is_spoken(text: str) -> bool:
    return any(letter.isalnum() for letter in text)


def _recording(words: Words, index: int, pieces: tuple[Piece, ...]) -> Recording:
    text = words.text.strip(" ,;:،؛")
    if text[0] in ".?!؟":
        text = text[1:].strip()
    follows = pieces[index + 1 :]
    gap = next((piece.name for piece in follows if isinstance(piece, Gap)), None)
    speak = text if text[-1] in ".?!؟" else f"{text}," if gap else f"{text}."
    note = f"leads into {{{gap}}}: level voice" if gap and speak.endswith(",") else ""
    return Recording(words.file, text, speak, note)
