"""The database, off the hub: one transaction at a time in a native thread, never past its deadline.

Connections are kept in a plain deque (``append`` and ``pop`` are atomic), not in SQLAlchemy's queue: its locks are
gevent's once the process is patched, and those are not made for waiting across native threads.

The first statement of a transaction is also the ping: where it finds the connection dead, nothing has been sent
yet, so a new connection takes its place. An error is told by its number and, where that cannot hold what a caller
keyed, by the driver's words; never with its statement or parameters.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from gevent import monkey
from sqlalchemy import URL, Connection, NullPool, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from fs_app.errors import StoreUnavailable
from fs_app.store.offhub import Job, OffHub

T = TypeVar("T")

_NativeLock = monkey.get_original("_thread", "allocate_lock")

# How a transaction starts. SQLite takes the write lock at once: a reader that turns writer cannot wait for it.
_READ = {"sqlite": ("PRAGMA query_only=1", "BEGIN"), "mysql": ("START TRANSACTION READ ONLY",)}
_WRITE = {"sqlite": ("PRAGMA query_only=0", "BEGIN IMMEDIATE"), "mysql": ("START TRANSACTION",)}

# Rolled back for certain, and worth another try: lock wait, deadlock (also Galera's conflict), changed under us.
_MYSQL_RETRY = frozenset({1205, 1213, 1020})
_SQLITE_RETRY = frozenset({5, 6})  # SQLITE_BUSY, SQLITE_LOCKED: the low byte of the extended codes
_TRIES = 3

# Server errors whose words name hosts, users, tables or columns only. 2000 and above come from the client library.
_MYSQL_HARMLESS = frozenset({1040, 1044, 1045, 1049, 1054, 1130, 1142, 1143, 1146, 1205, 1213, 1290, 1792, 1836})


class Database:
    """One database. Keep one per URL and process; it is ready for use at once and connects when it is used.

    ``threads`` bounds the connections and ``deadline_seconds`` every call that names no other. ``observe`` is told
    of each transaction, in the caller's greenlet: its seconds, waiting for a thread included, and False where the
    database was unavailable. Made before a fork, it must not be used before it. ValueError for a URL of another
    kind than ``sqlite:///file`` and ``mysql+mysqldb://...``.
    """

    def __init__(
        self,
        url: str,
        threads: int = 8,
        deadline_seconds: float = 5.0,
        *,
        observe: Callable[[float, bool], None] | None = None,
    ) -> None:
        if not url.startswith(("sqlite:///", "mysql+mysqldb://")):
            raise ValueError("a database is sqlite:///file or mysql+mysqldb://user:password@host/name")
        self.url: URL = make_url(url)
        self.kind = self.url.get_backend_name()  # "sqlite" or "mysql"
        self.deadline_seconds = deadline_seconds
        self._observe = observe or _nobody
        self.off_hub = OffHub(threads)
        self._idle: deque[Connection] = deque()
        self._first = _NativeLock()
        self._connected_once = False
        self._engine = create_engine(
            self.url,
            poolclass=NullPool,
            hide_parameters=True,
            isolation_level="READ COMMITTED" if self.kind == "mysql" else None,
            connect_args=_connect_args(self.kind, deadline_seconds),
        )
        if self.kind == "sqlite":
            event.listen(self._engine, "connect", _prepare_sqlite)

    @property
    def path(self) -> Path | None:
        """The file of an SQLite database."""
        return Path(self.url.database or "") if self.kind == "sqlite" else None

    def describe(self) -> str:
        """The URL without its password, for logs and messages."""
        return self.url.render_as_string(hide_password=True)

    def read(self, work: Callable[[Connection], T], *, deadline: float | None = None) -> T:
        """Run ``work`` in one transaction that the database keeps from writing. Raises as `write` does."""
        return self._run(_READ[self.kind], work, deadline)

    def write(self, work: Callable[[Connection], T], *, deadline: float | None = None) -> T:
        """Run ``work`` in one transaction and commit it; what ``work`` raises rolls it back and is raised here.

        ``work`` runs in another thread and again after a deadlock: it touches nothing but its connection.
        StoreUnavailable for every error of the driver and after ``deadline`` seconds; the transaction is then
        rolled back, unless its commit was already under way.
        """
        return self._run(_WRITE[self.kind], work, deadline)

    def close(self) -> None:
        """Close the idle connections; the next use opens new ones."""
        while self._idle:
            _close(self._idle.pop())
        self.off_hub.close()

    def _run(self, begin: tuple[str, ...], work: Callable[[Connection], T], deadline: float | None) -> T:
        seconds = self.deadline_seconds if deadline is None else deadline
        started, answered = time.monotonic(), True
        try:
            return self.off_hub.call(lambda job: self._tried(job, begin, work), seconds)
        except StoreUnavailable:
            answered = False
            raise
        finally:
            self._observe(time.monotonic() - started, answered)

    def _tried(self, job: Job, begin: tuple[str, ...], work: Callable[[Connection], T]) -> T:
        for tries_left in reversed(range(_TRIES)):
            try:
                return self._once(job, begin, work)
            except DBAPIError as error:
                if not tries_left or job.abandoned or not _may_retry(self.kind, error):
                    raise StoreUnavailable(reason_of(error)) from None
        raise AssertionError("the last try returns or raises")

    def _once(self, job: Job, begin: tuple[str, ...], work: Callable[[Connection], T]) -> T:
        connection = self._begun(begin)
        try:
            result = work(connection)
            if job.abandoned:
                raise StoreUnavailable("given up by its caller, rolled back")
            connection.commit()
            return result
        finally:
            self._put_back(connection)

    def _begun(self, begin: tuple[str, ...]) -> Connection:
        try:
            connection = self._idle.pop()
        except IndexError:
            return _begin(self._connected(), begin)
        try:
            return _begin(connection, begin)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
        return _begin(self._connected(), begin)

    def _connected(self) -> Connection:
        if self.path is not None and not self.path.exists():
            raise StoreUnavailable(f"there is no database file {self.path}")
        if self._connected_once:
            return self._engine.connect()
        with self._first:  # SQLAlchemy sets its dialect up on the first connection, behind a lock of gevent's
            connection = self._engine.connect()
            self._connected_once = True
            return connection

    def _put_back(self, connection: Connection) -> None:
        try:
            connection.rollback()  # nothing to do after a commit
        except DBAPIError:
            _close(connection)
            return
        if connection.invalidated:
            _close(connection)
        else:
            self._idle.append(connection)


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


def _connect_args(kind: str, deadline_seconds: float) -> dict[str, Any]:
    seconds = max(1, math.ceil(deadline_seconds))
    if kind == "sqlite":
        return {"timeout": deadline_seconds, "check_same_thread": False}
    return {
        "charset": "utf8mb4",
        "connect_timeout": seconds,
        "read_timeout": seconds,  # a thread stuck on a silent server is free again soon after its caller has left
        "write_timeout": seconds,
        "multi_statements": False,
        "init_command": f"SET SESSION time_zone='+00:00', innodb_lock_wait_timeout={seconds}",
    }


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    connection.execute("PRAGMA foreign_keys=ON")


def _begin(connection: Connection, statements: tuple[str, ...]) -> Connection:
    try:
        for statement in statements:
            connection.exec_driver_sql(statement)
    except DBAPIError:
        _close(connection)
        raise
    return connection


def _close(connection: Connection) -> None:
    try:
        connection.invalidate()
        connection.close()
    except DBAPIError:
        pass  # it was dead already


def _may_retry(kind: str, error: DBAPIError) -> bool:
    if kind == "sqlite":
        return (getattr(error.orig, "sqlite_errorcode", 0) & 0xFF) in _SQLITE_RETRY
    return next(iter(getattr(error.orig, "args", ())), None) in _MYSQL_RETRY
