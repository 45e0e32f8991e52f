"""A payment within a transaction: its row, locked or not, and what writes a move of it and a line of its history.

For the ledger, the refunds and the disputes: each of them moves payments in a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, bindparam, insert, select, update

from fs_app.domain.payment import OPEN_STATES, PAID_STATES, Payment, PaymentId, PaymentState, TransactionId
from fs_app.store.rows import cleaned, payment_of
from fs_app.store.statements import Bound, Row, Statement, gaps, run
from fs_app.store.tables import allocations, payment_events, payments

_GET = Statement(select(payments).where(payments.c.id == bindparam("id")))
LOCK = Statement(select(payments).where(payments.c.id == bindparam("id")).with_for_update())
_MOVE = Statement(
    update(payments)
    .where(payments.c.id == bindparam("attempt"))
    .values(gaps("state", "instalment_key", "transaction_id"))
)
_RELEASE = Statement(
    update(allocations)
    .where(allocations.c.payment_id == bindparam("attempt"), allocations.c.open_bill.is_not(None))
    .values(open_bill=None)
)
_LINE = Statement(insert(payment_events).values(gaps("payment_id", "at", "state", "detail", "transaction_id")))


def get(connection: Connection, payment_id: PaymentId, *, lock: bool = False) -> Payment:
    """A payment within a transaction. KeyError for an unknown id."""
    return payment_in(payment_id, run(connection, (LOCK if lock else _GET)(id=payment_id))[0])


def payment_in(payment_id: PaymentId, rows: Sequence[Row]) -> Payment:
    """The payment in what a statement returned. KeyError where there is none."""
    if not rows:
        raise KeyError(payment_id)
    return payment_of(rows[0])


def move(
    payment: Payment, state: PaymentState, detail: str, at: datetime, transaction_id: TransactionId | None = None
) -> tuple[Payment, Sequence[Bound]]:
    """A payment after a move that the table of states allows, and what writes the move and its line of history.
    The payment's row has to be locked."""
    moved = replace(payment, state=state, transaction_id=transaction_id or payment.transaction_id)
    change = _MOVE(
        attempt=payment.id,
        state=state,
        instalment_key=payment.request.instalment if state in OPEN_STATES | PAID_STATES else None,
        transaction_id=moved.transaction_id,
    )
    released = () if state in OPEN_STATES else (_RELEASE(attempt=payment.id),)
    return moved, (change, *released, line(payment.id, at, state, detail, transaction_id))


def line(payment_id: PaymentId, at: datetime, state: str, detail: str, transaction_id: str | None = None) -> Bound:
    """A line of a payment's history."""
    return _LINE(payment_id=payment_id, at=at, state=state, detail=cleaned(detail), transaction_id=transaction_id)
