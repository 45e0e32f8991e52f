"""Due work in the database, claimed there: the Tasks port.

`first`, `schedule`, `wake` and `drop` are for other modules of the store: a task is written in the transaction of
its cause, so that what is committed is never forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Row,
    ScalarSelect,
    String,
    and_,
    bindparam,
    cast,
    delete,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from fs_app.ports import Clock, Task, TaskKind
from fs_app.store.engine import Database
from fs_app.store.statements import Bound, Statement, run
from fs_app.store.tables import tasks

_NOTE_LENGTH = 255


def first(kind: TaskKind, subject: ScalarSelect[int]) -> Statement:
    """SQL: the first task on something that was made in this transaction, with a gap ``due_at``."""
    values = {"kind": kind, "subject": cast(subject, String), "tries": 0, "stuck": False, "note": ""}
    return Statement(insert(tasks).values(**values, due_at=bindparam("due_at")))


def schedule(kind: TaskKind, subject: object, due_at: datetime) -> tuple[Bound, ...]:
    """Make a task due at a time, as if nothing had been tried yet; a claim on it stands."""
    return tuple(each(kind=kind, subject=str(subject), due_at=due_at) for each in _SCHEDULE)


def wake(kind: TaskKind, subject: str, at: datetime) -> tuple[Bound, ...]:
    """Make a task due at once. Whoever has claimed it loses the claim: what they are about to find may be older."""
    return tuple(each(kind=kind, subject=subject, due_at=at) for each in _WAKE)


def drop(kind: TaskKind, subject: object) -> Bound:
    """Nothing is left to do on that subject."""
    return _DROP(kind=kind, subject=str(subject))


_THIS = and_(tasks.c.kind == bindparam("kind"), tasks.c.subject == bindparam("subject"))
_DROP = Statement(delete(tasks).where(_THIS))


def _put(changed: Mapping[str, Any]) -> tuple[Statement, Statement]:
    """Change a task, or make it where there is none. An upsert alone would do; but where there is a task, MySQL's
    locks the gap before it, and with that the next payments."""
    change = update(tasks).where(_THIS).values(**changed, due_at=bindparam("due_at"))
    row = {"kind": bindparam("kind"), "subject": bindparam("subject"), "due_at": bindparam("due_at"), "tries": 0}
    row |= changed
    values = select(
        *[
            literal(value, tasks.c[name].type)
            if not isinstance(value, BindParameter)
            else bindparam(name, type_=tasks.c[name].type)
            for name, value in row.items()
        ]
    )
    values = values.where(~select(tasks.c.id).where(_THIS).exists())
    in_mysql = mysql_insert(tasks).from_select(list(row), values)
    in_sqlite = sqlite_insert(tasks).from_select(list(row), values)
    faster = ("due_at", *changed)  # somebody else was
    return Statement(change), Statement(
        in_mysql.on_duplicate_key_update({name: in_mysql.inserted[name] for name in faster}),
        sqlite=in_sqlite.on_conflict_do_update(
            ["kind", "subject"], set_={name: in_sqlite.excluded[name] for name in faster}
        ),
    )


_SCHEDULE = _put({"tries": 0, "stuck": False, "note": ""})
_WAKE = _put({"stuck": False, "claim": "", "claimed_until": None})


def _passes_over_locked(dialect: Dialect) -> bool:
    """Whether the server knows ``SKIP LOCKED``: MariaDB since 10.6, MySQL since 8.0."""
    if dialect.name not in ("mysql", "mariadb"):
        return False
    since = (10, 6) if getattr(dialect, "is_mariadb", False) else (8, 0)
    return tuple(getattr(dialect, "server_version_info", None) or ())[:2] >= since


class SqlTasks:
    """See `fs_app.ports.Tasks` for the contract."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def claim(self, kinds: Sequence[TaskKind], *, limit: int, lease_seconds: float) -> Sequence[Task]:
        """Whoever comes at the same time passes over what we have locked, where the database can do that. Elsewhere
        candidates are read without a lock, and the update's conditions decide who has each."""
        now, claim = self._clock.now(), uuid4().hex
        until = now + timedelta(seconds=lease_seconds)
        free = and_(_due(kinds, now), _unclaimed(now))
        candidates = select(tasks.c.id).where(free).order_by(tasks.c.due_at).limit(limit)

        def work(connection: Connection) -> list[Task]:
            can_pass = _passes_over_locked(connection.dialect)
            found = connection.scalars(candidates.with_for_update(skip_locked=True) if can_pass else candidates)
            if not (ids := list(found)):
                return []
            ours = and_(tasks.c.id.in_(ids), free)
            connection.execute(update(tasks).where(ours).values(claim=claim, claimed_until=until))
            taken = select(tasks).where(tasks.c.id.in_(ids), tasks.c.claim == claim).order_by(tasks.c.due_at)
            return [_task(row, claim) for row in connection.execute(taken)]

        return self._database.write(work)

    def finish(self, task: Task) -> None:
        """Nothing is left to do."""
        self._database.write(lambda connection: connection.execute(delete(tasks).where(_held(task))))

    def release(self, task: Task) -> None:
        """Let go of the claim."""
        self._change(task)

    def put_off(self, task: Task, due_at: datetime, note: str) -> None:
        """Look again later."""
        self._change(task, due_at=due_at, tries=task.tries + 1, note=note[:_NOTE_LENGTH])

    def give_up(self, task: Task, note: str) -> None:
        """A person has to look."""
        self._change(task, stuck=True, tries=task.tries + 1, note=note[:_NOTE_LENGTH])

    def wake(self, kind: TaskKind, subject: str) -> None:
        """Make it due now."""
        at = self._clock.now()
        self._database.write(lambda connection: run(connection, *wake(kind, subject, at)))

    def stuck(self) -> Sequence[Task]:
        """What waits for a person, oldest first."""
        chosen = select(tasks).where(tasks.c.stuck).order_by(tasks.c.due_at, tasks.c.id)
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        return [_task(row, "") for row in rows]

    def _change(self, task: Task, **values: Any) -> None:
        changed = update(tasks).where(_held(task)).values(claim="", claimed_until=None, **values)
        self._database.write(lambda connection: connection.execute(changed))


def _due(kinds: Sequence[TaskKind], now: datetime) -> ColumnElement[bool]:
    return and_(tasks.c.kind.in_(kinds), tasks.c.due_at <= now, ~tasks.c.stuck)


def _unclaimed(now: datetime) -> ColumnElement[bool]:
    return or_(tasks.c.claimed_until.is_(None), tasks.c.claimed_until <= now)


def _held(task: Task) -> ColumnElement[bool]:
    return and_(tasks.c.id == task.id, tasks.c.claim == task.claim)


def _task(row: Row[Any], claim: str) -> Task:
    return Task(row.id, TaskKind(row.kind), row.subject, row.tries, row.due_at, claim, row.note)
