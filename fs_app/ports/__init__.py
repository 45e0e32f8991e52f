"""The ports: what the flow needs from the world, and what passes through. Read this first.

A port is a Protocol; ``app.py`` plugs the concrete classes in. Contract tests in ``tests/contract`` hold the
fake and the real thing of every port to the same behaviour.
"""

from fs_app.ports.billing import Directory
from fs_app.ports.caller import Channel, Handover, Utterance, Voice
from fs_app.ports.money import (
    Cashier,
    ChargeRequest,
    Gateway,
    GatewayRecord,
    GatewayTrouble,
    Ledger,
    LedgerEvent,
    PaymentOutcome,
)
from fs_app.ports.surroundings import Clock, Journal

__all__ = [
    "Cashier",
    "Channel",
    "ChargeRequest",
    "Clock",
    "Directory",
    "Gateway",
    "GatewayRecord",
    "GatewayTrouble",
    "Handover",
    "Journal",
    "Ledger",
    "LedgerEvent",
    "PaymentOutcome",
    "Utterance",
    "Voice",
]
