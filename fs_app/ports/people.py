"""Who works with the console: people, what they prove themselves by, their sessions, and what they did.

A password, a code and a token pass through here once, on their way to be compared or hashed, and are never kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Protocol

from fs_app.domain.people import Role, Subject

UserId = NewType("UserId", int)
SessionId = NewType("SessionId", int)


@dataclass(frozen=True, slots=True)
class NewUser:
    """Somebody who is to be added. ``name`` is what they sign in with, ``agent`` their name in mod_callcenter."""

    name: str
    roles: frozenset[Role]
    full_name: str = ""
    agent: str | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who may sign in, unless ``disabled``. ``has_code``: a second step with a code was confirmed;
    ``bound``: an account at an OpenID provider is theirs, and no other one."""

    id: UserId
    name: str
    roles: frozenset[Role]
    full_name: str
    agent: str | None
    language: str
    disabled: bool
    has_password: bool
    has_code: bool
    bound: bool = False


class Users(Protocol):
    """The people. Raises StoreUnavailable."""

    def add(self, new: NewUser) -> User:
        """Add somebody, who has no password yet. NameTaken where the name, or the agent, is somebody's, also as the
        other one of the two: calls are found by either. ValueError for a name, an agent or a language of another
        pattern, and without a role."""
        ...

    def add_first_admin(self, new: NewUser) -> User | None:
        """The same where nobody is an admin; None, and nothing added, where somebody is."""
        ...

    def get(self, user_id: UserId) -> User | None:
        """Somebody by id."""
        ...

    def by_name(self, name: str) -> User | None:
        """Somebody by login name, upper and lower case alike."""
        ...

    def by_agent(self, agent: str) -> User | None:
        """Somebody by their name in mod_callcenter."""
        ...

    def by_account(self, account: str) -> User | None:
        """Somebody by the provider's account that is theirs: a digest of who the provider is and what it calls them
        for ever."""
        ...

    def bind(self, user_id: UserId, account: str) -> bool:
        """Have that account be theirs, where they have none and it is nobody's; else False."""
        ...

    def unbind(self, user_id: UserId) -> None:
        """No account is theirs any more: the next one of their name becomes it."""
        ...

    def all(self) -> Sequence[User]:
        """Everybody, by name."""
        ...

    def change(self, user_id: UserId, *, roles: frozenset[Role] | None = None, agent: str | None = None,
               language: str | None = None, full_name: str | None = None) -> User:  # fmt: skip
        """Change what is given; ``agent=""`` takes it away. Other roles end every session of theirs in the same
        transaction: rights change with a new sign-in only. LastAdmin where no admin would be left."""
        ...

    def disable(self, user_id: UserId) -> None:
        """Keep somebody out, and end every session and link of theirs. LastAdmin where no admin would be left."""
        ...

    def enable(self, user_id: UserId) -> None:
        """Let them in again, with the password they had."""
        ...


@dataclass(frozen=True, slots=True)
class CodeSecret:
    """What sets a telephone up for codes: base32 to be typed, or an address to be scanned. Told once."""

    secret: str = field(repr=False)
    uri: str = field(repr=False)  # otpauth://...


class Passwords(Protocol):
    """What people prove themselves by. Raises StoreUnavailable."""

    def check(self, name: str, password: str) -> User | None:
        """Who has that name and that password; None, after as long, for a wrong one, an unknown name, and somebody
        who is disabled or has no password."""
        ...

    def fits(self, user_id: UserId, password: str) -> bool:
        """Whether that is their password."""
        ...

    def change(self, user_id: UserId, password: str) -> None:
        """Set another password; every session and link of theirs ends. WeakPassword."""
        ...

    def begin_code(self, user_id: UserId) -> CodeSecret:
        """A new secret for the second step that does not count before it is confirmed. ValueError where one was
        confirmed: it has to be forgotten first."""
        ...

    def confirm_code(self, user_id: UserId, code: str) -> bool:
        """Whether a first code is right: the second step is asked for from now on."""
        ...

    def check_code(self, user_id: UserId, code: str) -> bool:
        """Whether a code is right now and was not used; it is used from now on."""
        ...

    def forget_code(self, user_id: UserId) -> None:
        """No second step any more."""
        ...


class LinkPurpose(StrEnum):
    """What a one-time link is for."""

    SETUP = "setup"
    RESET = "reset"


class OneTimeLinks(Protocol):
    """Links that set a password once. Raises StoreUnavailable."""

    def make(self, user_id: UserId, purpose: LinkPurpose) -> str:
        """A new token, told here only; every earlier one of theirs ends."""
        ...

    def owner(self, token: str) -> User | None:
        """Whose link it is; None where it is unknown, used, expired, or theirs who are disabled."""
        ...

    def use(self, token: str, password: str) -> User | None:
        """Set the password, use the token up and end every session of theirs, in one transaction; None as above:
        of two at once one succeeds. WeakPassword, and the link lasts."""
        ...


@dataclass(frozen=True, slots=True)
class ConsoleSession:
    """Somebody who is signed in. ``waits_for_code``: the password was right, the code is not given yet."""

    id: SessionId
    user: User
    waits_for_code: bool
    opened_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    browser: str


class ConsoleSessions(Protocol):
    """Who is signed in where; any console process knows. Raises StoreUnavailable."""

    def open(self, user_id: UserId, address: str, browser: str, *, waits_for_code: bool = False) -> str:
        """A new session; its token is told here only."""
        ...

    def find(self, token: str, *, active: bool = True) -> ConsoleSession | None:
        """Whose token it is; None where it is unknown, revoked, expired, idle for too long, or theirs who are
        disabled. ``active``: a person did something, which keeps it from being idle."""
        ...

    def renew(self, session_id: SessionId) -> str | None:
        """Another token for it, which waits for no code any more; the one before is worth nothing from now on. None
        where it has ended."""
        ...

    def of(self, user_id: UserId) -> Sequence[ConsoleSession]:
        """Somebody's sessions that last, newest first."""
        ...

    def revoke(self, session_id: SessionId) -> bool:
        """End one; False where it has ended already."""
        ...

    def revoke_all(self, user_id: UserId, but: SessionId | None = None) -> int:
        """End all of somebody's but that one; how many those were."""
        ...


class SignInLimits(Protocol):
    """How often may be tried, over all processes. Raises StoreUnavailable: then nobody may."""

    def claim(self, subjects: Sequence[Subject]) -> timedelta:
        """One try more for each subject, counted as a failure until it is given back. Zero: go on; else how long
        nobody may try for one of them, and nothing was counted."""
        ...

    def give_back(self, *, cleared: Sequence[Subject] = (), returned: Sequence[Subject] = ()) -> None:
        """The try was right: what is ``cleared`` has no failures any more, what is ``returned`` one less."""
        ...


@dataclass(frozen=True, slots=True)
class ConsoleDeed:
    """What somebody does, or is kept from. ``user`` is empty for who is not signed in; ``roles`` are theirs then.

    ``detail`` holds no password, code, token or card data; what looks like a card number is taken out of it.
    """

    action: str
    user: str = ""
    roles: frozenset[Role] = frozenset()
    address: str = ""
    subject: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ConsoleEntry:
    """A line of the audit: append-only."""

    id: int
    at: datetime  # UTC
    deed: ConsoleDeed
    result: str


class ConsoleAudit(Protocol):
    """The audit of the console. Raises StoreUnavailable: then nothing may be done."""

    def write(self, deed: ConsoleDeed, result: str) -> None:
        """Append an entry; ``result`` is ``asked`` before, and what came of it after."""
        ...

    def entries(self, *, user: str | None = None, subject: str | None = None, action: str | None = None,
                since: datetime | None = None, until: datetime | None = None, before: int | None = None,
                limit: int = 200) -> Sequence[ConsoleEntry]:  # fmt: skip
        """What fits all that is given, newest first, at most ``limit``; ``before`` an id: the page after it.
        ``until`` itself does not belong to it."""
        ...


class People(Protocol):
    """All of the above."""

    @property
    def users(self) -> Users: ...
    @property
    def passwords(self) -> Passwords: ...
    @property
    def links(self) -> OneTimeLinks: ...
    @property
    def sessions(self) -> ConsoleSessions: ...
    @property
    def limits(self) -> SignInLimits: ...
    @property
    def audit(self) -> ConsoleAudit: ...
    @property
    def key(self) -> bytes:
        """What short-lived cookies are signed with: the same in every process, made by the first one."""
        ...
