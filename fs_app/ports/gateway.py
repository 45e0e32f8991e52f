"""The payment gateway: what is asked of it, and its transactions, batches and disputes as it has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from fs_app.domain.means import CustomerId
from fs_app.domain.money import Money
from fs_app.domain.payment import (
    ChargeResult,
    Declined,
    Means,
    OrderId,
    Submitted,
    TransactionId,
    Unavailable,
    Unknown,
    Voided,
)
from fs_app.domain.standing import GatewayRecord


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """What goes to the gateway. A card is handed over once and is wiped by its owner afterwards.

    ``customer`` is whose account it is at the gateway, ``save`` whether its holder agreed that the gateway keeps
    the card or bank account. ``recurring`` tells the processor that nobody is on the line: the payer agreed to it
    before (a stored credential).
    """

    order_id: OrderId
    amount: Money
    means: Means
    customer: CustomerId | None = None
    save: bool = False
    recurring: bool = False


@dataclass(frozen=True, slots=True)
class GatewayTrouble:
    """Why the gateway cannot be used, in words for an admin; ``lasting`` where waiting does not help: bad keys."""

    reason: str
    lasting: bool

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One line of the settlement report of a day: how many transactions of a kind were settled, and their sum."""

    merchant_account: str
    card_type: str
    kind: Literal["sale", "credit"]
    count: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Dispute:
    """A chargeback, retrieval or pre-arbitration on one of our transactions, as the gateway has it."""

    id: str
    transaction_id: TransactionId
    status: str  # the gateway's word: open, won, lost, accepted, disputed, expired ...
    kind: str
    reason: str
    amount: Money
    received_on: date | None = None
    reply_by: date | None = None


@dataclass(frozen=True, slots=True)
class Hint:
    """What a webhook is about. A hint to look, never the truth: nothing but the ids is used."""

    kind: str
    transaction_id: TransactionId | None = None
    dispute_id: str | None = None


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
        """Every transaction with that order id, oldest first; None where the gateway could not be asked. The index
        may lag behind: nothing found is not yet proof of nothing there."""
        ...

    def look(self, transaction_id: TransactionId) -> GatewayRecord | None:
        """One transaction as it stands, by its id and without the search index; None where it could not be asked
        or there is none."""
        ...

    def check(self) -> GatewayTrouble | None:
        """Ask the gateway whether it takes our requests. None where it does."""
        ...


class GatewayOffice(Protocol):
    """What the back office asks a gateway. Every method returns a value and never raises."""

    def transactions(self, since: datetime, until: datetime) -> Sequence[GatewayRecord] | None:
        """Every transaction created in ``since <= t < until`` (UTC), oldest first; None where it could not be
        asked."""
        ...

    def settled(self, day: date) -> Sequence[GatewayRecord] | None:
        """Every transaction in the settlement batches of a day, oldest first; None where it could not be asked."""
        ...

    def bank_returns(self, since: datetime, until: datetime) -> Sequence[GatewayRecord] | None:
        """Every debit of a bank account that its bank took back in that time (UTC), whenever it was made, oldest
        first; None where it could not be asked."""
        ...

    def batches(self, day: date) -> Sequence[BatchLine] | None:
        """The settlement report of a day; None where it could not be asked."""
        ...

    def dispute(self, dispute_id: str) -> Dispute | None:
        """A dispute as it stands; None where it could not be asked or there is none."""
        ...

    def hint(self, signature: str, payload: str) -> Hint | None:
        """What a webhook is about; None where its signature is not the gateway's."""
        ...

    def challenge(self, challenge: str) -> str | None:
        """The answer to the gateway's check of a webhook address; None where the challenge is malformed."""
        ...


class Hints(Protocol):
    """Webhooks that were believed. Raises StoreUnavailable."""

    def take(self, payload: str, hint: Hint) -> bool:
        """Remember a webhook by its signed payload and make what it is about due now, in one transaction. False
        where it came before: then it has no effect."""
        ...
