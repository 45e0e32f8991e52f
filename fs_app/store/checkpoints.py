"""Checkpoints in the database, written off the hub (`soon`), those of many calls in one transaction.

A call never waits for its checkpoint, and of one call only the newest text is written. What a server that dies
loses by that is no more than the last twentieth of a second of a call's way: the caller had heard no more than that
of the next question. Of a charge nothing is lost: the ledger has it, and is asked first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, select

from fs_app.store.engine import Database
from fs_app.store.soon import Key, Soon
from fs_app.store.statements import Bound, Statement, run, upsert
from fs_app.store.tables import checkpoints

_THIS_CALL = checkpoints.c.uuid == bindparam("call")
_FIND = Statement(select(checkpoints.c.place).where(_THIS_CALL))
_KEEP = upsert(checkpoints, "uuid", "place", "at")
_DROP = Statement(delete(checkpoints).where(_THIS_CALL))


@dataclass(frozen=True, slots=True)
class _Place:
    """The text of a call, None where it is to be forgotten: the newest counts."""

    uuid: str
    text: str | None

    @property
    def last(self) -> bool:
        return self.text is None

    def after(self, _earlier: _Place) -> _Place:
        return self

    def statements(self, at: datetime) -> Sequence[Bound]:
        if self.text is None:
            return (_DROP(call=self.uuid),)
        return (_KEEP(uuid=self.uuid, place=self.text, at=at),)


class SqlCheckpoints:
    """See `fs_app.ports.Checkpoints` for the contract."""

    def __init__(self, database: Database, soon: Soon) -> None:
        self._database = database
        self._soon = soon

    def keep(self, uuid: str, text: str) -> None:
        """Write it soon."""
        self._soon.put(_key(uuid), _Place(uuid, text))

    def commit(self, uuid: str, text: str) -> bool:
        """Write it, and wait no longer than the database's deadline until it is."""
        return self._soon.commit(_key(uuid), _Place(uuid, text))

    def find(self, uuid: str) -> str | None:
        """What was written last."""
        rows = self._database.read(lambda connection: run(connection, _FIND(call=uuid))[0])
        if not rows:
            return None
        self._soon.found(_key(uuid))
        text: str = rows[0].place
        return text

    def drop(self, uuid: str) -> None:
        """Forget it soon; a call that nothing was written of is forgotten at once."""
        self._soon.drop(_key(uuid), _Place(uuid, None))

    def forget(self, before: datetime) -> int:
        """Delete those of calls that ended without anybody noticing."""
        chosen = delete(checkpoints).where(checkpoints.c.at < before)
        return self._database.write(lambda connection: connection.execute(chosen).rowcount)


def _key(uuid: str) -> Key:
    return Key(checkpoints.name, uuid)
