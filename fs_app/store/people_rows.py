"""People and their sessions from their rows, and the digests that stand for tokens."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select

from fs_app.domain.people import Role
from fs_app.ports.people import User, UserId
from fs_app.store.people_tables import console_links, console_sessions, console_users


def new_token() -> str:
    """256 bits from the system, as text that fits a cookie and a link."""
    return secrets.token_urlsafe(32)


def digest_of(token: str) -> str:
    """What is kept of a token. It is random enough to need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def roles_text(roles: frozenset[Role]) -> str:
    """Roles as they are kept."""
    return " ".join(sorted(roles))


def roles_of(text: str) -> frozenset[Role]:
    """Roles from what was kept."""
    return frozenset(map(Role, text.split()))


def user_of(row: Any) -> User:
    """Somebody from their row."""
    return User(
        id=UserId(row.id),
        name=row.name,
        roles=roles_of(row.roles),
        full_name=row.full_name,
        agent=row.agent,
        language=row.language,
        disabled=row.disabled,
        has_password=row.password_hash is not None,
        has_code=row.code_secret is not None and row.code_confirmed,
        bound=row.provider_account is not None,
    )


def find_user(connection: Connection, condition: ColumnElement[bool], *, lock: bool = False) -> Any:
    """The row of somebody, or None."""
    chosen = select(console_users).where(condition)
    return connection.execute(chosen.with_for_update() if lock else chosen).one_or_none()


def end_sessions(connection: Connection, user_id: UserId, but: int | None = None) -> int:
    """Delete somebody's sessions but that one; how many those were."""
    theirs = console_sessions.c.user_id == user_id
    other = theirs if but is None else theirs & (console_sessions.c.id != but)
    return connection.execute(delete(console_sessions).where(other)).rowcount


def end_links(connection: Connection, user_id: UserId) -> None:
    """Delete somebody's one-time links."""
    connection.execute(delete(console_links).where(console_links.c.user_id == user_id))
