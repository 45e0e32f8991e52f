"""The ports: what the flow needs from the world, and what passes through. Read this first.

A port is a Protocol; ``app.py`` plugs the concrete classes in. Contract tests in ``tests/contract`` hold the
fake and the real thing of every port to the same behaviour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeVar

from fs_app.domain.bill import Account, Bill
from fs_app.domain.card import Card
from fs_app.domain.keys import Field, Heard
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
from fs_app.domain.prompt import Prompt

T = TypeVar("T")


# --- the caller ----------------------------------------------------------------------------------------------


class Handover(StrEnum):
    """How a hand-over to an agent queue ended."""

    TALKED = "talked"  # an agent and the caller were connected
    NOT_ANSWERED = "not_answered"  # no agent took the call
    FAILED = "failed"  # the switch would not do it: no such queue, module missing


class Channel(Protocol):
    """One caller on one line. Every method may raise `CallEnded`, at once when the caller hangs up."""

    @property
    def uuid(self) -> str:
        """The switch's uuid of the caller's leg."""
        ...

    language: str
    """The language prompts are spoken in; a step may change it."""

    def answer(self) -> None:
        """Take the call and get its keypad ready. Once, before anything else."""
        ...

    def play(self, prompt: Prompt, *, interruptible: bool = True) -> None:
        """Say a prompt to its end, as one command. A key ends an interruptible one and is kept for the next
        question; keys pressed in one that is not interruptible are kept too."""
        ...

    def ask(self, prompt: Prompt, field: Field) -> Heard:
        """Say a prompt and take one answer: barge-in, type-ahead, first-key and inter-key times, universal keys.

        ``*`` on typed keys and a lone ``9`` say the prompt again inside this call. The result is one of ENTERED,
        TOO_SHORT, WRONG_KEY, SILENCE, AGENT, BACK.
        """
        ...

    def play_while(self, prompt: Prompt, work: Callable[[], T]) -> T:
        """Say a prompt, again and again if need be, while ``work`` runs in its own greenlet; return its result
        or raise its exception. When the caller hangs up, `CallEnded` is raised at once and the work goes on to
        its end."""
        ...

    def forget_keys(self) -> None:
        """Drop what was typed early: across a charge, a menu that changed, or an error."""
        ...

    def hand_over(self, queue: str) -> Handover:
        """Send the caller to an agent queue and wait until that has ended. UnsafeArgument for a bad name."""
        ...

    def hang_up(self) -> None:
        """End the call."""
        ...


@dataclass(frozen=True, slots=True)
class Utterance:
    """A prompt in one language: the files that are played in order, the text as heard, its length in seconds."""

    files: tuple[Path, ...]
    text: str
    seconds: float


class Voice(Protocol):
    """Turns a prompt into sound files; knows which phrases exist."""

    @property
    def languages(self) -> Sequence[str]:
        """The languages that prompts exist in, e.g. ``["en"]``."""
        ...

    def render(self, prompt: Prompt, language: str) -> Utterance:
        """The files and the text of a prompt. KeyError for a phrase that does not exist: the flow check keeps
        those from meeting a call."""
        ...

    def gaps(self, phrase: str, language: str) -> frozenset[str] | None:
        """The names of the gaps in a phrase, None where the language does not have the phrase."""
        ...


# --- the operator's data -------------------------------------------------------------------------------------


class Directory(Protocol):
    """Accounts and bills, in our tables or the operator's own database. Raises StoreUnavailable.

    Every method answers within the database deadline of the settings and never blocks the hub.
    """

    def by_number(self, number: str) -> Account | None:
        """The account whose number the caller keyed (digits only)."""
        ...

    def by_caller_id(self, caller_id: str) -> Account | None:
        """The one account with that telephone number on file; None where none or several have it."""
        ...

    def pin_matches(self, account: Account, pin: str) -> bool:
        """Compare a keyed PIN with the account's hash, in constant time and off the hub."""
        ...

    def open_bill(self, account: Account) -> Bill | None:
        """What is due on the account: its oldest open bill, less what our ledger took since; None without one."""
        ...


# --- money ---------------------------------------------------------------------------------------------------


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


# --- time ----------------------------------------------------------------------------------------------------


class Clock(Protocol):
    """Wall-clock time; injected so that tests own it."""

    def now(self) -> datetime:
        """The time in UTC, aware."""
        ...

    def today(self) -> date:
        """The day where the operator is (settings: ``timezone``): what expiry dates are compared with."""
        ...


class Journal(Protocol):
    """Where a call's path through its flow is written: the one log line of a call, and metrics."""

    def step(self, name: str, kind: str, outcome: str, seconds: float) -> None:
        """A step ended with that outcome after so many seconds."""
        ...

    def note(self, values: Mapping[str, str | int]) -> None:
        """Facts worth a place in the call's line: payment id, ending, brand. Never a card digit."""
        ...
