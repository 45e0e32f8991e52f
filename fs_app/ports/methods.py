"""What callers agreed to, and the cards and bank accounts that are kept for them because of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol

from fs_app.domain.means import Kept, SavedMethod

ConsentId = NewType("ConsentId", int)

TWO_YEARS = timedelta(days=2 * 365 + 1)
"""How long an authorisation is kept (Nacha Operating Rules, TEL entries: two years from the authorisation)."""


class ConsentKind(StrEnum):
    """What was agreed to."""

    SAVE_METHOD = "save_method"
    BANK_DEBIT = "bank_debit"  # a single debit by telephone (TEL)
    SCHEDULE = "schedule"  # payments later, or again and again


@dataclass(frozen=True, slots=True)
class Consent:
    """What a caller agreed to in a call: ``text`` as it was said, and its ``version``; ``recording`` is the file
    with the caller's own words, None where a key was the answer."""

    kind: ConsentKind
    account_id: str
    call_uuid: str
    language: str
    version: str
    text: str
    recording: str | None = None
    keep: timedelta = TWO_YEARS


class Consents(Protocol):
    """The consents, append-only. Raises StoreUnavailable."""

    def keep(self, consent: Consent) -> ConsentId:
        """Commit a consent with the time."""
        ...

    def of_account(self, account_id: str) -> Sequence[tuple[ConsentId, datetime, Consent]]:
        """The consents on an account with their times (UTC), oldest first."""
        ...


class SavedMethods(Protocol):
    """The methods that the gateway keeps for our accounts. Raises StoreUnavailable."""

    def of_account(self, account_id: str) -> Sequence[SavedMethod]:
        """Those of an account, the one used last first."""
        ...

    def get(self, method_id: int) -> SavedMethod | None:
        """One by its id, None where it was deleted or never was."""
        ...

    def save(self, account_id: str, kept: Kept, consent: ConsentId) -> SavedMethod:
        """Remember what the gateway has just kept; the same token again is the same method."""
        ...

    def used(self, method_id: int) -> None:
        """It was paid with now."""
        ...

    def forget(self, method_id: int) -> None:
        """The gateway has deleted it. Harmless when repeated."""
        ...
