"""Brings our tables up to date, and says at start whether they are: migrations are in ``migrations/versions``."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from fs_app.errors import StoreUnavailable
from fs_app.store.engine import Database
from fs_app.store.tables import metadata

_MIGRATIONS = Path(__file__).parent / "migrations"
_PATIENCE_SECONDS = 600.0  # a new column on a large table takes its time
_UPGRADE = "run `fs-app db upgrade`"


def migrate(database: Database) -> None:
    """Create or upgrade our tables; harmless where they are up to date. StoreUnavailable where that fails.

    An SQLite file and its folder are made if need be, and the file is set to write-ahead logging, so that readers
    and a writer do not wait for each other. Two processes at once: SQLite's write lock or a named lock of MySQL
    lets one go first.
    """
    if database.path is not None:
        database.path.parent.mkdir(parents=True, exist_ok=True)
        database.path.touch(mode=0o600)
        database.off_hub.call(partial(_log_ahead, database.path), _PATIENCE_SECONDS)
    patient = Database(database.url.render_as_string(hide_password=False), 1, _PATIENCE_SECONDS)
    try:
        patient.write(_upgrade)
    finally:
        patient.close()


def schema_problem(database: Database) -> str | None:
    """Why the server must not start on this database, and what to do; None where all is well."""
    place = f"the database {database.describe()}"
    if database.path is not None and not database.path.exists():
        return f"{place} does not exist yet: {_UPGRADE}"
    try:
        current, tables = database.read(_found)
    except StoreUnavailable as error:
        return f"{place} cannot be used: {error}"
    script = _script()
    head = script.get_current_head()
    if current is None:
        return f"{place} has no fs_app tables yet: {_UPGRADE}"
    if current not in {revision.revision for revision in script.walk_revisions()}:
        return f"{place} was upgraded by a newer fs_app (schema {current}, this one knows {head}): install that one"
    if current != head:
        return f"{place} has the old schema {current}, {head} is needed: {_UPGRADE}"
    missing = sorted(set(metadata.tables) - tables)
    if missing:
        return f"{place} has lost tables: {', '.join(missing)}; restore them from a backup"
    return None


def _found(connection: Connection) -> tuple[str | None, set[str]]:
    current = MigrationContext.configure(connection).get_current_revision()
    return current, set(inspect(connection).get_table_names())


def _log_ahead(path: Path, _job: object) -> None:
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    is_mysql = connection.dialect.name in ("mysql", "mariadb")
    if is_mysql:
        connection.exec_driver_sql("SELECT GET_LOCK('fs_app.upgrade', 300)")
    try:
        command.upgrade(config, "head")
    finally:
        if is_mysql:
            connection.exec_driver_sql("DO RELEASE_LOCK('fs_app.upgrade')")
