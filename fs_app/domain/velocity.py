"""Velocity limits against card testing: how often one source may try, and be declined, within some hours.

Counted over all workers, calls and channels. What is counted by is kept as a keyed hash: neither a caller's number
nor anything of a card can be read from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Trait(StrEnum):
    """What attempts are counted by."""

    CALLER_ID = "caller_id"
    ACCOUNT = "account"
    BIN = "bin"  # the first six digits: testers try many cards of one issuer
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Mark:
    """One trait of an attempt; ``subject`` is the keyed hash of its value, 64 hex digits."""

    trait: Trait
    subject: str


@dataclass(frozen=True, slots=True)
class VelocityLimit:
    """So many attempts, and so many declined ones, within ``hours``; None is no limit."""

    hours: float
    attempts: int | None = None
    declines: int | None = None


DEFAULT_LIMITS: dict[Trait, VelocityLimit] = {
    Trait.CALLER_ID: VelocityLimit(24, attempts=20, declines=8),
    Trait.ACCOUNT: VelocityLimit(24, attempts=20, declines=8),
    Trait.CARD: VelocityLimit(24, attempts=10, declines=5),
    # A bank's BIN is shared by many honest payers: only what is declined counts.
    Trait.BIN: VelocityLimit(1, declines=40),
}
