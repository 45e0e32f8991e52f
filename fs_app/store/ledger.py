"""The Ledger port on our tables: the rules are in ``domain/payment.py``, the database holds them.

A move is checked and made in one transaction, with the payment's row locked, and its line of history is appended in
the same one. Nothing of a card is kept but its brand and last four.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, bindparam, insert, or_, select
from sqlalchemy.exc import IntegrityError

from fs_app.domain.allocation import Allocation
from fs_app.domain.card import luhn_ok
from fs_app.domain.money import Money
from fs_app.domain.payment import (
    ENDINGS,
    OPEN_STATES,
    TRANSITIONS,
    Declined,
    Ending,
    Event,
    OrderId,
    Payment,
    PaymentId,
    PaymentRequest,
    PaymentState,
    TransactionId,
    state_after,
)
from fs_app.domain.schedule import Schedule
from fs_app.domain.velocity import Mark
from fs_app.errors import BillBusy, IllegalTransition, StoreUnavailable
from fs_app.ports import Clock, LedgerEvent, ReceiptKind, TaskKind
from fs_app.store import tasks, velocity
from fs_app.store.engine import Database
from fs_app.store.moves import LOCK, get, line, move, payment_in
from fs_app.store.outbox import receipt_of
from fs_app.store.rows import cleaned, declined_of, detail_of, payment_of, returned_of
from fs_app.store.statements import Bound, Statement, gaps, run
from fs_app.store.tables import allocations, payment_events, payments, refunds
from fs_app.store.taken import taken

_CONFIRMATION_DIGITS = range(8, 17)

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
_ALLOCATIONS = Statement(
    select(allocations, payments.c.currency)
    .join_from(allocations, payments, payments.c.id == allocations.c.payment_id)
    .where(allocations.c.payment_id == bindparam("id"))
    .order_by(allocations.c.position)
)
_SAME_LINE = Statement(
    select(payment_events.c.id)
    .where(
        payment_events.c.payment_id == bindparam("id"),
        payment_events.c.state == bindparam("state"),
        payment_events.c.detail == bindparam("detail"),
        payment_events.c.transaction_id.is_not_distinct_from(bindparam("transaction_id")),
    )
    .limit(1)
)
_HISTORY = Statement(
    select(payment_events.c.at, payment_events.c.state, payment_events.c.detail)
    .where(payment_events.c.payment_id == bindparam("id"))
    .order_by(payment_events.c.id)
)
_OF_ACCOUNT = Statement(
    select(payments)
    .where(
        payments.c.account_id == bindparam("account_id"),
        payments.c.state.not_in([PaymentState.DECLINED, PaymentState.NOT_SENT]),
    )
    .order_by(payments.c.id.desc())
    .limit(bindparam("limit"))
)
_LAST_OF_CALL = Statement(
    select(payments).where(payments.c.call_uuid == bindparam("call")).order_by(payments.c.id.desc()).limit(1)
)


def new_confirmation(digits: int) -> str:
    """So many digits to say and to print: random ones, the first not 0, and the check digit of ISO/IEC 7812-1."""
    lowest = 10 ** (digits - 2)
    body = str(lowest + secrets.randbelow(9 * lowest))
    return next(body + digit for digit in "0123456789" if luhn_ok(body + digit))


class SqlLedger:
    """See `fs_app.ports.Ledger` for the contract. ``schedule`` says when an open attempt is looked at again."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        schedule: Schedule | None = None,
        limits: velocity.Limits | None = None,
        confirmation: Callable[[int], str] = new_confirmation,
    ) -> None:
        self._database = database
        self._clock = clock
        self._schedule = schedule or Schedule()
        self._limits = limits or {}
        self._confirmation = confirmation

    def open(self, request: PaymentRequest, marks: Sequence[Mark] = ()) -> Payment:
        """Commit a new attempt. ValueError for an amount of nothing, or more than four digits of a card."""
        if request.amount.minor <= 0:
            raise ValueError("an attempt needs an amount above zero")
        if len(request.last_four) > 4:
            raise ValueError("more than the last four digits")
        _check_split(request)
        at = self._clock.now()

        def work(connection: Connection) -> Payment:
            for digits in _CONFIRMATION_DIGITS:  # a longer one for whoever draws one that is taken: they never end
                number = self._confirmation(digits)
                new = Payment(PaymentId(0), OrderId(str(uuid4())), number, PaymentState.OPENED, request, at)
                try:
                    return self._opened(connection, new, marks)
                except IntegrityError:
                    _raise_if_busy(connection, new)
                    # the confirmation number is taken
            raise StoreUnavailable("no free confirmation number was found")

        return self._database.write(work)

    def record(self, payment_id: PaymentId, event: Event, *, payer_knows: bool = True) -> Payment:
        """Move the attempt. The very same event again changes nothing and returns the attempt as it stands."""
        at = self._clock.now()
        state, detail = state_after(event), detail_of(event)
        transaction_id: TransactionId | None = getattr(event, "transaction_id", None)

        def work(connection: Connection) -> Payment:
            found, again = run(
                connection,
                LOCK(id=payment_id),
                _SAME_LINE(id=payment_id, state=state, detail=cleaned(detail), transaction_id=transaction_id),
            )
            before = payment_in(payment_id, found)
            if again:
                return before  # no state is ever entered twice, so this is the same event again
            if state not in TRANSITIONS[before.state]:
                raise IllegalTransition(f"payment {payment_id} is {before.state}, which does not lead to {state}")
            payment, made = move(before, state, detail, at, transaction_id)
            declined = [velocity.declined(payment_id)] if state is PaymentState.DECLINED else []
            told = _told(before, payment, at, payer_knows)
            followed = _followed(payment, at, payer_knows)
            run(connection, *declined, *made, *self._planned(payment, at), *told, *followed)
            return payment

        return self._database.write(work)

    def note(self, payment_id: PaymentId, detail: str) -> None:
        """Append a line that moves nothing."""
        at = self._clock.now()
        self._database.write(lambda connection: run(connection, line(payment_id, at, "note", detail)))

    def get(self, payment_id: PaymentId) -> Payment:
        """The attempt as it stands. KeyError for an unknown id."""
        return self._database.read(lambda connection: get(connection, payment_id))

    def by_order(self, order_id: OrderId) -> Payment | None:
        """The attempt with that order id."""
        return self._one(payments.c.order_id == order_id)

    def by_confirmation(self, confirmation: str) -> Payment | None:
        """The attempt with that confirmation number."""
        return self._one(payments.c.confirmation == confirmation)

    def by_transaction(self, transaction_id: TransactionId) -> Payment | None:
        """The attempt with that transaction, or with a refund that is it."""
        refunded = select(refunds.c.payment_id).where(refunds.c.transaction_id == transaction_id)
        return self._one(or_(payments.c.transaction_id == transaction_id, payments.c.id.in_(refunded)))

    def last_of_call(self, call_uuid: str) -> Payment | None:
        """The attempt that was opened last in that call."""
        rows = self._database.read(lambda connection: run(connection, _LAST_OF_CALL(call=call_uuid))[0])
        return payment_of(rows[0]) if rows else None

    def decline_of(self, payment_id: PaymentId) -> Declined | None:
        """Why the attempt was declined; None where it was not."""
        detail = self._detail(payment_id, PaymentState.DECLINED)
        return None if detail is None else declined_of(detail)

    def return_of(self, payment_id: PaymentId) -> str | None:
        """The code that the attempt was returned with; None where it was not."""
        detail = self._detail(payment_id, PaymentState.RETURNED)
        return None if detail is None else returned_of(detail)

    def _detail(self, payment_id: PaymentId, state: PaymentState) -> str | None:
        chosen = select(payment_events.c.detail).where(
            payment_events.c.payment_id == payment_id, payment_events.c.state == state
        )
        return self._database.read(lambda connection: connection.execute(chosen).scalar())

    def allocations(self, payment_id: PaymentId) -> Sequence[Allocation]:
        """What of the attempt goes to which bill, in order; empty for an unknown id."""
        rows = self._database.read(lambda connection: run(connection, _ALLOCATIONS(id=payment_id))[0])
        return [
            Allocation(
                row.bill_id,
                Money(row.amount_minor, row.currency),
                Money(row.discount_minor, row.currency) if row.discount_minor else None,
            )
            for row in rows
        ]

    def of_account(self, account_id: str, limit: int) -> Sequence[Payment]:
        """The last attempts on an account but those that took nothing, the newest first."""
        chosen = _OF_ACCOUNT(account_id=account_id, limit=limit)
        return [payment_of(row) for row in self._database.read(lambda connection: run(connection, chosen)[0])]

    def history(self, payment_id: PaymentId) -> Sequence[LedgerEvent]:
        """What happened, oldest first; empty for an unknown id."""
        rows = self._database.read(lambda connection: run(connection, _HISTORY(id=payment_id))[0])
        return [LedgerEvent(row.at, row.state, row.detail) for row in rows]

    def payments(self, *, since: datetime | None = None, until: datetime | None = None) -> Sequence[Payment]:
        """All attempts opened at or after a time and before another (UTC), oldest first."""
        chosen = select(payments).order_by(payments.c.id)
        if since is not None:
            chosen = chosen.where(payments.c.opened_at >= since)
        if until is not None:
            chosen = chosen.where(payments.c.opened_at < until)
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        return [payment_of(row) for row in rows]

    def _one(self, condition: ColumnElement[bool]) -> Payment | None:
        chosen = select(payments).where(condition).order_by(payments.c.id).limit(1)
        row = self._database.read(lambda connection: connection.execute(chosen).one_or_none())
        return None if row is None else payment_of(row)

    def _opened(self, connection: Connection, new: Payment, marks: Sequence[Mark]) -> Payment:
        """Insert an attempt, all in one round trip, and admit it or raise. It is inserted before anything is
        asked, so that another one which was open has been waited for."""
        request, at, order_id = new.request, new.opened_at, new.order_id
        writes = [
            _INSERT(**_row(new)),
            *_allocated(new),
            _FIRST_LINE(order_id=order_id, at=at, detail=f"by {request.channel}"),
            *velocity.counted(order_id, marks, at),
            _FIRST_TASK(order_id=order_id, due_at=at + timedelta(seconds=self._schedule.charging)),
        ]
        split, currency = request.split(), request.amount.currency
        standing = [_STANDING(order_id=order_id, bill_id=each.bill_id, currency=currency) for each in split]
        looks = velocity.looks(marks, self._limits, at)
        answers = run(connection, *writes, *standing, *looks.values())[len(writes) :]
        found = [row for (row,) in answers[: len(split)]]
        for row, each in zip(found, split, strict=True):
            if each.exclusive and each.taken_before is not None and int(row.taken) != each.taken_before.minor:
                raise BillBusy("a payment on this bill was taken since its balance was told")
        velocity.check(looks, answers[len(split) :], self._limits)
        return replace(new, id=PaymentId(found[0].id))

    def _planned(self, payment: Payment, at: datetime) -> Sequence[Bound]:
        """When somebody looks at the payment next, or that nobody has to."""
        seconds = self._schedule.first_look(payment.state)
        if seconds is None:
            return (tasks.drop(TaskKind.PAYMENT, payment.id),)
        return tasks.schedule(TaskKind.PAYMENT, payment.id, at + timedelta(seconds=seconds))


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


def _check_split(request: PaymentRequest) -> None:
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


def _raise_if_busy(connection: Connection, new: Payment) -> None:
    """BillBusy unless the attempt failed for nothing but its confirmation number, and nothing of it was inserted:
    what was inserted is rolled back."""
    request = new.request
    if request.instalment is not None and run(connection, _PAYS_IT(instalment=request.instalment))[0]:
        raise BillBusy("another attempt pays this instalment, or has paid it") from None
    if run(connection, _INSERTED(order_id=new.order_id))[0]:
        raise BillBusy("another attempt on this bill is open") from None


def _told(before: Payment, payment: Payment, at: datetime, payer_knows: bool) -> Sequence[Bound]:
    """The receipt for a move that the payer has to hear of."""
    if payment.state is PaymentState.SUBMITTED:
        kind = ReceiptKind.PAID
    elif payment.state is PaymentState.VOIDED and before.state is PaymentState.SUBMITTED:
        kind = ReceiptKind.VOIDED
    elif payment.state is PaymentState.RETURNED and payment.request.instalment is None:
        kind = ReceiptKind.RETURNED
    elif ENDINGS[payment.state] is Ending.NOT_PAID and before.state in OPEN_STATES and not payer_knows:
        if payment.request.instalment is not None:
            return ()  # they hear of their agreement, with what follows
        kind = ReceiptKind.NOT_PAID
    else:
        return ()
    return receipt_of(payment, kind, f"{kind}:{payment.id}", payment.request.amount, at)


_MATTERS = frozenset(PaymentState) - OPEN_STATES - {PaymentState.SETTLED, PaymentState.REFUNDED}


def _followed(payment: Payment, at: datetime, payer_knows: bool) -> Sequence[Bound]:
    """What an attempt on an instalment came to is seen to at once. Whoever is at work on the instalment and has
    opened the attempt itself keeps its claim; whoever waits for the end of it may have looked too early."""
    instalment = payment.request.instalment
    if instalment is None or payment.state not in _MATTERS:
        return ()
    if payer_knows:
        return tasks.schedule(TaskKind.INSTALMENT, instalment, at)
    return tasks.wake(TaskKind.INSTALMENT, instalment, at)
