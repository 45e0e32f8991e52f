"""What a decision about an instalment changes: of it, of its agreement, and of what comes after. Pure.

The database and the fake both do what a `Booking` says, in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from fs_app.domain.agreement import (
    UNDER_WAY,
    Agreement,
    AgreementState,
    Instalment,
    InstalmentState,
    Planned,
    next_planned,
)
from fs_app.domain.collection import Announce, Case, Charge, End, Fail, Retry
from fs_app.domain.money import Money

Bookable = Charge | Announce | Retry | End | Fail


class News(StrEnum):
    """What a payer is told of an agreement in writing."""

    AGREED = "agreed"  # its terms, word by word
    ANNOUNCED = "announced"  # an amount that differs, and the day it is charged on
    DECLINED = "declined"  # not taken, and when it is tried again
    FAILED = "failed"  # not taken, and not tried again; the agreement goes on
    STOPPED = "stopped"  # not taken, and nothing will be taken any more
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Booking:
    """The instalment and the agreement afterwards. ``planned`` is a new instalment that follows; ``cancels`` leaves
    out every other one that nobody has begun to charge; ``amount`` is what ``news`` is about."""

    instalment: Instalment
    agreement: Agreement
    detail: str
    seen: int
    released: bool
    planned: Planned | None = None
    cancels: bool = False
    news: News | None = None
    amount: Money | None = None

    @property
    def ended(self) -> bool:
        """Whether nobody has to look at the instalment any more."""
        return self.instalment.state not in UNDER_WAY


def booking(case: Case, decision: Bookable, others: Sequence[Instalment], now: datetime) -> Booking:
    """What is written for a decision. ``others`` are all other instalments of the agreement as they stand."""
    match decision:
        case Charge(amount=amount, late=late):
            detail = str(amount) if late <= 0 else f"{amount}, {late} days after its due date"
            moved = _moved(case, InstalmentState.CHARGING, begun_at=now, amount=case.instalment.amount or amount)
            told = replace(case.agreement, told=amount)
            return Booking(moved, told, detail, seen=len(case.attempts), released=False)
        case Announce(amount=amount, charge_on=charge_on):
            moved = _moved(case, InstalmentState.ANNOUNCED, charge_on=charge_on, announced=amount)
            told = replace(case.agreement, told=amount)
            detail = f"{amount} on {charge_on}"
            return Booking(moved, told, detail, case.seen, case.released, news=News.ANNOUNCED, amount=amount)
        case Retry(on=on, reason=reason):
            moved = _moved(case, InstalmentState.RETRYING, charge_on=on)
            again = _in_state(case.agreement, AgreementState.ACTIVE)
            detail = f"{reason}; again on {on}"
            booked = Booking(moved, again, detail, len(case.attempts), released=False, news=News.DECLINED)
            return replace(booked, amount=charged(case))
        case Fail(reason=reason, stops=stops):
            return _failed(case, reason, others, stops=stops)
        case End(state=state, detail=detail):
            return _followed(_moved(case, state), case, detail, others)


def charged(case: Case) -> Money | None:
    """What the last attempt was to take; before the first one, what is agreed to."""
    return case.attempts[-1].payment.request.amount if case.attempts else case.instalment.amount


def _failed(case: Case, reason: str, others: Sequence[Instalment], *, stops: bool) -> Booking:
    moved = _moved(case, InstalmentState.FAILED)
    if not stops:
        booked = _followed(moved, case, reason, others)
        return replace(booked, news=News.FAILED, amount=charged(case))
    stopped = _in_state(case.agreement, AgreementState.STOPPED)
    seen, amount = len(case.attempts), charged(case)
    return Booking(moved, stopped, reason, seen, released=False, cancels=True, news=News.STOPPED, amount=amount)


def _followed(moved: Instalment, case: Case, detail: str, others: Sequence[Instalment]) -> Booking:
    """An instalment at its end: the next one is planned, or nothing is left to do."""
    agreement = case.agreement
    is_last = all(other.number < moved.number for other in others)
    planned = next_planned(agreement, moved.number) if is_last else None
    left = planned is not None or any(other.state in UNDER_WAY for other in others)
    if agreement.state is AgreementState.ACTIVE and not left:
        agreement = _in_state(agreement, AgreementState.DONE)
    return Booking(moved, agreement, detail, len(case.attempts), released=False, planned=planned)


def _moved(case: Case, state: InstalmentState, **changes: object) -> Instalment:
    instalment = case.instalment
    return replace(instalment, state=state, version=instalment.version + 1, **changes)  # type: ignore[arg-type]


def _in_state(agreement: Agreement, state: AgreementState) -> Agreement:
    return replace(agreement, state=state)
