"""What a language module gives: fragments to record, and a value as a row of them.

`WordGrammar` is what languages share: a language only says how it spells each kind of value, as a row of words, and
what has to be recorded is found by letting it spell. A "word" is what is recorded in one piece; it may be several
("forty-two", "Japanese yen") where a voice makes one of them.
"""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import Generic, Protocol, TypeVar, get_args

from fs_app.domain.money import Money, exponent
from fs_app.domain.prompt import (
    Count,
    Counted,
    Digits,
    Month,
    Noun,
    Ordinal,
    Percent,
    Spelled,
    TimeOfDay,
    Weekday,
)
from fs_app.prompts.repertoire import LARGEST, LARGEST_ORDINAL, every_kind_of_value

PAUSE = "pause"
NOUNS: tuple[Noun, ...] = get_args(Noun)

# Arabic letters and vowel signs, for names of files; doubled letters and the article's hamza need no more.
_ARABIC = {
    letter: latin
    for letters, latins in (
        ("ابتجدرزسفقكلمنهويى", "abtjdrzsfqklmnhwya"),
        ("\u064e\u064f\u0650", "aui"),
        ("ءأإآؤئٱةحصضطظع", "'''a''ahHSDTZ3"),
    )
    for letter, latin in zip(letters, latins, strict=True)
}
_ARABIC |= {"ث": "th", "خ": "kh", "ذ": "dh", "ش": "sh", "غ": "gh"}
_ARABIC |= {"\u0651": "", "\u0652": "", "\u064b": "an", "\u064c": "un", "\u064d": "in"}


@dataclass(frozen=True, slots=True)
class Fragment:
    """What is recorded in one piece: as it sounds inside a sentence and, where it can be the last of a value, at a
    sentence's end (falling). ``at_end`` is how it is pronounced there, where that differs."""

    name: str  # of the file, without suffix
    text: str
    ends: bool = True
    at_end: str = ""


@dataclass(frozen=True, slots=True)
class Joined:
    """A value as it is spoken. ``names`` are fragments in order; `PAUSE` is a short silence between groups."""

    names: tuple[str, ...]
    text: str


class Grammar(Protocol):
    """What a language module offers as ``GRAMMAR``. No I/O; called for every prompt that has values."""

    def fragments(self) -> Sequence[Fragment]:
        """Every fragment that has to be recorded, each once; `PAUSE` is not among them, it is made."""
        ...

    def join(self, value: Spelled) -> Joined:
        """The fragments of a value. ValueError for a currency that is not recorded, or a number beyond them."""
        ...


Words = list[str]
N = TypeVar("N")  # how a language keeps a noun: its forms, its gender


class WordGrammar(ABC, Generic[N]):
    """A grammar made of words. A language gives the words of its nouns and the methods below `join`; numbers that
    reach them are in range (0 to `LARGEST`, ordinals 1 to `LARGEST_ORDINAL`)."""

    digits: Sequence[str]  # 0 to 9, said one by one
    nouns: Mapping[Noun, N]
    units: Mapping[str, tuple[N, N]]  # by currency: what it is counted in, and its minor unit

    def fragments(self) -> Sequence[Fragment]:
        """See `Grammar`. What can be the last word of a value is recorded for a sentence's end, too."""
        return self._fragments

    @cached_property
    def _fragments(self) -> Sequence[Fragment]:
        last: dict[str, bool] = {}  # in the order in which they are first needed
        spelled = (self.spell(value) for value in every_kind_of_value(NOUNS, list(self.units)))
        for words in chain(([digit] for digit in self.digits), spelled):
            for word in words[:-1]:
                last.setdefault(word.strip(","), False)
            last[words[-1]] = True
        return [Fragment(file_name(word), word, ends, self.pausal(word)) for word, ends in last.items()]

    def join(self, value: Spelled) -> Joined:
        """See `Grammar`."""
        if isinstance(value, Digits):
            return self._digits(value.text)
        words = self.spell(value)
        return Joined(tuple(file_name(word) for word in words), " ".join(words))

    def spell(self, value: Spelled) -> Words:
        """The words of any value but digits; a comma at the end of one is shown and not spoken."""
        match value:
            case Money():
                return self._money(value)
            case Count(number):
                return self.number(_within(number, LARGEST))
            case Counted(number, noun):
                return self.counted(_within(number, LARGEST), self.nouns[noun])
            case Ordinal(number, noun):
                return self.ordinal(_within(number, LARGEST_ORDINAL, 1), self.nouns[noun] if noun else None)
            case TimeOfDay(at):
                return self.time(at)
            case Weekday(number):
                return self.weekday(_within(number, 7, 1))
            case Month(year, month):
                return self.month(_year(year), _within(month, 12, 1))
            case Percent(number):
                return self._percent(Decimal(number))
            case date():
                _year(value.year)
                return self.date(value)
        raise TypeError(f"not a value: {value!r}")

    def pausal(self, word: str) -> str:
        """How a word is pronounced at the end of a sentence."""
        return word

    @abstractmethod
    def number(self, number: int) -> Words:
        """A number by itself, as one counts."""

    @abstractmethod
    def counted(self, number: int, noun: N) -> Words:
        """A number with what is counted, each in the form that the other asks for."""

    @abstractmethod
    def money(self, whole: Words, minor: Words) -> Words:
        """Dollars with cents, where there are both."""

    @abstractmethod
    def ordinal(self, number: int, noun: N | None) -> Words:
        """See `domain.prompt.Ordinal`."""

    @abstractmethod
    def date(self, day: date) -> Words:
        """A day with its year."""

    @abstractmethod
    def month(self, year: int, month: int) -> Words:
        """A month with its year."""

    @abstractmethod
    def weekday(self, number: int) -> Words:
        """1 for Monday."""

    @abstractmethod
    def time(self, at: time) -> Words:
        """To the minute."""

    @abstractmethod
    def percent(self, whole: int, decimals: str) -> Words:
        """``decimals`` are the digits after the point: none, one or two, the last not 0."""

    def _money(self, money: Money) -> Words:
        if money.currency not in self.units:
            recorded = ", ".join(self.units)
            raise ValueError(f"the names of {money.currency} are not recorded; recorded are {recorded}")
        unit, minor_unit = self.units[money.currency]
        whole, minor = divmod(_within(money.minor, (LARGEST + 1) * 1000), 10 ** exponent(money.currency))
        units = self.counted(_within(whole, LARGEST), unit)
        if not minor:
            return units
        minor_units = self.counted(minor, minor_unit)
        return self.money(units, minor_units) if whole else minor_units

    def _percent(self, number: Decimal) -> Words:
        whole, _, decimals = f"{number:.2f}".partition(".")
        if number != Decimal(f"{whole}.{decimals}"):
            raise ValueError(f"no recordings for {number} percent: up to two decimals")
        return self.percent(_within(int(whole), LARGEST), decimals.rstrip("0"))

    def _digits(self, text: str) -> Joined:
        """One by one, in groups as people say them: up to four together, longer ones in threes."""
        if not text.isascii() or not text.isdigit():
            raise ValueError("digits only")
        groups = [text] if len(text) <= 4 else re.findall(r"\d{3}(?=\d{2})|\d+", text)
        names: list[str] = []
        for group in groups:
            names += [*([PAUSE] if names else []), *(file_name(self.digits[int(digit)]) for digit in group)]
        return Joined(tuple(names), ", ".join(" ".join(group) for group in groups))


def file_name(word: str) -> str:
    """A word as the name of its file: small letters, digits and underscores of ASCII, whatever its script."""
    latin = "".join(_ARABIC.get(letter, letter) for letter in word).lower().replace("ı", "i")
    plain = "".join(each for each in unicodedata.normalize("NFKD", latin) if not unicodedata.combining(each))
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


def spoken_words(texts: Iterable[str]) -> str:
    """Texts without what is only seen: commas, case of the first letter."""
    return " ".join(" ".join(texts).replace(",", "").split())


def _within(number: int, largest: int, smallest: int = 0) -> int:
    if not smallest <= number <= largest:
        raise ValueError(f"no recordings for {number}")
    return number


def _year(year: int) -> int:
    return _within(year, 2099, 2000)
