"""The migrations make the tables of ``tables.py``, and the start finds every schema that is not ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Integer, MetaData, String, insert, inspect, text

from fs_app.errors import StoreUnavailable
from fs_app.store.demo_data import DEMO_ACCOUNTS, insert_demo_data
from fs_app.store.engine import Database
from fs_app.store.revision import MIGRATIONS, revisions, schema_problem
from fs_app.store.schema import migrate
from fs_app.store.tables import metadata, payments


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    """A database of this test's own: what it does to the tables is nobody else's."""
    made = Database(empty_url, threads=4)
    migrate(made)
    yield made
    made.close()


def differences(connection: Connection, wanted: MetaData = metadata) -> list[object]:
    """What autogenerate would change. SQLite keeps text of any length and is not asked to change one."""

    def compare(
        context: MigrationContext, _old: object, _new: object, found: object, declared: object
    ) -> bool | None:
        texts = isinstance(found, String) and isinstance(declared, String)
        return False if texts and context.dialect.name == "sqlite" else None  # None: as alembic sees it

    return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": compare}), wanted))


def test_the_migrations_make_the_tables_as_they_are_declared(database: Database) -> None:
    assert database.read(differences) == []
    other = MetaData()
    for table in metadata.tables.values():
        table.to_metadata(other)
    other.tables["bills"].append_column(Column("colour", Integer))
    assert len(database.read(lambda connection: differences(connection, other))) == 1, "the comparison sees nothing"


def test_the_declared_checks_are_in_the_database(database: Database) -> None:
    def checks(connection: Connection) -> set[str | None]:
        return {check["name"] for check in inspect(connection).get_check_constraints("payments")}

    assert checks_declared() <= database.read(checks)


def checks_declared() -> set[str]:
    """The names of the checks on payments."""
    return {"ck_payments_amount", "ck_payments_fee"}


def test_text_is_compared_byte_by_byte_and_holds_any_script(database: Database) -> None:
    insert_demo_data(database, date(2026, 3, 14))

    def work(connection: Connection) -> list[str]:
        row = {"currency": "USD", "account_id": "demo-10001", "amount_minor": 1}
        for bill in ("rechnung-ü-😀", "A1", "a1"):
            connection.execute(insert(metadata.tables["bills"]).values(id=bill, **row))
        chosen = text("SELECT id FROM bills WHERE id IN ('a1', 'rechnung-ü-😀') ORDER BY id")
        return list(connection.execute(chosen).scalars())

    assert database.write(work) == ["a1", "rechnung-ü-😀"]


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"fee_minor": 100}, "fee"),
        ({"fee_minor": -1}, "fee"),
        ({"amount_minor": 0}, "amount"),
    ],
)
def test_the_database_itself_refuses_rows_that_break_the_rules(
    database: Database, values: dict[str, object], rule: str
) -> None:
    good: dict[str, object] = {
        "order_id": "o", "confirmation": "10000009", "state": "opened", "call_uuid": "u",
        "account_id": "a", "bill_id": "b", "amount_minor": 100, "currency": "USD", "brand": "visa",
        "last_four": "1111", "channel": "phone", "opened_at": text("CURRENT_TIMESTAMP"),
    }  # fmt: skip
    with pytest.raises(StoreUnavailable, match=r"IntegrityError|4025"):
        database.write(lambda connection: connection.execute(insert(payments).values(**{**good, **values})))
    database.write(lambda connection: connection.execute(insert(payments).values(**good)))


def test_migrating_twice_is_harmless(database: Database) -> None:
    migrate(database)
    assert schema_problem(database) is None


def test_the_files_of_the_migrations_are_named_after_what_they_hold() -> None:
    """The start knows the revisions by their files; alembic, which reads them, is not loaded for that."""
    script = ScriptDirectory(str(MIGRATIONS))
    assert revisions() == [each.revision for each in reversed(list(script.walk_revisions()))]


def test_an_empty_database_is_named(empty_url: str) -> None:
    database = Database(empty_url)
    problem = schema_problem(database)
    assert problem is not None
    assert "no fs_app tables yet" in problem
    assert "fs-app db upgrade" in problem
    database.close()


@pytest.mark.parametrize(
    ("version", "words"), [("0000", "was upgraded by a newer fs_app (schema 0000"), (None, "no fs_app tables yet")]
)
def test_another_schema_is_named(database: Database, version: str | None, words: str) -> None:
    def work(connection: Connection) -> None:
        connection.execute(text("DELETE FROM alembic_version"))
        if version:
            connection.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": version})

    database.write(work)
    assert words in (schema_problem(database) or "")


def test_a_lost_table_is_named(database: Database) -> None:
    def work(connection: Connection) -> None:
        connection.execute(text("DROP TABLE payment_events"))

    database.write(work)
    assert "has lost tables: payment_events" in (schema_problem(database) or "")


def test_a_database_out_of_reach_is_named(tmp_path: Path) -> None:
    absent = schema_problem(Database(f"sqlite:///{tmp_path}/none/fs_app.sqlite"))
    assert absent is not None
    assert "does not exist yet: run `fs-app db upgrade`" in absent
    down = schema_problem(Database(f"mysql+mysqldb://me:xyzzy@localhost/x?unix_socket={tmp_path}/none"))
    assert down is not None
    assert "cannot be used: OperationalError 2002" in down
    assert "xyzzy" not in down


def test_migrating_makes_the_folder_and_logs_ahead(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/var/fs_app.sqlite")
    migrate(database)
    assert database.read(lambda c: c.execute(text("PRAGMA journal_mode")).scalar()) == "wal"
    database.close()


def test_a_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("this is no database " * 100)
    for url in (f"sqlite:///{tmp_path}/file/x.sqlite", f"sqlite:///{tmp_path}/file"):
        with pytest.raises(StoreUnavailable, match="cannot make the database file"):
            migrate(Database(url))


def test_demo_accounts_are_inserted_once(database: Database) -> None:
    for _ in range(2):
        insert_demo_data(database, date(2026, 3, 14))
    count = text("SELECT COUNT(*) FROM accounts")
    assert database.read(lambda c: c.execute(count).scalar()) == len(DEMO_ACCOUNTS)
