"""In-memory stand-ins for the agents' desk: a test reads what calls told, and puts orders where they take them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from fs_app.domain.assist import AssistView
from fs_app.domain.handover import HandoverEnd, HandoverState
from fs_app.errors import StoreUnavailable
from fs_app.ports import (
    STALE_SECONDS,
    CallbackRequest,
    Clock,
    Context,
    HandoverRecord,
    HandoverTicket,
    LiveCall,
    LiveRecord,
    Order,
)

_RECENTLY = timedelta(hours=4)
_FEWEST_TALKS = 3


@dataclass
class FakeDesk:
    """Implements `ports.Desk`. ``handovers`` by id as they stand, ``told`` is each word of it in order; ``assists``
    are all that were told; ``orders`` are those that nobody has taken. While ``down`` what waits for the database
    is an error."""

    clock: Clock
    handovers: dict[int, HandoverRecord] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    assists: list[AssistView] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    given_at: dict[int, datetime] = field(default_factory=dict)  # by the order's id; those without are fresh
    answers: dict[int, str] = field(default_factory=dict)
    callbacks: dict[str, CallbackRequest] = field(default_factory=dict)  # by the call's uuid
    down: bool = False

    def open(self, context: Context, queue: str) -> HandoverTicket:
        self._check()
        number, at = len(self.handovers) + 1, self.clock.now()
        ticket = HandoverTicket(number, f"ref{number:09d}")
        state, end = HandoverState.WAITING, HandoverEnd.OPEN
        self.handovers[number] = HandoverRecord(ticket, context, queue, state, end, created_at=at, alive_at=at)
        self.told.append(f"{number} opened for {queue}")
        return ticket

    def waiting(self, handover_id: int, place: int, expected_seconds: int | None) -> None:
        self._tell(handover_id, f"waiting at {place}", place=place, expected_seconds=expected_seconds)

    def offered(self, handover_id: int, agent: str) -> None:
        if not agent:
            self._tell(handover_id, "offered to nobody", state=HandoverState.WAITING, agent="")
            return
        known = self.handovers[handover_id]
        at = known.offered_at if agent == known.agent and known.offered_at else self.clock.now()
        told = f"offered to {agent}"
        self._tell(handover_id, told, state=HandoverState.OFFERED, agent=agent, offered_at=at)

    def talking(self, handover_id: int, agent: str, leg: str) -> None:
        known = self.handovers[handover_id]
        who = agent or (known.agent if known.leg in ("", leg) else "")
        at = known.answered_at or self.clock.now()
        told = f"talking to {agent} on {leg}"
        self._tell(handover_id, told, state=HandoverState.TALKING, agent=who, leg=leg, answered_at=at)

    def alive(self, calls: Sequence[str]) -> None:
        for number, known in self.handovers.items():
            if known.context.call_uuid in calls and known.state is not HandoverState.ENDED:
                self.handovers[number] = replace(known, alive_at=self.clock.now())

    def ended(self, handover_id: int, end: HandoverEnd) -> None:
        self._tell(handover_id, f"ended: {end}", state=HandoverState.ENDED, end=end, ended_at=self.clock.now())

    def assist(self, view: AssistView) -> None:
        self.assists.append(view)

    def take(self, calls: Sequence[str]) -> Sequence[Order]:
        self._check()
        taken = sorted((order for order in self.orders if order.call_uuid in calls), key=lambda order: order.id)
        self.orders = [order for order in self.orders if order not in taken]
        stale = self.clock.now() - timedelta(seconds=STALE_SECONDS)
        fresh = [order for order in taken if self.given_at.get(order.id, self.clock.now()) > stale]
        self.answers |= {order.id: "lapsed" for order in taken if order not in fresh}
        return fresh

    def answer(self, order_id: int, result: str) -> None:
        self.answers[order_id] = result

    def call_back(self, request: CallbackRequest) -> None:
        self._check()
        self.callbacks[request.call_uuid] = request

    def expected_wait(self, queue: str, place: int, agents: int) -> int | None:
        self._check()
        talks = [
            (each.ended_at - each.answered_at).total_seconds()
            for each in self.handovers.values()
            if each.queue == queue and each.end is not HandoverEnd.LOST and each.answered_at and each.ended_at
            if each.ended_at > self.clock.now() - _RECENTLY
        ]
        if len(talks) < _FEWEST_TALKS:
            return None
        return round(sum(talks) / len(talks) * place / max(agents, 1))

    def _tell(self, handover_id: int, words: str, **values: object) -> None:
        self.told.append(f"{handover_id} {words}")
        known = self.handovers[handover_id]
        if known.end is HandoverEnd.OPEN:
            self.handovers[handover_id] = replace(known, **values, alive_at=self.clock.now())  # type: ignore[arg-type]

    def _check(self) -> None:
        if self.down:
            raise StoreUnavailable("the fake database is down")


@dataclass
class FakeLiveCalls:
    """Implements `ports.LiveCalls`: ``calls`` by uuid as they stand, ``told`` is all that was told of them."""

    clock: Clock
    calls: dict[str, LiveRecord] = field(default_factory=dict)
    told: list[LiveCall] = field(default_factory=list)

    def tell(self, call: LiveCall) -> None:
        self.told.append(call)
        self.calls[call.uuid] = LiveRecord(call, told_at=self.clock.now())

    def end(self, uuid: str, outcome: str, at: datetime) -> None:
        known = self.calls.get(uuid)
        if known is not None and known.ended_at is None:
            self.calls[uuid] = replace(known, outcome=outcome, ended_at=at)


@dataclass
class FakeOrders:
    """Implements `ports.Orders`: ``takers`` by the call's uuid, to whom a test hands an order."""

    takers: dict[str, Callable[[Order], None]] = field(default_factory=dict)

    def follow(self, call_uuid: str, take: Callable[[Order], None]) -> None:
        self.takers[call_uuid] = take

    def leave(self, call_uuid: str) -> None:
        self.takers.pop(call_uuid, None)
