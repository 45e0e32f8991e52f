"""What the ledger writes and looks at when an attempt is opened: the payment, what of it goes to which bill, the
first line of its history, its first task, and what was attempted lately; all in one round trip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select

from fs_app.domain.payment import (
    Payment,
    PaymentId,
    PaymentRequest,
    PaymentState,
)
from fs_app.domain.velocity import Mark
from fs_app.errors import BillBusy
from fs_app.ports import TaskKind
from fs_app.store import tasks, velocity
from fs_app.store.statements import Bound, Statement, gaps, run
from fs_app.store.tables import allocations, payment_events, payments
from fs_app.store.taken import taken

_ATTEMPT = select(payments.c.id).where(payments.c.order_id == bindparam("order_id")).scalar_subquery()
_INSERT = Statement(
    insert(payments).values(
        **gaps(*(column.name for column in payments.c if column.name not in ("id", "state", "transaction_id"))),
        state=PaymentState.OPENED,
    )
)
_FIRST_LINE = Statement(
    insert(payment_events).values(**gaps("at", "detail"), payment_id=_ATTEMPT, state=PaymentState.OPENED)
)
_FIRST_TASK = tasks.first(TaskKind.PAYMENT, _ATTEMPT)
_ALLOCATE = Statement(
    insert(allocations).values(
        **gaps("position", "bill_id", "amount_minor", "discount_minor", "before_minor", "open_bill"),
        payment_id=_ATTEMPT,
    )
)
_STANDING = Statement(
    select(_ATTEMPT.label("id"), taken(bindparam("bill_id"), bindparam("currency")).label("taken"))
)
_INSERTED = Statement(select(payments.c.id).where(payments.c.order_id == bindparam("order_id")))
_PAYS_IT = Statement(select(payments.c.id).where(payments.c.instalment_key == bindparam("instalment")))


def admitted(
    connection: Connection, new: Payment, marks: Sequence[Mark], limits: velocity.Limits, charging_seconds: float
) -> Payment:
    """Insert an attempt, all in one round trip, and admit it or raise. It is inserted before anything is
    asked, so that another one which was open has been waited for."""
    request, at, order_id = new.request, new.opened_at, new.order_id
    writes = [
        _INSERT(**_row(new)),
        *_allocated(new),
        _FIRST_LINE(order_id=order_id, at=at, detail=f"by {request.channel}"),
        *velocity.counted(order_id, marks, at),
        _FIRST_TASK(order_id=order_id, due_at=at + timedelta(seconds=charging_seconds)),
    ]
    split, currency = request.split(), request.amount.currency
    standing = [_STANDING(order_id=order_id, bill_id=each.bill_id, currency=currency) for each in split]
    looks = velocity.looks(marks, limits, at)
    answers = run(connection, *writes, *standing, *looks.values())[len(writes) :]
    found = [row for (row,) in answers[: len(split)]]
    for row, each in zip(found, split, strict=True):
        if each.exclusive and each.taken_before is not None and int(row.taken) != each.taken_before.minor:
            raise BillBusy("a payment on this bill was taken since its balance was told")
    velocity.check(looks, answers[len(split) :], limits)
    return replace(new, id=PaymentId(found[0].id))


def _row(payment: Payment) -> dict[str, Any]:
    request = payment.request
    return {
        "order_id": payment.order_id,
        "confirmation": payment.confirmation,
        "call_uuid": request.call_uuid,
        "account_id": request.account_id,
        "bill_id": request.bill_id,
        "amount_minor": request.amount.minor,
        "currency": request.amount.currency,
        "brand": request.brand,
        "last_four": request.last_four,
        "channel": request.channel,
        "opened_at": payment.opened_at,
        "caller_id": request.caller_id[:32],
        "language": request.language,
        "receipt_to": None if request.receipt_to is None else str(request.receipt_to),
        "fee_minor": 0 if request.fee is None else request.fee.minor,
        "means": request.means,
        "instalment_id": request.instalment,
        "instalment_key": request.instalment,
    }


def check_split(request: PaymentRequest) -> None:
    """ValueError where the allocations and the fee are not the amount: money would be lost or made."""
    whole = sum((each.amount.minor for each in request.split()), request.fee.minor if request.fee else 0)
    currencies = {each.amount.currency for each in request.split()}
    if whole != request.amount.minor or currencies != {request.amount.currency}:
        raise ValueError("the allocations and the fee do not sum to the amount")


def _allocated(new: Payment) -> Sequence[Bound]:
    """What of an attempt goes to which bill, line by line."""
    before = 0 if new.request.fee is None else new.request.fee.minor
    lines = []
    for position, each in enumerate(new.request.split()):
        lines.append(
            _ALLOCATE(
                order_id=new.order_id,
                position=position,
                bill_id=each.bill_id,
                amount_minor=each.amount.minor,
                discount_minor=0 if each.discount is None else each.discount.minor,
                before_minor=before,
                open_bill=each.bill_id if each.exclusive else None,
            )
        )
        before += each.amount.minor
    return lines


def raise_if_busy(connection: Connection, new: Payment) -> None:
    """BillBusy unless the attempt failed for nothing but its confirmation number, and nothing of it was inserted:
    what was inserted is rolled back."""
    request = new.request
    if request.instalment is not None and run(connection, _PAYS_IT(instalment=request.instalment))[0]:
        raise BillBusy("another attempt pays this instalment, or has paid it") from None
    if run(connection, _INSERTED(order_id=new.order_id))[0]:
        raise BillBusy("another attempt on this bill is open") from None
