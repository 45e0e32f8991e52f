"""Money: the gateway, the ledger, and the cashier who uses both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fs_app.domain.card import Card
from fs_app.domain.money import Money
from fs_app.domain.payment import (
    ChargeResult,
    Declined,
    Event,
    OrderId,
    Payment,
    PaymentId,
    PaymentRequest,
    Submitted,
    TransactionId,
    Unavailable,
    Unknown,
    Voided,
)


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """What goes to the gateway. The card is handed over once and is wiped by its owner afterwards."""

    order_id: OrderId
    amount: Money
    card: Card


class Gateway(Protocol):
    """A payment gateway. Every method returns a value and never raises: a vendor's exception holds card data."""

    def authorise(self, request: ChargeRequest) -> ChargeResult:
        """Hold the money. Approved, Declined, Unavailable (nothing charged, for certain) or Unknown."""
        ...

    def submit(self, transaction_id: TransactionId, amount: Money) -> Submitted | Unavailable | Unknown:
        """Submit an authorisation for settlement. Repeating it is harmless: already submitted is Submitted."""
        ...

    def void(self, transaction_id: TransactionId) -> Voided | Unavailable | Unknown:
        """Give an authorisation or an unsettled capture back. Repeating it is harmless."""
        ...

    def refund(
        self, transaction_id: TransactionId, amount: Money, order_id: OrderId
    ) -> Submitted | Declined | Unavailable | Unknown:
        """Give settled money back, whole or in part, as a new transaction with its own order id."""
        ...

    def find(self, order_id: OrderId) -> Sequence[GatewayRecord] | None:
        """Every transaction with that order id, oldest first; None where the gateway could not be asked."""
        ...

    def check(self) -> GatewayTrouble | None:
        """Ask the gateway whether it takes our requests. None where it does."""
        ...


@dataclass(frozen=True, slots=True)
class GatewayTrouble:
    """Why the gateway cannot be used, in words for an admin; ``lasting`` where waiting does not help: bad keys."""

    reason: str
    lasting: bool

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class GatewayRecord:
    """A transaction as the gateway has it. ``status`` is its own word, e.g. ``submitted_for_settlement``."""

    transaction_id: TransactionId
    order_id: OrderId
    status: str
    amount: Money
    captured: bool  # submitted for settlement, settling or settled
    created_at: datetime  # UTC


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """One line of a payment's history: append-only."""

    at: datetime  # UTC
    state: str
    detail: str


class Ledger(Protocol):
    """Payment attempts and their history; enforces the table of states. Raises StoreUnavailable."""

    def open(self, request: PaymentRequest) -> Payment:
        """Commit a new attempt with a unique order id and confirmation number, before anything is sent.
        BillBusy where another attempt on the bill is open."""
        ...

    def record(self, payment_id: PaymentId, event: Event) -> Payment:
        """Append what the gateway answered and move the attempt. IllegalTransition where the table forbids it."""
        ...

    def get(self, payment_id: PaymentId) -> Payment:
        """The attempt as it stands. KeyError for an unknown id."""
        ...

    def history(self, payment_id: PaymentId) -> Sequence[LedgerEvent]:
        """What happened to the attempt, oldest first."""
        ...

    def payments(self, *, since: datetime | None = None) -> Sequence[Payment]:
        """All attempts opened at or after a time (UTC), oldest first."""
        ...


class Cashier(Protocol):
    """Takes one payment: opens the attempt, authorises, records, submits, records."""

    def pay(self, request: PaymentRequest, card: Card) -> PaymentOutcome:
        """Returns a value whatever happens, and wipes the card. BillBusy and StoreUnavailable where not even an
        attempt could be opened: then nothing was sent."""
        ...

    def ready(self) -> bool:
        """False while the gateway is known to be down: then no card is asked for."""
        ...


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    """How a payment ended. ``payment`` is the attempt as recorded last; ``result`` the gateway's own answer."""

    payment: Payment
    result: ChargeResult
