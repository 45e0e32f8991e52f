"""The DeskMessages port on our tables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from fs_app.ports import Clock
from fs_app.ports.console import DeskMessage
from fs_app.store.console_tables import console_messages
from fs_app.store.engine import Database
from fs_app.store.rows import cleaned

MOST_UNSEEN = 200
"""More that somebody has not seen yet, the oldest first, are not told at once."""


class SqlDeskMessages:
    """See `fs_app.ports.console.DeskMessages` for the contract."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def send(self, to: str, by: str, text: str, call_uuid: str = "") -> DeskMessage:
        """Write it down."""
        now, text = self._clock.now(), cleaned(text)
        row = {"to_user": to, "by_user": by, "text": text, "call_uuid": call_uuid, "at": now}
        made = self._database.write(
            lambda connection: connection.execute(insert(console_messages).values(row)).inserted_primary_key
        )
        assert made is not None
        return DeskMessage(made[0], to, by, now, text, call_uuid)

    def unseen(self, to: Collection[str]) -> Sequence[DeskMessage]:
        """What these people have not seen yet, oldest first."""
        if not to:
            return []
        columns = console_messages.c
        return self._chosen(columns.to_user.in_(sorted(to)), columns.seen_at.is_(None))

    def seen(self, message_id: int, to: str) -> bool:
        """They have seen it."""
        columns, now = console_messages.c, self._clock.now()
        changed = update(console_messages).where(
            columns.id == message_id, columns.to_user == to, columns.seen_at.is_(None)
        )
        return self._database.write(lambda connection: _seen(connection, changed, now))

    def of_call(self, call_uuid: str) -> Sequence[DeskMessage]:
        """What was told about a call, oldest first."""
        return self._chosen(console_messages.c.call_uuid == call_uuid)

    def forget(self, before: datetime) -> int:
        """Delete what is older; how many that was (see `fs_app.jobs.housekeeping.Forgetful`)."""
        old = delete(console_messages).where(console_messages.c.at < before)
        return self._database.write(lambda connection: connection.execute(old).rowcount)

    def _chosen(self, *fits: Any) -> Sequence[DeskMessage]:
        chosen = select(console_messages).where(*fits).order_by(console_messages.c.id).limit(MOST_UNSEEN)
        return [_message(row) for row in self._database.read(lambda connection: connection.execute(chosen).all())]


def _seen(connection: Connection, changed: Any, now: datetime) -> bool:
    return bool(connection.execute(changed.values(seen_at=now)).rowcount)


def _message(row: Any) -> DeskMessage:
    return DeskMessage(row.id, row.to_user, row.by_user, row.at, row.text, row.call_uuid, row.seen_at)
