"""What a payment is made with."""

from __future__ import annotations

from enum import StrEnum


class MeansKind(StrEnum):
    """A card, or a bank account (ACH)."""

    CARD = "card"
    BANK = "bank"
