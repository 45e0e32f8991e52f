"""The Ledger port on our tables: the rules are in ``domain/payment.py``, the database holds them.

A move is checked and made in one transaction, with the payment's row locked, and its line of history is appended in
the same one. Nothing of a card is kept but its brand and last four.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, bindparam, or_, select
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
from fs_app.errors import IllegalTransition, StoreUnavailable
from fs_app.ports import Clock, LedgerEvent, ReceiptKind, TaskKind
from fs_app.store import tasks, velocity
from fs_app.store.attempt import admitted, check_split, raise_if_busy
from fs_app.store.engine import Database
from fs_app.store.moves import LOCK, get, line, move, payment_in
from fs_app.store.outbox import receipt_of
from fs_app.store.rows import cleaned, declined_of, detail_of, payment_of, returned_of
from fs_app.store.statements import Bound, Statement, run
from fs_app.store.tables import allocations, payment_events, payments, refunds

_CONFIRMATION_DIGITS = range(8, 17)

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
        check_split(request)
        at = self._clock.now()

        def work(connection: Connection) -> Payment:
            for digits in _CONFIRMATION_DIGITS:  # a longer one for whoever draws one that is taken: they never end
                number = self._confirmation(digits)
                new = Payment(PaymentId(0), OrderId(str(uuid4())), number, PaymentState.OPENED, request, at)
                try:
                    return admitted(connection, new, marks, self._limits, self._schedule.charging)
                except IntegrityError:
                    raise_if_busy(connection, new)
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

    def _planned(self, payment: Payment, at: datetime) -> Sequence[Bound]:
        """When somebody looks at the payment next, or that nobody has to."""
        seconds = self._schedule.first_look(payment.state)
        if seconds is None:
            return (tasks.drop(TaskKind.PAYMENT, payment.id),)
        return tasks.schedule(TaskKind.PAYMENT, payment.id, at + timedelta(seconds=seconds))


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
