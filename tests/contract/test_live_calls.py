"""The LiveCalls port: the fake, and ours on SQLite and MariaDB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fs_app.ports import LiveCall, LiveCalls, LiveRecord
from fs_app.store.desk_view import SqlDeskView
from fs_app.store.engine import Database
from fs_app.store.live import SqlLiveCalls
from fs_app.store.soon import Soon
from fs_app.testing.fakes_desk import FakeLiveCalls
from fs_app.testing.fakes_payments import StandingClock
from tests.fixtures_mariadb import empty_database

BEGAN = StandingClock().now()
CALL = LiveCall("call-1", "host:1", "utility", "menu", "en", BEGAN, BEGAN, "main", "+14155550101", "acc-1")
Seen = Callable[[], dict[str, LiveRecord]]


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture(params=["fake", "sqlite", "mariadb"])
def both(request: pytest.FixtureRequest, tmp_path: Path, clock: StandingClock) -> Iterator[tuple[LiveCalls, Seen]]:
    """Each implementation, and what is seen once all is written."""
    if request.param == "fake":
        fake = FakeLiveCalls(clock)
        yield fake, lambda: fake.calls
        return
    database = Database(empty_database(request, request.param, tmp_path))
    soon, view = Soon(database, clock), SqlDeskView(database, clock)

    def seen() -> dict[str, LiveRecord]:
        soon.close()
        return {record.call.uuid: record for record in view.live_calls(timedelta(hours=1))}

    yield SqlLiveCalls(database, clock, soon), seen
    soon.close()
    database.close()


def test_a_call_is_seen_where_it_is(both: tuple[LiveCalls, Seen], clock: StandingClock) -> None:
    live, seen = both
    live.tell(CALL)
    assert seen() == {"call-1": LiveRecord(CALL, told_at=BEGAN)}
    clock.move(30)
    later = replace(CALL, step="card", step_since=clock.now(), secret=True, language="es")
    live.tell(replace(CALL, step="identity"))
    live.tell(later)
    assert seen() == {"call-1": LiveRecord(later, told_at=clock.now())}


@pytest.mark.parametrize("written_between", [True, False])
def test_a_call_that_is_over_says_how(
    both: tuple[LiveCalls, Seen], clock: StandingClock, written_between: bool
) -> None:
    live, seen = both
    live.tell(CALL)
    if written_between:
        seen()
    ended = BEGAN + timedelta(seconds=5)
    clock.move(6)
    live.end("call-1", "finished", ended)
    live.end("call-1", "lost", clock.now())
    assert seen() == {"call-1": LiveRecord(CALL, told_at=BEGAN, outcome="finished", ended_at=ended)}


def test_of_a_call_that_nothing_was_told_of_nothing_is_written(both: tuple[LiveCalls, Seen]) -> None:
    live, seen = both
    live.end("call-1", "refused", BEGAN)
    assert seen() == {}


@pytest.mark.parametrize("first", ["ends", "tells"])
def test_a_call_that_moved_is_the_new_workers(database: Database, clock: StandingClock, first: str) -> None:
    """Nobody knows which of two workers is written first."""
    writers = [Soon(database, clock), Soon(database, clock)]
    old, new = (SqlLiveCalls(database, clock, writer) for writer in writers)
    moved = replace(CALL, worker="host:2", step="card")
    old.tell(CALL)
    writers[0].close()
    if first == "ends":
        old.end("call-1", "moved", BEGAN)
        writers[0].close()
    new.tell(moved)
    writers[1].close()
    old.end("call-1", "moved", BEGAN)
    writers[0].close()
    view = SqlDeskView(database, clock)
    assert view.live_call("call-1") == LiveRecord(moved, told_at=BEGAN)
    new.end("call-1", "finished", clock.now())
    writers[1].close()
    assert list(view.live_calls()) == []
    (over,) = view.live_calls(timedelta(minutes=1))
    assert over.outcome == "finished"


def test_what_is_too_long_for_its_column_is_cut_and_refused_by_no_database(
    both: tuple[LiveCalls, Seen],
) -> None:
    live, seen = both
    live.tell(replace(CALL, worker="w" * 128, step="s" * 64))
    live.tell(replace(CALL, uuid="call-2", line="l" * 500, caller_id="9" * 500))
    assert {record.call.step for record in seen().values()} == {"s" * 64, "menu"}


def test_the_old_and_the_abandoned_are_forgotten(database: Database, clock: StandingClock) -> None:
    soon = Soon(database, clock)
    live, view = SqlLiveCalls(database, clock, soon), SqlDeskView(database, clock)
    for uuid in ("ended", "abandoned", "long"):
        live.tell(replace(CALL, uuid=uuid))
    live.end("ended", "finished", clock.now())
    soon.close()
    clock.move(20 * 3600)
    live.tell(replace(CALL, uuid="long"))
    live.tell(replace(CALL, uuid="new"))
    live.end("new", "finished", clock.now())
    soon.close()
    clock.move(5 * 3600)
    assert live.forget(clock.now() - timedelta(days=1)) == 2
    assert {record.call.uuid for record in view.live_calls(timedelta(days=2))} == {"long", "new"}
