"""Which schema a database has, and whether it is ours. It knows alembic's table, not alembic: every start asks.

A migration's file is named after its revision, ``m0003_checkpoints.py`` holds 0003, and they follow each other.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from fs_app.errors import StoreUnavailable
from fs_app.store import console_tables, desk_tables, people_tables  # noqa: F401  their tables are part of the metadata
from fs_app.store.engine import Database
from fs_app.store.tables import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION_TABLE = "alembic_version"
_UPGRADE = "run `fs-app db upgrade`"


def revisions() -> list[str]:
    """Every revision, the one that this version needs last."""
    return sorted(path.name[1:5] for path in (MIGRATIONS / "versions").glob("m[0-9]*.py"))


def schema_problem(database: Database) -> str | None:
    """Why the server must not start on this database, and what to do; None where all is well."""
    place = f"the database {database.describe()}"
    if database.path is not None and not database.path.exists():
        return f"{place} does not exist yet: {_UPGRADE}"
    try:
        current, tables = database.read(_found)
    except StoreUnavailable as error:
        return f"{place} cannot be used: {error}"
    known = revisions()
    head = known[-1]
    if current is None:
        return f"{place} has no fs_app tables yet: {_UPGRADE}"
    if current not in known:
        return f"{place} was upgraded by a newer fs_app (schema {current}, this one knows {head}): install that one"
    if current != head:
        return f"{place} has the old schema {current}, {head} is needed: {_UPGRADE}"
    missing = sorted(set(metadata.tables) - tables)
    if missing:
        return f"{place} has lost tables: {', '.join(missing)}; restore them from a backup"
    return None


def _found(connection: Connection) -> tuple[str | None, set[str]]:
    tables = set(inspect(connection).get_table_names())
    if _VERSION_TABLE not in tables:
        return None, tables
    return connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar(), tables
