"""Due work in the database, claimed there: the Tasks port.

`schedule` and `drop` are for other modules of the store: a task is written in the transaction of its cause, so that
what is committed is never forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from fs_app.ports import Clock, Task, TaskKind
from fs_app.store.engine import Database
from fs_app.store.tables import tasks

_NOTE_LENGTH = 255


def schedule(connection: Connection, kind: TaskKind, subject: object, due_at: datetime) -> None:
    """Make a task due at a time, as if nothing had been tried yet; a claim on it stands."""
    values = {"due_at": due_at, "tries": 0, "stuck": False, "note": ""}
    _put(connection, kind, str(subject), values)


def wake(connection: Connection, kind: TaskKind, subject: str, at: datetime) -> None:
    """Make a task due at once. Whoever has claimed it loses the claim: what they are about to find may be older."""
    _put(connection, kind, subject, {"due_at": at, "stuck": False, "claim": "", "claimed_until": None})


def drop(connection: Connection, kind: TaskKind, subject: object) -> None:
    """Nothing is left to do on that subject."""
    connection.execute(delete(tasks).where(_is(kind, str(subject))))


def _put(connection: Connection, kind: TaskKind, subject: str, values: dict[str, Any]) -> None:
    changed = update(tasks).where(_is(kind, subject)).values(values)
    if connection.execute(changed).rowcount:
        return
    try:
        connection.execute(insert(tasks).values(kind=kind, subject=subject, tries=0, **_without_tries(values)))
    except IntegrityError:  # somebody else was faster
        connection.execute(changed)


def _without_tries(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "tries"}


def _is(kind: TaskKind, subject: str) -> ColumnElement[bool]:
    return and_(tasks.c.kind == kind, tasks.c.subject == subject)


class SqlTasks:
    """See `fs_app.ports.Tasks` for the contract."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def claim(self, kinds: Sequence[TaskKind], *, limit: int, lease_seconds: float) -> Sequence[Task]:
        """Candidates are read without a lock; an update with the same conditions decides who has each."""
        now, claim = self._clock.now(), uuid4().hex
        until = now + timedelta(seconds=lease_seconds)

        def work(connection: Connection) -> list[Task]:
            free = and_(_due(kinds, now), _unclaimed(now))
            found = connection.execute(select(tasks).where(free).order_by(tasks.c.due_at).limit(limit)).all()
            taken = update(tasks).values(claim=claim, claimed_until=until)
            return [
                _task(row, claim)
                for row in found
                if connection.execute(taken.where(tasks.c.id == row.id, free)).rowcount
            ]

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
        self._database.write(lambda connection: wake(connection, kind, subject, at))

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
