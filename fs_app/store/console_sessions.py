"""The ConsoleSessions port on our tables: a session is a row that the digest of its token finds.

``seen_at`` is written once a minute at most, not with every request: idle time is right to that minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from fs_app.domain.people import SessionTimes
from fs_app.ports import Clock
from fs_app.ports.people import ConsoleSession, SessionId, UserId
from fs_app.store.engine import Database
from fs_app.store.people_rows import digest_of, end_sessions, new_token, user_of
from fs_app.store.people_tables import console_sessions, console_users

_ADDRESS_LENGTH, _BROWSER_LENGTH = 45, 255
_USER = [column.label(f"whose_{column.name}") for column in console_users.c]


class SqlConsoleSessions:
    """See `fs_app.ports.people.ConsoleSessions` for the contract."""

    def __init__(self, database: Database, clock: Clock, times: SessionTimes) -> None:
        self._database = database
        self._clock = clock
        self._times = times
        self._often = min(timedelta(minutes=1), times.idle / 10)

    def open(self, user_id: UserId, address: str, browser: str, *, waits_for_code: bool = False) -> str:
        """A new session."""
        token, now = new_token(), self._clock.now()
        row = {
            "digest": digest_of(token),
            "user_id": user_id,
            "waits_for_code": waits_for_code,
            "opened_at": now,
            "seen_at": now,
            "expires_at": now + (self._times.code if waits_for_code else self._times.absolute),
            "address": _plain(address)[:_ADDRESS_LENGTH],
            "browser": _plain(browser)[:_BROWSER_LENGTH],
        }
        self._database.write(lambda connection: connection.execute(insert(console_sessions).values(row)))
        return token

    def find(self, token: str, *, active: bool = True) -> ConsoleSession | None:
        """Whose token it is."""
        mine = console_sessions.c.digest == digest_of(token)
        found = self._lasting(mine)
        if not found:
            return None
        now = self._clock.now()
        if active and now - found[0].seen_at >= self._often:
            seen = update(console_sessions).where(mine).values(seen_at=now)
            self._database.write(lambda connection: connection.execute(seen))
        return found[0]

    def renew(self, session_id: SessionId) -> str | None:
        """Another token for it."""
        token, mine = new_token(), console_sessions.c.id == session_id

        def work(connection: Connection) -> bool:
            row = connection.execute(select(console_sessions).where(mine).with_for_update()).one_or_none()
            if row is None:
                return False
            values: dict[str, Any] = {"digest": digest_of(token), "waits_for_code": False}
            if row.waits_for_code:
                values["expires_at"] = row.opened_at + self._times.absolute
            connection.execute(update(console_sessions).where(mine).values(values))
            return True

        return token if self._database.write(work) else None

    def of(self, user_id: UserId) -> Sequence[ConsoleSession]:
        """Somebody's sessions, newest first."""
        return self._lasting(console_sessions.c.user_id == user_id)

    def revoke(self, session_id: SessionId) -> bool:
        """End one."""
        chosen = delete(console_sessions).where(console_sessions.c.id == session_id)
        return bool(self._database.write(lambda connection: connection.execute(chosen).rowcount))

    def revoke_all(self, user_id: UserId, but: SessionId | None = None) -> int:
        """End all of somebody's but that one."""
        return self._database.write(lambda connection: end_sessions(connection, user_id, but))

    def _lasting(self, condition: ColumnElement[bool]) -> list[ConsoleSession]:
        now = self._clock.now()
        sessions = console_sessions.c
        lasts = (
            (sessions.expires_at > now) & (sessions.seen_at > now - self._times.idle) & ~console_users.c.disabled
        )
        chosen = select(console_sessions, *_USER).join(console_users).where(condition & lasts)
        newest_first = chosen.order_by(sessions.id.desc())

        def work(connection: Connection) -> list[ConsoleSession]:
            return [_session_of(row) for row in connection.execute(newest_first)]

        return self._database.read(work)


def _plain(text: str) -> str:
    """Without what is no character: browsers call themselves what they like, and terminals obey escapes."""
    return "".join(each for each in text if each.isprintable())


class _Prefixed:
    """The columns of the user in a row of both."""

    def __init__(self, row: Any) -> None:
        self._row = row

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, f"whose_{name}")


def _session_of(row: Any) -> ConsoleSession:
    return ConsoleSession(
        id=SessionId(row.id),
        user=user_of(_Prefixed(row)),
        waits_for_code=row.waits_for_code,
        opened_at=row.opened_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
        address=row.address,
        browser=row.browser,
    )
