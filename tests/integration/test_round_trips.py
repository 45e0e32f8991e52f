"""What a whole paying call asks of MariaDB: as docs/performance.md lists it, nothing twice, nothing on the hub."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from gevent import monkey
from MySQLdb.connections import Connection as DriverConnection
from sqlalchemy import Connection, text

from fs_app.errors import StoreUnavailable
from fs_app.settings import Settings
from fs_app.store.demo_data import insert_demo_data
from fs_app.store.engine import Database
from fs_app.store.offhub import OffHub
from fs_app.store.tables import metadata
from fs_app.testing.switch import SimulatedSwitch, What, dialplan
from fs_app.testing.transcript import Transcript
from tests.phones import Phone, until
from tests.world import NOON, ROOT, Prepared, World

thread_id = monkey.get_original("_thread", "get_ident")
HUB = thread_id()
SENDING = ("query", "commit", "rollback", "ping", "autocommit", "select_db")  # what of the driver asks the server
ASKER = re.compile(r"fs_app/(?:steps/(\w+)|store/(soon|callers))\.py$")
COMMIT = "commit"


class Trip(NamedTuple):
    """One round trip: the step that asked, or who else did; what was sent; whether the hub waited for it."""

    asker: str
    sent: str
    on_hub: bool


class Counting:
    """Notes every round trip of the driver. Who asks is read from the stack of the greenlet that waits."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.trips: list[Trip] = []
        self._askers: dict[int, str] = {}
        self._patch = patch
        for name in SENDING:
            self._count(name, getattr(DriverConnection, name))
        self._tell_asker(OffHub.call)

    def of(self, asker: str) -> list[str]:
        """What one asker sent, in order."""
        return [trip.sent for trip in self.trips if trip.asker == asker]

    def _count(self, name: str, method: Any) -> None:
        def counted(driver: Any, *args: Any) -> Any:
            sent = args[0].decode() if name == "query" else name
            asker = "connect" if on_stack("connected") else self._askers.get(thread_id(), "nobody")
            self.trips.append(Trip(asker, sent, thread_id() == HUB))
            return method(driver, *args)

        self._patch.setattr(DriverConnection, name, counted)

    def _tell_asker(self, method: Any) -> None:
        def call(off_hub: OffHub, work: Any, seconds: float) -> Any:
            asker = step_on_stack()

            def told(job: Any) -> Any:
                self._askers[thread_id()] = asker
                return work(job)

            return method(off_hub, told, seconds)

        self._patch.setattr(OffHub, "call", call)


def on_stack(function: str) -> bool:
    frame = sys._getframe()
    while frame is not None and frame.f_code.co_name != function:
        frame = frame.f_back
    return frame is not None


def step_on_stack() -> str:
    """The step, or else the module, that this greenlet is at work for."""
    frame = sys._getframe()
    while frame is not None:
        if found := ASKER.search(frame.f_code.co_filename):
            return found[1] or found[2]
        frame = frame.f_back
    return "nobody"


class OnMariaDB(World):
    def __init__(self, folder: Path, prepared: Prepared, url: str) -> None:
        self.url = url
        super().__init__(folder, prepared, Transcript("no transcript"))

    def _settings(self, prepared: Prepared) -> Settings:
        made = super()._settings(prepared)
        remembered = {"callers": Settings().callers, "database": made.database.model_copy(update={"url": self.url})}
        return made.model_copy(update=remembered)


@pytest.fixture
def on_mariadb(tmp_path: Path, prepared: Prepared, migrated_mariadb: str, patience: None) -> Iterator[OnMariaDB]:
    database = Database(migrated_mariadb, 1, 30.0)
    database.write(empty)
    insert_demo_data(database, NOON.date())
    database.close()
    made = OnMariaDB(tmp_path, prepared, migrated_mariadb)
    yield made
    made.close()


def empty(connection: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        connection.execute(table.delete())


def documented() -> Counter[str]:
    """Round trips by step, as the page lists them."""
    page = (ROOT / "docs" / "performance.md").read_text()
    section = page.split("\n## Database work per call\n")[1].split("\n## ")[0]
    listed: Counter[str] = Counter()
    for step, trips in re.findall(r"^\| `(\w+)` \|[^|]+\| (\d+) \|$", section, re.MULTILINE):
        listed[step] += int(trips)
    return listed


def test_the_round_trips_of_a_paying_call(on_mariadb: OnMariaDB, monkeypatch: pytest.MonkeyPatch) -> None:
    on_mariadb.calls.start()
    with SimulatedSwitch(dialplan([f"127.0.0.1:{on_mariadb.calls.server.port}"])) as switch:
        counting = Counting(monkeypatch)
        phone = Phone(on_mariadb, switch)
        phone.go_on()
        until(lambda: "DELETE FROM checkpoints" in "".join(counting.of("soon")[-2:-1]))
    assert phone.call.history[-1].what is What.HUNG_UP
    assert "is complete" in phone.heard

    asked = Counter(trip.asker for trip in counting.trips)
    places = counting.of("soon")
    assert asked.pop("connect") > 0
    assert asked.pop("soon") == 2 * places.count(COMMIT), "one statement and its commit for many calls"
    assert asked == documented()

    assert not any(trip.on_hub for trip in counting.trips)
    sent = [sent for step in documented() for sent in counting.of(step) if sent != COMMIT]
    said = Counter(statement for together in sent for statement in together.split(";\n"))
    twice = [statement for statement, times in said.items() if times > 1]
    assert len(twice) == 1, "the locked look at the payment that each of its two moves begins with"
    assert twice[0].startswith("SELECT payments.id") and twice[0].endswith("FOR UPDATE")


WRITES = [
    "INSERT INTO accounts (id, number, closed) VALUES ('1', '1', 0)",
    "DELETE FROM accounts",
    "DROP TABLE accounts",
]


@pytest.mark.parametrize("statement", WRITES)
def test_a_session_that_reads_cannot_write(database: Database, statement: str) -> None:
    database.read(lambda connection: connection.execute(text("SELECT 1")).scalar())
    with pytest.raises(StoreUnavailable):
        database.read(lambda connection: connection.execute(text(statement)) and None)
    counted = text("SELECT count(*) FROM accounts")
    assert database.write(lambda connection: connection.execute(counted).scalar()) == 0


def test_a_session_that_reads_takes_one_statement(mariadb: Any, migrated_mariadb: str) -> None:
    """An operator's own SQL runs in one."""
    database = Database(migrated_mariadb, 1)
    with pytest.raises(StoreUnavailable, match="1064"):
        database.read(lambda connection: connection.exec_driver_sql("SELECT 1; SELECT 2").all())
    database.close()
