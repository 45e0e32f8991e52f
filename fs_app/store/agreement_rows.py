"""Agreements and instalments from their rows, and into them."""

from __future__ import annotations

import json
from typing import Any

from fs_app.domain.agreement import (
    Agreement,
    AgreementId,
    AgreementKind,
    AgreementRequest,
    AgreementState,
    Fixed,
    FullBalance,
    Instalment,
    InstalmentId,
    InstalmentState,
    Target,
    Terms,
)
from fs_app.domain.calendar import Every, Unit
from fs_app.domain.collection import Notice
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.retries import Setback
from fs_app.ports import ReceiptState
from fs_app.store.rows import declined_of, returned_of


def agreement_of(row: Any) -> Agreement:
    """An agreement from its row. The instalments of a plan have rows of their own."""
    return Agreement(
        id=AgreementId(row.id),
        number=row.number,
        state=AgreementState(row.state),
        request=AgreementRequest(
            kind=AgreementKind(row.kind),
            account_id=row.account_id,
            account_number=row.account_number,
            call_uuid=row.call_uuid,
            consent_id=row.consent_id,
            method_id=row.method_id,
            terms=_terms(row),
            targets=tuple(Target(*each) for each in json.loads(row.targets)),
            told=_money(row.told_minor, row.currency),
            language=row.language,
            receipt_to=None if row.receipt_to is None else Contact.parse(row.receipt_to),
        ),
        opened_at=row.opened_at,
        told=_money(row.told_minor, row.currency),
    )


def agreement_row(agreement: Agreement) -> dict[str, Any]:
    """The columns of a new agreement, but its id."""
    request, terms = agreement.request, agreement.request.terms
    return {
        "number": agreement.number,
        "kind": request.kind,
        "state": agreement.state,
        "account_id": request.account_id,
        "account_number": request.account_number,
        "call_uuid": request.call_uuid,
        "consent_id": request.consent_id,
        "method_id": request.method_id,
        "amount_minor": terms.amount.amount.minor if isinstance(terms.amount, Fixed) else None,
        "currency": terms.amount.currency,
        "first_on": terms.first,
        "month_day": terms.day,
        "every_count": None if terms.every is None else terms.every.count,
        "every_unit": None if terms.every is None else terms.every.unit,
        "last_on": terms.last,
        "times": terms.times,
        "targets": json.dumps([[target.id, target.share] for target in request.targets]),
        "told_minor": None if request.told is None else request.told.minor,
        "language": request.language,
        "receipt_to": None if request.receipt_to is None else str(request.receipt_to),
        "opened_at": agreement.opened_at,
    }


def instalment_of(row: Any, currency: str) -> Instalment:
    """An instalment from its row; the currency is its agreement's."""
    return Instalment(
        id=InstalmentId(row.id),
        agreement_id=AgreementId(row.agreement_id),
        number=row.number,
        due_on=row.due_on,
        amount=_money(row.amount_minor, currency),
        state=InstalmentState(row.state),
        charge_on=row.charge_on,
        announced=_money(row.announced_minor, currency),
        begun_at=row.begun_at,
        version=row.version,
    )


def instalment_row(instalment: Instalment) -> dict[str, Any]:
    """The columns of an instalment that its moves change."""
    return {
        "state": instalment.state,
        "charge_on": instalment.charge_on,
        "amount_minor": None if instalment.amount is None else instalment.amount.minor,
        "announced_minor": None if instalment.announced is None else instalment.announced.minor,
        "begun_at": instalment.begun_at,
        "version": instalment.version,
    }


def notice_of(row: Any) -> Notice:
    """How far the announcement of an amount has come, from its message. One that may not have arrived was not
    made."""
    state = ReceiptState(row.state)
    if state is ReceiptState.SENT:
        return Notice(row.sent_at)
    return Notice(None, hopeless=state is not ReceiptState.WAITING)


def setback_of(detail: str) -> Setback | None:
    """Why an attempt took no money or lost it, from its line of history; None where that is neither."""
    declined = declined_of(detail)
    if declined is not None:
        return Setback(declined.code, declined.advice)
    code = returned_of(detail)
    return None if code is None else Setback(code, returned=True)


def _terms(row: Any) -> Terms:
    amount = _money(row.amount_minor, row.currency)
    return Terms(
        amount=FullBalance(row.currency) if amount is None else Fixed(amount),
        first=row.first_on,
        every=None if row.every_count is None else Every(row.every_count, Unit(row.every_unit)),
        last=row.last_on,
        times=row.times,
        day=row.month_day,
    )


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)
