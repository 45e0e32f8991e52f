"""What our ledger has taken towards a bill, in SQL: one rule for the directories and for the ledger itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, case, func, literal, select

from fs_app.domain.bill import Bill, dated
from fs_app.domain.money import Money
from fs_app.domain.payment import PAID_STATES, PaymentState
from fs_app.domain.refund import GIVEN_BACK
from fs_app.store.statements import Statement, run
from fs_app.store.tables import UtcTime, allocations, payment_events, payments, refunds


def taken(bill_id: Any, currency: Any, since: Any = None) -> ColumnElement[int]:
    """SQL: the minor units that payments took towards a bill, or took after a time, less what of them was given
    back; 0 where none did. A discount counts as taken as long as nothing of its bill was given back."""
    given_back = (
        select(func.coalesce(func.sum(refunds.c.amount_minor), 0))
        .where(refunds.c.payment_id == payments.c.id, refunds.c.state.in_(GIVEN_BACK))
        .correlate(payments)
        .scalar_subquery()
    )
    # What of a payment is left over for this bill, after the fee and the bills before it.
    left = payments.c.amount_minor - given_back - allocations.c.before_minor
    kept = case(
        (left >= allocations.c.amount_minor, allocations.c.amount_minor + allocations.c.discount_minor),
        (left <= 0, 0),
        else_=left,
    )
    total = (
        select(func.coalesce(func.sum(kept), 0))
        .join_from(allocations, payments, payments.c.id == allocations.c.payment_id)
        .where(allocations.c.bill_id == bill_id, payments.c.currency == currency, payments.c.state.in_(PAID_STATES))
    )
    if since is not None:
        taken_at = select(func.max(payment_events.c.at)).where(
            payment_events.c.payment_id == payments.c.id, payment_events.c.state == PaymentState.SUBMITTED
        )
        total = total.where(taken_at.correlate(payments).scalar_subquery() > since)
    return total.scalar_subquery()


def left_to_pay(plain: Bill, taken_of_it: Money, today: date) -> Bill:
    """A bill of which so much was taken, as it stands on a day. One whose plain amount was taken bears no late fee:
    whoever paid in time must not owe one the day after."""
    if plain.due <= taken_of_it:
        return replace(plain, late_fee=None, discount=None, discount_until=None).less(taken_of_it)
    return dated(plain, today).less(taken_of_it)


# What our ledger took towards a bill: since the operator's balance was made, and ever.
_BILL: tuple[Any, Any] = bindparam("bill_id"), bindparam("currency")
_EVER = taken(*_BILL).label("ever")
_TAKEN = Statement(select(literal(0).label("since"), _EVER))
_TAKEN_SINCE = Statement(select(taken(*_BILL, bindparam("as_of", type_=UtcTime())).label("since"), _EVER))


def as_left(connection: Connection, plain: Bill, as_of: datetime | None, today: date) -> Bill:
    """A bill of the operator's as it stands on a day: less what our ledger took since ``as_of``, when its plain
    amount was right. Where nobody says when that was, the plain amount is told as it is."""
    currency = plain.due.currency
    asked = {"bill_id": plain.id, "currency": currency}
    chosen = _TAKEN(**asked) if as_of is None else _TAKEN_SINCE(**asked, as_of=as_of)
    row = run(connection, chosen)[0][0]
    left = left_to_pay(plain, Money(int(row.since), currency), today)
    return replace(left, taken=Money(int(row.ever), currency))
