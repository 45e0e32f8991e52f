"""What people at the agents' desk see of it, and what they tell it: the other side of `ports.desk`.

The console reads what the calls have told, of any worker on any switch, and writes orders and notes; it never
speaks to a call. Every method raises StoreUnavailable where the database does not answer. Pages ask again every
second or so: each answer is one query, or two. All times are UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from fs_app.domain.assist import AssistView
from fs_app.domain.handover import HandoverEnd, HandoverState
from fs_app.domain.money import Money
from fs_app.ports.desk import CallbackRequest, Context, HandoverTicket, LiveCall, Order, OrderKind


@dataclass(frozen=True, slots=True)
class HandoverRecord:
    """A hand-over as it stands. ``agent`` is who is rung or talks, as the queue or `DeskView.claim` says it; empty
    where nobody knows. ``leg`` is the agent's leg, ``alive_at`` when a worker last told of it: one that has not for
    a minute may be dead, and `jobs` ends its hand-overs as lost after some."""

    ticket: HandoverTicket
    context: Context
    queue: str
    state: HandoverState
    end: HandoverEnd
    created_at: datetime
    alive_at: datetime
    agent: str = ""
    leg: str = ""
    place: int | None = None  # in the line, 1 is next
    expected_seconds: int | None = None
    offered_at: datetime | None = None  # to the agent who was rung last
    answered_at: datetime | None = None  # by the first
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AssistRecord:
    """An assisted payment as it stands, and since when."""

    view: AssistView
    started_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order and what came of it. ``result`` is empty until the call has answered: ``done``, or why not;
    ``withdrawn`` where whoever gave it took it back, ``lapsed`` where no call took it."""

    order: Order
    created_at: datetime
    taken_at: datetime | None = None
    result: str = ""
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LiveRecord:
    """A call that is up, or was until lately. ``told_at`` is when its worker last told of it."""

    call: LiveCall
    told_at: datetime
    outcome: str = ""
    ended_at: datetime | None = None


class CallbackState(StrEnum):
    """Where a call back stands."""

    WAITING = "waiting"
    TAKEN = "taken"  # somebody is about to call
    DONE = "done"
    GIVEN_UP = "given_up"  # nobody answered there, or nobody is to be called any more


@dataclass(frozen=True, slots=True)
class CallbackRecord:
    """Who wants to be called back. ``taken_by`` is who calls, or did."""

    id: int
    request: CallbackRequest
    state: CallbackState
    asked_at: datetime
    taken_by: str = ""
    taken_at: datetime | None = None
    closed_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class NoteRecord:
    """What somebody wrote down about an account. Never changed."""

    id: int
    account_id: str
    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One queue: how many are where now, and how it went since the time that was asked for. ``waiting_since`` is
    of the one who waits longest; means are in seconds and None where nobody was answered."""

    queue: str
    waiting: int = 0
    offered: int = 0
    talking: int = 0
    waiting_since: datetime | None = None
    answered: int = 0
    gave_up: int = 0
    not_served: int = 0  # no agents, queue full, not answered in time
    mean_wait: float | None = None
    mean_talk: float | None = None


class DeskView(Protocol):
    """The desk as its people see it."""

    # Callers who are handed over.

    def open_handovers(self, agent: str | None = None) -> Sequence[HandoverRecord]:
        """Those that are not over, the oldest first; with ``agent`` only those who are theirs."""
        ...

    def handover(self, handover_id: int) -> HandoverRecord | None:
        """One; None where there is none with that id."""
        ...

    def by_reference(self, reference: str) -> HandoverRecord | None:
        """The one whose reference is on the agent's leg."""
        ...

    def handovers_of(self, call_uuid: str) -> Sequence[HandoverRecord]:
        """Every one of a call, oldest first."""
        ...

    def recent(
        self,
        *,
        account_id: str | None = None,
        agent: str | None = None,
        queue: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> Sequence[HandoverRecord]:
        """The newest first, open ones too; ``before`` is an id, for the next page."""
        ...

    def claim(self, handover_id: int, agent: str) -> bool:
        """Say who has the caller, where the queue does not; False where somebody has, or it is over."""
        ...

    def assists_of(self, calls: Sequence[str]) -> Sequence[AssistRecord]:
        """The assisted payments of these calls (uuids), by call, oldest first."""
        ...

    # Orders.

    def give_order(
        self,
        call_uuid: str,
        kind: OrderKind,
        by: str,
        *,
        bills: Sequence[str] = (),
        amount: Money | None = None,
        target: str = "",
        account: str = "",
    ) -> int:
        """Tell a call something; its id. The call takes it within a second or two. ValueError for a target that is
        no name of a step or a queue, and for an account that is no number of one."""
        ...

    def order(self, order_id: int) -> OrderRecord | None:
        """What came of an order."""
        ...

    def orders_of(self, call_uuid: str) -> Sequence[OrderRecord]:
        """Every order for a call, oldest first."""
        ...

    def withdraw_order(self, order_id: int) -> bool:
        """Take back an order that no call has taken; False where one has: then what comes of it is told."""
        ...

    # Calls that are up.

    def live_calls(self, ended_within: timedelta = timedelta()) -> Sequence[LiveRecord]:
        """Those that are up, the oldest first, and those that ended within so long."""
        ...

    def live_call(self, uuid: str) -> LiveRecord | None:
        """One; None where nothing is known of it any more."""
        ...

    def queue_figures(self, since: datetime) -> Sequence[QueueFigures]:
        """Every queue that somebody waits in, or was handed over to since then, by name."""
        ...

    # Calls back.

    def callbacks(
        self, *, queue: str | None = None, closed: bool = False, limit: int = 100
    ) -> Sequence[CallbackRecord]:
        """Those that are not closed, the oldest first; with ``closed`` those that are, the newest first."""
        ...

    def callback(self, callback_id: int) -> CallbackRecord | None:
        """One; None where there is none with that id."""
        ...

    def take_callback(self, callback_id: int, by: str) -> bool:
        """Somebody is about to call; False where somebody else is, or it is closed."""
        ...

    def return_callback(self, callback_id: int, by: str) -> bool:
        """Who took it leaves it to others; False where they had not taken it."""
        ...

    def close_callback(self, callback_id: int, by: str, *, done: bool, note: str = "") -> bool:
        """It is done, or given up; False where it was closed already."""
        ...

    # Accounts.

    def notes_of(self, account_id: str, limit: int = 100) -> Sequence[NoteRecord]:
        """The newest first."""
        ...

    def add_note(self, account_id: str, by: str, text: str) -> NoteRecord:
        """Write something down. A long number in it is left out: it could be a card's."""
        ...


@dataclass(frozen=True, slots=True)
class DeskMessage:
    """What a supervisor tells an agent, about a call or not. ``to`` and ``by`` are login names."""

    id: int
    to: str
    by: str
    at: datetime
    text: str
    call_uuid: str = ""
    seen_at: datetime | None = None


class DeskMessages(Protocol):
    """What people at the desk tell each other. Raises StoreUnavailable."""

    def send(self, to: str, by: str, text: str, call_uuid: str = "") -> DeskMessage:
        """Write it down. A long number in it is left out: it could be a card's."""
        ...

    def unseen(self, to: Collection[str]) -> Sequence[DeskMessage]:
        """What these people have not seen yet, oldest first."""
        ...

    def seen(self, message_id: int, to: str) -> bool:
        """They have seen it; False where it is not theirs, or was seen before."""
        ...

    def of_call(self, call_uuid: str) -> Sequence[DeskMessage]:
        """What was told about a call, oldest first."""
        ...
