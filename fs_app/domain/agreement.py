"""What a payer has agreed to pay later or again: its terms, its instalments, and what may follow what.

Laws, in this order:

1. Each due date is charged at most once. The ledger holds that: one open or paid attempt for each instalment, ever.
2. Due dates are counted from the first one; no charge, no delay and no clock moves them.
3. The next instalment of a recurring agreement is planned in the transaction that ends the one before.
4. A move that is not in `INSTALMENT_MOVES` is an error. History is appended to, never changed.
5. No fee is added to what was agreed to: the brands allow none on recurring and instalment transactions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from typing import NewType

from fs_app.domain.calendar import Every, Unit, fits, nth
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money

_WEEKLY = Every(1, Unit.WEEK)

AgreementId = NewType("AgreementId", int)
InstalmentId = NewType("InstalmentId", str)


class AgreementKind(StrEnum):
    """What was agreed to; phrases that name it are called ``agreement_<kind>``."""

    ONCE = "once"  # one payment on a chosen date
    PLAN = "plan"  # so many instalments with their amounts and dates
    RECURRING = "recurring"  # again and again, by its terms


class AgreementState(StrEnum):
    """Where an agreement stands."""

    ACTIVE = "active"
    DONE = "done"  # nothing is left to charge
    CANCELLED = "cancelled"  # by the payer or by staff
    STOPPED = "stopped"  # by us: it could not be charged


AGREEMENT_MOVES: dict[AgreementState, frozenset[AgreementState]] = {
    AgreementState.ACTIVE: frozenset({AgreementState.DONE, AgreementState.CANCELLED, AgreementState.STOPPED}),
    # A bank takes the last payment back, days after it was made: it may be debited again, or not any more.
    AgreementState.DONE: frozenset({AgreementState.ACTIVE, AgreementState.STOPPED}),
    AgreementState.CANCELLED: frozenset(),
    AgreementState.STOPPED: frozenset(),
}


class InstalmentState(StrEnum):
    """Where one due date stands."""

    SCHEDULED = "scheduled"
    ANNOUNCED = "announced"  # the payer was told of an amount that differs; it waits until they had time
    CHARGING = "charging"  # an attempt may be open: the ledger knows
    RETRYING = "retrying"  # declined or returned; another try is planned
    PAID = "paid"
    FAILED = "failed"  # no try is left
    SKIPPED = "skipped"  # nothing was due
    CANCELLED = "cancelled"


_WAITING = frozenset(
    {
        InstalmentState.ANNOUNCED,
        InstalmentState.CHARGING,
        InstalmentState.FAILED,
        InstalmentState.SKIPPED,
        InstalmentState.CANCELLED,
    }
)
INSTALMENT_MOVES: dict[InstalmentState, frozenset[InstalmentState]] = {
    InstalmentState.SCHEDULED: _WAITING,
    InstalmentState.ANNOUNCED: _WAITING,  # again, where the amount has changed again
    InstalmentState.RETRYING: _WAITING,
    InstalmentState.CHARGING: frozenset(
        {
            InstalmentState.CHARGING,  # whoever was at work has died: another worker has taken it up
            InstalmentState.ANNOUNCED,  # nothing was sent, and less is due since
            InstalmentState.PAID,
            InstalmentState.RETRYING,
            InstalmentState.FAILED,
            InstalmentState.SKIPPED,
            InstalmentState.CANCELLED,
        }
    ),
    # A bank took the money back (an ACH return): it may be debited again, or not any more.
    InstalmentState.PAID: frozenset({InstalmentState.RETRYING, InstalmentState.FAILED}),
    InstalmentState.FAILED: frozenset(),
    InstalmentState.SKIPPED: frozenset(),
    InstalmentState.CANCELLED: frozenset(),
}

# What a cancelled agreement leaves out; one that is being charged is brought to its end.
UNTOUCHED = frozenset({InstalmentState.SCHEDULED, InstalmentState.ANNOUNCED, InstalmentState.RETRYING})
# Not at its end.
UNDER_WAY = UNTOUCHED | {InstalmentState.CHARGING}


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same amount each time; never more than is due, where anything can be due."""

    amount: Money

    @property
    def currency(self) -> str:
        return self.amount.currency


@dataclass(frozen=True, slots=True)
class FullBalance:
    """Whatever is due on that day, in one currency."""

    currency: str


Amount = Fixed | FullBalance


@dataclass(frozen=True, slots=True)
class Terms:
    """How much, and when: from ``first`` on, ``every`` so often, through ``last`` or so many ``times``, or until it
    is cancelled. ``day`` is the day of the month that is meant where the first month is too short for it.

    ValueError where they contradict each other.
    """

    amount: Amount
    first: date
    every: Every | None = None
    last: date | None = None
    times: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if isinstance(self.amount, Fixed) and self.amount.amount.minor <= 0:
            raise ValueError("an amount is above zero")
        if self.last is not None and self.last < self.first:
            raise ValueError("the last day is before the first")
        if self.times is not None and self.times < 1:
            raise ValueError("it happens at least once")
        if self.day is not None and not (1 <= self.day <= 31 and fits(self.first, self.day)):
            raise ValueError("the first date is not on that day of the month")

    def due_on(self, number: int) -> date | None:
        """The due date of that number, from 1; None after the last one. They strictly increase."""
        if self.times is not None and number > self.times:
            return None
        if self.every is None:
            return self.first if number == 1 else None
        due = nth(self.first, self.every, number - 1, self.day)
        return None if self.last is not None and due > self.last else due


@dataclass(frozen=True, slots=True)
class Planned:
    """A due date and its amount; None where it is what is due then."""

    due_on: date
    amount: Money | None


def terms_of(planned: Sequence[Planned]) -> Terms:
    """The terms of a plan: its whole sum, its first date, and how many instalments it has. ValueError for none, or
    one without an amount."""
    amounts = [each.amount for each in planned if each.amount is not None]
    if not amounts or len(amounts) != len(planned):
        raise ValueError("every instalment of a plan has an amount")
    return Terms(Fixed(sum(amounts[1:], amounts[0])), planned[0].due_on, times=len(planned))


@dataclass(frozen=True, slots=True)
class Target:
    """What an agreement pays: a bill or, with a ``share``, a project that is given to by these weights."""

    id: str
    share: int = 0


@dataclass(frozen=True, slots=True)
class AgreementRequest:
    """What a payer agreed to. ``planned`` are the instalments of a plan, whose terms are `terms_of` them; it is
    empty for every other kind, and for an agreement that was opened: then they are `Agreements.instalments`.

    ``targets`` are the bills it pays, or the projects; empty is whatever is due on the account, the oldest first.
    ``told`` is the amount that was said for the next charge, None where none was. ``consent_id`` is what was read
    out and agreed to, ``method_id`` the saved method that is charged. ``receipt_to`` is where messages go, where
    the account names nothing better when they are written.
    """

    kind: AgreementKind
    account_id: str
    account_number: str
    call_uuid: str
    consent_id: int
    method_id: int
    terms: Terms
    planned: tuple[Planned, ...] = ()
    targets: tuple[Target, ...] = ()
    told: Money | None = None
    language: str = "en"
    receipt_to: Contact | None = field(default=None, repr=False)

    @property
    def is_gift(self) -> bool:
        """Whether it is given: then nothing has to be due."""
        return any(target.share for target in self.targets)

    def first_planned(self) -> tuple[Planned, ...]:
        """The instalments that are known from the beginning: all of a plan, else the first one."""
        if self.planned:
            return self.planned
        amount = self.terms.amount
        return (Planned(self.terms.first, amount.amount if isinstance(amount, Fixed) else None),)

    def check(self, today: date) -> None:
        """ValueError for what nobody can have agreed to."""
        planned = self.first_planned()
        if (self.kind is AgreementKind.PLAN) != bool(self.planned):
            raise ValueError("a plan has instalments, and nothing else has")
        if (self.kind is AgreementKind.RECURRING) != (self.terms.every is not None):
            raise ValueError("what recurs has a period, and nothing else has")
        if self.planned and self.terms != terms_of(self.planned):
            raise ValueError("the terms of a plan are of its instalments")
        if planned[0].due_on < today:
            raise ValueError("the first date is over")
        if any(one.due_on >= other.due_on for one, other in pairwise(planned)):
            raise ValueError("due dates come one after the other")
        amounts = [each.amount for each in planned if each.amount is not None]
        if any(each.minor <= 0 or each.currency != self.terms.amount.currency for each in amounts):
            raise ValueError("an amount is above zero, in the currency of the agreement")
        if self.is_gift and (isinstance(self.terms.amount, FullBalance) or not all(t.share for t in self.targets)):
            raise ValueError("a gift has an amount, and every project a share")
        if isinstance(self.terms.amount, FullBalance):
            if self.receipt_to is None:
                raise ValueError("an amount that changes needs an address to announce it to")
            if self.terms.every == _WEEKLY:
                raise ValueError("an amount that changes cannot be announced ten days ahead each week")


@dataclass(frozen=True, slots=True)
class Agreement:
    """An agreement, as we have it. ``number`` is digits that are spoken and printed. ``told`` is the amount that
    the payer was told last: with their consent, or in a message since."""

    id: AgreementId
    number: str
    state: AgreementState
    request: AgreementRequest
    opened_at: datetime  # UTC
    told: Money | None = None


@dataclass(frozen=True, slots=True)
class Instalment:
    """One due date of an agreement. ``amount`` is None where it is what is due then; ``charge_on`` is the day of
    the next try, ``due_on`` or later. ``announced`` is what the payer was told in a message will be charged.
    ``begun_at`` is when somebody last set out to charge it; ``version`` goes up with each move, so that of two
    workers one moves it."""

    id: InstalmentId
    agreement_id: AgreementId
    number: int
    due_on: date
    amount: Money | None
    state: InstalmentState
    charge_on: date
    announced: Money | None = None
    begun_at: datetime | None = None  # UTC
    version: int = 0


def next_planned(agreement: Agreement, number: int) -> Planned | None:
    """What comes after the instalment of that number where a recurring agreement goes on; None where it ends."""
    request = agreement.request
    if request.kind is not AgreementKind.RECURRING or agreement.state is not AgreementState.ACTIVE:
        return None
    due_on, amount = request.terms.due_on(number + 1), request.terms.amount
    return None if due_on is None else Planned(due_on, amount.amount if isinstance(amount, Fixed) else None)


def next_due(agreement: Agreement, instalment: Instalment, others: Sequence[Instalment]) -> date | None:
    """The due date after an instalment's, planned or yet to be planned; None where it is the last."""
    later = [each.due_on for each in others if each.number > instalment.number]
    if later:
        return min(later)
    planned = next_planned(agreement, instalment.number)
    return None if planned is None else planned.due_on
