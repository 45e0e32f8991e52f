"""The database off the hub: stalls, outages, deadlines and deadlocks, on SQLite and on MariaDB."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import gevent
import pytest
from sqlalchemy import Connection, func, insert, select, text, update

from fs_app.errors import StoreUnavailable
from fs_app.store.engine import Database
from fs_app.store.schema import migrate
from fs_app.store.tables import accounts
from fs_app.testing.mariadb import PrivateMariaDB

LIMIT_SECONDS = 1.0  # what would block the hub lasts two seconds; a busy machine is late by less


def worst_pause(work: Callable[[], object]) -> float:
    """The longest time that another greenlet was kept waiting while ``work`` ran. The best of three runs, since
    the machine may be busy with something else; a blocked hub shows in each."""
    pauses = []
    for _ in range(3):
        beats: list[float] = []

        def beat(beats: list[float] = beats) -> None:
            while True:
                before = time.monotonic()
                gevent.sleep(0.005)
                beats.append(time.monotonic() - before - 0.005)

        heart = gevent.spawn(beat)
        try:
            work()
        finally:
            heart.kill()
        assert len(beats) > 20
        pauses.append(max(beats))
        if pauses[-1] <= LIMIT_SECONDS:
            break
    return min(pauses)


@contextmanager
def open_at_end(*databases: Database) -> Iterator[None]:
    """Close the databases of a test at its end."""
    try:
        yield
    finally:
        for database in databases:
            database.close()


def add(number: str) -> Callable[[Connection], None]:
    """Work: add an account."""
    return lambda connection: void(connection.execute(insert(accounts).values(id=number, number=number)))


def void(_: object) -> None:
    """Nothing of a result."""


def numbers(database: Database) -> list[str]:
    """The numbers of all accounts."""
    chosen = select(accounts.c.number).order_by(accounts.c.number)
    return database.read(lambda connection: list(connection.execute(chosen).scalars()))


class TestTransactions:
    def test_a_write_is_committed_when_it_returns(self, database: Database, database_url: str) -> None:
        database.write(add("1"))
        second = Database(database_url)
        with open_at_end(second):
            assert numbers(second) == ["1"]

    def test_an_exception_of_the_work_rolls_back_and_reaches_the_caller(self, database: Database) -> None:
        def work(connection: Connection) -> None:
            add("1")(connection)
            raise LookupError("mine")

        with pytest.raises(LookupError, match="mine"):
            database.write(work)
        assert numbers(database) == []

    def test_a_read_cannot_write(self, database: Database) -> None:
        with pytest.raises(StoreUnavailable):
            database.read(add("1"))
        database.write(add("2"))  # the connection is not left read-only
        assert numbers(database) == ["2"]

    def test_an_error_tells_neither_statement_nor_parameters(self, database: Database) -> None:
        number = "4111111111111111"
        database.write(add(number))
        with pytest.raises(StoreUnavailable) as caught:
            database.write(add(number))
        assert str(caught.value) in ("IntegrityError", "IntegrityError 1062")
        assert caught.value.__suppress_context__

    def test_many_greenlets_share_few_connections(self, database: Database) -> None:
        def count(connection: Connection) -> None:
            connection.execute(update(accounts).values(closed=False))

        database.write(add("1"))
        tasks = [gevent.spawn(database.write, count) for _ in range(100)]
        gevent.joinall(tasks, timeout=30)
        assert all(task.successful() for task in tasks)
        assert len(database._sessions) <= 8

    def test_a_deadlock_is_tried_again(self, mariadb: PrivateMariaDB) -> None:
        database = Database(mariadb.new_database(), threads=2)
        migrate(database)
        database.write(add("1"))
        database.write(add("2"))
        met: set[str] = set()
        tries: list[str] = []

        def both(first: str, second: str) -> Callable[[Connection], None]:
            def work(connection: Connection) -> None:
                tries.append(first)
                for number in (first, second):
                    touched = update(accounts).where(accounts.c.number == number)
                    connection.execute(touched.values(language=f"{first}{len(tries)}"))
                    met.add(first)
                    deadline = time.monotonic() + 5
                    while len(met) < 2 and time.monotonic() < deadline:  # until the other holds its first row
                        connection.execute(text("DO SLEEP(0.005)"))

            return work

        with open_at_end(database):
            tasks = [gevent.spawn(database.write, both("1", "2")), gevent.spawn(database.write, both("2", "1"))]
            gevent.joinall(tasks, timeout=20)
            assert [task.successful() for task in tasks] == [True, True]
            assert len(tries) == 3

    def test_every_transaction_is_observed(self, database_url: str) -> None:
        seen: list[tuple[bool, bool]] = []
        database = Database(database_url, observe=lambda seconds, answered: seen.append((seconds > 0, answered)))
        migrate(database)
        seen.clear()
        with open_at_end(database):
            database.write(add("1"))
            with pytest.raises(StoreUnavailable):
                database.write(add("1"))
        assert seen == [(True, True), (True, False)]

    @pytest.mark.parametrize("url", ["postgresql://me:xyzzy@host/x", "sqlite://", "xyzzy", ""])
    def test_another_kind_of_database_is_refused(self, url: str) -> None:
        with pytest.raises(ValueError, match="a database is sqlite") as caught:
            Database(url)
        assert "xyzzy" not in str(caught.value)


class TestDeadlines:
    def test_a_stuck_work_fails_at_its_deadline_and_takes_no_effect_later(self, database: Database) -> None:
        reader, writer = os.pipe()

        def work(connection: Connection) -> None:
            add("1")(connection)
            os.read(reader, 1)  # in C, without the hub

        started = time.monotonic()
        with pytest.raises(StoreUnavailable, match="no answer within"):
            database.write(work, deadline=0.2)
        assert time.monotonic() - started < 4.0
        os.write(writer, b"x")
        database.write(add("2"))
        assert numbers(database) == ["2"]
        wait_until(lambda: nothing_runs(database))
        os.close(reader)
        os.close(writer)

    def test_stuck_threads_pile_up_nothing(self, database_url: str) -> None:
        database = Database(database_url, threads=2, deadline_seconds=1.0)
        migrate(database)
        reader, writer = os.pipe()
        ran: list[int] = []

        def work(_: Connection) -> None:
            ran.append(1)
            os.read(reader, 1)

        started = time.monotonic()
        tasks = [gevent.spawn(database.write, work) for _ in range(30)]
        gevent.joinall(tasks, timeout=10)
        assert time.monotonic() - started < 4.0
        assert all(isinstance(task.exception, StoreUnavailable) for task in tasks)
        assert 1 <= len(ran) <= 2
        os.write(writer, b"xx")
        wait_until(lambda: works(database))
        wait_until(lambda: nothing_runs(database))
        assert len(ran) <= 2, "work that its callers had given up was run"
        database.close()
        os.close(reader)
        os.close(writer)

    def test_a_deadline_of_the_caller_passes_through(self, database: Database) -> None:
        reader, writer = os.pipe()
        with pytest.raises(gevent.Timeout), gevent.Timeout(0.1):
            database.read(lambda _: os.read(reader, 1))
        os.write(writer, b"x")
        os.close(writer)
        wait_until(lambda: works(database) and nothing_runs(database))
        os.close(reader)


class TestStalls:
    def test_a_locked_sqlite_file_delays_only_its_caller(self, tmp_path: Path) -> None:
        database = Database(f"sqlite:///{tmp_path}/x.sqlite", deadline_seconds=10)
        migrate(database)
        numbers_kept: list[str] = []

        def locked_for_two_seconds() -> None:
            holder = sqlite3.connect(tmp_path / "x.sqlite", isolation_level=None)
            holder.execute("BEGIN EXCLUSIVE")
            number = str(len(numbers_kept))
            numbers_kept.append(number)
            task = gevent.spawn(database.write, add(number))
            gevent.sleep(0.1)
            assert numbers(database) == numbers_kept[:-1], "readers go on"
            gevent.sleep(1.9)
            assert not task.ready()
            holder.close()
            task.get(timeout=5)

        with open_at_end(database):
            assert worst_pause(locked_for_two_seconds) <= LIMIT_SECONDS
            assert numbers(database) == numbers_kept

    def test_a_slow_statement_delays_only_its_caller(self, mariadb: PrivateMariaDB) -> None:
        database = Database(mariadb.new_database(), deadline_seconds=10)
        with open_at_end(database):
            slow = text("SELECT SLEEP(2)")
            assert worst_pause(lambda: database.read(lambda c: c.execute(slow).scalar())) <= LIMIT_SECONDS

    def test_a_stalled_server_delays_only_its_callers(self, mariadb: PrivateMariaDB) -> None:
        warm = Database(mariadb.new_database(), deadline_seconds=10)
        cold = Database(mariadb.new_database(), deadline_seconds=10)
        warm.read(lambda c: c.execute(select(func.now())).scalar())

        def stalled_for_two_seconds() -> None:
            mariadb.pause()
            try:
                tasks = [gevent.spawn(warm.read, lambda c: c.execute(text("SELECT 7")).scalar()) for _ in range(12)]
                tasks.append(gevent.spawn(cold.read, lambda c: c.execute(text("SELECT 7")).scalar()))
                gevent.sleep(2)
                assert not any(task.ready() for task in tasks)
            finally:
                mariadb.resume()
            assert [task.get(timeout=5) for task in tasks] == [7] * 13

        with open_at_end(warm, cold):
            assert worst_pause(stalled_for_two_seconds) <= LIMIT_SECONDS

    def test_a_silent_server_is_left_at_the_deadline_and_found_again(self, mariadb: PrivateMariaDB) -> None:
        database = Database(mariadb.new_database(), threads=2, deadline_seconds=0.5)
        wait_until(lambda: works(database))
        mariadb.pause()
        try:
            started = time.monotonic()
            tasks = [gevent.spawn(works, database) for _ in range(10)]
            gevent.joinall(tasks, timeout=5)
            assert time.monotonic() - started < 4.0
            assert [task.value for task in tasks] == [False] * 10
        finally:
            mariadb.resume()
        wait_until(lambda: works(database))
        database.close()


class TestOutages:
    def test_a_connection_that_died_idle_is_replaced_unseen(self, mariadb: PrivateMariaDB) -> None:
        database = Database(mariadb.new_database(), threads=1)
        with open_at_end(database):
            number = database.read(lambda c: c.execute(text("SELECT CONNECTION_ID()")).scalar_one())
            mariadb.execute(f"KILL {number}")
            assert database.read(lambda c: c.execute(text("SELECT CONNECTION_ID()")).scalar_one()) != number

    def test_a_restart_of_the_server_needs_no_restart_of_ours(self, mariadb: PrivateMariaDB) -> None:
        database = Database(mariadb.new_database(), threads=2)
        with open_at_end(database):
            assert works(database)
            mariadb.kill()
            try:
                with pytest.raises(StoreUnavailable, match=r"2002|2006|2013"):
                    database.read(lambda c: c.execute(text("SELECT 1")).scalar())
            finally:
                mariadb.run()
            assert works(database)

    def test_a_wrong_password_is_told_without_the_password(self, mariadb: PrivateMariaDB) -> None:
        url = mariadb.new_database().replace("root@", "nobody:xyzzy@")
        database = Database(url)
        with pytest.raises(StoreUnavailable, match="1045: Access denied for user 'nobody'") as caught:
            database.read(lambda c: c.execute(text("SELECT 1")).scalar())
        assert "xyzzy" not in str(caught.value) + database.describe()

    def test_a_missing_file_is_not_made_by_reading(self, tmp_path: Path) -> None:
        database = Database(f"sqlite:///{tmp_path}/none.sqlite")
        with pytest.raises(StoreUnavailable, match="no database file"):
            database.read(lambda c: c.execute(text("SELECT 1")).scalar())
        assert not (tmp_path / "none.sqlite").exists()


def works(database: Database) -> bool:
    """True where the database answers."""
    try:
        return database.read(lambda c: c.execute(text("SELECT 1")).scalar_one()) == 1
    except StoreUnavailable:
        return False


def nothing_runs(database: Database) -> bool:
    """True where no thread is left with work that was given up: it may read a descriptor that is closed."""
    return not len(database.off_hub._pool)


def wait_until(true: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for a condition; AssertionError where it does not come true."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come true"
        gevent.sleep(0.02)
