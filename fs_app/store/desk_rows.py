"""The desk's rows: what stands in one as JSON, and records made of them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Column

from fs_app.domain.assist import OVER, AssistState, AssistView
from fs_app.domain.handover import HandoverEnd, HandoverState
from fs_app.domain.money import Money
from fs_app.ports import (
    AssistRecord,
    CallbackRecord,
    CallbackRequest,
    CallbackState,
    Context,
    HandoverRecord,
    HandoverTicket,
    LiveCall,
    LiveRecord,
    NoteRecord,
    Order,
    OrderKind,
    OrderRecord,
)
from fs_app.store.desk_tables import call_orders

_CONTEXT = TypeAdapter(Context)
_VIEW = TypeAdapter(AssistView)
_LONG_NUMBER = re.compile(r"\d(?:[\s.,/_·–—-]{0,2}\d){11,}")  # in the digits of any script


def fit(column: Column[Any], text: str) -> str:
    """As much of a text as a column holds. What only tells where a call is must not be refused for its length."""
    return text[: column.type.length]  # type: ignore[attr-defined]


def without_numbers(text: str) -> str:
    """What a person wrote, without what could be a card's number, however it is grouped."""
    return _LONG_NUMBER.sub("[number]", text)


def context_text(context: Context) -> str:
    """A context as it stands in its row."""
    return _CONTEXT.dump_json(context).decode()


def view_text(view: AssistView) -> str:
    """An assisted payment as it stands in its row."""
    return _VIEW.dump_json(view).decode()


def handover_of(row: Any) -> HandoverRecord:
    """A hand-over from its row."""
    return HandoverRecord(
        ticket=HandoverTicket(row.id, row.reference),
        context=_CONTEXT.validate_json(row.context),
        queue=row.queue,
        state=HandoverState(row.state),
        end=HandoverEnd(row.end),
        created_at=row.created_at,
        alive_at=row.alive_at,
        agent=row.agent,
        leg=row.leg,
        place=row.place,
        expected_seconds=row.expected_seconds,
        offered_at=row.offered_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
    )


def assist_of(row: Any) -> AssistRecord:
    """An assisted payment from its row, and how its hand-over ended: one whose server died in the middle of it says
    no more, and the call goes on without it. A charge that was under way is found by the jobs."""
    view = _VIEW.validate_json(row.view)
    if row.end and view.state not in OVER:
        charging = view.state is AssistState.CHARGING
        view = replace(view, state=AssistState.BEING_CHECKED if charging else AssistState.ENDED)
    return AssistRecord(view, row.started_at, row.changed_at)


KNOWN_ORDER = call_orders.c.kind.in_([each.value for each in OrderKind])
"""An order of another kind comes from a newer version of us: who does not know it leaves it alone."""


def order_of(row: Any) -> Order:
    """An order from its row, of a `KNOWN_ORDER`."""
    return Order(
        id=row.id,
        call_uuid=row.call_uuid,
        kind=OrderKind(row.kind),
        by=row.by_user,
        bills=tuple(json.loads(row.bills)),
        amount=None if row.amount_minor is None else Money(row.amount_minor, row.currency),
        target=row.target,
        account=row.account,
    )


def order_record_of(row: Any) -> OrderRecord:
    """An order and what came of it."""
    return OrderRecord(order_of(row), row.created_at, row.taken_at, row.result, row.answered_at)


def live_of(row: Any) -> LiveRecord:
    """A call that is up, or was."""
    names = ("uuid", "worker", "flow", "step", "language", "since", "step_since")
    besides = ("line", "caller_id", "account_id", "secret")
    call = LiveCall(**{name: getattr(row, name) for name in names + besides})
    return LiveRecord(call, row.alive_at, row.outcome, row.ended_at)


def callback_of(row: Any) -> CallbackRecord:
    """Who wants to be called back, from its row."""
    return CallbackRecord(
        id=row.id,
        request=CallbackRequest(row.call_uuid, row.queue, row.number, row.language, row.handover_id),
        state=CallbackState(row.state),
        asked_at=row.asked_at,
        taken_by=row.taken_by,
        taken_at=row.taken_at,
        closed_at=row.closed_at,
        note=row.note,
    )


def note_of(row: Any) -> NoteRecord:
    """A note from its row."""
    return NoteRecord(row.id, row.account_id, row.by_user, row.at, row.text)
