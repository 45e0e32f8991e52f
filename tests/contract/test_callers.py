"""Who has called before, on the fake, SQLite and MariaDB."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fs_app.jobs.housekeeping import Chore, Housekeeper
from fs_app.ports import Callers, KnownCaller
from fs_app.store.callers import NoCallers, SqlCallers
from fs_app.store.engine import Database
from fs_app.testing.fakes_callers import FakeCallers
from fs_app.testing.fakes_payments import StandingClock
from tests.fixtures_mariadb import empty_database

ANN, BOB = "+14155550101", "+14155550102"


class Written:
    """Waits for what is written soon before it looks."""

    def __init__(self, callers: SqlCallers) -> None:
        self._callers = callers
        self.prefers, self.remember = callers.prefers, callers.remember

    def of(self, caller_id: str | None) -> KnownCaller | None:
        """What is remembered once all is written."""
        self._callers.close()
        return self._callers.of(caller_id)


@pytest.fixture(params=["fake", "sqlite", "mariadb"])
def callers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callers]:
    """Each implementation, on each kind of database."""
    if request.param == "fake":
        yield FakeCallers()
        return
    database = Database(empty_database(request, request.param, tmp_path))
    yield Written(SqlCallers(database, StandingClock()))
    database.close()


def test_nobody_is_known_at_first(callers: Callers) -> None:
    assert callers.of(ANN) is None


def test_a_language_and_later_an_account(callers: Callers) -> None:
    callers.prefers(ANN, "es")
    assert callers.of(ANN) == KnownCaller("es")
    callers.remember(ANN, language="es", account_number="10001")
    assert callers.of(ANN) == KnownCaller("es", "10001", 1)
    callers.remember(ANN, language="en", account_number="10002")
    assert callers.of(ANN) == KnownCaller("en", "10002", 2)
    assert callers.of(BOB) is None


def test_a_bill_of_somebody_elses_keeps_the_account(callers: Callers) -> None:
    callers.remember(ANN, language="en", account_number="10001")
    callers.remember(ANN, language="en")
    assert callers.of(ANN) == KnownCaller("en", "10001", 2)
    callers.prefers(ANN, "tr")
    assert callers.of(ANN) == KnownCaller("tr", "10001", 2)


@pytest.mark.parametrize("nobody", [None, ""])
def test_who_sends_no_number_is_nobody(callers: Callers, nobody: str | None) -> None:
    callers.prefers(nobody, "es")
    callers.remember(nobody, language="es", account_number="10001")
    assert callers.of(nobody) is None


@pytest.mark.parametrize("same", ["14155550101", "0014155550101", "+1 (415) 555-0101"])
def test_a_number_however_it_is_written(database: Database, same: str) -> None:
    callers = Written(SqlCallers(database, StandingClock()))
    callers.remember(ANN, language="en")
    assert callers.of(same) == KnownCaller("en", None, 1)
    callers.remember("anonymous", language="en")
    assert callers.of("anonymous") is None


def test_those_who_have_not_called_for_long_are_forgotten(database: Database) -> None:
    clock = StandingClock()
    callers = SqlCallers(database, clock)
    keeper = Housekeeper([Chore("callers", callers, timedelta(days=400))], clock)
    callers.remember(ANN, language="en")
    callers.close()
    clock.move(300 * 24 * 3600)
    callers.remember(BOB, language="en")
    callers.close()
    clock.move(101 * 24 * 3600)
    keeper.clean()
    assert callers.of(ANN) is None
    assert callers.of(BOB) is not None


def test_a_database_that_is_down_knows_nobody_and_harms_no_call(tmp_path: Path) -> None:
    down = Database(f"sqlite:///{tmp_path}/none.sqlite")
    callers = SqlCallers(down, StandingClock())
    callers.prefers(ANN, "es")
    callers.remember(ANN, language="es")
    callers.close()
    assert callers.of(ANN) is None


def test_an_operator_who_wants_nobody_remembered() -> None:
    callers = NoCallers()
    callers.prefers(ANN, "es")
    callers.remember(ANN, language="es", account_number="10001")
    assert callers.of(ANN) is None
