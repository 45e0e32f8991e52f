"""What a language module gives: fragments to record, and a value as a row of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from fs_app.domain.money import Money
from fs_app.domain.prompt import Count, Digits

JoinedValue = Money | date | Digits | Count


@dataclass(frozen=True, slots=True)
class Fragment:
    """A word or two, recorded twice: as it sounds inside a sentence, and at a sentence's end (falling)."""

    name: str  # of the file, without suffix
    text: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A value as it is spoken. ``names`` are fragments in order; `PAUSE` is a short silence between groups."""

    names: tuple[str, ...]
    text: str


PAUSE = "pause"


class Grammar(Protocol):
    """What a language module offers. No I/O; called for every prompt, so it caches what it spells."""

    def fragments(self) -> Sequence[Fragment]:
        """Every fragment that has to be recorded, each once; `PAUSE` is not among them, it is made."""
        ...

    def join(self, value: JoinedValue) -> Joined:
        """The fragments of a value. ValueError for a currency that is not recorded, or a number beyond them."""
        ...
