"""The writer of what nobody waits for, on SQLite and on MariaDB: rows of several kinds in one transaction, what
comes later goes together with what still waits, and a row that is refused is in nobody's way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest
from sqlalchemy import select

from fs_app.errors import StoreUnavailable
from fs_app.store.engine import Database
from fs_app.store.soon import Key, Soon
from fs_app.store.statements import Bound, upsert
from fs_app.store.tables import callers, checkpoints
from fs_app.testing.fakes_payments import StandingClock

_PLACE = upsert(checkpoints, "uuid", "place", "at")
_CALLER = upsert(callers, "telephone", "language", "calls", "at")


@dataclass(frozen=True)
class Said:
    """What was told under one key, all of it: a row of one of two tables."""

    row: str
    text: str | None
    table: str = "checkpoints"
    last: bool = False

    def after(self, earlier: Said) -> Said:
        return Said(self.row, f"{earlier.text}, {self.text}", self.table)

    def statements(self, at: datetime) -> Sequence[Bound]:
        if self.table == "callers":
            return (_CALLER(telephone=self.row, language=self.text, calls=1, at=at),)
        return (_PLACE(uuid=self.row, place=self.text, at=at),)

    @property
    def key(self) -> Key:
        return Key(self.table, self.row)


@pytest.fixture
def soon(database: Database) -> Iterator[Soon]:
    made = Soon(database, StandingClock())
    yield made
    made.close()


def put(soon: Soon, *changes: Said) -> None:
    for change in changes:
        soon.put(change.key, change)


def commit(soon: Soon, change: Said) -> bool:
    return soon.commit(change.key, change)


def places(database: Database) -> dict[str, str]:
    """What stands in the table."""
    rows = database.read(lambda connection: connection.execute(select(checkpoints)).all())
    return {row.uuid: row.place for row in rows}


def test_rows_of_several_kinds_go_in_one_transaction(
    soon: Soon, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[None] = []
    write = database.write

    def counting(work, **more):
        writes.append(None)
        return write(work, **more)

    monkeypatch.setattr(database, "write", counting)
    put(soon, Said("+1", "es", "callers"), Said("call-1", "one"))
    assert commit(soon, Said("call-2", "two"))
    assert len(writes) == 1
    assert places(database) == {"call-1": "one", "call-2": "two"}
    (row,) = database.read(lambda connection: connection.execute(select(callers)).all())
    assert (row.telephone, row.language) == ("+1", "es")


def test_what_comes_later_goes_together_with_what_waits(soon: Soon, database: Database) -> None:
    put(soon, Said("call-1", "one"), Said("call-1", "two"))
    assert commit(soon, Said("call-1", "three"))
    assert places(database) == {"call-1": "one, two, three"}
    assert commit(soon, Said("call-1", "four"))
    assert places(database) == {"call-1": "four"}, "what was written is not written again"


def test_what_could_not_be_written_goes_together_with_what_came_meanwhile(
    soon: Soon, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fs_app.store.soon._PAUSE_SECONDS", 0.01)
    write, tries = database.write, []

    def down(work, **more):
        tries.append(None)
        if len(tries) == 1:
            put(soon, Said("call-1", "two"))
            raise StoreUnavailable("down")
        return write(work, **more)

    monkeypatch.setattr(database, "write", down)
    put(soon, Said("call-1", "one"))
    soon.close()
    monkeypatch.setattr(database, "write", write)
    assert places(database) == {}, "who ends does not wait for a database that is down"
    put(soon, Said("call-2", "three"))
    soon.close()
    assert places(database) == {"call-1": "one, two", "call-2": "three"}


def test_a_row_that_is_refused_is_in_nobody_elses_way(soon: Soon, database: Database) -> None:
    put(soon, Said("call-1", "one"), Said("call-2", None), Said("call-3", "three"))
    assert commit(soon, Said("call-4", "four"))
    assert places(database) == {"call-1": "one", "call-3": "three", "call-4": "four"}
    assert commit(soon, Said("call-2", "is told again"))
    assert places(database)["call-2"] == "is told again"


def test_who_waits_for_a_row_that_is_refused_is_told_that_it_is_not_written(soon: Soon, database: Database) -> None:
    patience, database.deadline_seconds = database.deadline_seconds, 0.2
    assert not commit(soon, Said("call-1", None))
    database.deadline_seconds = patience
    assert places(database) == {}
