"""What the feed looks at: the desk's database and the switches, read once for everybody who watches.

What moves while a caller types is read at each look; what moves when somebody clicks, every second or two. The
switches are asked aside: nobody waits for their answer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Generic, TypeVar

import gevent

from fs_app.console import assisting, callbacks, customers, floor, handovers
from fs_app.console.feed import Audience, Snapshot
from fs_app.console.handovers import View
from fs_app.console.words import Words, words_in
from fs_app.domain.handover import HandoverState
from fs_app.domain.people import Right, Role, may
from fs_app.ports import Clock
from fs_app.ports.console import (
    AssistRecord,
    CallbackRecord,
    DeskMessage,
    DeskMessages,
    DeskView,
    HandoverRecord,
    LiveRecord,
    QueueFigures,
)
from fs_app.ports.people import User, Users
from fs_app.ports.switchboard import AgentSeen, AgentStatus, Switchboard

T = TypeVar("T")

AGENT, FLOOR = "agent", "floor"
"""The pages that are live."""
ENDED_WITHIN = timedelta(minutes=15)
FIGURES_OF = timedelta(hours=12)


class Every(Generic[T]):
    """What is read again when it is older than so many seconds."""

    def __init__(self, seconds: float, read: Callable[[], T], now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._read = read
        self._now = now
        self._until = float("-inf")
        self._value: T

    def __call__(self) -> T:
        if self._now() >= self._until:
            self._value = self._read()
            self._until = self._now() + self._seconds
        return self._value


class Lately(Generic[T]):
    """The same for what may take long: whoever asks gets what was known before, and it is read aside."""

    def __init__(self, seconds: float, read: Callable[[], T], first: T, now: Callable[[], float] = time.monotonic):
        self._seconds = seconds
        self._read = read
        self._now = now
        self._until = float("-inf")
        self._value = first
        self._reading: gevent.Greenlet[[], None] | None = None

    def __call__(self) -> T:
        if self._now() >= self._until and (self._reading is None or self._reading.dead):
            self._reading = gevent.spawn(self.refresh)
        return self._value

    def refresh(self) -> None:
        """Read it now, and wait for it."""
        self._value = self._read()
        self._until = self._now() + self._seconds


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look has read."""

    records: Sequence[HandoverRecord]
    assists: Mapping[str, Sequence[AssistRecord]]  # by call


class Lookout:
    """Reads and presents. Every read waits for the database, off the hub, and may raise StoreUnavailable."""

    def __init__(
        self,
        desk: DeskView,
        messages: DeskMessages,
        switchboard: Switchboard,
        users: Users,
        accounts: customers.Customers,
        clock: Clock,
        zone: tzinfo,
    ) -> None:
        self._desk = desk
        self._messages = messages
        self._customers = accounts
        self._clock = clock
        self._zone = zone
        self._callbacks = Every[Sequence[CallbackRecord]](1.0, lambda: desk.callbacks())
        self._people = Every[Sequence[User]](5.0, users.all)
        self._figures = Every[Sequence[QueueFigures]](2.0, lambda: desk.queue_figures(clock.now() - FIGURES_OF))
        self._live = Every[Sequence[LiveRecord]](0.5, lambda: desk.live_calls(ENDED_WITHIN))
        self.agents = Lately[Sequence[AgentSeen] | None](5.0, switchboard.agents, None)
        self._accounts: dict[str, Every[customers.Known]] = {}
        self._before: dict[str, Every[customers.Known]] = {}

    def __call__(self, audiences: Set[Audience]) -> Mapping[Audience, Snapshot]:
        """A snapshot for each audience."""
        if not audiences:
            return {}
        seen, unseen = self._read(), self._unseen(audiences)
        before, self._accounts = self._accounts, {}
        self._before = before  # accounts that nobody looks at any more are not kept
        return {each: self._parts(each, seen, unseen) for each in audiences}

    def once(self, audience: Audience) -> Snapshot:
        """The snapshot that a page begins with."""
        return self._parts(audience, self._read(), self._unseen({audience}))

    def may_see(self, record: HandoverRecord, user: User) -> bool:
        """Whether an agent may see why somebody called: one whose call it is or was, who may say that it is, or who
        is about to call back."""
        if not may(user.roles, Right.TAKE_CALLS):
            return False
        if handovers.is_theirs(record, user) or handovers.is_free(record):
            return True
        number = record.ticket.id
        taken = (each for each in self._desk.callbacks() if each.taken_by == user.name)  # as it is this very moment
        return any(each.request.handover_id == number for each in taken)

    def _read(self) -> _Seen:
        records = self._desk.open_handovers()
        talking = [each.context.call_uuid for each in records if each.state is HandoverState.TALKING]
        assists: dict[str, list[AssistRecord]] = {}
        for each in self._desk.assists_of(talking) if talking else ():
            assists.setdefault(each.view.call_uuid, []).append(each)
        return _Seen(records, assists)

    def _unseen(self, audiences: Set[Audience]) -> Sequence[DeskMessage]:
        return self._messages.unseen({each.user.name for each in audiences if each.page == AGENT})

    def _parts(self, audience: Audience, seen: _Seen, unseen: Sequence[DeskMessage]) -> Snapshot:
        words = words_in(audience.user.language, self._zone)
        if audience.page == FLOOR:
            return self._floor(seen, words)
        mine = [each for each in unseen if each.to == audience.user.name]
        parts: dict[str, object] = {
            "me": self._me(audience.user, words),
            "calls": handovers.calls_for(seen.records, audience.user, words, self._clock.now(), audience.call),
            "callbacks": callbacks.shown(self._callbacks(), audience.user, words),
            "messages": _messages(mine, words),
        }
        if audience.call is not None:
            parts |= self._call(audience.call, audience.user, seen, words)
        return parts

    def _me(self, user: User, words: Words) -> View:
        """An agent's own state, as the switch tells it."""
        known = {each.name: each for each in self.agents() or ()}
        own = known.get(user.agent or "")
        status = "" if own is None else own.status
        return {
            "said": words.of("agent_status", status) if status else words("me.not_known"),
            "state": words.of("agent_state", own.state) if own is not None else "",
            **{each.name.lower(): status == each for each in AgentStatus},
        }

    def _call(self, handover_id: int, user: User, seen: _Seen, words: Words) -> dict[str, object]:
        """One hand-over's page; of one that this person may not see that it is somebody else's, and no more."""
        record = next((each for each in seen.records if each.ticket.id == handover_id), None)
        record = record or self._desk.handover(handover_id)
        if record is None or not self.may_see(record, user):
            return {"call": handovers.gone(words), "assist": assisting.BLANK, "orders": {"list": []}}
        call_uuid = record.context.call_uuid
        assists = seen.assists.get(call_uuid)
        if assists is None:
            assists = list(self._desk.assists_of([call_uuid]))
        last = assists[-1] if assists else None
        now = self._clock.now()
        skip = record.context.may_skip_code
        parts: dict[str, object] = {
            "call": handovers.standing(record, user, words, now),
            "assist": assisting.BLANK if last is None else assisting.shown(last, words, skip_code=skip),
            "orders": {"list": assisting.orders(self._desk.orders_of(call_uuid), words)},
        }
        if record.context.account_id:
            parts["account"] = customers.shown(self._known(record.context.account_id), words)
        return parts

    def _known(self, account: str) -> customers.Known:
        known = self._accounts.get(account) or self._before.get(account)
        if known is None:
            known = Every(2.0, lambda: self._customers.known(account))
        self._accounts[account] = known
        return known()

    def _floor(self, seen: _Seen, words: Words) -> Snapshot:
        views = [each[-1].view for each in seen.assists.values()]
        now = self._clock.now()
        people = [each for each in self._people() if Role.AGENT in each.roles and not each.disabled]
        return {
            "live": floor.calls(self._live(), seen.records, views, words, now),
            "queues": floor.queues(self._figures(), words),
            "agents": floor.agents(self.agents(), people, seen.records, words),
        }


def _messages(mine: Sequence[DeskMessage], words: Words) -> View:
    return {
        "list": [
            {
                "key": each.id,
                "seen": f"/agent/messages/{each.id}/seen",
                "by": words("message.by", name=each.by),
                "at": words.moment(each.at),
                "text": each.text,
            }
            for each in mine
        ],
        "none": not mine,
        "news": mine[-1].text if mine else "",
    }
