"""The fraud tool that some merchants have: which cards it rejects, and what it says about the others."""

from __future__ import annotations

import uuid

from fs_app.gateways.sandbox.merchants import Merchant
from fs_app.gateways.sandbox.store import Card
from fs_app.gateways.sandbox.xml import Items, Tree

# The trait of a card, which is the reason given too.
_REJECTED = frozenset({"fraud", "risk_threshold"})


def rejection(merchant: Merchant, card: Card) -> str | None:
    """Why the tool rejects this card; None where it does not, or where there is no tool."""
    return card.trait if merchant.fraud_tool is not None and card.trait in _REJECTED else None


def risk_data(merchant: Merchant, card: Card, *, skipped: bool) -> Tree | None:
    """What the tool found; None where there is none or it was skipped, and then the answer has no such element."""
    if merchant.fraud_tool is None or skipped:
        return None
    reason = rejection(merchant, card)
    return {
        "id": uuid.uuid4().hex,
        "decision": "Approve" if reason is None else "Decline",
        "decision_reasons": Items("item", [reason] if reason else []),
        "device_data_captured": False,
        "fraud_service_provider": merchant.fraud_tool,
        "transaction_risk_score": "1" if reason is None else "99",
        "liability_shift": {"responsible_party": "paypal", "conditions": Items("condition")},
    }
