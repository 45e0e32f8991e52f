"""Disputes on our payments: the DisputeBook port on our tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from fs_app.domain.money import Money
from fs_app.domain.payment import PaymentId, TransactionId
from fs_app.ports import Clock, Dispute
from fs_app.store.engine import Database
from fs_app.store.moves import get, line
from fs_app.store.statements import run
from fs_app.store.tables import disputes, payments


class SqlDisputes:
    """See `fs_app.ports.DisputeBook` for the contract."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def book(self, dispute: Dispute) -> bool:
        """Keep it as it is now; a line of history for each status it enters."""
        at = self._clock.now()

        def work(connection: Connection) -> bool:
            chosen = select(payments.c.id).where(payments.c.transaction_id == dispute.transaction_id)
            payment_id = connection.execute(chosen).scalar()
            if payment_id is None:
                return False
            get(connection, PaymentId(payment_id), lock=True)
            known = connection.execute(select(disputes).where(disputes.c.id == dispute.id)).one_or_none()
            if known is not None and _dispute(known) == dispute:
                return True
            values = {**_row(dispute), "payment_id": payment_id, "updated_at": at}
            if known is None:
                connection.execute(insert(disputes).values(values))
            else:
                connection.execute(update(disputes).where(disputes.c.id == dispute.id).values(values))
            if known is None or known.status != dispute.status:
                run(connection, line(payment_id, at, "dispute", _words(dispute), dispute.transaction_id))
            return True

        return self._database.write(work)

    def disputes(self, *, payment_id: PaymentId | None = None) -> Sequence[Dispute]:
        """The disputes of a payment, or all, the oldest first."""
        chosen = select(disputes).order_by(disputes.c.received_on, disputes.c.id)
        if payment_id is not None:
            chosen = chosen.where(disputes.c.payment_id == payment_id)
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        return [_dispute(row) for row in rows]


def _words(dispute: Dispute) -> str:
    reply = f", reply by {dispute.reply_by}" if dispute.reply_by and dispute.status == "open" else ""
    return f"{dispute.kind} {dispute.id} of {dispute.amount} is {dispute.status}: {dispute.reason}{reply}"


def _row(dispute: Dispute) -> dict[str, Any]:
    return {
        "id": dispute.id,
        "transaction_id": dispute.transaction_id,
        "status": dispute.status,
        "kind": dispute.kind,
        "reason": dispute.reason,
        "amount_minor": dispute.amount.minor,
        "currency": dispute.amount.currency,
        "received_on": dispute.received_on,
        "reply_by": dispute.reply_by,
    }


def _dispute(row: Row[Any]) -> Dispute:
    return Dispute(
        id=row.id,
        transaction_id=TransactionId(row.transaction_id),
        status=row.status,
        kind=row.kind,
        reason=row.reason,
        amount=Money(row.amount_minor, row.currency),
        received_on=row.received_on,
        reply_by=row.reply_by,
    )
