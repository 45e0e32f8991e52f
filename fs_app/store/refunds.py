"""Refunds and their history: the RefundBook port on our tables.

Every rule is checked in one transaction, with the payment's row locked, so that refunds at the same moment cannot
add up to more than was captured. A refund is written with a task, so that one that nobody finished is resolved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, func, insert, select, update

from fs_app.domain.money import Money
from fs_app.domain.payment import TRANSITIONS, OrderId, Payment, PaymentId, PaymentState, TransactionId
from fs_app.domain.refund import (
    GIVEN_BACK,
    REFUND_TRANSITIONS,
    STANDING,
    Refund,
    RefundId,
    RefundRequest,
    RefundState,
)
from fs_app.domain.schedule import Schedule
from fs_app.errors import IllegalTransition, RefundRefused
from fs_app.ports import Clock, LedgerEvent, ReceiptKind, TaskKind
from fs_app.store import tasks
from fs_app.store.engine import Database
from fs_app.store.moves import get, line, move
from fs_app.store.outbox import receipt_of
from fs_app.store.rows import cleaned
from fs_app.store.statements import Bound, run
from fs_app.store.tables import refund_events, refunds

_REFUNDABLE = frozenset({PaymentState.SUBMITTED, PaymentState.SETTLED})


class SqlRefunds:
    """See `fs_app.ports.RefundBook` for the contract."""

    def __init__(self, database: Database, clock: Clock, *, schedule: Schedule | None = None) -> None:
        self._database = database
        self._clock = clock
        self._schedule = schedule or Schedule()

    def open_refund(self, request: RefundRequest) -> tuple[Refund, bool]:
        """Commit a refund, or find the one that has the key. ValueError for an amount of nothing."""
        if request.amount.minor <= 0:
            raise ValueError("a refund needs an amount above zero")
        at = self._clock.now()

        def work(connection: Connection) -> tuple[Refund, bool]:
            payment = get(connection, request.payment_id, lock=True)
            same = _with_key(connection, request)
            if same is not None:
                return same, False
            _check(connection, payment, request)
            refund = _insert(connection, request, at)
            due_at = at + timedelta(seconds=self._schedule.charging)
            told = f"{request.amount} by {request.operator}: {request.reason}"
            due = tasks.schedule(TaskKind.REFUND, refund.id, due_at)
            run(connection, *due, line(payment.id, at, "refund", told))
            return refund, True

        return self._database.write(work)

    def record_refund(
        self,
        refund_id: RefundId,
        state: RefundState,
        detail: str,
        transaction_id: TransactionId | None = None,
    ) -> Refund:
        """Move the refund. The same state again changes nothing."""
        at = self._clock.now()

        def work(connection: Connection) -> Refund:
            refund = _get(connection, refund_id)
            payment = get(connection, refund.request.payment_id, lock=True)
            refund = _get(connection, refund_id, lock=True)
            if refund.state is state:
                return refund
            if state not in REFUND_TRANSITIONS[refund.state]:
                raise IllegalTransition(f"refund {refund_id} is {refund.state}, which does not lead to {state}")
            moved = _move(connection, refund, state, detail, transaction_id, at)
            told = f"{refund.request.amount} {state}: {detail}"
            run(connection, *self._plan(moved, at), line(payment.id, at, "refund", told, transaction_id))
            _tell(connection, payment, refund, moved, at)
            return moved

        return self._database.write(work)

    def get_refund(self, refund_id: RefundId) -> Refund:
        """The refund as it stands. KeyError for an unknown id."""
        return self._database.read(lambda connection: _get(connection, refund_id))

    def refunds(
        self,
        *,
        payment_id: PaymentId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Sequence[Refund]:
        """Refunds of a payment, or opened within a time (UTC), oldest first."""
        chosen = select(refunds).order_by(refunds.c.id)
        if payment_id is not None:
            chosen = chosen.where(refunds.c.payment_id == payment_id)
        if since is not None:
            chosen = chosen.where(refunds.c.opened_at >= since)
        if until is not None:
            chosen = chosen.where(refunds.c.opened_at < until)
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        return [_refund(row) for row in rows]

    def refund_history(self, refund_id: RefundId) -> Sequence[LedgerEvent]:
        """What happened to the refund, oldest first."""
        chosen = select(refund_events).where(refund_events.c.refund_id == refund_id).order_by(refund_events.c.id)
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        return [LedgerEvent(row.at, row.state, row.detail) for row in rows]

    def _plan(self, refund: Refund, at: datetime) -> Sequence[Bound]:
        match refund.state:
            case RefundState.UNKNOWN:
                due_at = at + timedelta(seconds=self._schedule.unresolved.seconds[0])
            case RefundState.SUBMITTED:
                due_at = at + timedelta(seconds=self._schedule.settlement.seconds[0])
            case _:
                return (tasks.drop(TaskKind.REFUND, refund.id),)
        return tasks.schedule(TaskKind.REFUND, refund.id, due_at)


def _with_key(connection: Connection, request: RefundRequest) -> Refund | None:
    """The refund that has this key and has not failed. RefundRefused where it is another one's."""
    row = connection.execute(select(refunds).where(refunds.c.standing_key == request.key)).one_or_none()
    if row is None:
        return None
    found = _refund(row)
    if (found.request.payment_id, found.request.amount) != (request.payment_id, request.amount):
        raise RefundRefused(f"the key {request.key!r} was used for refund {found.id} of {found.request.amount}")
    return found


def _check(connection: Connection, payment: Payment, request: RefundRequest) -> None:
    if payment.state not in _REFUNDABLE:
        raise RefundRefused(f"payment {payment.id} is {payment.state}: there is nothing captured to give back")
    if request.amount.currency != payment.request.amount.currency:
        raise RefundRefused(f"payment {payment.id} is in {payment.request.amount.currency}")
    left = payment.request.amount - _sum(connection, payment, STANDING)
    if request.amount > left:
        raise RefundRefused(f"of payment {payment.id} only {left} can still be given back")


def _sum(connection: Connection, payment: Payment, states: frozenset[RefundState]) -> Money:
    total = select(func.coalesce(func.sum(refunds.c.amount_minor), 0)).where(
        refunds.c.payment_id == payment.id, refunds.c.state.in_(states)
    )
    return Money(int(connection.execute(total).scalar_one()), payment.request.amount.currency)


def _insert(connection: Connection, request: RefundRequest, at: datetime) -> Refund:
    order_id = OrderId(str(uuid4()))
    row = {
        "order_id": order_id,
        "payment_id": request.payment_id,
        "amount_minor": request.amount.minor,
        "currency": request.amount.currency,
        "state": RefundState.OPENED,
        "request_key": request.key,
        "standing_key": request.key,
        "operator": request.operator,
        "reason": cleaned(request.reason),
        "opened_at": at,
    }
    made = connection.execute(insert(refunds).values(row)).inserted_primary_key
    refund = Refund(RefundId(int(made[0]) if made else 0), order_id, RefundState.OPENED, request, at)
    _append(connection, refund.id, at, RefundState.OPENED, f"by {request.operator}", None)
    return refund


def _move(
    connection: Connection,
    refund: Refund,
    state: RefundState,
    detail: str,
    transaction_id: TransactionId | None,
    at: datetime,
) -> Refund:
    moved = replace(refund, state=state, transaction_id=transaction_id or refund.transaction_id)
    connection.execute(
        update(refunds)
        .where(refunds.c.id == refund.id)
        .values(
            state=state,
            standing_key=refund.request.key if state in STANDING else None,
            transaction_id=moved.transaction_id,
        )
    )
    _append(connection, refund.id, at, state, detail, transaction_id)
    return moved


def _tell(connection: Connection, payment: Payment, before: Refund, refund: Refund, at: datetime) -> None:
    """A receipt, the first time that the money is known to be on its way; and the payment's own end, once all of
    it has arrived: before that a refund may still fail."""
    if refund.state in GIVEN_BACK and before.state not in GIVEN_BACK:
        amount = refund.request.amount
        run(connection, *receipt_of(payment, ReceiptKind.REFUNDED, f"refunded:{refund.id}", amount, at))
    settled = _sum(connection, payment, frozenset({RefundState.SETTLED}))
    if settled >= payment.request.amount and PaymentState.REFUNDED in TRANSITIONS[payment.state]:
        _, made = move(payment, PaymentState.REFUNDED, "wholly refunded", at)
        run(connection, *made, tasks.drop(TaskKind.PAYMENT, payment.id))


def _append(
    connection: Connection, refund_id: RefundId, at: datetime, state: str, detail: str, transaction_id: str | None
) -> None:
    row = {"refund_id": refund_id, "at": at, "state": state, "detail": cleaned(detail)}
    connection.execute(insert(refund_events).values(**row, transaction_id=transaction_id))


def _get(connection: Connection, refund_id: RefundId, *, lock: bool = False) -> Refund:
    chosen = select(refunds).where(refunds.c.id == refund_id)
    row = connection.execute(chosen.with_for_update() if lock else chosen).one_or_none()
    if row is None:
        raise KeyError(refund_id)
    return _refund(row)


def _refund(row: Row[Any]) -> Refund:
    return Refund(
        id=RefundId(row.id),
        order_id=OrderId(row.order_id),
        state=RefundState(row.state),
        request=RefundRequest(
            payment_id=PaymentId(row.payment_id),
            amount=Money(row.amount_minor, row.currency),
            operator=row.operator,
            reason=row.reason,
            key=row.request_key,
        ),
        opened_at=row.opened_at,
        transaction_id=None if row.transaction_id is None else TransactionId(row.transaction_id),
    )
