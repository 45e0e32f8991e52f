"""What is said to a caller, without saying how: phrases and values in order, no language, no file names.

The words and their order belong to the language (``prompts/``): a phrase in ``phrases.yaml`` may hold named
gaps, ``"Your balance is {amount}."``, so that a language can put the value where its grammar wants it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from fs_app.domain.money import Money


class Manner(StrEnum):
    """How a prompt is said: a phrase that has no text of its own for a manner is said in the plain one."""

    PLAIN = "plain"
    BRIEF = "brief"  # to callers who have been here before: they know what is asked
    SLOW = "slow"  # for whoever asked for it with 8: more words, more pauses


@dataclass(frozen=True, slots=True)
class Digits:
    """Digits said one by one, in groups as people say them (an account, a confirmation number, a last four)."""

    text: str


@dataclass(frozen=True, slots=True)
class Count:
    """A whole number said as a number: "three"."""

    number: int


Noun = Literal[
    "bill", "payment", "instalment", "card", "project",
    "day", "week", "month", "year", "minute",
    "key", "person", "caller",
]  # fmt: skip
"""What can be counted and put in order: a fixed list, since every language needs its gender and its forms."""


@dataclass(frozen=True, slots=True)
class Ordinal:
    """A place in a row, 1 to 99: "third", or with a noun "third payment". Where a language has an article that
    depends on the noun, a phrase goes without one, or says "your"."""

    number: int
    noun: Noun | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """So many things: "one payment", "three payments"."""

    number: int
    noun: Noun


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A time of day to the minute, as people say it: "three thirty P M"."""

    time: time


@dataclass(frozen=True, slots=True)
class Weekday:
    """A day of the week, 1 for Monday to 7 for Sunday (ISO 8601): "Tuesday"."""

    number: int

    @classmethod
    def of(cls, day: date) -> Weekday:
        """The weekday that a date falls on."""
        return cls(day.isoweekday())


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a year, as a card expires: "September, twenty thirty-one"."""

    year: int
    month: int


@dataclass(frozen=True, slots=True)
class Percent:
    """A share of a hundred with up to two decimals: "two point five percent"."""

    number: Decimal


@dataclass(frozen=True, slots=True)
class Named:
    """A value that is itself a phrase, e.g. a card brand: ``Named("brand_visa")``."""

    phrase: str


Spelled = Money | date | Digits | Count | Ordinal | Counted | TimeOfDay | Weekday | Month | Percent
"""What a language spells from its own words."""

Value = Spelled | Named


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase of ``phrases.yaml`` and what goes into its gaps."""

    name: str
    values: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is said in one breath: one playback command, one sentence or several."""

    phrases: tuple[Phrase, ...] = field(default=())

    def __add__(self, other: Prompt) -> Prompt:
        return Prompt(self.phrases + other.phrases)

    def __bool__(self) -> bool:
        return bool(self.phrases)


def say(name: str, /, **values: Value) -> Prompt:
    """``say("your_balance_is", amount=Money(4250, "USD"))``"""
    return Prompt((Phrase(name, tuple(sorted(values.items()))),))


SILENCE = Prompt()

_TELLABLE = 4


def discreet(prompt: Prompt) -> Prompt:
    """A prompt as it may be written down: of digits that are read back, the last four alone."""
    return Prompt(
        tuple(
            Phrase(phrase.name, tuple((name, _short(value)) for name, value in phrase.values))
            for phrase in prompt.phrases
        )
    )


def _short(value: Value) -> Value:
    return Digits(value.text[-_TELLABLE:]) if isinstance(value, Digits) else value


def sentence(texts: Iterable[str]) -> str:
    """The texts of recordings played one after the other, as one reads them: no space before punctuation."""
    return re.sub(r" (?=[.,;:?!،؛؟])", "", " ".join(" ".join(texts).split()))
