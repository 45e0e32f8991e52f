"""Receipts, written in the transaction of what they tell of, and sent from here at least once and at most twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update

from fs_app.domain.agreement import Agreement, AgreementId
from fs_app.domain.booking import News
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.payment import Payment, PaymentId
from fs_app.ports import (
    AgreementNews,
    Clock,
    Delivery,
    LinkRequest,
    PayLink,
    Receipt,
    ReceiptKind,
    ReceiptState,
    TaskKind,
)
from fs_app.store import tasks
from fs_app.store.engine import Database
from fs_app.store.rows import payment_of
from fs_app.store.statements import Bound, Statement, gaps
from fs_app.store.tables import agreements, consents, payments, receipts, saved_methods

_MOST_SENDS = 2
# Certainly not taken: such a send does not count.
_NOT_TAKEN = frozenset({Delivery.NOT_SENT, Delivery.REFUSED})
_LAST = frozenset({ReceiptState.SENT, ReceiptState.UNCONFIRMED})  # nothing is sent after these


_INSERT = Statement(
    insert(receipts).values(
        **gaps("payment_id", "agreement_id", "cause", "kind", "send_to", "language", "amount_minor", "created_at"),
        **gaps("due_on", "next_on", "account_id", "currency", "link"),
        state=ReceiptState.WAITING,
        sends=0,
    )
)
_FIRST_TASK = tasks.first(
    TaskKind.RECEIPT, select(receipts.c.id).where(receipts.c.cause == bindparam("cause")).scalar_subquery()
)


def receipt_of(payment: Payment, kind: ReceiptKind, cause: str, amount: Money, at: datetime) -> Sequence[Bound]:
    """Put a receipt into the outbox, where the payer wants one, and a task to send it.

    ``cause`` names what it tells of, e.g. ``paid:17``: a second one with the same cause is an IntegrityError.
    """
    if payment.request.receipt_to is None:
        return ()
    insertion = _INSERT(
        payment_id=payment.id,
        agreement_id=None,
        cause=cause,
        kind=kind,
        send_to=str(payment.request.receipt_to),
        language=payment.request.language,
        amount_minor=amount.minor,
        due_on=None,
        next_on=None,
        account_id=None,
        currency=None,
        link=None,
        created_at=at,
    )
    return insertion, _FIRST_TASK(cause=cause, due_at=at)


def news_of(
    agreement: Agreement,
    kind: News,
    cause: str,
    at: datetime,
    *,
    amount: Money | None = None,
    due_on: date | None = None,
    next_on: date | None = None,
) -> Sequence[Bound]:
    """Put a message about an agreement into the outbox, as `receipt_of` does one about a payment."""
    if agreement.request.receipt_to is None:
        return ()
    insertion = _INSERT(
        payment_id=None,
        agreement_id=agreement.id,
        cause=cause,
        kind=kind,
        send_to=str(agreement.request.receipt_to),
        language=agreement.request.language,
        amount_minor=0 if amount is None else amount.minor,
        due_on=due_on,
        next_on=next_on,
        account_id=None,
        currency=None,
        link=None,
        created_at=at,
    )
    return insertion, _FIRST_TASK(cause=cause, due_at=at)


def link_of(request: LinkRequest, url: str, cause: str, at: datetime) -> Sequence[Bound]:
    """Put a link to pay into the outbox, as `receipt_of` does a receipt."""
    insertion = _INSERT(
        payment_id=None,
        agreement_id=None,
        cause=cause,
        kind=ReceiptKind.LINK,
        send_to=str(request.to),
        language=request.language,
        amount_minor=request.amount.minor,
        due_on=None,
        next_on=None,
        account_id=request.account_id,
        currency=request.amount.currency,
        link=url,
        created_at=at,
    )
    return insertion, _FIRST_TASK(cause=cause, due_at=at)


class SqlOutbox:
    """See `fs_app.ports.Outbox` for the contract.

    A send is counted, and the count committed, before the message leaves. So a process that dies at any point can
    lose a send but never make one that was not counted, and whoever reports a send reports it once.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def receipt(self, receipt_id: int) -> Receipt:
        """A receipt as it stands."""
        return self._database.read(lambda connection: _get(connection, receipt_id))

    def sending(self, receipt_id: int) -> Receipt | None:
        """Count a send that is about to begin. A third is never begun."""

        def work(connection: Connection) -> Receipt | None:
            receipt = _get(connection, receipt_id, lock=True)
            if receipt.state in _LAST:
                return None
            if receipt.sends >= _MOST_SENDS:  # whoever sent it last was not heard of again
                _put(connection, replace(receipt, state=ReceiptState.UNCONFIRMED))
                return None
            return _put(connection, replace(receipt, state=ReceiptState.WAITING, sends=receipt.sends + 1))

        return self._database.write(work)

    def sent(self, receipt_id: int, delivery: Delivery) -> Receipt:
        """Record how a send ended. What was sent once stays sent, whatever is reported later of another send."""
        at = self._clock.now()

        def work(connection: Connection) -> Receipt:
            receipt = _get(connection, receipt_id, lock=True)
            sends = receipt.sends - (delivery in _NOT_TAKEN)
            told = replace(receipt, sends=sends, state=_state_after(delivery, receipt.state, sends))
            return _put(connection, told, at if delivery is Delivery.SENT else None)

        return self._database.write(work)

    def receipts(
        self, *, payment_id: PaymentId | None = None, agreement_id: AgreementId | None = None
    ) -> Sequence[Receipt]:
        """The receipts of a payment, or the messages about an agreement, or all, oldest first."""
        chosen = _joined().order_by(receipts.c.id)
        if payment_id is not None:
            chosen = chosen.where(receipts.c.payment_id == payment_id)
        if agreement_id is not None:
            chosen = chosen.where(receipts.c.agreement_id == agreement_id)
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        return [_receipt(row) for row in rows]


def _state_after(delivery: Delivery, state: ReceiptState, sends: int) -> ReceiptState:
    if state is ReceiptState.SENT or delivery is Delivery.SENT:
        return ReceiptState.SENT
    if delivery is Delivery.REFUSED:
        return ReceiptState.FAILED
    if delivery is Delivery.UNKNOWN and sends >= _MOST_SENDS:
        return ReceiptState.UNCONFIRMED
    return state


def _joined() -> Select[Any]:
    """A payment's columns or an agreement's, and those of the message about it under names of their own."""
    own = [column.label(f"receipt_{column.name}") for column in receipts.c]
    about = [
        agreements.c.number.label("agreement_number"),
        agreements.c.account_id.label("agreement_account"),
        agreements.c.currency.label("agreement_currency"),
        saved_methods.c.brand.label("method_brand"),
        saved_methods.c.last_four.label("method_last_four"),
        consents.c.text.label("terms"),
    ]
    return (
        select(payments, *about, *own)
        .select_from(receipts)
        .outerjoin(payments, receipts.c.payment_id == payments.c.id)
        .outerjoin(agreements, receipts.c.agreement_id == agreements.c.id)
        .outerjoin(saved_methods, agreements.c.method_id == saved_methods.c.id)
        .outerjoin(consents, agreements.c.consent_id == consents.c.id)
    )


def _get(connection: Connection, receipt_id: int, *, lock: bool = False) -> Receipt:
    if lock:  # its own row, and nobody's payment or agreement
        connection.execute(select(receipts.c.id).where(receipts.c.id == receipt_id).with_for_update())
    row = connection.execute(_joined().where(receipts.c.id == receipt_id)).one_or_none()
    if row is None:
        raise KeyError(receipt_id)
    return _receipt(row)


def _put(connection: Connection, receipt: Receipt, sent_at: datetime | None = None) -> Receipt:
    """A link is the payer's alone once it is on its way: nobody reads it here any more."""
    values: dict[str, Any] = {"state": receipt.state, "sends": receipt.sends}
    if receipt.link is not None and receipt.state in _LAST:
        values["link"] = ""
    if sent_at is not None:
        values["sent_at"] = sent_at
    connection.execute(update(receipts).where(receipts.c.id == receipt.id).values(values))
    return receipt


def _receipt(row: Row[Any]) -> Receipt:
    payment = None if row.receipt_payment_id is None else payment_of(row)
    news = None if row.receipt_agreement_id is None else _news(row)
    link = None if row.receipt_link is None else PayLink(row.receipt_account_id, row.receipt_link)
    currency = row.receipt_currency if link else row.agreement_currency if news else row.currency
    return Receipt(
        id=row.receipt_id,
        kind=ReceiptKind(row.receipt_kind),
        payment=payment,
        amount=Money(row.receipt_amount_minor, currency),
        to=Contact.parse(row.receipt_send_to),
        language=row.receipt_language,
        state=ReceiptState(row.receipt_state),
        sends=row.receipt_sends,
        created_at=row.receipt_created_at,
        news=news,
        link=link,
    )


def _news(row: Row[Any]) -> AgreementNews:
    return AgreementNews(
        agreement_id=AgreementId(row.receipt_agreement_id),
        number=row.agreement_number,
        account_id=row.agreement_account,
        brand=row.method_brand,
        last_four=row.method_last_four,
        terms=row.terms,
        due_on=row.receipt_due_on,
        next_on=row.receipt_next_on,
    )
