"""Who has called before, in the database: read as a call begins, written while it goes on.

Nothing of it is worth a second of a caller's time: a database that does not answer at once means that nobody is
known, and what cannot be written is not remembered.
"""

from __future__ import annotations

from datetime import datetime

import gevent
import structlog
from gevent.pool import Pool
from sqlalchemy import bindparam, delete, func, select
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from fs_app.errors import StoreUnavailable
from fs_app.ports import Clock, KnownCaller
from fs_app.store.engine import Database
from fs_app.store.statements import Bound, Statement, gaps, run
from fs_app.store.tables import callers
from fs_app.store.telephone import telephone_digits

_log = structlog.get_logger(__name__)

_READ_SECONDS = 1.0
_MOST_WAITING = 1000

_FIND = Statement(select(callers).where(callers.c.telephone == bindparam("telephone")))


def _upsert() -> Statement:
    """A new row, or the old one with another language, and with an account where one is given."""
    values = gaps("telephone", "language", "account_number", "calls", "at")
    in_mysql, in_sqlite = mysql_insert(callers).values(values), sqlite_insert(callers).values(values)
    new, excluded = in_mysql.inserted, in_sqlite.excluded
    return Statement(
        in_mysql.on_duplicate_key_update(
            language=new.language,
            account_number=func.coalesce(new.account_number, callers.c.account_number),
            calls=callers.c.calls + new.calls,
            at=new.at,
        ),
        sqlite=in_sqlite.on_conflict_do_update(
            ["telephone"],
            set_={
                "language": excluded.language,
                "account_number": func.coalesce(excluded.account_number, callers.c.account_number),
                "calls": callers.c.calls + excluded.calls,
                "at": excluded.at,
            },
        ),
    )


_KEEP = _upsert()


class SqlCallers:
    """See `fs_app.ports.Callers` for the contract."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._writing = Pool()

    def of(self, caller_id: str | None) -> KnownCaller | None:
        """What is remembered of that telephone number."""
        telephone = telephone_digits(caller_id or "")
        if telephone is None:
            return None
        asked = _FIND(telephone=telephone)
        try:
            rows = self._database.read(lambda connection: run(connection, asked)[0], deadline=_READ_SECONDS)
        except StoreUnavailable as error:
            _log.warning("caller_not_looked_up", error=str(error))
            return None
        return KnownCaller(rows[0].language, rows[0].account_number, rows[0].calls) if rows else None

    def prefers(self, caller_id: str | None, language: str) -> None:
        """Remember the language."""
        self._put(caller_id, language, None, 0)

    def remember(self, caller_id: str | None, *, language: str, account_number: str | None = None) -> None:
        """Remember a call that came as far as an account or a bill."""
        self._put(caller_id, language, account_number, 1)

    def forget(self, before: datetime) -> int:
        """Delete those who have not called since; how many that was."""
        chosen = delete(callers).where(callers.c.at < before)
        return self._database.write(lambda connection: connection.execute(chosen).rowcount)

    def close(self) -> None:
        """Write what waits, no longer than the database's deadline."""
        self._writing.join(self._database.deadline_seconds)

    def _put(self, caller_id: str | None, language: str, account_number: str | None, calls: int) -> None:
        telephone = telephone_digits(caller_id or "")
        if telephone is None or len(self._writing) >= _MOST_WAITING:
            return
        values = {"telephone": telephone, "language": language, "account_number": account_number, "calls": calls}
        self._writing.start(gevent.Greenlet(self._write, _KEEP(**values, at=self._clock.now())))

    def _write(self, kept: Bound) -> None:
        try:
            self._database.write(lambda connection: run(connection, kept))
        except StoreUnavailable as error:
            _log.warning("caller_not_remembered", error=str(error))


class NoCallers:
    """Implements `fs_app.ports.Callers` where the operator wants nobody remembered."""

    def of(self, caller_id: str | None) -> KnownCaller | None:
        """Nobody is known."""
        return None

    def prefers(self, caller_id: str | None, language: str) -> None:
        """Nothing is kept."""

    def remember(self, caller_id: str | None, *, language: str, account_number: str | None = None) -> None:
        """Nothing is kept."""
