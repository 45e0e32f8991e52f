"""Statements that go together: in order, none after one that failed, all or nothing; on SQLite and on MariaDB."""

from __future__ import annotations

import gevent
import pytest
from sqlalchemy import Connection, bindparam, insert, select, text, update

from fs_app.errors import StoreUnavailable
from fs_app.store.engine import Database
from fs_app.store.schema import migrate
from fs_app.store.statements import Statement, gaps, run
from fs_app.store.tables import accounts
from fs_app.testing.mariadb import PrivateMariaDB

ADD = Statement(insert(accounts).values(gaps("id", "number")))
NUMBERS = Statement(select(accounts.c.number, accounts.c.closed).order_by(accounts.c.number))
SPEAK = Statement(
    update(accounts).where(accounts.c.number == bindparam("of")).values(language=bindparam("language"))
)


def numbers(database: Database) -> list[str]:
    return [row.number for row in database.read(lambda connection: run(connection, NUMBERS())[0])]


def test_each_answers_in_its_turn(database: Database) -> None:
    def work(connection: Connection) -> object:
        return run(connection, NUMBERS(), ADD(id="1", number="1"), NUMBERS(), ADD(id="2", number="2"), NUMBERS())

    first, _, second, _, third = database.write(work)
    assert [[row.number for row in rows] for rows in (first, second, third)] == [[], ["1"], ["1", "2"]]
    assert third[0].closed is False


@pytest.mark.parametrize("bad", ["\\'; DELETE x; -- ", "%s; %(id)s", "'\"`\0"])
def test_what_is_in_a_gap_stays_in_it(database: Database, bad: str) -> None:
    database.write(lambda connection: run(connection, ADD(id="1", number="1"), SPEAK(of=bad, language="x")))
    database.write(lambda connection: run(connection, ADD(id="2", number=bad), NUMBERS()))
    assert set(numbers(database)) == {"1", bad}


def test_one_that_fails_ends_the_others_and_takes_nothing_with_it(database: Database) -> None:
    database.write(lambda connection: run(connection, ADD(id="1", number="1")))
    wrong = ADD(id="2", number="2"), ADD(id="3", number="1"), ADD(id="4", number="4")
    with pytest.raises(StoreUnavailable, match="IntegrityError"):
        database.write(lambda connection: run(connection, *wrong))
    assert numbers(database) == ["1"]
    database.write(lambda connection: run(connection, ADD(id="5", number="5"), NUMBERS()))  # the session goes on
    assert numbers(database) == ["1", "5"]


def test_a_missing_value_is_told_before_anything_is_sent(database: Database) -> None:
    with pytest.raises(KeyError, match="number"):
        database.write(lambda connection: run(connection, ADD(id="1", number="1"), ADD(id="2")))
    assert numbers(database) == []


def test_a_deadlock_within_is_tried_again(mariadb: PrivateMariaDB) -> None:
    database = Database(mariadb.new_database(), threads=2)
    migrate(database)
    database.write(lambda connection: run(connection, ADD(id="1", number="1"), ADD(id="2", number="2")))
    wait = Statement(text("DO SLEEP(0.3)"))
    tries: list[str] = []

    def crossing(first: str, second: str):
        def work(connection: Connection) -> None:
            tries.append(first)
            pause = [wait()] if len(tries) <= 2 else []
            run(connection, SPEAK(of=first, language=first), *pause, SPEAK(of=second, language=first))

        return work

    tasks = [gevent.spawn(database.write, crossing(*pair)) for pair in (("1", "2"), ("2", "1"))]
    gevent.joinall(tasks, timeout=20)
    assert [task.successful() for task in tasks] == [True, True]
    assert len(tries) == 3
    database.close()


def test_a_write_on_a_connection_that_died_idle_is_done_once_on_another(mariadb: PrivateMariaDB) -> None:
    database = Database(mariadb.new_database(), threads=1)
    migrate(database)
    number = database.write(lambda c: c.execute(text("SELECT CONNECTION_ID()")).scalar_one())
    mariadb.execute(f"KILL {number}")
    database.write(lambda connection: run(connection, ADD(id="1", number="1"), ADD(id="2", number="2")))
    assert numbers(database) == ["1", "2"]
    database.close()
