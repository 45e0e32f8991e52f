"""Agreements to pay later or again, and their instalments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fs_app.domain.agreement import Agreement, AgreementId, AgreementRequest, Instalment, InstalmentId
from fs_app.domain.booking import Bookable
from fs_app.domain.collection import Case


@dataclass(frozen=True, slots=True)
class AgreementEvent:
    """A line of an agreement's history: append-only. ``state`` is the agreement's or, where ``number`` names an
    instalment, that one's; or ``note``."""

    at: datetime  # UTC
    state: str
    detail: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """An agreement after it was cancelled. ``under_way`` is the instalment that is being charged right now, which a
    cancellation comes too late for; None where there is none."""

    agreement: Agreement
    under_way: Instalment | None


class Agreements(Protocol):
    """Agreements, their instalments and their history. Raises StoreUnavailable.

    What is written plans the next look at an instalment (a task) and the payer's message in the same transaction.
    """

    def open(self, request: AgreementRequest) -> Agreement:
        """Commit an agreement with its first instalments. The same consent again is the same agreement: a call
        that goes on at another server opens none twice. ValueError for what nobody can have agreed to."""
        ...

    def get(self, agreement_id: AgreementId) -> Agreement:
        """An agreement as it stands. KeyError for an unknown id."""
        ...

    def by_number(self, number: str) -> Agreement | None:
        """The agreement with the number that was told to the payer."""
        ...

    def of_account(self, account_id: str) -> Sequence[Agreement]:
        """What is active on an account, the oldest first."""
        ...

    def using(self, method_id: int) -> Sequence[Agreement]:
        """What is active and charges a saved method: told before that is deleted."""
        ...

    def all(self) -> Sequence[Agreement]:
        """Every agreement there ever was, oldest first."""
        ...

    def instalments(self, agreement_id: AgreementId) -> Sequence[Instalment]:
        """The instalments of an agreement, in order; of a recurring one, as far as they are planned."""
        ...

    def history(self, agreement_id: AgreementId) -> Sequence[AgreementEvent]:
        """What happened to an agreement and its instalments, oldest first."""
        ...

    def cancel(self, agreement_id: AgreementId, reason: str) -> Cancelled:
        """Nothing more is charged, but what is being charged right now. Cancelling again changes nothing, and so
        does cancelling what has ended. KeyError for an unknown id."""
        ...

    def case(self, instalment_id: InstalmentId) -> Case:
        """Everything that is decided by about an instalment. KeyError for an unknown id."""
        ...

    def book(self, case: Case, decision: Bookable) -> bool:
        """Write a decision, and what follows from it: the next instalment of a recurring agreement, the agreement's
        own end, the payer's message. False, and nothing written, where somebody has moved the instalment since the
        case was read, or it was to be charged and the agreement is active no more. IllegalTransition where the
        table of moves forbids it."""
        ...

    def release(self, instalment_id: InstalmentId, reason: str) -> bool:
        """A person has decided that it is charged now, late or without notice; its task is due at once. False for
        an instalment that has ended, or is being charged."""
        ...

    def leave_out(self, instalment_id: InstalmentId, reason: str) -> bool:
        """A person has decided that it is not charged; the agreement goes on. False as in `release`."""
        ...
