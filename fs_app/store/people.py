"""The Users port on our tables, and all ports of people together.

What takes rights away (other roles, a disabled user, another password) ends the sessions in the same transaction,
so that no request after it has them.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from fs_app.domain.people import Role, SessionTimes, agent_name, language_code, login_name
from fs_app.errors import LastAdmin, NameTaken
from fs_app.ports import Clock
from fs_app.ports.people import NewUser, User, UserId
from fs_app.store.console_audit import SqlConsoleAudit
from fs_app.store.console_sessions import SqlConsoleSessions
from fs_app.store.credentials import SqlOneTimeLinks, SqlPasswords
from fs_app.store.engine import Database
from fs_app.store.passwords import PasswordDesk
from fs_app.store.people_rows import end_links, end_sessions, find_user, roles_of, roles_text, user_of
from fs_app.store.people_tables import console_keys, console_users
from fs_app.store.sealed import Seal
from fs_app.store.tries import SqlSignInLimits

_COOKIES = "cookies"
_NAME_LENGTH = 128


class _NotTheFirst(Exception):
    """Rolls back an admin whom another one has just come before."""


class SqlUsers:
    """See `fs_app.ports.people.Users` for the contract."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, new: NewUser) -> User:
        """Add somebody."""
        row = self._row(new)
        return self._database.write(lambda connection: _added(connection, row))

    def add_first_admin(self, new: NewUser) -> User | None:
        """Add somebody where nobody is an admin."""
        row = self._row(NewUser(new.name, new.roles | {Role.ADMIN}, new.full_name, new.agent, new.language))

        def work(connection: Connection) -> User | None:
            if _admins(connection):
                return None
            added = _added(connection, row)
            if _admins(connection) != {added.id}:
                raise _NotTheFirst
            return added

        try:
            return self._database.write(work)
        except _NotTheFirst:
            return None

    def get(self, user_id: UserId) -> User | None:
        """Somebody by id."""
        return self._one(console_users.c.id == user_id)

    def by_name(self, name: str) -> User | None:
        """Somebody by login name."""
        known = login_name(name)
        return None if known is None else self._one(console_users.c.name == known)

    def by_agent(self, agent: str) -> User | None:
        """Somebody by their name in mod_callcenter."""
        return self._one(console_users.c.agent == agent)

    def by_account(self, account: str) -> User | None:
        """Somebody by the provider's account that is theirs."""
        return self._one(console_users.c.provider_account == account)

    def bind(self, user_id: UserId, account: str) -> bool:
        """Have that account be theirs."""
        users = console_users.c
        free = update(console_users).where((users.id == user_id) & users.provider_account.is_(None))

        def work(connection: Connection) -> bool:
            try:
                return bool(connection.execute(free.values(provider_account=account)).rowcount)
            except IntegrityError:  # it is somebody else's
                return False

        return self._database.write(work)

    def unbind(self, user_id: UserId) -> None:
        """No account is theirs any more."""
        self._database.write(lambda connection: _set(connection, user_id, {"provider_account": None}))

    def all(self) -> Sequence[User]:
        """Everybody, by name."""
        chosen = select(console_users).order_by(console_users.c.name)
        return [user_of(row) for row in self._database.read(lambda connection: connection.execute(chosen).all())]

    def change(
        self,
        user_id: UserId,
        *,
        roles: frozenset[Role] | None = None,
        agent: str | None = None,
        language: str | None = None,
        full_name: str | None = None,
    ) -> User:
        """Change what is given."""
        values: dict[str, Any] = {}
        if roles is not None:
            values["roles"] = _checked_roles(roles)
        if agent is not None:
            values["agent"] = _checked_agent(agent) if agent else None
        if language is not None:
            values["language"] = _checked_language(language)
        if full_name is not None:
            values["full_name"] = _plain(full_name)

        def work(connection: Connection) -> User:
            before = _locked(connection, user_id)
            if roles is not None and roles_of(before.roles) != roles:
                if Role.ADMIN not in roles:
                    _keep_an_admin(connection, user_id)
                end_sessions(connection, user_id)
            if values:
                _check_apart(connection, before.name, values.get("agent"), user_id)
                _set(connection, user_id, values)
            return user_of(find_user(connection, console_users.c.id == user_id))

        return self._database.write(work)

    def disable(self, user_id: UserId) -> None:
        """Keep somebody out."""

        def work(connection: Connection) -> None:
            _locked(connection, user_id)
            _keep_an_admin(connection, user_id)
            _set(connection, user_id, {"disabled": True})
            end_sessions(connection, user_id)
            end_links(connection, user_id)

        self._database.write(work)

    def enable(self, user_id: UserId) -> None:
        """Let them in again."""
        self._database.write(lambda connection: _set(connection, user_id, {"disabled": False}))

    def _one(self, condition: Any) -> User | None:
        row = self._database.read(lambda connection: find_user(connection, condition))
        return None if row is None else user_of(row)

    def _row(self, new: NewUser) -> dict[str, Any]:
        name = login_name(new.name)
        if name is None:
            raise ValueError(
                "a login name has up to 64 letters, digits and . _ @ + -, and begins with none of those"
            )
        return {
            "name": name,
            "roles": _checked_roles(new.roles),
            "full_name": _plain(new.full_name),
            "agent": None if new.agent is None else _checked_agent(new.agent),
            "language": _checked_language(new.language),
            "created_at": self._clock.now(),
        }


class SqlPeople:
    """See `fs_app.ports.people.People` for the contract. ``key`` seals secrets of the second step."""

    def __init__(self, database: Database, clock: Clock, times: SessionTimes, key: str | None = None) -> None:
        self._database = database
        desk, seal = PasswordDesk(), Seal(key)
        self.users = SqlUsers(database, clock)
        self.passwords = SqlPasswords(database, clock, desk, seal)
        self.links = SqlOneTimeLinks(database, clock, desk, times)
        self.sessions = SqlConsoleSessions(database, clock, times)
        self.limits = SqlSignInLimits(database, clock)
        self.audit = SqlConsoleAudit(database, clock)

    @cached_property
    def key(self) -> bytes:
        """The same in every process."""
        chosen = select(console_keys.c.value).where(console_keys.c.name == _COOKIES)

        def make(connection: Connection) -> None:
            with suppress(IntegrityError):  # another process made it at this moment
                connection.execute(insert(console_keys).values(name=_COOKIES, value=secrets.token_hex(32)))

        found = self._database.read(lambda connection: connection.execute(chosen).scalar())
        if found is None:
            self._database.write(make)
            found = self._database.read(lambda connection: connection.execute(chosen).scalar_one())
        return bytes.fromhex(found)


def _added(connection: Connection, row: dict[str, Any]) -> User:
    _check_apart(connection, row["name"], row["agent"])
    try:
        made = connection.execute(insert(console_users).values(row)).inserted_primary_key
    except IntegrityError:
        raise _taken(connection, row) from None
    return user_of(find_user(connection, console_users.c.id == (made[0] if made else 0)))


def _check_apart(connection: Connection, name: str, agent: str | None, mine: UserId | None = None) -> None:
    """Calls are somebody's by the name in the queues, or by the login name where they have none there: no login
    name is another one's agent. NameTaken."""
    users = console_users.c
    others = (users.agent == name) if agent is None else (users.agent == name) | (users.name == agent)
    found = connection.execute(select(users.id).where(others)).scalars()
    if any(each != mine for each in found):
        raise NameTaken(f"{name} is somebody's name in the queues, or {agent} somebody's login name")


def _set(connection: Connection, user_id: UserId, values: dict[str, Any]) -> None:
    try:
        connection.execute(update(console_users).where(console_users.c.id == user_id).values(values))
    except IntegrityError:
        raise _taken(connection, values) from None


def _taken(connection: Connection, row: dict[str, Any]) -> NameTaken:
    name = row.get("name")
    if name is not None and find_user(connection, console_users.c.name == name) is not None:
        return NameTaken(f"somebody is called {name} already")
    return NameTaken(f"somebody is the agent {row.get('agent')} already")


def _locked(connection: Connection, user_id: UserId) -> Any:
    row = find_user(connection, console_users.c.id == user_id, lock=True)
    if row is None:
        raise KeyError(user_id)
    return row


def _admins(connection: Connection) -> set[int]:
    """Who may let others in. The rows are locked: of two admins who take each other's rights one comes later."""
    chosen = select(console_users.c.id, console_users.c.roles).where(~console_users.c.disabled).with_for_update()
    return {row.id for row in connection.execute(chosen) if Role.ADMIN in roles_of(row.roles)}


def _keep_an_admin(connection: Connection, leaving: UserId) -> None:
    admins = _admins(connection)
    if leaving in admins and admins == {leaving}:
        raise LastAdmin("nobody else is an admin")


def _plain(text: str) -> str:
    """A name as it is shown. What is no character, and what turns text round, may come from a provider."""
    return "".join(each for each in text if each.isprintable()).strip()[:_NAME_LENGTH]


def _checked_roles(roles: frozenset[Role]) -> str:
    if not roles:
        raise ValueError("somebody has one role at least")
    return roles_text(roles)


def _checked_agent(agent: str) -> str:
    name = agent_name(agent)
    if name is None:
        raise ValueError("an agent is name@domain, as mod_callcenter knows them, e.g. maria@default")
    return name


def _checked_language(language: str) -> str:
    code = language_code(language)
    if code is None:
        raise ValueError("a language is a code like en or pt_BR")
    return code
