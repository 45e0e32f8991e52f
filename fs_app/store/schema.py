"""Brings our tables up to date: migrations are in ``migrations/versions``. `revision` says whether they are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from fs_app.errors import StoreUnavailable
from fs_app.store.engine import Database
from fs_app.store.revision import MIGRATIONS

_PATIENCE_SECONDS = 600.0  # a new column on a large table takes its time


def migrate(database: Database) -> None:
    """Create or upgrade our tables; harmless where they are up to date. StoreUnavailable where that fails.

    An SQLite file and its folder are made if need be, and the file is set to write-ahead logging, so that readers
    and a writer do not wait for each other. Run it from one process at a time: MySQL commits each change of a table
    at once.
    """
    if database.path is not None:
        database.off_hub.call(partial(_make_file, database.path), _PATIENCE_SECONDS)
    url = database.url.render_as_string(hide_password=False)
    patient = Database(url, 1, _PATIENCE_SECONDS, foreign_keys=False)
    try:
        patient.write(_upgrade)
    finally:
        patient.close()


def _make_file(path: Path, _job: object) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(f"cannot make the database file: {error}") from None


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        raise StoreUnavailable(
            "a migration would have left a row without the row it belongs to: nothing was changed"
        )
