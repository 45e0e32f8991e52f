"""Neither audit can be changed once it is written: the database refuses it, whoever asks."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, delete, make_url, select, text, update
from structlog.testing import capture_logs

from fs_app.domain.payment import PaymentId
from fs_app.errors import StoreUnavailable
from fs_app.ports import Deed
from fs_app.ports.people import ConsoleDeed
from fs_app.store.audit import SqlAudit
from fs_app.store.console_audit import SqlConsoleAudit
from fs_app.store.engine import Database
from fs_app.store.people_tables import console_audit
from fs_app.store.schema import migrate
from fs_app.store.tables import audit
from fs_app.testing.fakes_payments import StandingClock
from fs_app.testing.mariadb import PrivateMariaDB


@pytest.fixture
def database(empty_url: str) -> Database:
    """One of this test's own, migrated."""
    made = Database(empty_url, threads=2)
    migrate(made)
    return made


def written(database: Database) -> None:
    clock = StandingClock()
    SqlConsoleAudit(database, clock).write(ConsoleDeed("refund", "eve"), "done")
    SqlAudit(database, clock).write(Deed("refund", PaymentId(1), "eve", "mine", "console"), "done")


@pytest.mark.parametrize("table", [audit, console_audit], ids=["audit", "console_audit"])
def test_no_line_is_changed_or_deleted(database: Database, table: object) -> None:
    written(database)
    rows = database.read(lambda connection: connection.execute(select(table)).all())
    for change in (
        update(table).values(result="refused"),
        delete(table),
        delete(table).where(table.c.id == 1),
        update(table).where(table.c.id == 1).values(at=rows[0].at),
    ):
        with pytest.raises(StoreUnavailable, match=r"IntegrityError|1644"):
            database.write(lambda connection, change=change: connection.execute(change))
    assert database.read(lambda connection: connection.execute(select(table)).all()) == rows
    database.close()


def test_lines_go_on_being_written(database: Database) -> None:
    written(database)
    written(database)
    assert len(SqlConsoleAudit(database, StandingClock()).entries()) == 2
    assert len(SqlAudit(database, StandingClock()).entries(PaymentId(1))) == 2
    database.close()


def test_an_account_that_may_make_no_triggers_upgrades_all_the_same_and_is_told(mariadb: PrivateMariaDB) -> None:
    url = mariadb.new_database()
    name = make_url(url).database
    mariadb.execute("CREATE USER IF NOT EXISTS plain@localhost IDENTIFIED BY 'x'")
    rights = "SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES"
    mariadb.execute(f"GRANT {rights} ON {name}.* TO plain@localhost")
    database = Database(url.replace("root@", "plain:x@"), threads=1)
    with capture_logs() as logged:
        migrate(database)
    assert any("does not keep the audit from being changed" in each["event"] for each in logged)
    written(database)

    def triggers(connection: Connection) -> list[object]:
        return list(connection.execute(text("SHOW TRIGGERS")))

    assert database.read(triggers) == []
    database.close()
