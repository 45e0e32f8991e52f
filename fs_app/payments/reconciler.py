"""Reads both sides of a day and compares them; nobody is accused before being asked again by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from fs_app.domain.payment import OrderId, Payment
from fs_app.payments.differences import Difference
from fs_app.payments.judgement import Span
from fs_app.payments.reconciliation import Report, Sides, compare, is_ours
from fs_app.ports import DisputeBook, Gateway, GatewayOffice, GatewayRecord, Ledger, RefundBook

# An attempt and its transaction may lie on different sides of midnight: no request takes as long as this.
MARGIN = timedelta(hours=1)


class _Named(Protocol):
    @property
    def order_id(self) -> OrderId: ...


T = TypeVar("T")
N = TypeVar("N", bound=_Named)


class GatewaySilent(Exception):
    """The gateway could not be asked: nothing can be said about the day."""


def span_of(day: date, zone: ZoneInfo, now: datetime) -> Span:
    """A day where the operator is; 23 to 25 hours long."""
    since, until = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    return Span(day, since, until, now)


class Reconciler:
    """Reconciles one day. Changes nothing anywhere."""

    def __init__(
        self, ledger: Ledger, refunds: RefundBook, disputes: DisputeBook, gateway: Gateway, office: GatewayOffice
    ) -> None:
        self._ledger = ledger
        self._refunds = refunds
        self._disputes = disputes
        self._gateway = gateway
        self._office = office

    def reconcile(self, span: Span, *, strict: bool = False) -> Report:
        """Read, compare, ask again about what differs, compare. GatewaySilent, StoreUnavailable."""
        sides = self._read(span)
        suspected = compare(sides, span, strict=strict).differences
        return compare(self._asked_again(sides, suspected), span, strict=strict)

    def _read(self, span: Span) -> Sides:
        """The gateway first: what is recorded meanwhile makes the ledger newer, never older."""
        since, until = span.since - MARGIN, span.until + MARGIN
        records = _told(self._office.transactions(since, until))
        over = span.until <= span.now  # the batches of a day that is not over are not complete
        settled = _told(self._office.settled(span.day)) if over else ()
        batches = _told(self._office.batches(span.day)) if over else ()
        payments = self._ledger.payments(since=since, until=until)
        known = {each.order_id for each in payments}
        older = {each.order_id for each in settled if each.kind == "sale" and is_ours(each.order_id)} - known
        found = [payment for payment in map(self._ledger.by_order, sorted(older)) if payment is not None]
        refunds = self._refunds.refunds(since=since, until=until)
        return Sides([*payments, *found], refunds, self._disputes.disputes(), records, settled, batches)

    def _asked_again(self, sides: Sides, suspected: Sequence[Difference]) -> Sides:
        """Both sides of every suspicion, by order id: the search by time lags, and the ledger may have moved on."""
        order_ids = {each.order_id for each in suspected if each.order_id}
        records = {each.transaction_id: each for each in sides.records}
        for order_id in sorted(order_ids):
            found = _told(self._gateway.find(order_id))
            records.update({each.transaction_id: each for each in found})
        payments = self._payments(suspected, order_ids, records.values())
        for payment in payments:
            record = self._gateway.look(payment.transaction_id) if payment.transaction_id else None
            if record is not None:
                records[record.transaction_id] = record
        refunds = [refund for each in payments for refund in self._refunds.refunds(payment_id=each.id)]
        return replace(
            sides,
            payments=_newer(sides.payments, payments),
            refunds=_newer(sides.refunds, refunds),
            records=list(records.values()),
            settled=[records.get(each.transaction_id, each) for each in sides.settled],
        )

    def _payments(
        self, suspected: Sequence[Difference], order_ids: set[OrderId], records: Iterable[GatewayRecord]
    ) -> list[Payment]:
        """The payments that a suspicion may be about: by id, by order id, and as what a credit gave back."""
        credited = {each.transaction_id: each.refunds for each in records if each.kind == "credit"}
        found = [self._ledger.get(each.payment_id) for each in suspected if each.payment_id is not None]
        found += filter(None, map(self._ledger.by_order, order_ids))
        for difference in suspected:
            refunded = credited.get(difference.transaction_id) if difference.transaction_id else None
            payment = self._ledger.by_transaction(refunded) if refunded else None
            if payment is not None:
                found.append(payment)
        return list({each.id: each for each in found}.values())


def _told(answer: Sequence[T] | None) -> Sequence[T]:
    if answer is None:
        raise GatewaySilent("the gateway could not be asked")
    return answer


def _newer(old: Iterable[N], new: Iterable[N]) -> list[N]:
    """Both, the newer one where there are two."""
    return list({each.order_id: each for each in (*old, *new)}.values())
