"""The cashier: who takes a payment, for a call or a web page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fs_app.domain.payment import ChargeResult, Means, Payment, PaymentRequest


class Cashier(Protocol):
    """Takes one payment: opens the attempt, authorises, records, submits, records."""

    def pay(self, request: PaymentRequest, means: Means, *, save: bool = False) -> PaymentOutcome:
        """Returns a value whatever happens, and wipes a card. ``save``: its holder agreed that the gateway keeps
        it; what was kept is in the Approved. BillBusy, TooManyAttempts and StoreUnavailable where not even an
        attempt could be opened: then nothing was sent."""
        ...

    def last_attempt(self, call_uuid: str) -> Payment | None:
        """The attempt that was opened last in a call, None where none was. StoreUnavailable."""
        ...

    def follow_up(self, payment: Payment) -> PaymentOutcome:
        """What became of an attempt whose server is gone: the gateway is asked, now and after the pauses of an
        unknown result, and nothing is charged that was not charged before. Unknown where that does not tell."""
        ...

    def ready(self) -> bool:
        """False while the gateway, or the database, is known to be down or slow: then no card is asked for."""
        ...


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    """How a payment ended. ``payment`` is the attempt as recorded last; ``result`` the gateway's own answer."""

    payment: Payment
    result: ChargeResult
