"""What to do about an attempt, from what the ledger and the gateway know of it: the policy, without I/O.

Laws, in this order:

1. One transaction stands for an attempt: the one the ledger has recorded, else the oldest captured one of the
   right amount, else the oldest held one. Every other that holds or took money is given back.
2. A search that failed is no information. One that found nothing is none either, until the attempt is older than
   any request can be at work and any index can lag (``Schedule.proof``); then nothing was sent.
3. An authorisation of the right amount is submitted while the attempt is young (``Schedule.adopt``): the payer
   agreed to it, and no other attempt on the bill can have been opened. After that, or with another amount, it is
   given back.
4. What the ledger has as paid moves only with what the gateway shows of that very transaction.
5. Where none of this says what to do, a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fs_app.domain.payment import (
    OPEN_STATES,
    Approved,
    Declined,
    Event,
    Payment,
    PaymentState,
    Returned,
    Settled,
    Submitted,
    Unavailable,
    Voided,
)
from fs_app.domain.schedule import Schedule
from fs_app.domain.standing import TAKEN, GatewayRecord, Standing


@dataclass(frozen=True, slots=True)
class Book:
    """Record this in the ledger."""

    event: Event


@dataclass(frozen=True, slots=True)
class Submit:
    """Submit the authorisation for settlement."""

    record: GatewayRecord


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Void the transaction, or refund it where it is settled."""

    record: GatewayRecord
    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be said yet: look again later."""

    reason: str


@dataclass(frozen=True, slots=True)
class AskPerson:
    """No rule covers this."""

    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is left to do."""


Decision = Book | Submit | GiveBack | Wait | AskPerson | Done

_WITH_MONEY = TAKEN | {Standing.HELD}


def decide(payment: Payment, records: Sequence[GatewayRecord] | None, age: float, schedule: Schedule) -> Decision:
    """The next thing to do. ``records`` are the sales with the attempt's order id, oldest first, None where the
    gateway could not be asked; ``age`` is the attempt's, in seconds. Repeat with the outcome until it is Wait,
    AskPerson or Done: every other decision brings the attempt closer to its end."""
    if records is None:
        return Wait("the gateway could not be asked")
    kept = _kept(payment, records)
    for record in records:
        if record is not kept and record.standing in _WITH_MONEY:
            return GiveBack(record, "another transaction stands for this attempt")
    match payment.state:
        case PaymentState.OPENED | PaymentState.UNKNOWN:
            return _unsettled(payment, kept, records, age, schedule)
        case PaymentState.AUTHORISED:
            return _authorised(payment, kept, age, schedule)
        case PaymentState.SUBMITTED | PaymentState.SETTLED:
            return _paid(payment, kept)
        case _:
            return Done()


def _kept(payment: Payment, records: Sequence[GatewayRecord]) -> GatewayRecord | None:
    """The transaction that stands for the attempt; none where the attempt has ended without one."""
    if payment.transaction_id is not None:
        return next((each for each in records if each.transaction_id == payment.transaction_id), None)
    if payment.state not in OPEN_STATES:
        return None
    exact = [each for each in records if each.amount == payment.request.amount]
    for some, standings in ((exact, TAKEN), (exact, _WITH_MONEY), (records, _WITH_MONEY)):
        for record in some:
            if record.standing in standings:
                return record
    certain = [each for each in records if each.standing not in (Standing.DUPLICATE, Standing.OTHER)]
    return certain[-1] if certain and len(certain) == len(records) else None


def _unsettled(
    payment: Payment, kept: GatewayRecord | None, records: Sequence[GatewayRecord], age: float, schedule: Schedule
) -> Decision:
    """OPENED or UNKNOWN: nobody knows what the gateway did."""
    if kept is None:
        if records:
            return Wait(f"the gateway shows only {', '.join(sorted({each.status for each in records}))}")
        if age < schedule.proof:
            return Wait("the gateway's search finds nothing yet")
        return Book(Unavailable("nothing at the gateway long after it could have been sent"))
    match kept.standing:
        case Standing.DECLINED:
            return Book(Declined(kept.code, kept.transaction_id))
        case Standing.NOT_PROCESSED:
            return Book(Unavailable(f"the processor could not be reached ({kept.code})"))
        case _:
            return Book(Approved(kept.transaction_id, kept.amount))


def _authorised(payment: Payment, kept: GatewayRecord | None, age: float, schedule: Schedule) -> Decision:
    """AUTHORISED: the ledger knows the transaction, nobody knows whether it was submitted."""
    if kept is None:
        return Wait("the gateway does not show the authorisation")
    right = kept.amount == payment.request.amount
    match kept.standing:
        case Standing.HELD if right and age <= schedule.adopt:
            return Submit(kept)
        case Standing.HELD:
            return GiveBack(kept, "too old to be submitted" if right else "not the amount that was agreed to")
        case Standing.GIVEN_BACK:
            return Book(Voided(kept.transaction_id, f"the gateway shows it as {kept.status}"))
        case Standing.CAPTURED | Standing.SETTLED | Standing.RETURNED if right:
            return Book(Submitted(kept.transaction_id))
        case _:
            return AskPerson(f"authorised here; {kept.status} with {kept.amount} at the gateway")


def _paid(payment: Payment, kept: GatewayRecord | None) -> Decision:
    """SUBMITTED or SETTLED: the caller was told that it is paid."""
    if kept is None:
        return Wait("the gateway does not show the transaction")
    settled = payment.state is PaymentState.SETTLED
    match kept.standing:
        case Standing.CAPTURED if not settled:
            return Wait("not settled yet")
        case Standing.SETTLED:
            return Done() if settled else Book(Settled(kept.transaction_id))
        case Standing.RETURNED:
            return Book(Returned(kept.transaction_id, kept.code))
        case Standing.GIVEN_BACK if not settled:
            return Book(Voided(kept.transaction_id, f"the gateway shows it as {kept.status}"))
        case _:
            return AskPerson(f"{payment.state} here; {kept.status} at the gateway")
