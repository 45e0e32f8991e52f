"""The Ledger port on our tables: the rules are in ``domain/payment.py``, the database holds them.

A move is checked and made in one transaction, with the payment's row locked, and its line of history is appended in
the same one. Nothing of a card is kept but its brand and last four.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from fs_app.domain.card import luhn_ok
from fs_app.domain.money import Money
from fs_app.domain.payment import (
    OPEN_STATES,
    PAID_STATES,
    TRANSITIONS,
    Approved,
    Declined,
    Event,
    OrderId,
    Payment,
    PaymentId,
    PaymentRequest,
    PaymentState,
    Submitted,
    TransactionId,
    Unavailable,
    Unknown,
    Voided,
    state_after,
)
from fs_app.errors import BillBusy, IllegalTransition, StoreUnavailable
from fs_app.ports import Clock, LedgerEvent
from fs_app.store.engine import Database
from fs_app.store.tables import payment_events, payments

_CONFIRMATION_TRIES = 8
_DETAIL_LENGTH = 255
_LONG_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){11,}")


def new_confirmation() -> str:
    """Eight digits to say and to print: seven at random, the first not 0, and the check digit of ISO/IEC 7812-1."""
    body = str(1_000_000 + secrets.randbelow(9_000_000))
    return next(body + digit for digit in "0123456789" if luhn_ok(body + digit))


class SqlLedger:
    """See `fs_app.ports.Ledger` for the contract."""

    def __init__(
        self, database: Database, clock: Clock, *, confirmation: Callable[[], str] = new_confirmation
    ) -> None:
        self._database = database
        self._clock = clock
        self._confirmation = confirmation

    def open(self, request: PaymentRequest) -> Payment:
        """Commit a new attempt. ValueError for an amount of nothing, or more than four digits of a card."""
        if request.amount.minor <= 0:
            raise ValueError("an attempt needs an amount above zero")
        if len(request.last_four) > 4:
            raise ValueError("more than the last four digits")
        at = self._clock.now()
        return self._database.write(lambda connection: _open(connection, request, at, self._confirmation))

    def record(self, payment_id: PaymentId, event: Event) -> Payment:
        """Move the attempt. The very same event again changes nothing and returns the attempt as it stands."""
        at = self._clock.now()
        return self._database.write(lambda connection: _record(connection, payment_id, event, at))

    def get(self, payment_id: PaymentId) -> Payment:
        """The attempt as it stands. KeyError for an unknown id."""
        return self._database.read(lambda connection: _get(connection, payment_id))

    def history(self, payment_id: PaymentId) -> Sequence[LedgerEvent]:
        """What happened, oldest first; empty for an unknown id."""
        rows = self._database.read(lambda connection: connection.execute(_history(payment_id)).all())
        return [LedgerEvent(row.at, row.state, row.detail) for row in rows]

    def payments(self, *, since: datetime | None = None) -> Sequence[Payment]:
        """All attempts opened at or after a time (UTC), oldest first."""
        chosen = select(payments).order_by(payments.c.id)
        if since is not None:
            chosen = chosen.where(payments.c.opened_at >= since)
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        return [_payment(row) for row in rows]


def taken(bill_id: Any, currency: Any, since: datetime | None = None) -> ColumnElement[int]:
    """SQL: the minor units that payments took towards a bill, or took after a time; 0 where none did."""
    total = select(func.coalesce(func.sum(payments.c.amount_minor), 0)).where(
        payments.c.bill_id == bill_id, payments.c.currency == currency, payments.c.state.in_(PAID_STATES)
    )
    if since is not None:
        taken_at = select(func.max(payment_events.c.at)).where(
            payment_events.c.payment_id == payments.c.id, payment_events.c.state == PaymentState.SUBMITTED
        )
        total = total.where(taken_at.correlate(payments).scalar_subquery() > since)
    return total.scalar_subquery()


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
        }
        try:
            new_id = connection.execute(insert(payments).values(row)).inserted_primary_key
        except IntegrityError:
            if connection.execute(select(payments.c.id).where(payments.c.open_bill == request.bill_id)).first():
                raise BillBusy("another attempt on this bill is open") from None
            continue  # the confirmation number is taken
        payment_id = PaymentId(int(new_id[0])) if new_id else PaymentId(0)
        _append(connection, payment_id, at, PaymentState.OPENED, f"by {request.channel}", None)
        return Payment(payment_id, OrderId(row["order_id"]), row["confirmation"], PaymentState.OPENED, request, at)
    raise StoreUnavailable("no free confirmation number was found")


def _record(connection: Connection, payment_id: PaymentId, event: Event, at: datetime) -> Payment:
    payment = _get(connection, payment_id, lock=True)
    state, detail = state_after(event), _detail(event)
    transaction_id = getattr(event, "transaction_id", None)
    before = connection.execute(_history(payment_id)).all()
    if (state, detail, transaction_id) in {(row.state, row.detail, row.transaction_id) for row in before}:
        return payment  # no state is ever entered twice, so this is the same event again
    if state not in TRANSITIONS[payment.state]:
        raise IllegalTransition(f"payment {payment_id} is {payment.state}, which does not lead to {state}")
    moved = replace(payment, state=state, transaction_id=transaction_id or payment.transaction_id)
    connection.execute(
        update(payments)
        .where(payments.c.id == payment_id)
        .values(
            state=state,
            open_bill=payment.request.bill_id if state in OPEN_STATES else None,
            transaction_id=moved.transaction_id,
        )
    )
    _append(connection, payment_id, at, state, detail, transaction_id)
    return moved


def _append(
    connection: Connection, payment_id: PaymentId, at: datetime, state: str, detail: str, transaction_id: str | None
) -> None:
    row = {"payment_id": payment_id, "at": at, "state": state, "detail": detail, "transaction_id": transaction_id}
    connection.execute(insert(payment_events).values(row))


def _get(connection: Connection, payment_id: PaymentId, *, lock: bool = False) -> Payment:
    chosen = select(payments).where(payments.c.id == payment_id)
    row = connection.execute(chosen.with_for_update() if lock else chosen).one_or_none()
    if row is None:
        raise KeyError(payment_id)
    return _payment(row)


def _history(payment_id: PaymentId) -> Select[Any]:
    chosen = payment_events.c.payment_id == payment_id
    return select(payment_events).where(chosen).order_by(payment_events.c.id)


def _payment(row: Row[Any]) -> Payment:
    return Payment(
        id=PaymentId(row.id),
        order_id=OrderId(row.order_id),
        confirmation=row.confirmation,
        state=PaymentState(row.state),
        request=PaymentRequest(
            call_uuid=row.call_uuid,
            account_id=row.account_id,
            bill_id=row.bill_id,
            amount=Money(row.amount_minor, row.currency),
            brand=row.brand,
            last_four=row.last_four,
            channel=row.channel,
        ),
        opened_at=row.opened_at,
        transaction_id=None if row.transaction_id is None else TransactionId(row.transaction_id),
    )


def _detail(event: Event) -> str:
    match event:
        case Approved(amount=amount):
            told = f"approved {amount}"
        case Declined(code=code, advice=advice):
            told = f"declined {code}" + (f", advice {advice}" if advice else "")
        case Unavailable(reason=reason, field=field):
            told = reason + (f" ({field})" if field else "")
        case Unknown(reason=reason):
            told = reason
        case Submitted():
            told = "submitted for settlement"
        case Voided():
            told = "given back"
    # Reasons are free of card data; should one not be, it ends here and not in a row that cannot be changed.
    return _LONG_NUMBER.sub("[number]", told)[:_DETAIL_LENGTH]
