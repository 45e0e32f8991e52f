"""Checkpoints in the database, written off the hub, those of many calls in one transaction.

A call never waits for its checkpoint. The first one is written at once; what comes while that is under way, and for
a moment after it, goes together in the next transaction, and of one call only the newest text. The moment is a
millisecond for each call that is up and a twentieth of a second at most: few calls are written at once, a thousand
cost no more than twenty transactions a second, and a database that is slow or down piles up one text a call.

What a server that dies loses by that is no more than the last twentieth of a second of a call's way: the caller had
heard no more than that of the next question. Of a charge nothing is lost: the ledger has it, and is asked first.
"""

from __future__ import annotations

from datetime import datetime

import gevent
import structlog
from gevent.event import Event
from sqlalchemy import Connection, bindparam, delete, select

from fs_app.errors import StoreUnavailable
from fs_app.ports import Clock
from fs_app.store.engine import Database
from fs_app.store.statements import Statement, run, upsert
from fs_app.store.tables import checkpoints

_log = structlog.get_logger(__name__)

_GATHER_SECONDS_A_CALL = 0.001  # after a write; whoever waits for theirs ends it
_GATHER_SECONDS = 0.05  # at most
_PAUSE_SECONDS = 1.0  # after a write that failed
_MOST_AT_ONCE = 500
_MOST_WAITING = 20_000

_THIS_CALL = checkpoints.c.uuid == bindparam("call")
_FIND = Statement(select(checkpoints.c.place).where(_THIS_CALL))
_KEEP = upsert(checkpoints, "uuid", "place", "at")
_DROP = Statement(delete(checkpoints).where(_THIS_CALL))


class SqlCheckpoints:
    """See `fs_app.ports.Checkpoints` for the contract. The writer's greenlet starts with the first text."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: dict[str, str | None] = {}  # None: to be forgotten
        self._known: set[str] = set()  # calls that may have a row
        self._commits: dict[str, Event] = {}
        self._something = Event()
        self._urgent = Event()
        self._closing = False
        self._writer: gevent.Greenlet[[], None] | None = None

    def keep(self, uuid: str, text: str) -> None:
        """Write it soon."""
        self._put(uuid, text)

    def commit(self, uuid: str, text: str) -> bool:
        """Write it, and wait no longer than the database's deadline until it is."""
        written = self._commits[uuid] = Event()
        self._put(uuid, text)
        self._urgent.set()
        done = written.wait(self._database.deadline_seconds)
        self._commits.pop(uuid, None)
        return bool(done)

    def find(self, uuid: str) -> str | None:
        """What was written last."""
        rows = self._database.read(lambda connection: run(connection, _FIND(call=uuid))[0])
        if not rows:
            return None
        self._known.add(uuid)
        text: str = rows[0].place
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
        self._urgent.set()
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
            elif self._write_some():
                self._urgent.wait(min(_GATHER_SECONDS, _GATHER_SECONDS_A_CALL * len(self._known)))
                self._urgent.clear()
            elif self._closing:
                return
            else:
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
    in_order = sorted(batch.items())
    run(
        connection,
        *[_DROP(call=uuid) if text is None else _KEEP(uuid=uuid, place=text, at=at) for uuid, text in in_order],
    )
