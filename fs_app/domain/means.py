"""What a payment is made with, apart from a card that was keyed: a method that the gateway keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import NewType

MethodToken = NewType("MethodToken", str)
"""The gateway's name for a card or bank account that it keeps."""
CustomerId = NewType("CustomerId", str)
"""The gateway's name for whoever it keeps methods for."""


def customer_of(account_id: str) -> CustomerId:
    """The gateway's name for the holder of an account: of characters that every gateway takes, whatever the billing
    system's own keys look like, and the same for the same account, so that nothing has to be remembered."""
    return CustomerId(f"fs-{blake2b(account_id.encode(), digest_size=16).hexdigest()}")


class MeansKind(StrEnum):
    """A card, or a bank account (ACH)."""

    CARD = "card"
    BANK = "bank"


@dataclass(frozen=True, slots=True)
class Kept:
    """A card or bank account as the gateway has just kept it. ``brand`` is of a card, or the bank's name."""

    token: MethodToken = field(repr=False)
    kind: MeansKind
    brand: str
    last_four: str


@dataclass(frozen=True, slots=True)
class SavedMethod:
    """A card or bank account that the gateway keeps for an account, by consent. It holds nothing secret but the
    token,
    which is worth nothing without the gateway's keys."""

    id: int
    token: MethodToken = field(repr=False)
    kind: MeansKind
    brand: str
    last_four: str

    def copy(self) -> SavedMethod:
        """Itself: there is nothing to wipe."""
        return self

    def wipe(self) -> None:
        """Nothing: there is nothing secret in it."""

    @property
    def wiped(self) -> bool:
        """Never."""
        return False
