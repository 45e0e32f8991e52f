"""The sessions of one database: those that only read, and those that write.

A session that reads is told so once, when it connects: the database itself then refuses a write in it, and a
statement needs no transaction round it and no second round trip. (Each statement sees what is committed; at READ
COMMITTED it did so within a transaction too.) A session that writes begins a transaction with its first statement.

Sessions are kept in plain deques (``append`` and ``pop`` are atomic), not in SQLAlchemy's queue: its locks are
gevent's once the process is patched, and those are not made for waiting across native threads.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from gevent import monkey
from sqlalchemy import URL, Connection, NullPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from fs_app.errors import StoreUnavailable

_NativeLock = monkey.get_original("_thread", "allocate_lock")


class Mode(NamedTuple):
    """What a kind of session is told when it connects, in SQL and by the driver, and at the start of each
    transaction."""

    name: str
    once: tuple[str, ...] = ()
    setting: Callable[[Any], None] | None = None
    begin: tuple[str, ...] = ()


def _autocommit(driver: Any) -> None:
    """Each statement stands by itself."""
    driver.autocommit(True)


def _many_statements(driver: Any) -> None:
    """MYSQL_OPTION_MULTI_STATEMENTS_ON: several may be sent at once."""
    driver.set_server_option(0)


# SQLite takes the write lock at once: a reader that turns writer cannot wait for it.
READING = {
    "sqlite": Mode("reading", once=("PRAGMA query_only=1",)),
    "mysql": Mode("reading", once=("SET SESSION TRANSACTION READ ONLY",), setting=_autocommit),
}
WRITING = {
    "sqlite": Mode("writing", begin=("BEGIN IMMEDIATE",)),
    "mysql": Mode("writing", setting=_many_statements),
}


class Sessions:
    """Opens connections and keeps the idle ones, by mode."""

    def __init__(self, url: URL, deadline_seconds: float, *, foreign_keys: bool = True) -> None:
        self._kind = url.get_backend_name()
        self._file = Path(url.database or "") if self._kind == "sqlite" else None
        self._idle: dict[str, deque[Connection]] = {"reading": deque(), "writing": deque()}
        self._first = _NativeLock()
        self._connected_once = False
        self._engine = create_engine(
            url,
            poolclass=NullPool,
            hide_parameters=True,
            isolation_level="READ COMMITTED" if self._kind == "mysql" else None,
            skip_autocommit_rollback=self._kind == "mysql",  # to SQLite we say BEGIN ourselves
            connect_args=_connect_args(self._kind, deadline_seconds),
        )
        if self._kind == "sqlite":
            event.listen(self._engine, "connect", partial(_prepare_sqlite, foreign_keys))

    def idle(self, mode: Mode) -> Connection | None:
        """One that was used before, if there is any."""
        try:
            return self._idle[mode.name].pop()
        except IndexError:
            return None

    def connected(self, mode: Mode) -> Connection:
        """A new one. StoreUnavailable for a file that is not there."""
        if self._file is not None and not self._file.exists():
            raise StoreUnavailable(f"there is no database file {self._file}")
        connection = self._connect()
        try:
            _introduce(connection, mode)
        except DBAPIError:
            close(connection)
            raise
        return connection

    def put_back(self, connection: Connection, mode: Mode) -> None:
        """Keep it, without what its transaction did not commit."""
        try:
            connection.rollback()  # nothing to do after a commit, and for one that reads
        except DBAPIError:
            close(connection)
            return
        if connection.invalidated:
            close(connection)
        else:
            self._idle[mode.name].append(connection)

    def close(self) -> None:
        """Close those that are idle."""
        for idle in self._idle.values():
            while idle:
                close(idle.pop())

    def __len__(self) -> int:
        """How many are idle."""
        return sum(map(len, self._idle.values()))

    def _connect(self) -> Connection:
        if self._connected_once:
            return self._engine.connect()
        with self._first:  # SQLAlchemy sets its dialect up on the first connection, behind a lock of gevent's
            connection = self._engine.connect()
            self._connected_once = True
            return connection


def _introduce(connection: Connection, mode: Mode) -> None:
    for statement in mode.once:
        connection.exec_driver_sql(statement)
    connection.rollback()
    if mode.setting is not None:
        mode.setting(connection.connection.dbapi_connection)


def close(connection: Connection) -> None:
    """Close one that nobody goes on with."""
    try:
        connection.invalidate()
        connection.close()
    except DBAPIError:
        pass  # it was dead already


def _connect_args(kind: str, deadline_seconds: float) -> dict[str, Any]:
    seconds = max(1, math.ceil(deadline_seconds))
    if kind == "sqlite":
        return {"timeout": deadline_seconds, "check_same_thread": False}
    return {
        "charset": "utf8mb4",
        "connect_timeout": seconds,
        "read_timeout": seconds,  # a thread stuck on a silent server is free again soon after its caller has left
        "write_timeout": seconds,
        "multi_statements": False,  # an operator's own SQL is one statement
        "init_command": f"SET SESSION time_zone='+00:00', innodb_lock_wait_timeout={seconds}",
    }


def _prepare_sqlite(foreign_keys: bool, connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    connection.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
