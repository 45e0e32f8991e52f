"""People for the console of a demo: one for each role, with a password that is made anew each time."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from fs_app.app.parts import Parts
from fs_app.domain.people import Role
from fs_app.ports.people import LinkPurpose, NewUser
from fs_app.settings import Settings

AGENT = "maria@default"
"""Who answers callers in a demo."""

_PEOPLE = (
    NewUser("maria", frozenset({Role.AGENT}), "Maria", AGENT, "en"),
    NewUser("sam", frozenset({Role.SUPERVISOR}), "Sam", None, "en"),
    NewUser("fay", frozenset({Role.FINANCE}), "Fay", None, "en"),
    NewUser("ada", frozenset({Role.ADMIN}), "Ada", None, "en"),
)


@dataclass(frozen=True, slots=True)
class DemoConsole:
    """Where the console of a demo is, and who signs in there with which password."""

    url: str
    names: tuple[str, ...]
    password: str

    def __str__(self) -> str:
        return f"{self.url} as {', '.join(self.names)}; password {self.password}"


def add_people(settings: Settings) -> DemoConsole:
    """Add them to the database of a demo."""
    password = secrets.token_urlsafe(12)
    parts = Parts(settings)
    try:
        for new in _PEOPLE:
            user = parts.people.users.add(new)
            parts.people.links.use(parts.people.links.make(user.id, LinkPurpose.SETUP), password)
    finally:
        parts.close()
    host, port = settings.console.listen
    return DemoConsole(f"http://{host}:{port}", tuple(new.name for new in _PEOPLE), password)
