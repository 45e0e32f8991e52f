"""What to do about one due date, from what the ledger and the bills say: the policy, without I/O.

Laws, in this order:

1. The ledger is asked first. An attempt whose end nobody knows is left to the resolver; nothing is sent beside it.
2. Never more than is due, than was agreed to, or than was announced.
3. An amount that differs from the one the payer was told last is announced, and charged ten days after the
   announcement has left us at the earliest (Regulation E, 12 CFR 1005.10(d)).
4. What is late is charged once, late; what is too late, or given back by a person, is for a person.
5. What a person has released is held up by neither lateness nor notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fs_app.domain.agreement import UNDER_WAY, Agreement, AgreementState, Instalment, InstalmentState
from fs_app.domain.calendar import local_day, moment
from fs_app.domain.money import Money
from fs_app.domain.payment import OPEN_STATES, PAID_STATES, Payment, PaymentState
from fs_app.domain.retries import RetryPolicy, Setback, may_help

_DAY = timedelta(days=1)  # bills change: an amount that differs is to be announced early
_NOT_SENT_PAUSE = timedelta(hours=1)
_OPEN_PAUSE = timedelta(hours=6)  # the ledger wakes whoever waits as soon as the attempt has ended
_NOTICE_PAUSE = timedelta(hours=6)
# A notice is written so many days earlier than it has to be: a provider of messages may be down for a day.
_SPARE_DAYS = 2
_UTC, _RETRY = ZoneInfo("UTC"), RetryPolicy()


@dataclass(frozen=True, slots=True)
class CollectionPolicy:
    """``charge_at`` is a local time in ``zone``. ``late_days``: what is later goes to a person. ``at_work``:
    seconds that whoever set out to charge may need until the ledger knows of it."""

    zone: ZoneInfo = _UTC
    charge_at: time = time(9)
    retry: RetryPolicy = _RETRY
    notice_days: int = 10
    late_days: int = 7
    at_work: float = 180.0

    def charge_moment(self, day: date) -> datetime:
        """When something is charged on a day."""
        return moment(day, self.charge_at, self.zone)

    def first_look(self, due_on: date) -> datetime:
        """When somebody has to see whether the amount must be announced."""
        return self.charge_moment(due_on - timedelta(days=self.notice_days + _SPARE_DAYS))


@dataclass(frozen=True, slots=True)
class Attempt:
    """A payment that was opened for an instalment, and the code it was declined or returned with."""

    payment: Payment
    setback: Setback | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """The announcement of an amount: when it left us, None where it has not, or may not have; ``hopeless`` where it
    will not without a person."""

    sent_at: datetime | None  # UTC
    hopeless: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that is decided by. ``attempts`` are in the order they were opened in, ``seen`` of them are from
    before somebody last set out to charge. ``next_due`` is the due date after this one; ``failures`` how many
    instalments right before this one have failed; ``released`` whether a person has decided that it is charged."""

    agreement: Agreement
    instalment: Instalment
    attempts: Sequence[Attempt] = ()
    seen: int = 0
    next_due: date | None = None
    failures: int = 0
    notice: Notice | None = None
    released: bool = False

    @property
    def is_decidable(self) -> bool:
        """Whether a person may decide: it has not ended, and no attempt on it is open or has been paid."""
        state = self.attempts[-1].payment.state if self.attempts else None
        return self.instalment.state in UNDER_WAY and state not in OPEN_STATES | PAID_STATES


@dataclass(frozen=True, slots=True)
class Charge:
    """Charge it now; ``late`` days after its due date."""

    amount: Money
    late: int


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell the payer of an amount that differs, and charge it on that day."""

    amount: Money
    charge_on: date


@dataclass(frozen=True, slots=True)
class Retry:
    """Tell the payer that it was not taken, and try again on that day."""

    on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Fail:
    """No try is left; ``stops`` the whole agreement, and tells the payer."""

    reason: str
    stops: bool


@dataclass(frozen=True, slots=True)
class End:
    """It is paid, skipped or cancelled."""

    state: InstalmentState
    detail: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again at that time (UTC)."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class AskPerson:
    """No rule covers this."""

    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is left to do."""


Decision = Charge | Announce | Retry | Fail | End | Wait | AskPerson | Done


def by_ledger(case: Case, now: datetime, policy: CollectionPolicy) -> Decision | None:
    """What the attempts so far lead to; None where they do not stand in the way of a charge."""
    instalment = case.instalment
    last = case.attempts[-1] if case.attempts else None
    state = None if last is None else last.payment.state
    if instalment.state is InstalmentState.PAID:
        return _after_setback(case, now, policy) if state is PaymentState.RETURNED else Done()
    if instalment.state not in UNDER_WAY:
        return Done()
    if state in OPEN_STATES:
        return Wait(now + _OPEN_PAUSE, "how the attempt ended is not known yet")
    if instalment.state is not InstalmentState.CHARGING:
        return None
    if last is None or len(case.attempts) <= case.seen:
        return _at_work(instalment, now, policy)
    if state in PAID_STATES or state is PaymentState.RETURNED:
        return End(InstalmentState.PAID, f"payment {last.payment.confirmation}")
    if state is PaymentState.DECLINED:
        return _after_setback(case, now, policy)
    if state is PaymentState.NOT_SENT:
        again = last.payment.opened_at + _NOT_SENT_PAUSE
        return Wait(again, "the gateway did not take it") if now < again else None
    if case.released:
        return None
    return AskPerson(f"payment {last.payment.confirmation} is {state}: charge it again, or leave it out")


def by_due(case: Case, owed: Money | None, now: datetime, policy: CollectionPolicy) -> Decision:
    """What the day and the bills lead to, where the ledger has nothing against a charge. ``owed`` is what is due
    that the agreement may pay, None where nothing has to be."""
    instalment, today = case.instalment, local_day(now, policy.zone)
    if case.agreement.state is not AgreementState.ACTIVE:
        return End(InstalmentState.CANCELLED, f"the agreement is {case.agreement.state}")
    first_look = policy.first_look(instalment.charge_on)
    if now < first_look:
        return Wait(first_look, "the amount is looked at then")
    charge_at = policy.charge_moment(instalment.charge_on)
    amount, is_time, again = _amount(instalment, owed), now >= charge_at, min(charge_at, now + _DAY)
    if amount is None or amount.minor <= 0:
        return End(InstalmentState.SKIPPED, "nothing is due") if is_time else Wait(again, "nothing is due yet")
    if not case.released and amount != _told(case):
        return _announced(case, amount, today, policy)
    late = (today - instalment.due_on).days
    if case.released:
        return Charge(amount, late)
    if not is_time:
        return Wait(again, "it is not due yet")
    waiting = _notice_given(case, today, now, policy)
    if waiting is not None:
        return waiting
    if (today - instalment.charge_on).days > policy.late_days:
        return AskPerson(f"it was to be charged on {instalment.charge_on}: charge it now, or leave it out")
    return Charge(amount, late)


def _amount(instalment: Instalment, owed: Money | None) -> Money | None:
    """What was announced or agreed to, and never more than is due; the full balance is what is due."""
    most = instalment.announced or instalment.amount
    if most is None or owed is None:
        return most or owed
    return min(most, owed, key=lambda each: each.minor)


def _told(case: Case) -> Money | None:
    """What the payer knows of it: the announcement, what they agreed to, or the amount they heard last."""
    return case.instalment.announced or case.instalment.amount or case.agreement.told


def _announced(case: Case, amount: Money, today: date, policy: CollectionPolicy) -> Decision:
    if case.agreement.request.receipt_to is None:
        return AskPerson(f"{amount} is to be announced in writing, and there is no address")
    return Announce(amount, max(case.instalment.charge_on, today + timedelta(days=policy.notice_days)))


def _notice_given(case: Case, today: date, now: datetime, policy: CollectionPolicy) -> Decision | None:
    """None where nothing had to be announced, or it was, long enough ago."""
    if case.instalment.announced is None:
        return None
    notice = case.notice or Notice(None, hopeless=True)
    if notice.sent_at is None:
        if notice.hopeless or (today - case.instalment.charge_on).days > policy.late_days:
            return AskPerson(f"{case.instalment.announced} could not be announced")
        return Wait(now + _NOTICE_PAUSE, "the announcement has not left us yet")
    earliest = local_day(notice.sent_at, policy.zone) + timedelta(days=policy.notice_days)
    return Wait(policy.charge_moment(earliest), "it is announced ten days ahead") if today < earliest else None


def _at_work(instalment: Instalment, now: datetime, policy: CollectionPolicy) -> Decision | None:
    """Somebody set out to charge and the ledger does not know of it: still at work, or dead. A clock that was set
    back makes it wait longer, never charge beside the other."""
    if instalment.begun_at is None:
        return None
    free = instalment.begun_at.astimezone(UTC) + timedelta(seconds=policy.at_work)
    return Wait(free, "another worker set out to charge it") if now < free else None


def _after_setback(case: Case, now: datetime, policy: CollectionPolicy) -> Decision:
    """Declined, or returned by a bank: another day, or no more."""
    setbacks = [
        replace(attempt.setback, on=local_day(attempt.payment.opened_at, policy.zone))
        for attempt in case.attempts
        if attempt.setback is not None
    ]
    if not setbacks:
        return AskPerson("why it was not paid is not known")
    reason = ("returned " if setbacks[-1].returned else "declined ") + setbacks[-1].code
    paid_before = case.instalment.state is InstalmentState.PAID
    if case.agreement.state not in (AgreementState.ACTIVE, AgreementState.DONE):
        return Fail(reason, stops=False) if paid_before else End(InstalmentState.CANCELLED, reason)
    again = policy.retry.again_on(setbacks, local_day(now, policy.zone), case.next_due)
    if again is not None:
        return Retry(again, reason)
    return Fail(reason, stops=not may_help(setbacks) or case.failures + 1 >= policy.retry.failures)
