"""Webhooks that came: each has its effect once, in the transaction that remembers it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.exc import IntegrityError

from fs_app.domain.payment import TransactionId
from fs_app.ports import Clock, Hint, TaskKind
from fs_app.store import tasks
from fs_app.store.engine import Database
from fs_app.store.statements import run
from fs_app.store.tables import payments, refunds, webhooks


class SqlHints:
    """See `fs_app.ports.Hints` for the contract."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def take(self, payload: str, hint: Hint) -> bool:
        """Remember the webhook and make what it is about due now. False where it came before."""
        at = self._clock.now()
        row = {
            "digest": hashlib.sha256(payload.encode()).hexdigest(),
            "kind": hint.kind[:64],
            "subject": (hint.dispute_id or hint.transaction_id or "")[:64],
            "received_at": at,
        }

        def work(connection: Connection) -> bool:
            try:
                connection.execute(insert(webhooks).values(row))
            except IntegrityError:
                return False
            if hint.dispute_id is not None:
                run(connection, *tasks.wake(TaskKind.DISPUTE, hint.dispute_id, at))
            if hint.transaction_id is not None:
                _wake(connection, hint.transaction_id, at)
            return True

        return self._database.write(work)

    def forget(self, before: datetime) -> int:
        """Delete what came before a time: the gateway repeats a webhook for a day at most."""
        chosen = delete(webhooks).where(webhooks.c.received_at < before)
        return self._database.write(lambda connection: connection.execute(chosen).rowcount)


def _wake(connection: Connection, transaction_id: TransactionId, at: datetime) -> None:
    """Make the payment, or the refund, of a transaction due now; a foreign one is nobody's task."""
    for table, kind in ((payments, TaskKind.PAYMENT), (refunds, TaskKind.REFUND)):
        found = connection.execute(select(table.c.id).where(table.c.transaction_id == transaction_id)).scalar()
        if found is not None:
            run(connection, *tasks.wake(kind, str(found), at))
