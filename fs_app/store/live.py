"""The LiveCalls port on our tables: which calls are up, and where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, delete, update

from fs_app.ports import Clock, LiveCall
from fs_app.store.desk_rows import fit
from fs_app.store.desk_tables import live_calls
from fs_app.store.engine import Database
from fs_app.store.soon import Key, Soon
from fs_app.store.statements import Bound, Statement, upsert

_columns = live_calls.c
_TEXTS = ("worker", "flow", "step", "language", "line", "caller_id", "account_id")
_VALUES = ("secret", "since", "step_since")
_TELL = upsert(live_calls, "uuid", *_TEXTS, *_VALUES, "alive_at", "outcome", "ended_at")
_END = Statement(
    update(live_calls)
    .where(_columns.uuid == bindparam("call"), _columns.worker == bindparam("by"), _columns.ended_at.is_(None))
    .values(outcome=bindparam("how"), ended_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class _End:
    outcome: str
    at: datetime
    worker: str


@dataclass(frozen=True, slots=True)
class _Told:
    """What has been told of a call: where it is, that it is over, or both."""

    uuid: str
    call: LiveCall | None
    at: datetime
    end: _End | None = None

    @property
    def last(self) -> bool:
        return self.end is not None

    def after(self, earlier: _Told) -> _Told:
        """A call that comes back to this worker is up again."""
        return self if self.call is not None else replace(self, call=earlier.call, at=earlier.at)

    def statements(self, at: datetime) -> Sequence[Bound]:
        bound = []
        if self.call is not None:
            texts = {name: fit(_columns[name], getattr(self.call, name)) for name in _TEXTS}
            values = {name: getattr(self.call, name) for name in _VALUES}
            bound.append(_TELL(uuid=self.uuid, **texts, **values, alive_at=self.at, outcome="", ended_at=None))
        if self.end is not None:
            worker, how = fit(_columns.worker, self.end.worker), fit(_columns.outcome, self.end.outcome)
            bound.append(_END(call=self.uuid, by=worker, how=how, at=self.end.at))
        return bound


class SqlLiveCalls:
    """See `fs_app.ports.LiveCalls` for the contract.

    A call that went on to another worker is that worker's: what the first one tells of its end, and however late,
    changes nothing any more.
    """

    def __init__(self, database: Database, clock: Clock, soon: Soon) -> None:
        self._database = database
        self._clock = clock
        self._soon = soon
        self._workers: dict[str, str] = {}  # of the calls that were told of, as they were told

    def tell(self, call: LiveCall) -> None:
        """Where a call is."""
        self._workers[call.uuid] = call.worker
        self._soon.put(_key(call.uuid), _Told(call.uuid, call, self._clock.now()))

    def end(self, uuid: str, outcome: str, at: datetime) -> None:
        """It is over. Of a call that was never told of nothing is written."""
        worker = self._workers.pop(uuid, None)
        if worker is not None:
            self._soon.put(_key(uuid), _Told(uuid, None, at, _End(outcome, at, worker)))

    def forget(self, before: datetime) -> int:
        """Delete those that ended before, and those that nobody has told of since."""
        gone = delete(live_calls).where((_columns.ended_at < before) | (_columns.alive_at < before))
        return self._database.write(lambda connection: connection.execute(gone).rowcount)


def _key(uuid: str) -> Key:
    return Key(live_calls.name, uuid)
