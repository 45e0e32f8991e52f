"""Payments from their rows, and the words of their history."""

from __future__ import annotations

import re
from typing import Any

from fs_app.domain.contact import Contact
from fs_app.domain.means import MeansKind
from fs_app.domain.money import Money
from fs_app.domain.payment import (
    Approved,
    Declined,
    Event,
    OrderId,
    Payment,
    PaymentId,
    PaymentRequest,
    PaymentState,
    Returned,
    Settled,
    Submitted,
    TransactionId,
    Unavailable,
    Unknown,
    Voided,
)

_DETAIL_LENGTH = 255
_DECLINED = re.compile(r"declined ([^, ]+)(?:, advice (.+))?")
_RETURNED = re.compile(r"returned ?(.*)")
_LONG_NUMBER = re.compile(r"[0-9](?:[ -]?[0-9]){11,}")


def payment_of(row: Any) -> Payment:
    """A payment from its row."""
    return Payment(
        id=PaymentId(row.id),
        order_id=OrderId(row.order_id),
        confirmation=row.confirmation,
        state=PaymentState(row.state),
        request=PaymentRequest(
            call_uuid=row.call_uuid,
            account_id=row.account_id,
            bill_id=row.bill_id,
            amount=Money(row.amount_minor, row.currency),
            brand=row.brand,
            last_four=row.last_four,
            channel=row.channel,
            caller_id=row.caller_id,
            language=row.language,
            receipt_to=None if row.receipt_to is None else Contact.parse(row.receipt_to),
            fee=Money(row.fee_minor, row.currency) if row.fee_minor else None,
            means=MeansKind(row.means),
            instalment=row.instalment_id,
        ),
        opened_at=row.opened_at,
        transaction_id=None if row.transaction_id is None else TransactionId(row.transaction_id),
    )


def detail_of(event: Event) -> str:
    """An answer of the gateway as a line of history."""
    match event:
        case Approved(amount=amount):
            told = f"approved {amount}"
        case Declined(code=code, advice=advice):
            told = f"declined {code}" + (f", advice {advice}" if advice else "")
        case Unavailable(reason=reason, field=field):
            told = reason + (f" ({field})" if field else "")
        case Unknown(reason=reason):
            told = reason
        case Submitted():
            told = "submitted for settlement"
        case Voided(reason=reason):
            told = reason
        case Settled():
            told = "settled"
        case Returned(code=code):
            told = f"returned {code}".rstrip()
    return told


def declined_of(detail: str) -> Declined | None:
    """A decline from its line of history; None where that is no decline's."""
    match = _DECLINED.fullmatch(detail)
    return None if match is None else Declined(match[1], advice=match[2])


def returned_of(detail: str) -> str | None:
    """The code of a return from its line of history, empty where none came; None where that is no return's."""
    match = _RETURNED.fullmatch(detail)
    return None if match is None else match[1]


def cleaned(detail: str) -> str:
    """Reasons are free of card data; should one not be, it ends here and not in a row that cannot be changed."""
    return _LONG_NUMBER.sub("[number]", detail)[:_DETAIL_LENGTH]
