"""A charge that goes on alone, as the caller of an assisted payment has hung up: the agent is shown its end all the
same."""

from __future__ import annotations

from collections.abc import Callable

from fs_app.domain.payment import Means, Payment, PaymentRequest
from fs_app.errors import StoreError
from fs_app.ports import Cashier, PaymentOutcome


class LookedOnCashier:
    """The Cashier port of one assisted payment. ``alone`` is told what a charge came to, or why it was not even
    tried, in the greenlet that made it, where nobody waits for that any more; it must not wait."""

    def __init__(self, cashier: Cashier) -> None:
        self._cashier = cashier
        self.alone: Callable[[PaymentOutcome | StoreError], None] | None = None

    def ready(self) -> bool:
        """As the cashier says."""
        return self._cashier.ready()

    def pay(self, request: PaymentRequest, means: Means, *, save: bool = False) -> PaymentOutcome:
        """As the cashier does."""
        try:
            outcome = self._cashier.pay(request, means, save=save)
        except StoreError as refusal:
            self._tell(refusal)
            raise
        self._tell(outcome)
        return outcome

    def last_attempt(self, call_uuid: str) -> Payment | None:
        """As the cashier knows."""
        return self._cashier.last_attempt(call_uuid)

    def follow_up(self, payment: Payment) -> PaymentOutcome:
        """As the cashier does."""
        return self._cashier.follow_up(payment)

    def _tell(self, what: PaymentOutcome | StoreError) -> None:
        if self.alone is not None:
            self.alone(what)
