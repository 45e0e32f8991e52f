"""The DeskView port on our tables: what the console reads of the desk, and what it writes there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Select, insert, or_, select, update

from fs_app.domain.handover import HandoverEnd
from fs_app.domain.money import Money
from fs_app.ports import (
    AssistRecord,
    CallbackRecord,
    CallbackState,
    Clock,
    HandoverRecord,
    LiveRecord,
    NoteRecord,
    OrderKind,
    OrderRecord,
    QueueFigures,
)
from fs_app.store.desk_figures import figures
from fs_app.store.desk_rows import (
    KNOWN_ORDER,
    assist_of,
    callback_of,
    fit,
    handover_of,
    live_of,
    note_of,
    order_record_of,
    without_numbers,
)
from fs_app.store.desk_tables import assists, call_orders, callbacks, handovers, live_calls, notes
from fs_app.store.engine import Database

T = TypeVar("T")

WITHDRAWN = "withdrawn"
"""The result of an order that was taken back."""

_TARGET = re.compile(r"[A-Za-z0-9_.@-]{0,128}")  # a step, a queue; the switch's own gate is stricter
_ACCOUNT = re.compile(r"[0-9]{0,20}")
_OPEN = handovers.c.end == HandoverEnd.OPEN


class SqlDeskView:
    """See `fs_app.ports.DeskView` for the contract."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def open_handovers(self, agent: str | None = None) -> Sequence[HandoverRecord]:
        """Those that are not over, the oldest first."""
        chosen = select(handovers).where(_OPEN).order_by(handovers.c.id)
        return self._all(handover_of, chosen if agent is None else chosen.where(handovers.c.agent == agent))

    def handover(self, handover_id: int) -> HandoverRecord | None:
        """One of them."""
        return self._one(handover_of, select(handovers).where(handovers.c.id == handover_id))

    def by_reference(self, reference: str) -> HandoverRecord | None:
        """The one whose reference is on the agent's leg."""
        return self._one(handover_of, select(handovers).where(handovers.c.reference == reference))

    def handovers_of(self, call_uuid: str) -> Sequence[HandoverRecord]:
        """Every one of a call, oldest first."""
        chosen = select(handovers).where(handovers.c.call_uuid == call_uuid)
        return self._all(handover_of, chosen.order_by(handovers.c.id))

    def recent(
        self,
        *,
        account_id: str | None = None,
        agent: str | None = None,
        queue: str | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> Sequence[HandoverRecord]:
        """The newest first."""
        columns = handovers.c
        chosen = select(handovers).order_by(columns.id.desc()).limit(limit)
        for column, value in ((columns.account_id, account_id), (columns.agent, agent), (columns.queue, queue)):
            if value is not None:
                chosen = chosen.where(column == value)
        return self._all(handover_of, chosen if before is None else chosen.where(columns.id < before))

    def claim(self, handover_id: int, agent: str) -> bool:
        """Say who has the caller, where nobody else has said it."""
        free = update(handovers).where(handovers.c.id == handover_id, _OPEN, handovers.c.agent == "")
        return self._changed(free.values(agent=fit(handovers.c.agent, agent)))

    def assists_of(self, calls: Sequence[str]) -> Sequence[AssistRecord]:
        """The assisted payments of these calls."""
        if not calls:
            return ()
        whole = assists.outerjoin(handovers, handovers.c.id == assists.c.handover_id)
        chosen = select(assists, handovers.c.end).select_from(whole).where(assists.c.call_uuid.in_(calls))
        return self._all(assist_of, chosen.order_by(assists.c.call_uuid, assists.c.number))

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
        """Tell a call something."""
        if not _TARGET.fullmatch(target):
            raise ValueError("a target is the name of a step or of a queue")
        if not _ACCOUNT.fullmatch(account):
            raise ValueError("an account is told by its number")
        row = {
            "call_uuid": call_uuid,
            "kind": kind,
            "by_user": by,
            "bills": json.dumps(list(bills)),
            "amount_minor": None if amount is None else amount.minor,
            "currency": None if amount is None else amount.currency,
            "target": target,
            "account": account,
            "created_at": self._clock.now(),
        }
        return self._inserted(insert(call_orders).values(row))

    def order(self, order_id: int) -> OrderRecord | None:
        """What came of an order."""
        return self._one(order_record_of, select(call_orders).where(call_orders.c.id == order_id, KNOWN_ORDER))

    def orders_of(self, call_uuid: str) -> Sequence[OrderRecord]:
        """Every order for a call, oldest first."""
        chosen = select(call_orders).where(call_orders.c.call_uuid == call_uuid, KNOWN_ORDER)
        return self._all(order_record_of, chosen.order_by(call_orders.c.id))

    def withdraw_order(self, order_id: int) -> bool:
        """Take it oneself, as a call would: then no call can."""
        columns, at = call_orders.c, self._clock.now()
        free = update(call_orders).where(columns.id == order_id, columns.taken_at.is_(None))
        return self._changed(free.values(taken_at=at, result=WITHDRAWN, answered_at=at))

    def live_calls(self, ended_within: timedelta = timedelta()) -> Sequence[LiveRecord]:
        """Those that are up, and those that ended lately."""
        columns = live_calls.c
        wanted = or_(columns.ended_at.is_(None), columns.ended_at > self._clock.now() - ended_within)
        return self._all(live_of, select(live_calls).where(wanted).order_by(columns.since, columns.uuid))

    def live_call(self, uuid: str) -> LiveRecord | None:
        """One of them."""
        return self._one(live_of, select(live_calls).where(live_calls.c.uuid == uuid))

    def queue_figures(self, since: datetime) -> Sequence[QueueFigures]:
        """Every queue that somebody waits in, or was handed over to since then."""
        return self._database.read(lambda connection: figures(connection, since))

    def callbacks(
        self, *, queue: str | None = None, closed: bool = False, limit: int = 100
    ) -> Sequence[CallbackRecord]:
        """Those that are not closed, or those that are."""
        columns = callbacks.c
        chosen = select(callbacks).where(columns.closed_at.is_not(None) if closed else columns.closed_at.is_(None))
        if queue is not None:
            chosen = chosen.where(columns.queue == queue)
        order = (columns.closed_at.desc(), columns.id.desc()) if closed else (columns.asked_at, columns.id)
        return self._all(callback_of, chosen.order_by(*order).limit(limit))

    def callback(self, callback_id: int) -> CallbackRecord | None:
        """One of them."""
        return self._one(callback_of, select(callbacks).where(callbacks.c.id == callback_id))

    def take_callback(self, callback_id: int, by: str) -> bool:
        """Somebody is about to call."""
        columns = callbacks.c
        free = update(callbacks).where(columns.id == callback_id, columns.state == CallbackState.WAITING)
        return self._changed(free.values(state=CallbackState.TAKEN, taken_by=by, taken_at=self._clock.now()))

    def return_callback(self, callback_id: int, by: str) -> bool:
        """Who took it leaves it to others."""
        columns = callbacks.c
        theirs = update(callbacks).where(
            columns.id == callback_id, columns.state == CallbackState.TAKEN, columns.taken_by == by
        )
        return self._changed(theirs.values(state=CallbackState.WAITING, taken_by="", taken_at=None))

    def close_callback(self, callback_id: int, by: str, *, done: bool, note: str = "") -> bool:
        """It is done, or given up."""
        still_open = update(callbacks).where(callbacks.c.id == callback_id, callbacks.c.closed_at.is_(None))
        return self._changed(
            still_open.values(
                state=CallbackState.DONE if done else CallbackState.GIVEN_UP,
                taken_by=by,
                closed_at=self._clock.now(),
                note=fit(callbacks.c.note, without_numbers(note)),
            )
        )

    def notes_of(self, account_id: str, limit: int = 100) -> Sequence[NoteRecord]:
        """The newest first."""
        chosen = select(notes).where(notes.c.account_id == account_id)
        return self._all(note_of, chosen.order_by(notes.c.id.desc()).limit(limit))

    def add_note(self, account_id: str, by: str, text: str) -> NoteRecord:
        """Write something down."""
        at, text = self._clock.now(), without_numbers(text)
        row = {"account_id": account_id, "by_user": by, "at": at, "text": text}
        return NoteRecord(self._inserted(insert(notes).values(row)), account_id, by, at, text)

    def _all(self, made: Callable[[Any], T], chosen: Select[Any]) -> list[T]:
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        return [made(row) for row in rows]

    def _one(self, made: Callable[[Any], T], chosen: Select[Any]) -> T | None:
        row = self._database.read(lambda connection: connection.execute(chosen).one_or_none())
        return None if row is None else made(row)

    def _changed(self, change: Executable) -> bool:
        """Whether it found a row that it was for."""
        return self._database.write(lambda connection: connection.execute(change).rowcount == 1)

    def _inserted(self, row: Executable) -> int:
        def work(connection: Connection) -> int:
            made = connection.execute(row).inserted_primary_key
            assert made is not None
            return int(made[0])

        return self._database.write(work)
