"""The ledger: payment attempts, refunds and their history, and the work that is due on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from fs_app.domain.allocation import Allocation
from fs_app.domain.payment import Declined, Event, OrderId, Payment, PaymentId, PaymentRequest, TransactionId
from fs_app.domain.refund import Refund, RefundId, RefundRequest, RefundState
from fs_app.domain.velocity import Mark
from fs_app.ports.gateway import Dispute


@dataclass(frozen=True, slots=True)
class LedgerEvent:
    """One line of a payment's history: append-only. ``state`` is a payment state, or ``note``, ``refund``,
    ``dispute`` for a line that did not move the payment."""

    at: datetime  # UTC
    state: str
    detail: str


class PaymentHistory(Protocol):
    """What became of payments, for whoever tells it to the account's holder. Raises StoreUnavailable."""

    def of_account(self, account_id: str, limit: int) -> Sequence[Payment]:
        """The last attempts on an account that took money, may take it, or lost it again; the newest first."""
        ...

    def by_confirmation(self, confirmation: str) -> Payment | None:
        """The attempt with that confirmation number."""
        ...

    def history(self, payment_id: PaymentId) -> Sequence[LedgerEvent]:
        """What happened to the attempt, oldest first."""
        ...


class Ledger(PaymentHistory, Protocol):
    """Payment attempts and their history; enforces the table of states. Raises StoreUnavailable."""

    def open(self, request: PaymentRequest, marks: Sequence[Mark] = ()) -> Payment:
        """Commit a new attempt with a unique order id and confirmation number, before anything is sent.
        BillBusy where another attempt on one of its bills is open, or one was paid since its balance was told, or
        its instalment is paid or being paid; TooManyAttempts where a velocity limit is reached; ValueError where
        its allocations and its fee do not sum to its amount."""
        ...

    def record(self, payment_id: PaymentId, event: Event, *, payer_knows: bool = True) -> Payment:
        """Append what the gateway answered and move the attempt; its receipt and the next look at it are written
        in the same transaction. IllegalTransition where the table forbids it. ``payer_knows=False``: they
        were told that it is being checked, or nothing at all; so the outcome is written to them even where nothing
        was paid."""
        ...

    def note(self, payment_id: PaymentId, detail: str) -> None:
        """Append a line that moves nothing."""
        ...

    def get(self, payment_id: PaymentId) -> Payment:
        """The attempt as it stands. KeyError for an unknown id."""
        ...

    def by_order(self, order_id: OrderId) -> Payment | None:
        """The attempt with that order id."""
        ...

    def by_transaction(self, transaction_id: TransactionId) -> Payment | None:
        """The attempt that was captured as that transaction, or refunded by it."""
        ...

    def last_of_call(self, call_uuid: str) -> Payment | None:
        """The attempt that was opened last in that call."""
        ...

    def decline_of(self, payment_id: PaymentId) -> Declined | None:
        """Why the attempt was declined; None where it was not."""
        ...

    def return_of(self, payment_id: PaymentId) -> str | None:
        """The code that the attempt was returned with, empty where none came; None where it was not returned."""
        ...

    def allocations(self, payment_id: PaymentId) -> Sequence[Allocation]:
        """What of the attempt goes to which bill, in order."""
        ...

    def payments(self, *, since: datetime | None = None, until: datetime | None = None) -> Sequence[Payment]:
        """All attempts opened at or after a time and before another (UTC), oldest first."""
        ...


class RefundBook(Protocol):
    """Refunds and their history, on the same tables as the ledger. Raises StoreUnavailable."""

    def open_refund(self, request: RefundRequest) -> tuple[Refund, bool]:
        """Commit a refund before the gateway is asked, and True; the same key and request again return the refund
        that was opened first, and False: whoever opened it, or the jobs, bring it to its end. RefundRefused where
        the payment was not captured, the sum would exceed what was, or the key belongs to another request.
        KeyError for an unknown payment."""
        ...

    def record_refund(self, refund_id: RefundId, state: RefundState, detail: str,
                      transaction_id: TransactionId | None = None) -> Refund:  # fmt: skip
        """Append what the gateway answered and move the refund; a payment whose captured amount has wholly
        arrived back becomes REFUNDED. IllegalTransition where the table forbids it."""
        ...

    def get_refund(self, refund_id: RefundId) -> Refund:
        """The refund as it stands. KeyError for an unknown id."""
        ...

    def refunds(self, *, payment_id: PaymentId | None = None, since: datetime | None = None,
                until: datetime | None = None) -> Sequence[Refund]:  # fmt: skip
        """Refunds of a payment, or opened within a time (UTC), oldest first."""
        ...


class DisputeBook(Protocol):
    """The disputes on our payments. Raises StoreUnavailable."""

    def book(self, dispute: Dispute) -> bool:
        """Keep a dispute as the gateway has it now, and append to its payment's history where it changed. False
        where no payment of ours was captured as its transaction."""
        ...

    def disputes(self, *, payment_id: PaymentId | None = None) -> Sequence[Dispute]:
        """The disputes of a payment, or all, the oldest first."""
        ...


class TaskKind(StrEnum):
    """What a task is about; its subject is the id of that thing."""

    PAYMENT = "payment"
    REFUND = "refund"
    RECEIPT = "receipt"
    DISPUTE = "dispute"
    INSTALMENT = "instalment"


@dataclass(frozen=True, slots=True)
class Task:
    """Work that is due, as one worker has claimed it. ``tries`` counts the looks before this one."""

    id: int
    kind: TaskKind
    subject: str
    tries: int
    due_at: datetime  # UTC
    claim: str = ""
    note: str = ""


class Tasks(Protocol):
    """Work in the database, claimed there, so that any number of workers may run. Raises StoreUnavailable.

    A claim ends with its lease: a worker that died loses it. What a worker does to a task it has lost changes
    nothing.
    """

    def claim(self, kinds: Sequence[TaskKind], *, limit: int, lease_seconds: float) -> Sequence[Task]:
        """Claim what is due, the longest overdue first."""
        ...

    def finish(self, task: Task) -> None:
        """Nothing is left to do."""
        ...

    def release(self, task: Task) -> None:
        """Let go of the claim; when it is due was decided by what was recorded meanwhile."""
        ...

    def put_off(self, task: Task, due_at: datetime, note: str) -> None:
        """Look again later; ``tries`` goes up by one."""
        ...

    def give_up(self, task: Task, note: str) -> None:
        """A person has to look: the task waits until it is woken."""
        ...

    def wake(self, kind: TaskKind, subject: str) -> None:
        """Make it due now, and make it if there is none: a hint came, or a person asked."""
        ...

    def stuck(self) -> Sequence[Task]:
        """What was given up and waits for a person, oldest first."""
        ...
