"""A refund: captured money that is given back, in whole or in part, as a transaction of its own.

Laws: a refund is committed with its own order id before the gateway is asked; the refunds of a payment, those under
way included, never exceed what was captured; a request with a key that was used before is the same request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from fs_app.domain.money import Money
from fs_app.domain.payment import OrderId, PaymentId, TransactionId

RefundId = NewType("RefundId", int)


class RefundState(StrEnum):
    """Where a refund stands."""

    OPENED = "opened"  # committed; the gateway may or may not have been asked
    UNKNOWN = "unknown"  # sent, no trusted answer
    SUBMITTED = "submitted"  # the gateway has it
    SETTLED = "settled"  # the money is back
    DECLINED = "declined"  # the processor said no
    NOT_SENT = "not_sent"  # nothing reached the gateway, or it refused


REFUND_TRANSITIONS: dict[RefundState, frozenset[RefundState]] = {
    RefundState.OPENED: frozenset(
        {RefundState.SUBMITTED, RefundState.DECLINED, RefundState.NOT_SENT, RefundState.UNKNOWN}
    ),
    RefundState.UNKNOWN: frozenset({RefundState.SUBMITTED, RefundState.DECLINED, RefundState.NOT_SENT}),
    RefundState.SUBMITTED: frozenset({RefundState.SETTLED, RefundState.DECLINED}),
    RefundState.SETTLED: frozenset(),
    RefundState.DECLINED: frozenset(),
    RefundState.NOT_SENT: frozenset(),
}

# Not known to have failed: these count against what may still be given back, and hold their key.
STANDING = frozenset({RefundState.OPENED, RefundState.UNKNOWN, RefundState.SUBMITTED, RefundState.SETTLED})
# The money has left us.
GIVEN_BACK = frozenset({RefundState.SUBMITTED, RefundState.SETTLED})


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """What an operator asked for. ``key`` makes a repeat of the request harmless: one refund per key."""

    payment_id: PaymentId
    amount: Money
    operator: str
    reason: str
    key: str


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund, as the ledger has it."""

    id: RefundId
    order_id: OrderId
    state: RefundState
    request: RefundRequest
    opened_at: datetime  # UTC
    transaction_id: TransactionId | None = None
