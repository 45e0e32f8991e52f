"""What the merchant of the SDK's tests has from the start: disputes, because they cannot be made at will there."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from fs_app.gateways.sandbox.disputes import Dispute, DisputeEvent
from fs_app.gateways.sandbox.store import Books

_MERCHANT = "integration_merchant_id"

# Name, status, amount, reason, protection level, programme.
_DISPUTES = (
    ("open", "open", "31.00", "fraud", "not_protected", "none"),
    ("wells", "won", "31.00", "fraud", "not_protected", "none"),
    ("unsatisfactory", "lost", "12.00", "product_unsatisfactory", "not_protected", "none"),
    ("retrieval", "expired", "13.00", "retrieval", "not_protected", "none"),
    ("protected", "accepted", "14.00", "fraud", "effortless", "none"),
    ("visa_rdr", "auto_accepted", "15.00", "fraud", "not_protected", "visa_rdr"),
)
_RECEIVED = date(2014, 3, 4)


def plant(books: Books, now: datetime) -> None:
    """Put the seeds into a merchant's books, if it is the one."""
    if books.merchant.id != _MERCHANT:
        return
    for name, status, amount, reason, protection, programme in _DISPUTES:
        dispute = Dispute(
            id=f"{name}_dispute",
            about={
                "id": f"{name}_disputed_transaction",
                "amount": Decimal(amount),
                "created_at": now,
                "order_id": None,
                "purchase_order_number": None,
                "payment_instrument_subtype": "Visa",
                "installment_count": None,
            },
            account=books.merchant.default_account,
            currency="USD",
            customer_id=None,
            amount=Decimal(amount),
            created_at=now,
            received_on=_RECEIVED,
            reason=reason,
            protection=protection,
            program=programme,
            history=[DisputeEvent(status, now)],
        )
        books.disputes[dispute.id] = dispute
