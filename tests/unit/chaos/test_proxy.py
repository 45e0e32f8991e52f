"""The door before the database: what becomes of a commit, and of connections."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from sqlalchemy import Connection, text

from fs_app.chaos.proxy import AtCommit, DatabaseProxy
from fs_app.errors import StoreUnavailable
from fs_app.store.engine import Database
from fs_app.testing.mariadb import PrivateMariaDB


class Door:
    """A table of numbers, behind the proxy and directly."""

    def __init__(self, mariadb: PrivateMariaDB) -> None:
        self.crashes = 0
        self.proxy = DatabaseProxy(mariadb.socket, self._crash)
        self.proxy.start()
        self.direct = Database(mariadb.new_database())
        self.behind = Database(f"mysql+mysqldb://root@127.0.0.1:{self.proxy.port}/{self.direct.url.database}")
        self.direct.write(lambda connection: connection.execute(text("CREATE TABLE numbers (n INT) ENGINE=InnoDB")))

    def _crash(self) -> None:
        self.crashes += 1

    def insert(self, number: int) -> None:
        def work(connection: Connection) -> None:
            connection.execute(text("INSERT INTO numbers VALUES (:n)"), {"n": number})

        self.behind.write(work)

    @property
    def numbers(self) -> list[int]:
        chosen = text("SELECT n FROM numbers ORDER BY n")
        return list(self.direct.read(lambda connection: connection.execute(chosen).scalars().all()))

    def close(self) -> None:
        self.behind.close()
        self.direct.close()
        self.proxy.stop()


@pytest.fixture
def door(mariadb: PrivateMariaDB) -> Iterator[Door]:
    made = Door(mariadb)
    yield made
    made.close()


@pytest.mark.parametrize(("what", "kept"), [(AtCommit.LOST, []), (AtCommit.UNANSWERED, [1]), (AtCommit.CRASH, [1])])
def test_what_becomes_of_a_commit(door: Door, what: AtCommit, kept: list[int]) -> None:
    door.proxy.at_commit(what)
    with pytest.raises(StoreUnavailable):
        door.insert(1)
    with gevent.Timeout(10):
        while door.numbers != kept:  # the server may still be at a commit whose answer nobody waits for
            gevent.sleep(0.01)
    assert door.crashes == (what is AtCommit.CRASH)
    door.insert(2)
    assert door.numbers == [*kept, 2]


def test_a_cut_connection_is_replaced_and_a_closed_door_is_no_database(door: Door) -> None:
    door.insert(1)
    door.proxy.cut()
    door.insert(2)
    door.proxy.refusing = True
    door.proxy.cut()
    with pytest.raises(StoreUnavailable):
        door.insert(3)
    door.proxy.calm()
    door.insert(4)
    assert door.numbers == [1, 2, 4]
