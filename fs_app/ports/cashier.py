"""The cashier: who takes a payment, for a call or a web page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fs_app.domain.card import Card
from fs_app.domain.payment import ChargeResult, Payment, PaymentRequest


class Cashier(Protocol):
    """Takes one payment: opens the attempt, authorises, records, submits, records."""

    def pay(self, request: PaymentRequest, card: Card) -> PaymentOutcome:
        """Returns a value whatever happens, and wipes the card. BillBusy, TooManyAttempts and StoreUnavailable
        where not even an attempt could be opened: then nothing was sent."""
        ...

    def ready(self) -> bool:
        """False while the gateway is known to be down: then no card is asked for."""
        ...


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    """How a payment ended. ``payment`` is the attempt as recorded last; ``result`` the gateway's own answer."""

    payment: Payment
    result: ChargeResult
