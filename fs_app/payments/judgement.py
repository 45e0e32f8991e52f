"""One attempt and its transactions, one refund and its credits: how they differ. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fs_app.domain.payment import OPEN_STATES, Payment, PaymentState, TransactionId
from fs_app.domain.refund import GIVEN_BACK, Refund, RefundState
from fs_app.domain.standing import TAKEN, GatewayRecord, Standing
from fs_app.payments.differences import Difference, DifferenceKind

K = DifferenceKind
_ARRIVED = frozenset({PaymentState.SUBMITTED, PaymentState.SETTLED, PaymentState.REFUNDED})
_REFUND_OPEN = frozenset({RefundState.OPENED, RefundState.UNKNOWN})
# What a payment that arrived here may be there, other than taken.
_ARRIVED_BUT = {
    Standing.HELD: K.NOT_CAPTURED_THERE,
    Standing.GIVEN_BACK: K.GIVEN_BACK_THERE,
    Standing.RETURNED: K.RETURNED_THERE,
    Standing.DECLINED: K.DECLINED_THERE,
    Standing.NOT_PROCESSED: K.DECLINED_THERE,
    Standing.DUPLICATE: K.DECLINED_THERE,
}
# Which transaction of an attempt tells how it ended: the one that took money, else holds it, else any.
_WEIGHT = {Standing.SETTLED: 0, Standing.CAPTURED: 0, Standing.HELD: 1, Standing.OTHER: 2}


@dataclass(frozen=True, slots=True)
class Span:
    """A day where the operator is, as a time in UTC, and when it is looked at."""

    day: date
    since: datetime
    until: datetime
    now: datetime
    quiet: timedelta = timedelta(minutes=15)  # younger things are under way
    settling: timedelta = timedelta(days=2)  # from a batch's day until the jobs have surely looked

    def holds(self, moment: datetime) -> bool:
        """True within the day."""
        return self.since <= moment < self.until

    def young(self, moment: datetime) -> bool:
        """True where something may still be under way."""
        return self.now - moment < self.quiet


def judged_payment(
    payment: Payment, sales: Sequence[GatewayRecord], returned: frozenset[TransactionId], span: Span
) -> Iterator[Difference]:
    """One attempt and every sale with its order id."""
    own = payment.transaction_id if payment.state in _ARRIVED else None
    live = [each for each in sales if each.transaction_id == own or each.transaction_id not in returned]
    kept = _kept(payment, live)
    kind = _ending(payment, kept, span)
    if kind is not None:
        yield told(kind, payment, kept)
    for extra in live:
        if extra is kept:
            continue
        if extra.captured:
            yield told(K.CAPTURED_TWICE, payment, extra)
        elif extra.standing is Standing.HELD:
            yield told(K.HELD, payment, extra)
        elif extra.standing is Standing.OTHER:
            yield told(K.UNREADABLE, payment, extra)


def _kept(payment: Payment, sales: Sequence[GatewayRecord]) -> GatewayRecord | None:
    """The sale that tells how the attempt ended: its own, where it is recorded as paid."""
    if payment.state in _ARRIVED:
        own = [each for each in sales if each.transaction_id == payment.transaction_id]
        if own:
            return own[0]
    return min(sales, key=lambda each: _WEIGHT.get(each.standing, 3), default=None)


def _ending(payment: Payment, kept: GatewayRecord | None, span: Span) -> DifferenceKind | None:
    standing = kept.standing if kept is not None else None
    if standing is Standing.OTHER:
        return K.UNREADABLE
    if payment.state in _ARRIVED:
        return _arrived(payment, kept, span)
    if standing in TAKEN:
        return K.CAPTURED_OPEN_HERE if payment.state in OPEN_STATES else K.CAPTURED_NOT_PAID_HERE
    if standing is Standing.HELD:
        return K.HELD
    return K.OPEN_HERE if payment.state in OPEN_STATES else None


def _arrived(payment: Payment, kept: GatewayRecord | None, span: Span) -> DifferenceKind | None:
    if kept is None:
        return K.ABSENT_THERE
    if kept.standing not in TAKEN:
        return _ARRIVED_BUT[kept.standing]
    if kept.transaction_id != payment.transaction_id:
        return K.ANOTHER_TRANSACTION
    if kept.amount != payment.request.amount:
        return K.AMOUNT_DIFFERS
    if payment.state is PaymentState.SETTLED and kept.standing is not Standing.SETTLED:
        return K.SETTLED_HERE
    if payment.state is PaymentState.SUBMITTED and kept.standing is Standing.SETTLED and _overdue(kept, span):
        return K.SETTLED_THERE
    return None


def _overdue(record: GatewayRecord, span: Span) -> bool:
    """True where the jobs should have seen the settlement; a batch's id begins with its day."""
    try:
        day = date.fromisoformat(record.batch[:10])
    except ValueError:
        day = record.created_at.date()
    return span.now.date() - day > span.settling


def judged_refund(refund: Refund, made: Sequence[GatewayRecord]) -> Iterator[Difference]:
    """One refund and every credit with its order id."""
    taken = [each for each in made if each.captured]
    first = next(iter([*taken, *made]), None)
    if first is not None and first.standing is Standing.OTHER:
        yield told(K.UNREADABLE, refund, first)
    elif refund.state in _REFUND_OPEN:
        yield told(K.REFUND_OPEN_HERE, refund, first)
    elif refund.state in GIVEN_BACK and not taken:
        yield told(K.REFUND_NOT_THERE, refund, first)
    elif refund.state not in GIVEN_BACK and taken:
        yield told(K.REFUND_NOT_HERE, refund, first)
    elif first is not None and taken and first.amount != refund.request.amount:
        yield told(K.AMOUNT_DIFFERS, refund, first)
    for extra in taken[1:]:
        yield told(K.REFUNDED_TWICE, refund, extra)


def told(kind: DifferenceKind, ours: Payment | Refund | None, theirs: GatewayRecord | None) -> Difference:
    """A difference between an attempt or refund and a transaction, either of which may be missing."""
    at = ours.opened_at if ours is not None else theirs.created_at if theirs is not None else None
    payment_id = None if ours is None else ours.id if isinstance(ours, Payment) else ours.request.payment_id
    order_id = theirs.order_id if theirs is not None else ours.order_id if ours is not None else None
    return Difference(
        kind,
        at=at,
        order_id=order_id,
        transaction_id=theirs.transaction_id if theirs is not None else ours.transaction_id if ours else None,
        payment_id=payment_id,
        ledger=words(ours),
        gateway=f"{theirs.kind} {theirs.status} {theirs.amount}" if theirs is not None else "",
    )


def words(ours: Payment | Refund | None) -> str:
    """What the ledger has."""
    if ours is None:
        return ""
    refund = "refund " if isinstance(ours, Refund) else ""
    return f"{refund}{ours.state} {ours.request.amount}"
