"""The database, off the hub: one transaction at a time in a native thread, never past its deadline.

A connection that died while it was idle shows at the first statement. Nothing was committed then, so the whole work
is done again on a new connection; once COMMIT was sent it never is. COMMIT is always sent alone: whoever has given
up is asked just before it. An error is told by its number and, where that cannot hold what a caller keyed, by the
driver's words; never with its statement or parameters.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from fs_app.errors import RowRefused, StoreUnavailable
from fs_app.store.offhub import Job, OffHub
from fs_app.store.sessions import READING, WRITING, Mode, Sessions

T = TypeVar("T")

# Rolled back for certain, and worth another try: lock wait, deadlock (also Galera's conflict), changed under us.
_MYSQL_RETRY = frozenset({1205, 1213, 1020})
_SQLITE_RETRY = frozenset({5, 6})  # SQLITE_BUSY, SQLITE_LOCKED: the low byte of the extended codes
_TRIES = 3
# MariaDB's for a character that a column cannot hold, and for a CHECK: its driver takes them for its own trouble.
_MYSQL_REFUSED = frozenset({1366, 4025})

# Server errors whose words name hosts, users, tables or columns only. 2000 and above come from the client library.
_MYSQL_HARMLESS = frozenset({1040, 1044, 1045, 1049, 1054, 1130, 1142, 1143, 1146, 1205, 1213, 1290, 1792, 1836})


class Database:
    """One database. Keep one per URL and process; it is ready for use at once and connects when it is used.

    ``threads`` bounds the connections in use (as many more may be idle, since those that read do not write) and
    ``deadline_seconds`` every call that names no other. ``observe`` is told
    of each transaction, in the caller's greenlet: its seconds, waiting for a thread included, and False where the
    database was unavailable. ``foreign_keys=False`` is for the migrations of an SQLite database, which change a
    table by making it anew. Made before a fork, it must not be used before it. ValueError for a URL of another kind
    than ``sqlite:///file`` and ``mysql+mysqldb://...``.
    """

    def __init__(
        self,
        url: str,
        threads: int = 8,
        deadline_seconds: float = 5.0,
        *,
        observe: Callable[[float, bool], None] | None = None,
        foreign_keys: bool = True,
    ) -> None:
        if not url.startswith(("sqlite:///", "mysql+mysqldb://")):
            raise ValueError("a database is sqlite:///file or mysql+mysqldb://user:password@host/name")
        self.url: URL = make_url(url)
        self.kind = self.url.get_backend_name()  # "sqlite" or "mysql"
        self.deadline_seconds = deadline_seconds
        self._observe = observe or _nobody
        self.off_hub = OffHub(threads)
        self._sessions = Sessions(self.url, deadline_seconds, foreign_keys=foreign_keys)

    @property
    def path(self) -> Path | None:
        """The file of an SQLite database."""
        return Path(self.url.database or "") if self.kind == "sqlite" else None

    def describe(self) -> str:
        """The URL without its password, for logs and messages."""
        return self.url.render_as_string(hide_password=True)

    def read(self, work: Callable[[Connection], T], *, deadline: float | None = None) -> T:
        """Run ``work`` in a session that the database keeps from writing. Raises as `write` does."""
        return self._run(READING[self.kind], work, deadline)

    def write(self, work: Callable[[Connection], T], *, deadline: float | None = None) -> T:
        """Run ``work`` in one transaction and commit it; what ``work`` raises rolls it back and is raised here.

        ``work`` runs in another thread, and again after a deadlock or where the connection was dead: it touches
        nothing but its connection. StoreUnavailable for every error of the driver and after ``deadline`` seconds,
        RowRefused of these where the error is what was to be written; the transaction is then rolled back, unless
        its commit was already under way.
        """
        return self._run(WRITING[self.kind], work, deadline)

    def close(self) -> None:
        """Close the idle connections; the next use opens new ones."""
        self._sessions.close()
        self.off_hub.close()

    def _run(self, mode: Mode, work: Callable[[Connection], T], deadline: float | None) -> T:
        seconds = self.deadline_seconds if deadline is None else deadline
        started, answered = time.monotonic(), True
        try:
            return self.off_hub.call(lambda job: self._tried(job, mode, work), seconds)
        except StoreUnavailable:
            answered = False
            raise
        finally:
            self._observe(time.monotonic() - started, answered)

    def _tried(self, job: Job, mode: Mode, work: Callable[[Connection], T]) -> T:
        for tries_left in reversed(range(_TRIES)):
            try:
                return self._once(job, mode, work)
            except DBAPIError as error:
                if not tries_left or job.abandoned or not _may_retry(self.kind, error):
                    raise _unavailable(error) from None
        raise AssertionError("the last try returns or raises")

    def _once(self, job: Job, mode: Mode, work: Callable[[Connection], T]) -> T:
        connection, result = self._worked(job, mode, work)
        try:
            if job.abandoned:
                raise StoreUnavailable("given up by its caller, rolled back")
            if mode is not READING[self.kind]:
                connection.commit()
            return result
        finally:
            self._sessions.put_back(connection, mode)

    def _worked(self, job: Job, mode: Mode, work: Callable[[Connection], T]) -> tuple[Connection, T]:
        """The result of the work, not committed yet, and its connection."""
        connection = self._sessions.idle(mode)
        if connection is not None:
            try:
                return connection, self._begun(connection, mode, work)
            except DBAPIError as error:
                if not error.connection_invalidated or job.abandoned:
                    raise
        connection = self._sessions.connected(mode)
        return connection, self._begun(connection, mode, work)

    def _begun(self, connection: Connection, mode: Mode, work: Callable[[Connection], T]) -> T:
        try:
            connection.begin()
            for statement in mode.begin:
                connection.exec_driver_sql(statement)
            return work(connection)
        except BaseException:
            self._sessions.put_back(connection, mode)
            raise


def _nobody(_seconds: float, _answered: bool) -> None:
    """Nobody observes."""


def reason_of(error: DBAPIError) -> str:
    """An error of the driver in words that hold nothing a caller keyed."""
    cause = error.orig
    name = type(cause).__name__
    number = next(iter(getattr(cause, "args", ())), None)
    if isinstance(number, int):
        harmless = number >= 2000 or number in _MYSQL_HARMLESS
        return (
            f"{name} {number}: {cause.args[1]}"
            if cause and harmless and len(cause.args) > 1
            else f"{name} {number}"
        )
    if getattr(cause, "sqlite_errorcode", 0) == sqlite3.SQLITE_NOTADB:
        return "the file is no SQLite database"
    return f"{name}: {cause}" if isinstance(error, OperationalError) else name


def _unavailable(error: DBAPIError) -> StoreUnavailable:
    number = next(iter(getattr(error.orig, "args", ())), None)
    refused = isinstance(error, DataError | IntegrityError) or number in _MYSQL_REFUSED
    return (RowRefused if refused else StoreUnavailable)(reason_of(error))


def _may_retry(kind: str, error: DBAPIError) -> bool:
    if kind == "sqlite":
        return (getattr(error.orig, "sqlite_errorcode", 0) & 0xFF) in _SQLITE_RETRY
    return next(iter(getattr(error.orig, "args", ())), None) in _MYSQL_RETRY
