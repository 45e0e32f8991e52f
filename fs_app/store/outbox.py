"""Receipts, written in the transaction of what they tell of, and sent from here at least once and at most twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, insert

from fs_app.domain.money import Money
from fs_app.domain.payment import Payment
from fs_app.ports import ReceiptKind, ReceiptState, TaskKind
from fs_app.store import tasks
from fs_app.store.tables import receipts


def write_receipt(
    connection: Connection, payment: Payment, kind: ReceiptKind, cause: str, amount: Money, at: datetime
) -> None:
    """Put a receipt into the outbox, where the payer wants one, and a task to send it.

    ``cause`` names what it tells of, e.g. ``paid:17``: a second one with the same cause is an IntegrityError.
    """
    if payment.request.receipt_to is None:
        return
    row = {
        "payment_id": payment.id,
        "cause": cause,
        "kind": kind,
        "send_to": str(payment.request.receipt_to),
        "language": payment.request.language,
        "amount_minor": amount.minor,
        "state": ReceiptState.WAITING,
        "sends": 0,
        "created_at": at,
    }
    made = connection.execute(insert(receipts).values(row)).inserted_primary_key
    tasks.schedule(connection, TaskKind.RECEIPT, made[0] if made else 0, at)
