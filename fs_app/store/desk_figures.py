"""How the queues stand and how it went, counted by the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Float, case, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from fs_app.domain.handover import HandoverEnd, HandoverState
from fs_app.ports import QueueFigures
from fs_app.store.desk_tables import handovers

_columns = handovers.c
_NOT_SERVED = (HandoverEnd.NOT_ANSWERED, HandoverEnd.NO_AGENTS, HandoverEnd.FULL)


class _SecondsBetween(FunctionElement[float]):
    """SQL: the seconds from one time to another."""

    type = Float()
    inherit_cache = True


@compiles(_SecondsBetween, "sqlite")
def _in_sqlite(element: _SecondsBetween, compiler: SQLCompiler, **more: Any) -> str:
    start, end = (compiler.process(each, **more) for each in element.clauses)
    return f"((julianday({end}) - julianday({start})) * 86400.0)"


@compiles(_SecondsBetween, "mysql")
@compiles(_SecondsBetween, "mariadb")
def _in_mysql(element: _SecondsBetween, compiler: SQLCompiler, **more: Any) -> str:
    start, end = (compiler.process(each, **more) for each in element.clauses)
    return f"(TIMESTAMPDIFF(MICROSECOND, {start}, {end}) / 1000000.0)"


def _ended_as(*ends: HandoverEnd) -> Any:
    return func.sum(case((_columns.end.in_(ends), 1), else_=0))


_WAITED = _SecondsBetween(_columns.created_at, _columns.answered_at)
_TALKED = case((_columns.end != HandoverEnd.LOST, _SecondsBetween(_columns.answered_at, _columns.ended_at)))
_NOW = (
    select(
        _columns.queue, _columns.state, func.count().label("calls"), func.min(_columns.created_at).label("oldest")
    )
    .where(_columns.end == HandoverEnd.OPEN)
    .group_by(_columns.queue, _columns.state)
)
# A mean leaves out what is NULL: who was not answered, and talks that go on.
_SINCE = select(
    _columns.queue,
    func.count(_columns.answered_at).label("answered"),
    _ended_as(HandoverEnd.GAVE_UP).label("gave_up"),
    _ended_as(*_NOT_SERVED).label("not_served"),
    func.avg(_WAITED).label("wait"),
    func.avg(_TALKED).label("talk"),
).group_by(_columns.queue)


def figures(connection: Connection, since: datetime) -> Sequence[QueueFigures]:
    """Every queue that somebody waits in, or was handed over to since then, by name."""
    found: dict[str, QueueFigures] = {}
    for row in connection.execute(_SINCE.where(_columns.created_at >= since)):
        found[row.queue] = QueueFigures(
            row.queue,
            answered=row.answered,
            gave_up=int(row.gave_up),
            not_served=int(row.not_served),
            mean_wait=None if row.wait is None else float(row.wait),
            mean_talk=None if row.talk is None else float(row.talk),
        )
    for row in connection.execute(_NOW):
        before = found.get(row.queue, QueueFigures(row.queue))
        found[row.queue] = _with(before, HandoverState(row.state), row.calls, row.oldest)
    return [found[queue] for queue in sorted(found)]


def _with(before: QueueFigures, state: HandoverState, calls: int, oldest: datetime) -> QueueFigures:
    if state is HandoverState.TALKING:
        return replace(before, talking=calls)
    since = oldest if before.waiting_since is None else min(oldest, before.waiting_since)
    if state is HandoverState.OFFERED:
        return replace(before, offered=calls, waiting_since=since)
    return replace(before, waiting=calls, waiting_since=since)
