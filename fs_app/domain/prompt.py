"""What is said to a caller, without saying how: phrases and values in order, no language, no file names.

The words and their order belong to the language (``prompts/``): a phrase in ``phrases.yaml`` may hold named
gaps, ``"Your balance is {amount}."``, so that a language can put the value where its grammar wants it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

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


@dataclass(frozen=True, slots=True)
class Named:
    """A value that is itself a phrase, e.g. a card brand: ``Named("brand_visa")``."""

    phrase: str


Value = Money | date | Digits | Count | Named


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


def say(name: str, **values: Value) -> Prompt:
    """``say("your_balance_is", amount=Money(4250, "USD"))``"""
    return Prompt((Phrase(name, tuple(sorted(values.items()))),))


SILENCE = Prompt()


def sentence(texts: Iterable[str]) -> str:
    """The texts of recordings played one after the other, as one reads them: no space before punctuation."""
    return re.sub(r" (?=[.,;:?!])", "", " ".join(" ".join(texts).split()))
