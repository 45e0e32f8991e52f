"""The Checkpoints port, on SQLite and on MariaDB: never in a call's way, the newest wins, many in one write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import gevent
import pytest
from gevent.event import Event

from fs_app.errors import StoreUnavailable
from fs_app.store.checkpoints import SqlCheckpoints
from fs_app.store.engine import Database
from fs_app.store.soon import Soon
from fs_app.testing.fakes_payments import StandingClock


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture
def writer(database: Database, clock: StandingClock) -> Iterator[Soon]:
    soon = Soon(database, clock)
    yield soon
    soon.close()


@pytest.fixture
def server(database: Database, writer: Soon) -> SqlCheckpoints:
    return SqlCheckpoints(database, writer)


@pytest.fixture
def another(database: Database, clock: StandingClock) -> Iterator[SqlCheckpoints]:
    """The same tables, seen by another process."""
    writer = Soon(database, clock)
    yield SqlCheckpoints(database, writer)
    writer.close()


def soon(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 5
    while not condition() and time.monotonic() < until:
        gevent.sleep(0.005)
    return condition()


def test_the_newest_text_is_found_by_another_server(server: SqlCheckpoints, another: SqlCheckpoints) -> None:
    assert another.find("call-1") is None
    for text in ("one", "two", "three"):
        server.keep("call-1", text)
    assert soon(lambda: another.find("call-1") == "three")
    another.keep("call-1", "four")
    assert soon(lambda: server.find("call-1") == "four")


def test_a_committed_text_is_there_at_once(server: SqlCheckpoints, another: SqlCheckpoints) -> None:
    for text in ("one", "two"):
        assert server.commit("call-1", text)
        assert another.find("call-1") == text


def test_a_commit_does_not_take_an_older_write_for_its_own(
    server: SqlCheckpoints, another: SqlCheckpoints, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, write = Event(), Event(), database.write

    def slow(work, **more):
        begun.set()
        go_on.wait(5)
        return write(work, **more)

    monkeypatch.setattr(database, "write", slow)
    server.keep("call-1", "older")
    begun.wait(5)
    committing = gevent.spawn(server.commit, "call-1", "newer")
    gevent.idle()
    go_on.set()
    assert committing.get(timeout=5)
    assert another.find("call-1") == "newer"


def test_a_call_that_is_over_is_forgotten(server: SqlCheckpoints, another: SqlCheckpoints) -> None:
    server.commit("call-1", "kept")
    server.keep("call-1", "newer")
    server.drop("call-1")
    assert soon(lambda: another.find("call-1") is None)
    server.commit("call-2", "moved")
    assert another.find("call-2") == "moved"
    another.drop("call-2")
    assert soon(lambda: server.find("call-2") is None)


def test_a_call_that_was_never_written_costs_the_database_nothing(
    server: SqlCheckpoints, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = counted(database, monkeypatch)
    server.keep("call-1", "hangs up at once")
    server.drop("call-1")
    server.drop("call-2")
    server.commit("call-3", "another")
    assert len(writes) == 1
    assert server.find("call-1") is None


def test_the_texts_of_many_calls_go_in_few_transactions(
    server: SqlCheckpoints, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = counted(database, monkeypatch)
    for number in range(300):
        server.keep(f"call-{number}", "a place")
    assert server.commit("call-last", "a place")
    assert len(writes) <= 3
    assert server.find("call-299") == "a place"


def counted(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """A list that grows with every transaction that writes."""
    writes: list[None] = []
    write = database.write

    def counting(work, **more):
        writes.append(None)
        return write(work, **more)

    monkeypatch.setattr(database, "write", counting)
    return writes


def test_a_database_that_comes_back_gets_what_waited(
    server: SqlCheckpoints, another: SqlCheckpoints, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fs_app.store.soon._PAUSE_SECONDS", 0.01)
    write = database.write

    def down(work, **more):
        raise StoreUnavailable("down")

    monkeypatch.setattr(database, "write", down)
    patience, database.deadline_seconds = database.deadline_seconds, 0.05
    assert not server.commit("call-1", "one")
    server.keep("call-1", "two")
    server.keep("call-2", "one")
    database.deadline_seconds = patience  # what is written in earnest may take its time
    monkeypatch.setattr(database, "write", write)
    assert soon(lambda: (another.find("call-1"), another.find("call-2")) == ("two", "one"))


def test_what_waits_when_the_server_ends_is_written(
    server: SqlCheckpoints, writer: Soon, another: SqlCheckpoints
) -> None:
    server.keep("call-1", "the last")
    writer.close()
    assert another.find("call-1") == "the last"


def test_a_call_that_ended_unnoticed_is_forgotten_by_the_housekeeping(
    server: SqlCheckpoints, clock: StandingClock
) -> None:
    server.commit("old", "long ago")
    clock.move(3600)
    server.commit("new", "now")
    assert server.forget(clock.now() - timedelta(minutes=30)) == 1
    assert (server.find("old"), server.find("new")) == (None, "now")
