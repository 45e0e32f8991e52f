"""The Ledger port on our tables: the rules are in ``domain/payment.py``, the database holds them.

A move is checked and made in one transaction, with the payment's row locked, and its line of history is appended in
the same one. Nothing of a card is kept but its brand and last four.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Select, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from fs_app.domain.card import luhn_ok
from fs_app.domain.payment import (
    ENDINGS,
    OPEN_STATES,
    TRANSITIONS,
    Declined,
    Ending,
    Event,
    OrderId,
    Payment,
    PaymentId,
    PaymentRequest,
    PaymentState,
    TransactionId,
    state_after,
)
from fs_app.domain.schedule import Schedule
from fs_app.domain.velocity import Mark
from fs_app.errors import BillBusy, IllegalTransition, StoreUnavailable
from fs_app.ports import Clock, LedgerEvent, ReceiptKind, TaskKind
from fs_app.store import tasks, velocity
from fs_app.store.engine import Database
from fs_app.store.outbox import write_receipt
from fs_app.store.rows import cleaned, declined_of, detail_of, payment_of
from fs_app.store.tables import payment_events, payments, refunds
from fs_app.store.taken import taken

_CONFIRMATION_TRIES = 8


def new_confirmation() -> str:
    """Eight digits to say and to print: seven at random, the first not 0, and the check digit of ISO/IEC 7812-1."""
    body = str(1_000_000 + secrets.randbelow(9_000_000))
    return next(body + digit for digit in "0123456789" if luhn_ok(body + digit))


class SqlLedger:
    """See `fs_app.ports.Ledger` for the contract. ``schedule`` says when an open attempt is looked at again."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        schedule: Schedule | None = None,
        limits: velocity.Limits | None = None,
        confirmation: Callable[[], str] = new_confirmation,
    ) -> None:
        self._database = database
        self._clock = clock
        self._schedule = schedule or Schedule()
        self._limits = limits or {}
        self._confirmation = confirmation

    def open(self, request: PaymentRequest, marks: Sequence[Mark] = ()) -> Payment:
        """Commit a new attempt. ValueError for an amount of nothing, or more than four digits of a card."""
        if request.amount.minor <= 0:
            raise ValueError("an attempt needs an amount above zero")
        if len(request.last_four) > 4:
            raise ValueError("more than the last four digits")
        at = self._clock.now()

        def work(connection: Connection) -> Payment:
            payment = _open(connection, request, at, self._confirmation)
            _check_still_due(connection, request)
            velocity.admit(connection, payment.id, marks, self._limits, at)
            self._plan(connection, payment, at)
            return payment

        return self._database.write(work)

    def record(self, payment_id: PaymentId, event: Event, *, payer_knows: bool = True) -> Payment:
        """Move the attempt. The very same event again changes nothing and returns the attempt as it stands."""
        at = self._clock.now()

        def work(connection: Connection) -> Payment:
            before = get(connection, payment_id, lock=True)
            payment = _record(connection, before, event, at)
            if payment.state is not before.state:
                self._plan(connection, payment, at)
                _tell(connection, before, payment, at, payer_knows)
            return payment

        return self._database.write(work)

    def note(self, payment_id: PaymentId, detail: str) -> None:
        """Append a line that moves nothing."""
        at = self._clock.now()
        self._database.write(lambda connection: append(connection, payment_id, at, "note", detail))

    def get(self, payment_id: PaymentId) -> Payment:
        """The attempt as it stands. KeyError for an unknown id."""
        return self._database.read(lambda connection: get(connection, payment_id))

    def by_order(self, order_id: OrderId) -> Payment | None:
        """The attempt with that order id."""
        return self._one(payments.c.order_id == order_id)

    def by_confirmation(self, confirmation: str) -> Payment | None:
        """The attempt with that confirmation number."""
        return self._one(payments.c.confirmation == confirmation)

    def by_transaction(self, transaction_id: TransactionId) -> Payment | None:
        """The attempt with that transaction, or with a refund that is it."""
        refunded = select(refunds.c.payment_id).where(refunds.c.transaction_id == transaction_id)
        return self._one(or_(payments.c.transaction_id == transaction_id, payments.c.id.in_(refunded)))

    def last_of_call(self, call_uuid: str) -> Payment | None:
        """The attempt that was opened last in that call."""
        return self._one(payments.c.call_uuid == call_uuid, latest=True)

    def decline_of(self, payment_id: PaymentId) -> Declined | None:
        """Why the attempt was declined; None where it was not."""
        chosen = select(payment_events.c.detail).where(
            payment_events.c.payment_id == payment_id, payment_events.c.state == PaymentState.DECLINED
        )
        detail = self._database.read(lambda connection: connection.execute(chosen).scalar())
        return None if detail is None else declined_of(detail)

    def history(self, payment_id: PaymentId) -> Sequence[LedgerEvent]:
        """What happened, oldest first; empty for an unknown id."""
        rows = self._database.read(lambda connection: connection.execute(_history(payment_id)).all())
        return [LedgerEvent(row.at, row.state, row.detail) for row in rows]

    def payments(self, *, since: datetime | None = None, until: datetime | None = None) -> Sequence[Payment]:
        """All attempts opened at or after a time and before another (UTC), oldest first."""
        chosen = select(payments).order_by(payments.c.id)
        if since is not None:
            chosen = chosen.where(payments.c.opened_at >= since)
        if until is not None:
            chosen = chosen.where(payments.c.opened_at < until)
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        return [payment_of(row) for row in rows]

    def _one(self, condition: ColumnElement[bool], *, latest: bool = False) -> Payment | None:
        order = payments.c.id.desc() if latest else payments.c.id
        chosen = select(payments).where(condition).order_by(order).limit(1)
        row = self._database.read(lambda connection: connection.execute(chosen).one_or_none())
        return None if row is None else payment_of(row)

    def _plan(self, connection: Connection, payment: Payment, at: datetime) -> None:
        """Write when somebody looks at the payment next, or that nobody has to."""
        seconds = self._schedule.first_look(payment.state)
        if seconds is None:
            tasks.drop(connection, TaskKind.PAYMENT, payment.id)
        else:
            tasks.schedule(connection, TaskKind.PAYMENT, payment.id, at + timedelta(seconds=seconds))


def _open(
    connection: Connection, request: PaymentRequest, at: datetime, confirmation: Callable[[], str]
) -> Payment:
    for _ in range(_CONFIRMATION_TRIES):
        row: dict[str, Any] = {
            "order_id": str(uuid4()),
            "confirmation": confirmation(),
            "state": PaymentState.OPENED,
            "open_bill": request.bill_id,
            "call_uuid": request.call_uuid,
            "account_id": request.account_id,
            "bill_id": request.bill_id,
            "amount_minor": request.amount.minor,
            "currency": request.amount.currency,
            "brand": request.brand,
            "last_four": request.last_four,
            "channel": request.channel,
            "opened_at": at,
            "caller_id": request.caller_id[:32],
            "language": request.language,
            "receipt_to": None if request.receipt_to is None else str(request.receipt_to),
        }
        try:
            new_id = connection.execute(insert(payments).values(row)).inserted_primary_key
        except IntegrityError:
            if connection.execute(select(payments.c.id).where(payments.c.open_bill == request.bill_id)).first():
                raise BillBusy("another attempt on this bill is open") from None
            continue  # the confirmation number is taken
        payment_id = PaymentId(int(new_id[0])) if new_id else PaymentId(0)
        append(connection, payment_id, at, PaymentState.OPENED, f"by {request.channel}")
        return Payment(payment_id, OrderId(row["order_id"]), row["confirmation"], PaymentState.OPENED, request, at)
    raise StoreUnavailable("no free confirmation number was found")


def _check_still_due(connection: Connection, request: PaymentRequest) -> None:
    """BillBusy where the bill was paid, or paid back, since its balance was told. The attempt is inserted before
    that is asked, so that another one which was open has been waited for."""
    if request.taken_before is not None:
        now = connection.execute(select(taken(request.bill_id, request.amount.currency))).scalar_one()
        if int(now) != request.taken_before.minor:
            raise BillBusy("a payment on this bill was taken since its balance was told")


def _record(connection: Connection, payment: Payment, event: Event, at: datetime) -> Payment:
    state, detail = state_after(event), detail_of(event)
    transaction_id = getattr(event, "transaction_id", None)
    before = connection.execute(_history(payment.id)).all()
    if (state, cleaned(detail), transaction_id) in {(row.state, row.detail, row.transaction_id) for row in before}:
        return payment  # no state is ever entered twice, so this is the same event again
    if state not in TRANSITIONS[payment.state]:
        raise IllegalTransition(f"payment {payment.id} is {payment.state}, which does not lead to {state}")
    if state is PaymentState.DECLINED:
        velocity.declined(connection, payment.id)
    return move(connection, payment, state, detail, at, transaction_id)


def move(
    connection: Connection,
    payment: Payment,
    state: PaymentState,
    detail: str,
    at: datetime,
    transaction_id: TransactionId | None = None,
) -> Payment:
    """Write a move that the table of states allows, and its line of history. The payment's row is locked."""
    moved = replace(payment, state=state, transaction_id=transaction_id or payment.transaction_id)
    connection.execute(
        update(payments)
        .where(payments.c.id == payment.id)
        .values(
            state=state,
            open_bill=payment.request.bill_id if state in OPEN_STATES else None,
            transaction_id=moved.transaction_id,
        )
    )
    append(connection, payment.id, at, state, detail, transaction_id)
    return moved


def append(
    connection: Connection,
    payment_id: PaymentId,
    at: datetime,
    state: str,
    detail: str,
    transaction_id: str | None = None,
) -> None:
    """Add a line to a payment's history."""
    row = {"payment_id": payment_id, "at": at, "state": state, "detail": cleaned(detail)}
    connection.execute(insert(payment_events).values(**row, transaction_id=transaction_id))


def _tell(connection: Connection, before: Payment, payment: Payment, at: datetime, payer_knows: bool) -> None:
    """Write the receipt for a move that the payer has to hear of."""
    kind: ReceiptKind | None = None
    if payment.state is PaymentState.SUBMITTED:
        kind = ReceiptKind.PAID
    elif payment.state is PaymentState.VOIDED and before.state is PaymentState.SUBMITTED:
        kind = ReceiptKind.VOIDED
    elif ENDINGS[payment.state] is Ending.NOT_PAID and before.state in OPEN_STATES and not payer_knows:
        kind = ReceiptKind.NOT_PAID
    if kind is not None:
        write_receipt(connection, payment, kind, f"{kind}:{payment.id}", payment.request.amount, at)


def get(connection: Connection, payment_id: PaymentId, *, lock: bool = False) -> Payment:
    """A payment within a transaction. KeyError for an unknown id."""
    chosen = select(payments).where(payments.c.id == payment_id)
    row = connection.execute(chosen.with_for_update() if lock else chosen).one_or_none()
    if row is None:
        raise KeyError(payment_id)
    return payment_of(row)


def _history(payment_id: PaymentId) -> Select[Any]:
    chosen = payment_events.c.payment_id == payment_id
    return select(payment_events).where(chosen).order_by(payment_events.c.id)
