"""What was done is not changed: the database itself refuses to change or delete a line of either audit."""

from __future__ import annotations

import structlog
from alembic import op
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_log = structlog.get_logger(__name__)
_TABLES = ("audit", "console_audit")
_DEEDS = ("UPDATE", "DELETE")
_SAID = "the audit is append-only"
# No TRIGGER; no SUPER; a binary log, with which only a superuser may make triggers.
_NO_RIGHT = frozenset({1142, 1227, 1419})


def upgrade() -> None:
    """A trigger for each way to change a line. Where this account may make none, the tables stay as they are, and
    the log says so: everything else works without."""
    connection = op.get_bind()
    try:
        for table in _TABLES:
            for deed in _DEEDS:
                _refuse(connection, table, deed)
    except DatabaseError as error:
        if connection.dialect.name == "sqlite" or error.orig is None or error.orig.args[0] not in _NO_RIGHT:
            raise
        _log.warning(
            "the database does not keep the audit from being changed: this account may make no triggers",
            error=str(error.orig),
            hint="docs/console.md, The audit",
        )


def _refuse(connection: Connection, table: str, deed: str) -> None:
    name = f"{table}_no_{deed.lower()}"
    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
    begin = f"CREATE TRIGGER {name} BEFORE {deed} ON {table} FOR EACH ROW"
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"{begin} BEGIN SELECT RAISE(ABORT, '{_SAID}'); END")
    else:
        connection.exec_driver_sql(f"{begin} SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{_SAID}'")
