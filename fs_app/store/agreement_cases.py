"""Reads everything that is decided by about an instalment."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from sqlalchemy import Connection, select

from fs_app.domain.agreement import (
    Agreement,
    AgreementId,
    Instalment,
    InstalmentId,
    InstalmentState,
    next_due,
)
from fs_app.domain.collection import Attempt, Case, Notice
from fs_app.domain.payment import PaymentState
from fs_app.ports import ReceiptKind
from fs_app.store.agreement_rows import agreement_of, instalment_of, notice_of, setback_of
from fs_app.store.rows import payment_of
from fs_app.store.tables import agreements, instalments, payment_events, payments, receipts

_SETBACKS = (PaymentState.DECLINED, PaymentState.RETURNED)


def get(connection: Connection, agreement_id: AgreementId, *, lock: bool = False) -> Agreement:
    """An agreement within a transaction. KeyError for an unknown id."""
    chosen = select(agreements).where(agreements.c.id == agreement_id)
    row = connection.execute(chosen.with_for_update() if lock else chosen).one_or_none()
    if row is None:
        raise KeyError(agreement_id)
    return agreement_of(row)


def instalments_of(connection: Connection, agreement: Agreement) -> list[Instalment]:
    """The instalments of an agreement, in order."""
    mine = instalments.c.agreement_id == agreement.id
    rows = connection.execute(select(instalments).where(mine).order_by(instalments.c.number))
    return [instalment_of(row, agreement.request.terms.amount.currency) for row in rows]


def case_of(connection: Connection, instalment_id: InstalmentId) -> Case:
    """Everything about an instalment. It is read first, so that its version is as old as anything that is decided
    by. KeyError for an unknown id."""
    row = connection.execute(select(instalments).where(instalments.c.id == instalment_id)).one_or_none()
    if row is None:
        raise KeyError(instalment_id)
    agreement = get(connection, AgreementId(row.agreement_id))
    instalment = instalment_of(row, agreement.request.terms.amount.currency)
    others = [each for each in instalments_of(connection, agreement) if each.id != instalment.id]
    before = [each for each in reversed(others) if each.number < instalment.number]
    return Case(
        agreement=agreement,
        instalment=instalment,
        attempts=_attempts(connection, instalment_id),
        seen=row.seen,
        next_due=next_due(agreement, instalment, others),
        failures=len(list(takewhile(lambda each: each.state is InstalmentState.FAILED, before))),
        notice=_notice(connection, instalment_id),
        released=row.released,
    )


def _attempts(connection: Connection, instalment_id: InstalmentId) -> Sequence[Attempt]:
    mine = payments.c.instalment_id == instalment_id
    found = [payment_of(row) for row in connection.execute(select(payments).where(mine).order_by(payments.c.id))]
    why = (
        select(payment_events.c.payment_id, payment_events.c.detail)
        .join_from(payment_events, payments, payment_events.c.payment_id == payments.c.id)
        .where(mine, payment_events.c.state.in_(_SETBACKS))
        .order_by(payment_events.c.id)
    )
    setbacks = {row.payment_id: setback_of(row.detail) for row in connection.execute(why)}
    return [Attempt(payment, setbacks.get(payment.id)) for payment in found]


def _notice(connection: Connection, instalment_id: InstalmentId) -> Notice | None:
    """The last announcement of its amount."""
    chosen = (
        select(receipts.c.state, receipts.c.sent_at)
        .where(receipts.c.cause.startswith(f"{ReceiptKind.ANNOUNCED}:{instalment_id}:", autoescape=True))
        .order_by(receipts.c.id.desc())
        .limit(1)
    )
    row = connection.execute(chosen).one_or_none()
    return None if row is None else notice_of(row)
