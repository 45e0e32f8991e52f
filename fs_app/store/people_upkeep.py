"""What of the console's rows has served its purpose. The audit is kept: whoever may delete of it is not us."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, delete

from fs_app.store.engine import Database
from fs_app.store.people_tables import console_links, console_sessions, console_tries


class _OldRows:
    def __init__(self, database: Database, table: Table) -> None:
        self._database = database
        self._table = table

    def forget(self, before: datetime) -> int:
        """Delete what was over by then; how many rows that was."""
        chosen = delete(self._table).where(self._over(before))
        return self._database.write(lambda connection: connection.execute(chosen).rowcount)

    def _over(self, before: datetime) -> ColumnElement[bool]:
        raise NotImplementedError


class EndedSessions(_OldRows):
    """Sessions that have expired, or were idle for longer than ``idle``."""

    def __init__(self, database: Database, idle: timedelta) -> None:
        super().__init__(database, console_sessions)
        self._idle = idle

    def _over(self, before: datetime) -> ColumnElement[bool]:
        sessions = console_sessions.c
        return (sessions.expires_at < before) | (sessions.seen_at < before - self._idle)


class ExpiredLinks(_OldRows):
    """One-time links that nobody can use any more."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, console_links)

    def _over(self, before: datetime) -> ColumnElement[bool]:
        return console_links.c.expires_at < before


class OldTries(_OldRows):
    """Tries to get in, of whatever name and address."""

    def __init__(self, database: Database) -> None:
        super().__init__(database, console_tries)

    def _over(self, before: datetime) -> ColumnElement[bool]:
        return console_tries.c.at < before
