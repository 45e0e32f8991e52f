"""Who did what by hand, and why: written before the gateway is asked, and again with what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select

from fs_app.domain.agreement import AgreementId
from fs_app.domain.payment import PaymentId
from fs_app.ports import AgreementDeed, AuditEntry, Clock, Deed
from fs_app.store.engine import Database
from fs_app.store.rows import cleaned
from fs_app.store.tables import audit

_RESULT_LENGTH = 255


class SqlAudit:
    """See `fs_app.ports.Audit` for the contract."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def write(self, deed: Deed | AgreementDeed, result: str) -> None:
        """Append one entry."""
        row = {
            "at": self._clock.now(),
            "operator": deed.operator[:64],
            "source": deed.source,
            "action": deed.action,
            "payment_id": deed.payment_id if isinstance(deed, Deed) else None,
            "agreement_id": deed.agreement_id if isinstance(deed, AgreementDeed) else None,
            "reason": cleaned(deed.reason),
            "result": cleaned(result)[:_RESULT_LENGTH],
        }
        self._database.write(lambda connection: connection.execute(insert(audit).values(row)))

    def entries(self, payment_id: PaymentId) -> Sequence[AuditEntry]:
        """What was done to a payment by hand, oldest first."""
        return self._where(audit.c.payment_id == payment_id)

    def of_agreement(self, agreement_id: AgreementId) -> Sequence[AuditEntry]:
        """What was done to an agreement by hand, oldest first."""
        return self._where(audit.c.agreement_id == agreement_id)

    def _where(self, condition: ColumnElement[bool]) -> Sequence[AuditEntry]:
        chosen = select(audit).where(condition).order_by(audit.c.id)
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        return [_entry(row) for row in rows]


def _entry(row: Row[Any]) -> AuditEntry:
    deed: Deed | AgreementDeed
    if row.payment_id is None:
        deed = AgreementDeed(row.action, AgreementId(row.agreement_id), row.operator, row.reason, row.source)
    else:
        deed = Deed(row.action, PaymentId(row.payment_id), row.operator, row.reason, row.source)
    return AuditEntry(row.at, deed, row.result)
