"""What nobody waits for, written off the hub: of many calls and of every kind in one transaction.

The first change is written at once; what comes while that is under way, and for a moment after it, goes together
in the next transaction, and under one key only what is newest. The moment is a millisecond for each call that is up
and a twentieth of a second at most: few calls are written at once, a thousand cost no more than twenty transactions
a second, and a database that is slow or down piles up one change a key.

What a server that dies loses by that is no more than the last twentieth of a second.

One writer serves a process, so that what one call tells of several things is one round trip. A row that the
database refuses is dropped by itself and logged: it is in nobody else's way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import gevent
import structlog
from gevent.event import Event

from fs_app.errors import RowRefused, StoreUnavailable
from fs_app.ports import Clock
from fs_app.store.engine import Database
from fs_app.store.statements import Bound, run

_log = structlog.get_logger(__name__)

_GATHER_SECONDS_A_CALL = 0.001  # after a write; whoever waits for theirs ends it
_GATHER_SECONDS = 0.05  # at most
_PAUSE_SECONDS = 1.0  # after a write that failed
_MOST_AT_ONCE = 500
_MOST_WAITING = 20_000


class Key(NamedTuple):
    """What a change is of: a table and one row of it, in words of its own."""

    table: str
    row: str


class Change(Protocol):
    """What is to be written of one row. To write it twice is harmless: after a failure nobody knows."""

    @property
    def last(self) -> bool:
        """Whether nothing follows: the row is gone, or what it tells of is over."""
        ...

    def after(self, earlier: Any) -> Change:
        """This change and the one before it, of the same key, that nobody has written yet."""
        ...

    def statements(self, at: datetime) -> Sequence[Bound]:
        """How it is written; ``at`` is now."""
        ...


class Soon:
    """The writer. Its greenlet starts with the first change."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: dict[Key, Change] = {}
        self._known: defaultdict[str, set[str]] = defaultdict(set)  # rows that may stand, and are not over
        self._commits: dict[Key, Event] = {}
        self._something = Event()
        self._urgent = Event()
        self._closing = False
        self._writer: gevent.Greenlet[[], None] | None = None

    def put(self, key: Key, change: Change) -> None:
        """Write it soon. Never waits and never raises."""
        if len(self._waiting) >= _MOST_WAITING and key not in self._waiting:
            return  # the database has been down for long: a call more or less is no matter any more
        earlier = self._waiting.get(key)
        self._waiting[key] = change if earlier is None else change.after(earlier)
        self._something.set()
        if self._writer is None or self._writer.dead:
            self._writer = gevent.spawn(self._write_for_ever)

    def commit(self, key: Key, change: Change) -> bool:
        """Write it, and wait no longer than the database's deadline until it is; False where it is not."""
        written = self._commits[key] = Event()
        self.put(key, change)
        self._urgent.set()
        done = written.wait(self._database.deadline_seconds)
        self._commits.pop(key, None)
        return bool(done)

    def drop(self, key: Key, change: Change) -> None:
        """Write soon that a row is gone; one that was never written costs the database nothing."""
        if key.row in self._known[key.table]:
            self.put(key, change)
        else:
            self._waiting.pop(key, None)

    def found(self, key: Key) -> None:
        """There is such a row: another process has written it."""
        self._known[key.table].add(key.row)

    def close(self) -> None:
        """Write what waits, no longer than the database's deadline."""
        self._closing = True
        self._something.set()
        self._urgent.set()
        if self._writer is not None:
            self._writer.join(self._database.deadline_seconds)

    def _write_for_ever(self) -> None:
        while self._waiting or not self._closing:
            if not self._waiting:
                self._something.wait()
                self._something.clear()
            elif self._write_some():
                calls = max(map(len, self._known.values()))  # a call has a row or so in each table
                self._urgent.wait(min(_GATHER_SECONDS, _GATHER_SECONDS_A_CALL * calls))
                self._urgent.clear()
            elif self._closing:
                return
            else:
                gevent.sleep(_PAUSE_SECONDS)

    def _write_some(self) -> bool:
        batch = {key: self._waiting.pop(key) for key in list(self._waiting)[:_MOST_AT_ONCE]}
        commits = {key: self._commits[key] for key in batch if key in self._commits}  # those of these very changes
        if sum(map(len, self._known.values())) > _MOST_WAITING:  # calls that went on elsewhere
            self._known.clear()
        for key, change in batch.items():
            if not change.last:
                self._known[key.table].add(key.row)
        try:
            refused = self._written(batch)
        except StoreUnavailable as error:
            _log.warning("not_written_yet", rows=len(batch), error=str(error))
            self._take_back(batch)
            return False
        for key, change in batch.items():
            if change.last:
                self._known[key.table].discard(key.row)
        for key in commits.keys() - refused:
            commits[key].set()
        return True

    def _written(self, batch: dict[Key, Change]) -> set[Key]:
        """Write all, or each by itself where the database refuses one; those that it refused. StoreUnavailable."""
        try:
            self._write(batch)
        except RowRefused as error:
            if len(batch) > 1:
                return set().union(*(self._written({key: change}) for key, change in batch.items()))
            (key,) = batch
            _log.error("never_written", table=key.table, row=key.row, error=str(error))
            return {key}
        return set()

    def _write(self, batch: dict[Key, Change]) -> None:
        """In one order, so that two servers with the same rows wait for each other and never in a circle."""
        at = self._clock.now()
        bound = [each for key in sorted(batch) for each in batch[key].statements(at)]
        self._database.write(lambda connection: run(connection, *bound))

    def _take_back(self, batch: dict[Key, Change]) -> None:
        """They wait again, before all others; what has come meanwhile follows them."""
        newer = self._waiting
        self._waiting = batch | {
            key: change.after(batch[key]) if key in batch else change for key, change in newer.items()
        }
