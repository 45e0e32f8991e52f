"""People of the console for tests: their roles, two good passwords, and what the database holds of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from fs_app.domain.people import Role, SessionTimes
from fs_app.store.engine import Database
from fs_app.store.people_tables import console_audit, console_links, console_sessions, console_tries, console_users

AGENT, SUPERVISOR, ADMIN = (frozenset({role}) for role in (Role.AGENT, Role.SUPERVISOR, Role.ADMIN))
PASSWORD, OTHER = "nine green herons wade", "a lamp under seven stairs"
TIMES = SessionTimes()


def everything(database: Database) -> str:
    """What the database holds of the console, as text."""
    tables = (console_users, console_sessions, console_links, console_tries, console_audit)

    def work(connection: Connection) -> list[Any]:
        return [tuple(row) for table in tables for row in connection.execute(select(table))]

    return str(database.read(work))
