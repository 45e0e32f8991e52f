"""What our ledger has taken towards a bill, in SQL: one rule for the directories and for the ledger itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, func, select

from fs_app.domain.payment import PAID_STATES, PaymentState
from fs_app.domain.refund import GIVEN_BACK
from fs_app.store.tables import payment_events, payments, refunds


def taken(bill_id: Any, currency: Any, since: Any = None) -> ColumnElement[int]:
    """SQL: the minor units that payments took towards a bill, or took after a time, less what of them was given
    back; 0 where none did."""
    given_back = (
        select(func.coalesce(func.sum(refunds.c.amount_minor), 0))
        .where(refunds.c.payment_id == payments.c.id, refunds.c.state.in_(GIVEN_BACK))
        .correlate(payments)
        .scalar_subquery()
    )
    total = select(func.coalesce(func.sum(payments.c.amount_minor - given_back), 0)).where(
        payments.c.bill_id == bill_id, payments.c.currency == currency, payments.c.state.in_(PAID_STATES)
    )
    if since is not None:
        taken_at = select(func.max(payment_events.c.at)).where(
            payment_events.c.payment_id == payments.c.id, payment_events.c.state == PaymentState.SUBMITTED
        )
        total = total.where(taken_at.correlate(payments).scalar_subquery() > since)
    return total.scalar_subquery()
