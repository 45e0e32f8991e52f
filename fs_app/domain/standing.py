"""A transaction at the gateway, and what it means for the money, whatever the gateway calls its status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from fs_app.domain.money import Money
from fs_app.domain.payment import OrderId, TransactionId


class Standing(StrEnum):
    """Where a transaction stands, in our words."""

    HELD = "held"  # authorised: the money is held, not taken
    CAPTURED = "captured"  # submitted for settlement, or on the way
    SETTLED = "settled"  # the money has been moved
    GIVEN_BACK = "given_back"  # voided, or the authorisation ran out
    RETURNED = "returned"  # the settlement was declined, or a bank took the money back
    DECLINED = "declined"  # the processor or a rule of the gateway said no
    NOT_PROCESSED = "not_processed"  # the processor was out of reach: nothing happened
    DUPLICATE = "duplicate"  # refused because an earlier transaction like it stands
    OTHER = "other"  # a status that is not known to us: no information


TAKEN = frozenset({Standing.CAPTURED, Standing.SETTLED})


@dataclass(frozen=True, slots=True)
class GatewayRecord:
    """A transaction as the gateway has it; a ``credit`` is a refund of ``refunds``.

    ``status`` is the gateway's own word, ``standing`` what it means. ``code`` is the processor's answer where it
    declined, ``gateway_<reason>`` where a rule did, or the code of a return. ``order_id`` is empty where there is
    none.
    """

    transaction_id: TransactionId
    order_id: OrderId
    standing: Standing
    status: str
    amount: Money
    created_at: datetime  # UTC
    kind: Literal["sale", "credit"] = "sale"
    code: str = ""
    batch: str = ""  # the settlement batch it was settled in
    refunds: TransactionId | None = None

    @property
    def captured(self) -> bool:
        """True where the money is taken or about to be."""
        return self.standing in TAKEN
