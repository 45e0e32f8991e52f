"""Tries of a proof: counted over all calls, locked for some time, on the fake, SQLite and MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import gevent
import pytest
from sqlalchemy import select

from fs_app.domain.rules import Lockout
from fs_app.jobs.housekeeping import Chore, Housekeeper
from fs_app.ports import Proofs
from fs_app.store.engine import Database
from fs_app.store.proofs import SqlProofs
from fs_app.store.tables import wrong_proofs
from fs_app.testing.fakes_callers import FakeProofs
from fs_app.testing.fakes_payments import StandingClock
from tests.fixtures_mariadb import empty_database

THREE = Lockout(failures=3, within_minutes=60, minutes=30)
ANN, BOB = "account:a1", "account:b2"
MINUTE = 60


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


@pytest.fixture(params=["fake", "sqlite", "mariadb"])
def proofs(request: pytest.FixtureRequest, clock: StandingClock, tmp_path: Path) -> Iterator[Proofs]:
    """Each implementation, on each kind of database."""
    if request.param == "fake":
        yield FakeProofs(clock)
        return
    database = Database(empty_database(request, request.param, tmp_path))
    yield SqlProofs(database, clock, "a secret of the operator's")
    database.close()


def wrong(proofs: Proofs, times: int, claimed: str = ANN) -> list[bool]:
    """So many wrong tries; whether each was looked at."""
    return [proofs.tried(claimed, THREE) for _ in range(times)]


def test_so_many_tries_and_no_more_and_nobody_else_is_locked(proofs: Proofs) -> None:
    assert not proofs.locked(ANN, THREE)
    assert wrong(proofs, 5) == [True, True, True, False, False]
    assert proofs.locked(ANN, THREE)
    assert not proofs.locked(BOB, THREE)
    assert proofs.tried(BOB, THREE)


def test_a_lock_expires_by_the_clock_and_counting_begins_anew(proofs: Proofs, clock: StandingClock) -> None:
    wrong(proofs, 3)
    clock.move(30 * MINUTE - 1)
    assert proofs.locked(ANN, THREE)
    assert wrong(proofs, 1) == [False]
    clock.move(1)
    assert not proofs.locked(ANN, THREE)
    assert wrong(proofs, 4) == [True, True, True, False]
    clock.move(30 * MINUTE)
    assert wrong(proofs, 1) == [True]


def test_what_is_tried_while_it_is_locked_does_not_keep_it_locked(proofs: Proofs, clock: StandingClock) -> None:
    wrong(proofs, 3)
    for _ in range(10):
        clock.move(2 * MINUTE)
        assert wrong(proofs, 1) == [False]
    clock.move(10 * MINUTE)
    assert not proofs.locked(ANN, THREE)


def test_tries_that_lie_far_apart_lock_nothing(proofs: Proofs, clock: StandingClock) -> None:
    for _ in range(12):
        assert wrong(proofs, 1) == [True]
        clock.move(30 * MINUTE)
    assert not proofs.locked(ANN, THREE)


def test_a_right_one_forgets_the_wrong_ones(proofs: Proofs) -> None:
    wrong(proofs, 3)
    proofs.right(ANN)
    assert not proofs.locked(ANN, THREE)
    assert wrong(proofs, 3) == [True] * 3
    proofs.right(BOB)
    assert proofs.locked(ANN, THREE)


def test_one_that_is_taken_back_leaves_those_before_it(proofs: Proofs) -> None:
    wrong(proofs, 2)
    assert proofs.tried(ANN, THREE)
    proofs.take_back(ANN)
    assert wrong(proofs, 2) == [True, False]
    proofs.take_back(BOB)


def test_calls_at_the_same_moment_get_no_more_tries_together(database: Database, clock: StandingClock) -> None:
    counting = SqlProofs(database, clock, "secret")
    tries = [gevent.spawn(counting.tried, ANN, THREE) for _ in range(12)]
    gevent.joinall(tries, timeout=30)
    looked_at = [each for each in tries if each.successful() and each.value]
    assert 1 <= len(looked_at) <= 3
    rows = database.read(lambda connection: connection.execute(select(wrong_proofs.c.subject)).all())
    assert len(rows) == len(looked_at)


def test_what_was_claimed_cannot_be_read_from_the_table(database: Database, clock: StandingClock) -> None:
    def subject(secret: str, claimed: str) -> str:
        counting = SqlProofs(database, clock, secret)
        counting.tried(claimed, THREE)
        (row,) = database.read(lambda connection: connection.execute(select(wrong_proofs.c.subject)).all())
        counting.right(claimed)
        assert "10001" not in row.subject
        return str(row.subject)

    one = subject("one", "account_number:10001")
    assert one == subject("one", "account_number:10001")
    assert len({one, subject("two", "account_number:10001"), subject("one", "account_number:10002")}) == 3


def test_what_no_lockout_looks_at_any_more_is_forgotten(database: Database, clock: StandingClock) -> None:
    counting = SqlProofs(database, clock, "secret")
    keeper = Housekeeper([Chore("wrong proofs", counting, timedelta(days=14))], clock)
    wrong(counting, 3)
    keeper.clean()
    assert counting.locked(ANN, THREE)
    clock.move(15 * 24 * 3600)
    keeper.clean()
    assert counting.forget(clock.now()) == 0
