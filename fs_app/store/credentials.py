"""Passwords, the codes of the second step, and one-time links, on our tables.

A code is used up by one conditional UPDATE, a link by one DELETE: of two at once, in whichever processes, one
counts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyotp
from sqlalchemy import Connection, delete, insert, select, update

from fs_app.domain.people import SessionTimes, login_name
from fs_app.ports import Clock
from fs_app.ports.people import CodeSecret, LinkPurpose, User, UserId
from fs_app.store.engine import Database
from fs_app.store.passwords import PasswordDesk
from fs_app.store.people_rows import digest_of, end_links, end_sessions, find_user, new_token, user_of
from fs_app.store.people_tables import console_links, console_users
from fs_app.store.sealed import Seal

_ISSUER = "fs_app"
_STEP_SECONDS = 30
_STEPS_OFF = (0, -1, 1)  # the clocks of telephones are off, and people need time to type (RFC 6238, 5.2)


class SqlPasswords:
    """See `fs_app.ports.people.Passwords` for the contract."""

    def __init__(self, database: Database, clock: Clock, desk: PasswordDesk, seal: Seal) -> None:
        self._database = database
        self._clock = clock
        self._desk = desk
        self._seal = seal

    def check(self, name: str, password: str) -> User | None:
        """Who has that name and that password."""
        known = login_name(name) or ""
        row = self._database.read(lambda connection: find_user(connection, console_users.c.name == known))
        fits = self._desk.fits(None if row is None else row.password_hash, password)
        return user_of(row) if fits and not row.disabled else None

    def fits(self, user_id: UserId, password: str) -> bool:
        """Whether that is their password."""
        row = self._row(user_id)
        return self._desk.fits(None if row is None else row.password_hash, password)

    def change(self, user_id: UserId, password: str) -> None:
        """Set another password."""
        user = user_of(self._row(user_id))
        made = self._desk.hashed(password, (user.name, user.full_name))
        self._database.write(lambda connection: _set_password(connection, user_id, made))

    def begin_code(self, user_id: UserId) -> CodeSecret:
        """A new secret that does not count yet."""
        user, secret = user_of(self._row(user_id)), pyotp.random_base32()
        mine = (console_users.c.id == user_id) & ~console_users.c.code_confirmed
        chosen = update(console_users).where(mine).values(code_secret=self._seal.sealed(secret), code_step=0)
        if not self._database.write(lambda connection: connection.execute(chosen).rowcount):
            raise ValueError("there is a confirmed second step")
        return CodeSecret(secret, pyotp.TOTP(secret).provisioning_uri(name=user.name, issuer_name=_ISSUER))

    def confirm_code(self, user_id: UserId, code: str) -> bool:
        """Whether a first code is right."""
        return self._used(user_id, code, confirmed=False)

    def check_code(self, user_id: UserId, code: str) -> bool:
        """Whether a code is right now and was not used."""
        return self._used(user_id, code, confirmed=True)

    def forget_code(self, user_id: UserId) -> None:
        """No second step any more."""
        nothing = {"code_secret": None, "code_confirmed": False, "code_step": 0}
        chosen = update(console_users).where(console_users.c.id == user_id).values(nothing)
        self._database.write(lambda connection: connection.execute(chosen))

    def _used(self, user_id: UserId, code: str, *, confirmed: bool) -> bool:
        row = self._row(user_id)
        if row is None or row.code_secret is None or row.code_confirmed is not confirmed:
            return False
        secret = self._seal.opened(row.code_secret)
        step = None if secret is None else _step_of(secret, code, self._clock.now())
        if step is None:
            return False
        users = console_users.c
        unused = (users.id == user_id) & (users.code_step < step) & (users.code_secret == row.code_secret)
        chosen = update(console_users).where(unused).values(code_step=step, code_confirmed=True)
        return bool(self._database.write(lambda connection: connection.execute(chosen).rowcount))

    def _row(self, user_id: UserId) -> Any:
        return self._database.read(lambda connection: find_user(connection, console_users.c.id == user_id))


class SqlOneTimeLinks:
    """See `fs_app.ports.people.OneTimeLinks` for the contract."""

    def __init__(self, database: Database, clock: Clock, desk: PasswordDesk, times: SessionTimes) -> None:
        self._database = database
        self._clock = clock
        self._desk = desk
        self._lasts = {LinkPurpose.SETUP: times.setup_link, LinkPurpose.RESET: times.reset_link}

    def make(self, user_id: UserId, purpose: LinkPurpose) -> str:
        """A new token."""
        token = new_token()
        row = {
            "digest": digest_of(token),
            "user_id": user_id,
            "purpose": purpose,
            "expires_at": self._clock.now() + self._lasts[purpose],
        }

        def work(connection: Connection) -> None:
            end_links(connection, user_id)
            connection.execute(insert(console_links).values(row))

        self._database.write(work)
        return token

    def owner(self, token: str) -> User | None:
        """Whose link it is."""
        return self._database.read(lambda connection: self._owner(connection, token))

    def use(self, token: str, password: str) -> User | None:
        """Set the password and use the token up."""
        user = self.owner(token)
        if user is None:
            return None
        made = self._desk.hashed(password, (user.name, user.full_name))

        def work(connection: Connection) -> User | None:
            owner = self._owner(connection, token)
            mine = console_links.c.digest == digest_of(token)
            if owner is None or not connection.execute(delete(console_links).where(mine)).rowcount:
                return None
            _set_password(connection, owner.id, made)
            return user_of(find_user(connection, console_users.c.id == owner.id))

        return self._database.write(work)

    def _owner(self, connection: Connection, token: str) -> User | None:
        live = (console_links.c.digest == digest_of(token)) & (console_links.c.expires_at > self._clock.now())
        chosen = select(console_users).join(console_links).where(live & ~console_users.c.disabled)
        row = connection.execute(chosen).one_or_none()
        return None if row is None else user_of(row)


def _set_password(connection: Connection, user_id: UserId, made: str) -> None:
    mine = console_users.c.id == user_id
    connection.execute(update(console_users).where(mine).values(password_hash=made))
    end_sessions(connection, user_id)
    end_links(connection, user_id)


def _step_of(secret: str, code: str, now: datetime) -> int | None:
    """The half minute whose code that is; None where it is none of now."""
    counter = int(now.timestamp()) // _STEP_SECONDS
    codes = pyotp.TOTP(secret)
    for off in _STEPS_OFF:
        if pyotp.utils.strings_equal(code, codes.generate_otp(counter + off)):
            return counter + off
    return None
