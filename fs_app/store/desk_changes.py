"""What a call tells the desk soon, as changes of rows that go together (see `soon`).

Of a hand-over: the first end counts, in memory and in the row, and nothing follows it; who talks stays who it was,
whoever said so, until somebody else is named or another leg talks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Integer, String, bindparam, case, func, or_, update

from fs_app.domain.assist import OVER, AssistView
from fs_app.domain.handover import HandoverEnd, HandoverState
from fs_app.store.desk_rows import fit, view_text
from fs_app.store.desk_tables import assists, call_orders, handovers
from fs_app.store.soon import Key
from fs_app.store.statements import Bound, Statement, upsert
from fs_app.store.tables import UtcTime

_columns = handovers.c
_ALIVE = Statement(
    update(handovers)
    .where(_columns.call_uuid == bindparam("call"), _columns.end == HandoverEnd.OPEN)
    .values(alive_at=bindparam("at", type_=UtcTime()))
)
_agent, _leg = bindparam("new_agent", type_=String()), bindparam("new_leg", type_=String())
_place = bindparam("new_place", type_=Integer())
_offered_at = bindparam("new_offered_at", type_=UtcTime())
_answered_at = bindparam("new_answered_at", type_=UtcTime())
# In this order: MySQL reads a column as it has just been set.
_HANDOVER = Statement(
    update(handovers)
    .where(_columns.id == bindparam("handover"), _columns.end == HandoverEnd.OPEN)
    .ordered_values(
        (
            _columns.offered_at,
            case(
                (
                    or_(_offered_at.is_(None), (_columns.agent == _agent) & _columns.offered_at.is_not(None)),
                    _columns.offered_at,
                ),
                else_=_offered_at,
            ),
        ),
        (
            _columns.agent,
            case(
                (_agent.is_not(None), _agent),
                (_leg.is_not(None) & (_columns.leg != "") & (_columns.leg != _leg), ""),
                else_=_columns.agent,
            ),
        ),
        (_columns.leg, func.coalesce(_leg, _columns.leg)),
        (_columns.state, func.coalesce(bindparam("new_state"), _columns.state)),
        (
            _columns.expected_seconds,
            case((_place.is_(None), _columns.expected_seconds), else_=bindparam("new_expected")),
        ),
        (_columns.place, func.coalesce(_place, _columns.place)),
        (_columns.answered_at, func.coalesce(_columns.answered_at, _answered_at)),
        (_columns.ended_at, bindparam("new_ended_at")),
        (_columns.alive_at, bindparam("new_alive_at")),
        (_columns.end, bindparam("new_end")),
    )
)
_ASSIST = upsert(
    assists,
    ("call_uuid", "number"),
    *("handover_id", "by_user", "state", "view", "payment_id", "changed_at"),
    first=("started_at",),
)
_ANSWER = Statement(
    update(call_orders)
    .where(call_orders.c.id == bindparam("order"))
    .values(result=bindparam("answer"), answered_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class HandoverChange:
    """What has been told of a hand-over and is not written yet; None is what was not told. ``at`` is when the
    newest was."""

    id: int
    at: datetime
    state: HandoverState | None = None
    agent: str | None = None
    leg: str | None = None
    place: int | None = None
    expected_seconds: int | None = None
    offered_at: datetime | None = None
    answered_at: datetime | None = None
    end: HandoverEnd = HandoverEnd.OPEN

    @property
    def key(self) -> Key:
        """What it is a change of."""
        return Key(handovers.name, str(self.id))

    @property
    def last(self) -> bool:
        """Nothing follows an end."""
        return self.end is not HandoverEnd.OPEN

    def after(self, earlier: HandoverChange) -> HandoverChange:
        """Both together."""
        if earlier.last:
            return earlier
        same_ring = earlier.offered_at is not None and earlier.agent == self.agent
        placed = self if self.place is not None else earlier
        return replace(
            self,
            state=self.state or earlier.state,
            agent=self._agent_after(earlier),
            leg=self.leg if self.leg is not None else earlier.leg,
            place=placed.place,
            expected_seconds=placed.expected_seconds,
            offered_at=earlier.offered_at if same_ring else self.offered_at or earlier.offered_at,
            answered_at=earlier.answered_at or self.answered_at,
        )

    def statements(self, at: datetime) -> Sequence[Bound]:
        """One, that changes nothing of what is over."""
        return (
            _HANDOVER(
                handover=self.id,
                new_state=HandoverState.ENDED if self.last else self.state,
                new_agent=None if self.agent is None else fit(_columns.agent, self.agent),
                new_leg=None if self.leg is None else fit(_columns.leg, self.leg),
                new_place=self.place,
                new_expected=self.expected_seconds,
                new_offered_at=self.offered_at,
                new_answered_at=self.answered_at,
                new_ended_at=self.at if self.last else None,
                new_alive_at=self.at,
                new_end=self.end,
            ),
        )

    def _agent_after(self, earlier: HandoverChange) -> str | None:
        if self.agent is not None:
            return self.agent
        another = self.leg is not None and earlier.leg and earlier.leg != self.leg
        return "" if another else earlier.agent


@dataclass(frozen=True, slots=True)
class AssistChange:
    """How an assisted payment stands: the newest counts."""

    view: AssistView
    started_at: datetime
    changed_at: datetime

    @property
    def key(self) -> Key:
        """What it is a change of."""
        return Key(assists.name, f"{self.view.call_uuid} {self.view.number}")

    @property
    def last(self) -> bool:
        """Whether it is over."""
        return self.view.state in OVER

    def after(self, earlier: AssistChange) -> AssistChange:
        """It began when the first was told."""
        return replace(self, started_at=earlier.started_at)

    def statements(self, at: datetime) -> Sequence[Bound]:
        """Insert it, or change it."""
        view = self.view
        return (
            _ASSIST(
                call_uuid=fit(assists.c.call_uuid, view.call_uuid),
                number=view.number,
                handover_id=view.handover_id,
                by_user=fit(assists.c.by_user, view.by),
                state=view.state,
                view=view_text(view),
                payment_id=view.payment_id,
                started_at=self.started_at,
                changed_at=self.changed_at,
            ),
        )


@dataclass(frozen=True, slots=True)
class Alive:
    """The worker of these calls lives."""

    calls: tuple[str, ...]
    at: datetime

    @property
    def key(self) -> Key:
        """What it is a change of: rows that only their own worker tells of."""
        return Key(handovers.name, f"alive {self.calls[0]}")

    @property
    def last(self) -> bool:
        """It is told again and again."""
        return True

    def after(self, _earlier: Alive) -> Alive:
        """The newest counts."""
        return self

    def statements(self, at: datetime) -> Sequence[Bound]:
        """Write it into the rows of these calls that are open."""
        return tuple(_ALIVE(call=call, at=self.at) for call in self.calls)


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """What came of an order."""

    id: int
    result: str
    at: datetime

    @property
    def key(self) -> Key:
        """What it is a change of."""
        return Key(call_orders.name, str(self.id))

    @property
    def last(self) -> bool:
        """An order is answered once."""
        return True

    def after(self, _earlier: OrderAnswer) -> OrderAnswer:
        """The newest counts."""
        return self

    def statements(self, at: datetime) -> Sequence[Bound]:
        """Write it into the order's row."""
        return (_ANSWER(order=self.id, answer=fit(call_orders.c.result, self.result), at=self.at),)
