"""The Cashier port: one payment from the open attempt to the recorded capture.

Laws:

1. The attempt is committed before the gateway is asked, an authorisation before it is submitted. Where the ledger
   fails in between, nothing more is sent: whoever finds the attempt open asks the gateway.
2. "Paid" is told only when the capture is both the gateway's answer and recorded; everything short of that which is
   not certainly a "no" is Unknown.
3. The card is wiped as soon as the gateway has it, and at every other end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import structlog

from fs_app.domain.card import Card
from fs_app.domain.payment import Approved, Event, Payment, PaymentRequest, Submitted, Unavailable, Unknown, Voided
from fs_app.errors import StoreError
from fs_app.payments.health import GatewayHealth
from fs_app.ports import ChargeRequest, Clock, Gateway, Ledger, PaymentOutcome

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class GatewayCashier:
    """See `fs_app.ports.Cashier` for the contract. Keep one per process: it remembers how the gateway is."""

    def __init__(
        self, ledger: Ledger, gateway: Gateway, clock: Clock, *, health: GatewayHealth | None = None
    ) -> None:
        self._ledger = ledger
        self._gateway = gateway
        self._health = health or GatewayHealth(gateway.check, clock)

    def ready(self) -> bool:
        """False while the gateway is down, or does not answer within a few seconds."""
        return self._health.good()

    def pay(self, request: PaymentRequest, card: Card) -> PaymentOutcome:
        """Take the payment; the result is Approved where, and only where, it is captured and recorded."""
        try:
            payment = self._ledger.open(request)
            charge = ChargeRequest(payment.order_id, request.amount, card)
            result = _answer(lambda: self._gateway.authorise(charge))
        finally:
            card.wipe()
        self._health.saw(result)
        recorded = self._record(payment, result)
        if not isinstance(result, Approved):
            return PaymentOutcome(recorded or payment, result)
        if recorded is None:
            return PaymentOutcome(payment, Unknown("authorised, not recorded", result.transaction_id))
        if result.amount != request.amount:
            return self._give_back(recorded, result)
        return self._take(recorded, result)

    def _take(self, payment: Payment, approved: Approved) -> PaymentOutcome:
        """Submit the recorded authorisation for settlement."""
        answer = _answer(lambda: self._gateway.submit(approved.transaction_id, approved.amount))
        if not isinstance(answer, Submitted):
            reason = f"authorised, not known to be submitted: {answer.reason}"
            return PaymentOutcome(payment, Unknown(reason, approved.transaction_id))
        recorded = self._record(payment, answer)
        if recorded is None:
            return PaymentOutcome(payment, Unknown("submitted, not recorded", approved.transaction_id))
        return PaymentOutcome(recorded, approved)

    def _give_back(self, payment: Payment, approved: Approved) -> PaymentOutcome:
        """Void what was approved for another amount or in another currency: it is not what the caller agreed to."""
        reason = f"approved {approved.amount} instead of {payment.request.amount}"
        answer = _answer(lambda: self._gateway.void(approved.transaction_id))
        recorded = self._record(payment, answer) if isinstance(answer, Voided) else None
        if recorded is None:
            return PaymentOutcome(
                payment, Unknown(f"{reason}, not known to be given back", approved.transaction_id)
            )
        return PaymentOutcome(recorded, Unavailable(f"{reason}, given back"))

    def _record(self, payment: Payment, event: Event) -> Payment | None:
        """None where the ledger failed: the attempt stays as it is recorded, and is settled later."""
        try:
            return self._ledger.record(payment.id, event)
        except StoreError as error:
            _log.error("payment_not_recorded", payment=payment.id, answer=type(event).__name__, error=str(error))
            return None


def _answer(ask: Callable[[], T]) -> T | Unknown:
    """A gateway's answer. One that breaks its promise and raises is told by the exception's type alone: its text,
    and its members, may hold the card."""
    try:
        return ask()
    except Exception as error:  # noqa: BLE001  whatever it is, the money may have moved
        kind = type(error).__name__
    _log.error("gateway_raised", error=kind)
    return Unknown(f"the gateway's adapter failed ({kind})")
