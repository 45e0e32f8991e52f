"""The Cashier port: one payment from the open attempt to the recorded capture.

Laws:

1. The attempt is committed before the gateway is asked, an authorisation before it is submitted. Where the ledger
   fails in between, nothing more is sent: whoever finds the attempt open asks the gateway.
2. "Paid" is told only when the capture is both the gateway's answer and recorded; everything short of that which is
   not certainly a "no" is Unknown. What is told is what the ledger has.
3. The card is wiped as soon as the gateway has it, and at every other end.
4. An attempt that is not known to have ended is asked for again while the caller waits, by the policy of the jobs;
   how it ended is then told in writing too, as the caller may have gone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import structlog

from fs_app.domain.means import customer_of
from fs_app.domain.payment import (
    OPEN_STATES,
    PAID_STATES,
    Approved,
    ChargeResult,
    Event,
    Means,
    Payment,
    PaymentRequest,
    PaymentState,
    Submitted,
    Unavailable,
    Unknown,
    Voided,
)
from fs_app.errors import IllegalTransition, StoreError
from fs_app.payments.answer import answer_of
from fs_app.payments.health import GatewayHealth
from fs_app.payments.marks import Marker
from fs_app.payments.resolver import PaymentResolver
from fs_app.ports import ChargeRequest, Clock, Gateway, Ledger, PaymentOutcome

_log = structlog.get_logger(__name__)

# Nobody sends a charge that was opened so long ago: a process that was stopped meanwhile finds it resolved.
_STALE_SECONDS = 60.0


class GatewayCashier:
    """See `fs_app.ports.Cashier` for the contract. Keep one per process: it remembers how the gateway is.

    ``resolver`` asks again for what is unknown, after each pause of ``recheck_seconds``; without one it is left to
    the jobs. ``needs`` tell whether what a charge needs besides the gateway works.
    """

    def __init__(
        self,
        ledger: Ledger,
        gateway: Gateway,
        clock: Clock,
        *,
        marker: Marker | None = None,
        resolver: PaymentResolver | None = None,
        recheck_seconds: Sequence[float] = (),
        health: GatewayHealth | None = None,
        needs: Sequence[Callable[[], bool]] = (),
    ) -> None:
        self._ledger = ledger
        self._gateway = gateway
        self._clock = clock
        self._marker = marker
        self._resolver = resolver
        self._recheck_seconds = recheck_seconds
        self._health = health or GatewayHealth(gateway.check, clock)
        self._needs = needs

    def ready(self) -> bool:
        """False while the gateway is down or slow, or what else is needed for a charge is."""
        return self._health.good() and all(works() for works in self._needs)

    def pay(self, request: PaymentRequest, means: Means, *, save: bool = False) -> PaymentOutcome:
        """Take the payment; the result is Approved where, and only where, it is captured and recorded."""
        try:
            marks = self._marker.marks(request, means) if self._marker else ()
            payment = self._ledger.open(request, marks)
            owner = customer_of(request.account_id or payment.order_id)  # nobody's gift is nobody else's
            later = request.instalment is not None
            charge = ChargeRequest(payment.order_id, request.amount, means, owner, save=save, recurring=later)
            started = time.monotonic()
            result = self._authorise(payment, charge)
        finally:
            means.wipe()
        self._health.saw(result, time.monotonic() - started)
        outcome = self._booked(payment, result)
        if isinstance(outcome.result, Unknown):
            return self._asked_again(outcome, self._recheck_seconds)
        return outcome

    def last_attempt(self, call_uuid: str) -> Payment | None:
        """The attempt that was opened last in a call."""
        return self._ledger.last_of_call(call_uuid)

    def follow_up(self, payment: Payment) -> PaymentOutcome:
        """What became of an attempt whose server is gone; asked at once, as its answer may be there already."""
        unknown = PaymentOutcome(payment, Unknown("its server is gone"))
        return self._asked_again(unknown, (0.0, *self._recheck_seconds))

    def _authorise(self, payment: Payment, charge: ChargeRequest) -> ChargeResult:
        if (self._clock.now() - payment.opened_at).total_seconds() > _STALE_SECONDS:
            return Unavailable("this process was stopped before it could send the charge")
        return answer_of(lambda: self._gateway.authorise(charge))

    def _booked(self, payment: Payment, result: ChargeResult) -> PaymentOutcome:
        """Record the answer and, where the money is held, take it."""
        recorded = self._record(payment, result)
        if not isinstance(result, Approved):
            return PaymentOutcome(recorded or payment, result)
        if recorded is None:
            return PaymentOutcome(payment, Unknown("authorised, not recorded", result.transaction_id))
        if result.amount != payment.request.amount:
            return self._give_back(recorded, result)
        return self._take(recorded, result)

    def _asked_again(self, outcome: PaymentOutcome, pauses: Sequence[float]) -> PaymentOutcome:
        """While the caller waits: what became of it?"""
        payment = outcome.payment
        for pause in pauses if self._resolver else ():
            time.sleep(pause)
            try:
                payment = self._ledger.get(payment.id)
                if self._resolver is not None and payment.state in OPEN_STATES:
                    payment = self._resolver.resolve(payment).payment
                if payment.state not in OPEN_STATES:
                    return PaymentOutcome(payment, self._as_recorded(payment))
            except StoreError as error:
                _log.error("payment_not_resolved", payment=payment.id, error=str(error))
        return PaymentOutcome(payment, outcome.result)

    def _as_recorded(self, payment: Payment) -> ChargeResult:
        """The answer that an attempt which has ended got, as the ledger has it."""
        if payment.state in PAID_STATES and payment.transaction_id is not None:
            return Approved(payment.transaction_id, payment.request.amount)
        decline = self._ledger.decline_of(payment.id) if payment.state is PaymentState.DECLINED else None
        return decline or Unavailable("found at the gateway as not charged")

    def _take(self, payment: Payment, approved: Approved) -> PaymentOutcome:
        """Submit the recorded authorisation for settlement."""
        answer = answer_of(lambda: self._gateway.submit(approved.transaction_id, approved.amount))
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
        answer = answer_of(lambda: self._gateway.void(approved.transaction_id))
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
        except IllegalTransition as error:
            _log.error("payment_moved_meanwhile", payment=payment.id, answer=type(event).__name__, error=str(error))
            self._release(payment, event)
            return None
        except StoreError as error:
            _log.error("payment_not_recorded", payment=payment.id, answer=type(event).__name__, error=str(error))
            return None

    def _release(self, payment: Payment, event: Event) -> None:
        """An authorisation that came too late for its attempt is given back; it was never submitted."""
        if isinstance(event, Approved):
            answer = answer_of(lambda: self._gateway.void(event.transaction_id))
            _log.warning("late_authorisation", payment=payment.id, void=type(answer).__name__)
