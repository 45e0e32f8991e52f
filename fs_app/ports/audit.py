"""What people do by hand, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from fs_app.domain.agreement import AgreementId
from fs_app.domain.payment import PaymentId


@dataclass(frozen=True, slots=True)
class Deed:
    """Something a person is about to do to a payment, who, why and from where."""

    action: str  # refund, void, close, check
    payment_id: PaymentId
    operator: str
    reason: str
    source: Literal["cli", "api", "console"]


@dataclass(frozen=True, slots=True)
class AgreementDeed:
    """The same, done to an agreement."""

    action: str  # cancel, charge, skip
    agreement_id: AgreementId
    operator: str
    reason: str
    source: Literal["cli", "api"] = "cli"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A line of the audit: append-only."""

    at: datetime  # UTC
    deed: Deed | AgreementDeed
    result: str


class Audit(Protocol):
    """The audit trail. Raises StoreUnavailable: then nothing may be done."""

    def write(self, deed: Deed | AgreementDeed, result: str) -> None:
        """Append an entry; ``result`` is ``asked`` before, and what came of it after."""
        ...

    def entries(self, payment_id: PaymentId) -> Sequence[AuditEntry]:
        """What was done to a payment by hand, oldest first."""
        ...

    def of_agreement(self, agreement_id: AgreementId) -> Sequence[AuditEntry]:
        """What was done to an agreement by hand, oldest first."""
        ...
