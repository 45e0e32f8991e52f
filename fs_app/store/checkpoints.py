"""Checkpoints in the database, written off the hub, those of many calls in one transaction.

A call never waits for its checkpoint. What comes while a transaction is under way waits for the next one, and of
one call only the newest text: under load the writes of many calls are grouped by themselves, and a database that
is slow or down piles up one text a call at most.
"""

from __future__ import annotations

from datetime import datetime

import gevent
import structlog
from gevent.event import Event
from sqlalchemy import Connection, Executable, delete, select
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from fs_app.errors import StoreUnavailable
from fs_app.ports import Clock
from fs_app.store.engine import Database
from fs_app.store.tables import checkpoints

_log = structlog.get_logger(__name__)

_PAUSE_SECONDS = 1.0  # after a write that failed
_MOST_AT_ONCE = 500
_MOST_WAITING = 20_000


class SqlCheckpoints:
    """See `fs_app.ports.Checkpoints` for the contract. The writer's greenlet starts with the first text."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: dict[str, str | None] = {}  # None: to be forgotten
        self._known: set[str] = set()  # calls that may have a row
        self._commits: dict[str, Event] = {}
        self._something = Event()
        self._closing = False
        self._writer: gevent.Greenlet[[], None] | None = None

    def keep(self, uuid: str, text: str) -> None:
        """Write it soon."""
        self._put(uuid, text)

    def commit(self, uuid: str, text: str) -> bool:
        """Write it, and wait no longer than the database's deadline until it is."""
        written = self._commits[uuid] = Event()
        self._put(uuid, text)
        done = written.wait(self._database.deadline_seconds)
        self._commits.pop(uuid, None)
        return bool(done)

    def find(self, uuid: str) -> str | None:
        """What was written last."""
        chosen = select(checkpoints.c.place).where(checkpoints.c.uuid == uuid)
        text: str | None = self._database.read(lambda connection: connection.execute(chosen).scalar())
        if text is not None:
            self._known.add(uuid)
        return text

    def drop(self, uuid: str) -> None:
        """Forget it soon; a call that nothing was written of is forgotten at once."""
        if uuid in self._known:
            self._put(uuid, None)
        else:
            self._waiting.pop(uuid, None)

    def forget(self, before: datetime) -> int:
        """Delete those of calls that ended without anybody noticing."""
        chosen = delete(checkpoints).where(checkpoints.c.at < before)
        return self._database.write(lambda connection: connection.execute(chosen).rowcount)

    def close(self) -> None:
        """Write what waits, no longer than the database's deadline."""
        self._closing = True
        self._something.set()
        if self._writer is not None:
            self._writer.join(self._database.deadline_seconds)

    def _put(self, uuid: str, text: str | None) -> None:
        if len(self._waiting) >= _MOST_WAITING and uuid not in self._waiting:
            return  # the database has been down for long: a call more or less is no matter any more
        self._waiting[uuid] = text
        self._something.set()
        if self._writer is None or self._writer.dead:
            self._writer = gevent.spawn(self._write_for_ever)

    def _write_for_ever(self) -> None:
        while self._waiting or not self._closing:
            if not self._waiting:
                self._something.wait()
                self._something.clear()
            elif not self._write_some():
                if self._closing:
                    return
                gevent.sleep(_PAUSE_SECONDS)

    def _write_some(self) -> bool:
        batch = {uuid: self._waiting.pop(uuid) for uuid in list(self._waiting)[:_MOST_AT_ONCE]}
        if len(self._known) > _MOST_WAITING:  # calls that went on elsewhere; their rows are not ours to drop
            self._known.clear()
        self._known.update(uuid for uuid, text in batch.items() if text is not None)
        commits = [self._commits[uuid] for uuid in batch if uuid in self._commits]  # those of these very texts
        at = self._clock.now()
        try:
            self._database.write(lambda connection: _write(connection, batch, at))
        except StoreUnavailable as error:
            _log.warning("checkpoints_not_written", calls=len(batch), error=str(error))
            self._waiting = batch | self._waiting
            return False
        self._known.difference_update(uuid for uuid, text in batch.items() if text is None)
        for written in commits:
            written.set()
        return True


def _write(connection: Connection, batch: dict[str, str | None], at: datetime) -> None:
    """In one order, so that two servers with the same call wait for each other and never in a circle."""
    rows = [{"uuid": uuid, "place": text, "at": at} for uuid, text in sorted(batch.items()) if text is not None]
    gone = sorted(uuid for uuid, text in batch.items() if text is None)
    if rows:
        connection.execute(_UPSERT[connection.dialect.name], rows)
    if gone:
        connection.execute(delete(checkpoints).where(checkpoints.c.uuid.in_(gone)))


def _mysql_upsert() -> Executable:
    chosen = mysql_insert(checkpoints)
    return chosen.on_duplicate_key_update(place=chosen.inserted.place, at=chosen.inserted.at)


def _sqlite_upsert() -> Executable:
    chosen = sqlite_insert(checkpoints)
    return chosen.on_conflict_do_update(
        index_elements=["uuid"], set_={"place": chosen.excluded.place, "at": chosen.excluded.at}
    )


# One statement of its own in each database.
_UPSERT = {"mysql": _mysql_upsert(), "mariadb": _mysql_upsert(), "sqlite": _sqlite_upsert()}
