"""Brings our tables up to date, and says at start whether they are: migrations are in ``migrations/versions``."""

from __future__ import annotations

import sqlite3
from contextlib import closing
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
    and a writer do not wait for each other. Run it from one process at a time: MySQL commits each change of a table
    at once.
    """
    if database.path is not None:
        database.off_hub.call(partial(_make_file, database.path), _PATIENCE_SECONDS)
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
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
