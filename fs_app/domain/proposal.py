"""What a caller wants to agree to, before they have. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from fs_app.domain.agreement import AgreementKind, Fixed, Planned, Target, Terms, terms_of
from fs_app.domain.bill import Bill, BillKind
from fs_app.domain.calendar import Every, Unit
from fs_app.domain.money import Money

WEEKLY, TWO_WEEKLY = Every(1, Unit.WEEK), Every(2, Unit.WEEK)

_NOT_OPEN = frozenset({BillKind.RENEWAL, BillKind.COPAY})
"""What is made for one payment, and is no open bill of the account when its due date comes."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The terms of an agreement and what it pays, as in `AgreementRequest`: ``targets`` are bills or projects, none
    is whatever is due on the account. ``told`` is the amount that was said for the next charge."""

    kind: AgreementKind
    terms: Terms
    planned: tuple[Planned, ...] = ()
    targets: tuple[Target, ...] = ()
    told: Money | None = None


def targets_of(bills: Sequence[Bill], account_id: str) -> tuple[Target, ...] | None:
    """What an agreement on that account pays where the caller has chosen this; None where it cannot be paid later:
    it is somebody else's, or is made for one payment only. A gift keeps the parts that its projects got."""
    if all(bill.kind is BillKind.GIFT for bill in bills):
        return tuple(Target(bill.id, bill.due.minor) for bill in bills)
    if any(bill.account_id != account_id or bill.kind in _NOT_OPEN | {BillKind.GIFT} for bill in bills):
        return None
    return tuple(Target(bill.id) for bill in bills)


def once(amount: Money, day: date, targets: tuple[Target, ...]) -> Proposal:
    """One payment on a chosen date."""
    return Proposal(AgreementKind.ONCE, Terms(Fixed(amount), day), targets=targets)


def in_instalments(planned: tuple[Planned, ...], targets: tuple[Target, ...]) -> Proposal:
    """A plan. ValueError as `terms_of`."""
    return Proposal(AgreementKind.PLAN, terms_of(planned), planned, targets)
