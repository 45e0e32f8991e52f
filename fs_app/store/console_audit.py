"""The ConsoleAudit port on our tables: append-only. Nothing in this package changes or deletes a row of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select

from fs_app.ports import Clock
from fs_app.ports.people import ConsoleDeed, ConsoleEntry
from fs_app.store.engine import Database
from fs_app.store.people_rows import roles_of, roles_text
from fs_app.store.people_tables import console_audit
from fs_app.store.rows import cleaned

_UUID = re.compile(r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_LENGTHS = {"who": 64, "address": 45, "action": 64, "subject": 128, "detail": 255, "result": 255}


class SqlConsoleAudit:
    """See `fs_app.ports.people.ConsoleAudit` for the contract."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def write(self, deed: ConsoleDeed, result: str) -> None:
        """Append an entry."""
        texts = {
            "who": deed.user,
            "address": deed.address,
            "action": deed.action,
            "subject": _without_numbers(deed.subject),
            "detail": _without_numbers(deed.detail),
            "result": _without_numbers(result),
        }
        row = {name: _CONTROL.sub(" ", text)[: _LENGTHS[name]] for name, text in texts.items()}
        entry = insert(console_audit).values(at=self._clock.now(), roles=roles_text(deed.roles), **row)
        self._database.write(lambda connection: connection.execute(entry))

    def entries(
        self,
        *,
        user: str | None = None,
        subject: str | None = None,
        action: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        before: int | None = None,
        limit: int = 200,
    ) -> Sequence[ConsoleEntry]:
        """What fits all that is given, newest first."""
        columns = console_audit.c
        asked: tuple[tuple[Any, Callable[[Any], ColumnElement[bool]]], ...] = (
            (user, columns.who.__eq__),
            (subject, columns.subject.__eq__),
            (action, columns.action.__eq__),
            (since, columns.at.__ge__),
            (until, columns.at.__lt__),
            (before, columns.id.__lt__),
        )
        fits = [condition(value) for value, condition in asked if value is not None]
        chosen = select(console_audit).where(*fits).order_by(columns.id.desc()).limit(limit)
        return [_entry(row) for row in self._database.read(lambda connection: connection.execute(chosen).all())]


def _without_numbers(text: str) -> str:
    """The text without what could be a card's number; the uuid of a call is none, although it may look like one."""
    parts = _UUID.split(text)
    return "".join(part if _UUID.fullmatch(part) else cleaned(part) for part in parts)


def _entry(row: Any) -> ConsoleEntry:
    deed = ConsoleDeed(row.action, row.who, roles_of(row.roles), row.address, row.subject, row.detail)
    return ConsoleEntry(row.id, row.at, deed, row.result)
