"""Disputes: a cardholder's bank takes a payment back, the merchant accepts that or brings evidence.

One is opened at once by a sale with the card that is made for it, or by the control API, which also tells how it
ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from fs_app.gateways.sandbox.exchange import ID, Answer, Call, NotFound, Route, refuse
from fs_app.gateways.sandbox.store import Books, Transaction, global_id, new_id
from fs_app.gateways.sandbox.xml import Items, Tree

# What each status is announced by; those after the first three are for good.
NOTICES = {
    "open": "dispute_opened",
    "disputed": "dispute_disputed",
    "under_review": "dispute_under_review",
    "accepted": "dispute_accepted",
    "auto_accepted": "dispute_auto_accepted",
    "expired": "dispute_expired",
    "lost": "dispute_lost",
    "won": "dispute_won",
}
_STANDING = ("open", "disputed", "under_review")
KINDS = ("chargeback", "pre_arbitration", "retrieval")
REASONS = (
    "cancelled_recurring_transaction",
    "credit_not_processed",
    "duplicate",
    "fraud",
    "general",
    "invalid_account",
    "not_recognized",
    "product_not_received",
    "product_unsatisfactory",
    "retrieval",
    "transaction_amount_differs",
)
_TO_REPLY = timedelta(days=7)
_FILE_STORAGE_BYTES = 50 * 1024 * 1024  # for all documents of one dispute; the true number is not published


@dataclass(slots=True)
class Evidence:
    """A piece of evidence: words, or a document of so many bytes."""

    id: str
    created_at: datetime
    comment: str | None
    category: str | None
    sequence: int | None = None
    document_id: str | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class DisputeEvent:
    """A status that a dispute entered."""

    status: str
    at: datetime


@dataclass(slots=True)
class Dispute:
    """A dispute. ``about`` is its transaction as the dispute shows it."""

    id: str
    about: Tree
    account: str
    currency: str
    customer_id: str | None
    amount: Decimal
    created_at: datetime
    received_on: date
    kind: str = "chargeback"
    reason: str = "fraud"
    protection: str = "not_protected"
    program: str = "none"
    evidence: dict[str, Evidence] = field(default_factory=dict)
    history: list[DisputeEvent] = field(default_factory=list)

    @property
    def status(self) -> str:
        """Where it stands."""
        return self.history[-1].status

    @property
    def storage_left(self) -> int:
        """Bytes that further documents may have."""
        return _FILE_STORAGE_BYTES - sum(each.size for each in self.evidence.values())


def open_dispute(
    books: Books,
    transaction: Transaction,
    now: datetime,
    *,
    amount: Decimal | None = None,
    kind: str = "chargeback",
    reason: str = "fraud",
) -> Dispute:
    """Open a dispute on a transaction, on all of it where no amount is given."""
    about = {
        "id": transaction.id,
        "amount": transaction.amount,
        "created_at": transaction.created_at,
        "order_id": transaction.order_id,
        "purchase_order_number": transaction.details.get("purchase_order_number"),
        "payment_instrument_subtype": transaction.card.card_type,
        "installment_count": None,
    }
    dispute = Dispute(
        id=new_id(16),
        about=about,
        account=transaction.account,
        currency=transaction.currency,
        customer_id=transaction.customer.get("id"),
        amount=transaction.amount if amount is None else amount,
        created_at=now,
        received_on=now.date(),
        kind=kind,
        reason=reason,
    )
    transaction.disputes.append(dispute)
    books.disputes[dispute.id] = dispute
    enter(books, dispute, "open", now)
    return dispute


def open_wanted(
    books: Books, transaction: Transaction, now: datetime, amount: str | None, kind: str, reason: str
) -> Dispute:
    """Open a dispute as a test wants it. ValueError for an amount, a kind or a reason that there is not."""
    try:
        disputed = transaction.amount if amount is None else Decimal(amount)
    except (InvalidOperation, TypeError):
        raise ValueError("amount is a number") from None
    if not 0 < disputed <= transaction.amount:
        raise ValueError("amount is that of the transaction at most")
    if kind not in KINDS or reason not in REASONS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}, reason one of {', '.join(REASONS)}")
    return open_dispute(books, transaction, now, amount=disputed, kind=kind, reason=reason)


def enter(books: Books, dispute: Dispute, status: str, now: datetime) -> None:
    """Move a dispute to a status; the merchant is notified."""
    dispute.history.append(DisputeEvent(status, now))
    books.happened(NOTICES[status], dispute)


def decide(books: Books, dispute: Dispute, status: str, now: datetime) -> None:
    """What bank and time decide. ValueError for a status that there is not, or after the last."""
    if status not in NOTICES or status == "open":
        raise ValueError(f"status is one of {', '.join(name for name in NOTICES if name != 'open')}")
    if dispute.status not in _STANDING:
        raise ValueError(f"the dispute is {dispute.status} for good")
    enter(books, dispute, status, now)


def dispute_view(dispute: Dispute) -> Tree:
    """All fields of a dispute."""
    won = dispute.amount if dispute.status == "won" else Decimal()
    return {
        "id": dispute.id,
        "global_id": global_id("dispute", dispute.id),
        "amount": dispute.amount,
        "amount_disputed": dispute.amount,
        "amount_won": won,
        "case_number": f"CASE-{dispute.id}",
        "chargeback_protection_level": dispute.protection,
        "created_at": dispute.created_at,
        "updated_at": dispute.history[-1].at,
        "currency_iso_code": dispute.currency,
        "date_opened": dispute.received_on,
        "date_won": dispute.history[-1].at.date() if dispute.status == "won" else None,
        "kind": dispute.kind,
        "merchant_account_id": dispute.account,
        "original_dispute_id": None,
        "pre_dispute_program": dispute.program,
        "processor_comments": None,
        "reason": dispute.reason,
        "reason_code": None,
        "reason_description": None,
        "received_date": dispute.received_on,
        "reference_number": f"REF-{dispute.id}",
        "remaining_file_evidence_storage": dispute.storage_left,
        "reply_by_date": reply_by(dispute),
        "status": dispute.status,
        "status_history": Items("status_history", [_event_view(event) for event in dispute.history]),
        "evidence": Items("evidence", [evidence_view(each) for each in dispute.evidence.values()]),
        "paypal_messages": Items("paypal_message"),
        "transaction": dispute.about,
    }


def evidence_view(evidence: Evidence) -> Tree:
    """All fields of a piece of evidence."""
    return {
        "id": evidence.id,
        "comment": evidence.comment,
        "created_at": evidence.created_at,
        "category": evidence.category,
        "sequence_number": evidence.sequence,
        "sent_to_processor_at": None,
        "url": f"http://sandbox.invalid/documents/{evidence.document_id}" if evidence.document_id else None,
    }


def known(call: Call) -> Dispute:
    """The dispute that the path names. Raises NotFound."""
    dispute = call.books.disputes.get(call.args[0])
    if dispute is None:
        raise NotFound
    return dispute


def must_be_open(call: Call, code: str) -> Dispute:
    """The dispute that the path names. Raises NotFound, and Refused with the code unless it is open."""
    dispute = known(call)
    if dispute.status != "open":
        refuse(call, code, "dispute")
    return dispute


def find(call: Call) -> Answer:
    """GET /disputes/ID."""
    return Answer(200, "dispute", dispute_view(known(call)))


def accept(call: Call) -> Answer:
    """PUT /disputes/ID/accept: the merchant lets the money go."""
    enter(call.books, must_be_open(call, "95704"), "accepted", call.now)
    return Answer(200)


def reply_by(dispute: Dispute) -> date:
    """The last day to bring evidence."""
    return dispute.received_on + _TO_REPLY


def _event_view(event: DisputeEvent) -> Tree:
    day = event.at.date()
    return {"status": event.status, "timestamp": event.at, "effective_date": day, "disbursement_date": day}


ROUTES: tuple[Route, ...] = (
    ("GET", f"/disputes/{ID}", find),
    ("PUT", f"/disputes/{ID}/accept", accept),
)
