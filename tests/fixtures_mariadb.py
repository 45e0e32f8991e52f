"""Fixtures for tests that need a database: a private MariaDB, and empty databases of both kinds.

A missing MariaDB is a failure that says what to install, never a skip: a store that was tested on SQLite alone was
not tested.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect

from fs_app.store.engine import Database
from fs_app.store.schema import migrate
from fs_app.store.tables import metadata
from fs_app.testing.mariadb import PrivateMariaDB


@pytest.fixture(scope="session")
def mariadb() -> Iterator[PrivateMariaDB]:
    """One private server for the whole session."""
    server = PrivateMariaDB()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def mariadb_url(mariadb: PrivateMariaDB) -> str:
    """An empty MariaDB database, the same for the whole session."""
    return mariadb.new_database()


@pytest.fixture(scope="session")
def migrated_mariadb(mariadb: PrivateMariaDB) -> str:
    """A MariaDB database with our tables, the same for the whole session: to migrate takes longer than a test."""
    url = mariadb.new_database()
    _migrate(url)
    return url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with our tables, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "fs_app.sqlite"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "mariadb"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind without any table, new for the test."""
    if request.param == "sqlite":
        path = tmp_path / "fs_app.sqlite"
        path.touch()
        return f"sqlite:///{path}"
    server: PrivateMariaDB = request.getfixturevalue("mariadb")
    return server.new_database()


@pytest.fixture(params=["sqlite", "mariadb"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database of each kind with our tables and not a row in them."""
    return empty_database(request, request.param, tmp_path)


def empty_database(request: pytest.FixtureRequest, kind: str, folder: Path) -> str:
    """The URL of a database of that kind with our tables and not a row in them."""
    if kind == "sqlite":
        path = folder / "fs_app.sqlite"
        shutil.copyfile(request.getfixturevalue("migrated_sqlite"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("migrated_mariadb")
    database = Database(url, 1, 30.0)
    database.write(_clean)
    database.close()
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database of each kind with our tables."""
    made = Database(database_url, threads=4, deadline_seconds=5.0)
    yield made
    made.close()


def _migrate(url: str) -> None:
    database = Database(url, 1, 30.0)
    migrate(database)
    database.close()


def _clean(connection: Connection) -> None:
    """Make a used MariaDB database as it was when it was migrated; ids count from 1 again."""
    connection.exec_driver_sql("SET foreign_key_checks=0")
    for name in inspect(connection).get_table_names():
        if name not in metadata.tables and name != "alembic_version":
            connection.exec_driver_sql(f"DROP TABLE `{name}`")
        elif name != "alembic_version" and connection.exec_driver_sql(f"SELECT 1 FROM `{name}` LIMIT 1").first():
            connection.exec_driver_sql(f"TRUNCATE TABLE `{name}`")
    connection.exec_driver_sql("SET foreign_key_checks=1")
