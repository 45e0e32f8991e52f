"""The SignInLimits port on our tables: tries are counted over all processes, each before it is looked at.

A try is a failure until it is given back, so that many at once are not looked at with the count of the first. What
is tried is kept as its SHA-256 only: a name may be a password that was typed into the wrong field.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from fs_app.domain.people import TRIES_FORGOTTEN_AFTER, Subject, pause_after
from fs_app.ports import Clock
from fs_app.store.engine import Database
from fs_app.store.people_tables import console_tries
from fs_app.store.statements import Statement, gaps, run

_COLUMNS = ("subject", "failures", "free_at", "at")
_THERE = Statement(
    mysql_insert(console_tries).values(gaps(*_COLUMNS)).on_duplicate_key_update(subject=console_tries.c.subject),
    sqlite=sqlite_insert(console_tries).values(gaps(*_COLUMNS)).on_conflict_do_nothing(),
)
_LOOK = Statement(select(console_tries).where(console_tries.c.subject == bindparam("subject")).with_for_update())


class SqlSignInLimits:
    """See `fs_app.ports.people.SignInLimits` for the contract."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def claim(self, subjects: Sequence[Subject]) -> timedelta:
        """One try more for each subject."""
        keyed = {_key(subject): subject for subject in subjects}

        def work(connection: Connection) -> timedelta:
            now = self._clock.now()
            rows = {
                key: _row(connection, key, now) for key in sorted(keyed)
            }  # in one order: nobody waits in a circle
            pause = max((row.free_at - now for row in rows.values()), default=timedelta())
            if pause > timedelta():
                return pause
            for key, row in rows.items():
                forgotten = now - row.at > TRIES_FORGOTTEN_AFTER
                failures = (0 if forgotten else row.failures) + 1
                _set(connection, key, failures, now + pause_after(failures, keyed[key].kind), now)
            return timedelta()

        return self._database.write(work)

    def give_back(self, *, cleared: Sequence[Subject] = (), returned: Sequence[Subject] = ()) -> None:
        """The try was right."""
        gone, less = {_key(each) for each in cleared}, {_key(each) for each in returned}

        def work(connection: Connection) -> None:
            now = self._clock.now()
            for key in sorted(gone | less):
                row = _row(connection, key, now)
                _set(connection, key, 0 if key in gone else max(0, row.failures - 1), now, row.at)

        self._database.write(work)


def _key(subject: Subject) -> str:
    return hashlib.sha256(f"{subject.kind}:{subject.text}".encode()).hexdigest()


def _row(connection: Connection, key: str, now: datetime) -> Any:
    """What is known of a subject, locked until this transaction ends."""
    return run(connection, _THERE(subject=key, failures=0, free_at=now, at=now), _LOOK(subject=key))[1][0]


def _set(connection: Connection, key: str, failures: int, free_at: datetime, at: datetime) -> None:
    mine = console_tries.c.subject == key
    connection.execute(update(console_tries).where(mine).values(failures=failures, free_at=free_at, at=at))
