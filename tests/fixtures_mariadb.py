"""Fixtures for tests that need a database: a private MariaDB, and empty databases of both kinds.

A missing MariaDB is a failure that says what to install, never a skip: a store that was tested on SQLite alone was
not tested.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fs_app.store.engine import Database
from fs_app.store.schema import migrate
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


@pytest.fixture(params=["sqlite", "mariadb"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind, new for the test."""
    if request.param == "sqlite":
        path = tmp_path / "fs_app.sqlite"
        path.touch()
        return f"sqlite:///{path}"
    server: PrivateMariaDB = request.getfixturevalue("mariadb")
    return server.new_database()


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database of each kind with our tables."""
    made = Database(database_url, threads=4, deadline_seconds=5.0)
    migrate(made)
    yield made
    made.close()
