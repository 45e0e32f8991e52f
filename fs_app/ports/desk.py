"""The agents' desk: what a call tells the people who help its caller, and what they tell the call.

Everything goes through the database, so that any console sees any call of any worker on any switch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from fs_app.domain.assist import AssistView
from fs_app.domain.handover import HandoverEnd, Identified, Reason
from fs_app.domain.money import Money
from fs_app.domain.payment import PaymentId


@dataclass(frozen=True, slots=True)
class BillNote:
    """A bill as an agent reads it."""

    id: str
    number: str
    amount: Money


@dataclass(frozen=True, slots=True)
class FailureNote:
    """What failed in this call, and how often: ``declines``, ``pin``, ``no_answer``; or a decline's advice."""

    what: str
    times: int


@dataclass(frozen=True, slots=True)
class PaymentNote:
    """The last attempt to pay of this call. ``ending`` is paid, not_paid or being_checked."""

    id: PaymentId
    ending: str
    amount: Money
    brand: str
    last_four: str
    confirmation: str
    advice: str = ""  # the phrase that told the caller why it was declined


@dataclass(frozen=True, slots=True)
class Context:
    """Why somebody calls, so that nobody has to say it again. Nothing in it is a card's but brand and last four.

    ``said`` is what the caller heard last, oldest first, with longer digits left out; ``path`` are the steps with
    their outcomes, ``who:found``. ``steps`` are those of the flow that the caller can be sent back to.
    """

    call_uuid: str
    reason: Reason
    flow: str
    step: str  # the question at which the caller left
    language: str
    line: str = ""
    caller_id: str = ""
    identified: Identified = Identified.NO
    account_id: str = ""
    account_number: str = ""
    bills: tuple[BillNote, ...] = ()
    amount: Money | None = None
    payment: PaymentNote | None = None
    failures: tuple[FailureNote, ...] = ()
    said: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    may_skip_code: bool = False  # whether the operator lets an agent take a payment without a security code


@dataclass(frozen=True, slots=True)
class HandoverTicket:
    """A hand-over that was written down. ``reference`` goes to the agent's leg: letters and digits, hard to
    guess."""

    id: int
    reference: str


STALE_SECONDS = 30.0
"""Who ordered something that has not happened for so long does not expect it any more."""


class OrderKind(StrEnum):
    """What an agent can tell a call."""

    TAKE_PAYMENT = "take_payment"  # ``bills`` and ``amount``
    CLEAR = "clear"  # ask the field that is asked again
    BACK = "back"  # ask the field before it
    SKIP_CODE = "skip_code"  # go on without a security code
    CANCEL = "cancel"  # no payment, back to the talk
    SEND_TO = "send_to"  # ``target``: pay, survey, self_service, or a step of the flow
    TRANSFER = "transfer"  # ``target``: a queue


@dataclass(frozen=True, slots=True)
class Order:
    """One order for one call. ``by`` is who gave it. ``account`` is the number of the account that is paid, where
    that is not the one the caller is known for; ``bills`` are ids, none for what the caller was about to pay."""

    id: int
    call_uuid: str
    kind: OrderKind
    by: str
    bills: tuple[str, ...] = ()
    amount: Money | None = None
    target: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """A caller who wants to be called back at ``number``, digits with an optional leading +."""

    call_uuid: str
    queue: str
    number: str
    language: str
    handover_id: int | None = None


class Desk(Protocol):
    """What a call tells the desk. Those that say "soon" never wait and never raise; of several that tell the same
    only the newest is written."""

    def open(self, context: Context, queue: str) -> HandoverTicket:
        """Write down that a caller is about to be handed over; committed. StoreUnavailable."""
        ...

    def waiting(self, handover_id: int, place: int, expected_seconds: int | None) -> None:
        """The caller's place in the line, 1 is next. Soon."""
        ...

    def offered(self, handover_id: int, agent: str) -> None:
        """That agent's telephone rings; empty where nobody's does any more. Soon."""
        ...

    def talking(self, handover_id: int, agent: str, leg: str) -> None:
        """They talk; ``agent`` is empty where the switch does not say who. Told again, it is still so, and another
        leg is a transfer. Soon."""
        ...

    def alive(self, calls: Sequence[str]) -> None:
        """These calls (uuids) are up, and their worker lives. Soon."""
        ...

    def ended(self, handover_id: int, end: HandoverEnd) -> None:
        """It is over. Soon. The first end that is told counts."""
        ...

    def assist(self, view: AssistView) -> None:
        """How an assisted payment stands. Soon."""
        ...

    def take(self, calls: Sequence[str]) -> Sequence[Order]:
        """The orders for these calls (uuids) that nobody has taken, oldest first; each is returned once. One that
        nobody took for `STALE_SECONDS` is not wanted any more: it has ``lapsed``. StoreUnavailable."""
        ...

    def answer(self, order_id: int, result: str) -> None:
        """What came of an order: ``done``, or why not, a word of a closed set. Soon."""
        ...

    def call_back(self, request: CallbackRequest) -> None:
        """Write down who wants to be called back; committed, once for a call. StoreUnavailable."""
        ...

    def expected_wait(self, queue: str, place: int, agents: int) -> int | None:
        """About how many seconds until a caller at this place is served, by the talks of the last hours; None where
        there were too few. ``agents`` are on duty. StoreUnavailable."""
        ...


class Orders(Protocol):
    """Hands orders to the calls of this process, as soon as they are given."""

    def follow(self, call_uuid: str, take: Callable[[Order], None]) -> None:
        """From now on ``take`` gets the orders for this call. In the hub: it must not wait."""
        ...

    def leave(self, call_uuid: str) -> None:
        """Nobody takes them any more; harmless when repeated."""
        ...


@dataclass(frozen=True, slots=True)
class LiveCall:
    """A call that is up. ``place`` is its step; ``since`` and ``step_since`` are UTC."""

    uuid: str
    worker: str  # host and process that has it
    flow: str
    step: str
    language: str
    since: datetime
    step_since: datetime
    line: str = ""
    caller_id: str = ""
    account_id: str = ""
    secret: bool = field(default=False)
    """True while a secret is asked for: nobody may listen in."""


class LiveCalls(Protocol):
    """Where the workers tell what is up. Never waits, never raises."""

    def tell(self, call: LiveCall) -> None:
        """Where a call is. Soon."""
        ...

    def end(self, uuid: str, outcome: str, at: datetime) -> None:
        """It is over; ``outcome`` as in the call's line of the log. Soon."""
        ...
