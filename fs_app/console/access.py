"""Who may open which page: a table, and the guard that refuses everything that is not in it.

Law: a route of the console is registered with `page` (or, for those who are not signed in, `open_page`); any
other one is refused. What changes something has an ``action``: it is written to the audit before it is done, and
again with what came of it; where that cannot be written nothing is done.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Set
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import structlog
from flask import Blueprint, Flask, abort, current_app, g, request

from fs_app.domain.people import RIGHTS, Right, Role
from fs_app.domain.people import may as _may
from fs_app.ports.people import ConsoleDeed, ConsoleSession, People, User

__all__ = [
    "RIGHTS",
    "ROUTES",
    "Right",
    "Role",
    "audit",
    "current_session",
    "current_user",
    "may",
    "open_page",
    "page",
]

View = TypeVar("View", bound=Callable[..., Any])

_log = structlog.get_logger(__name__)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOCAL = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@%-][A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,500})?")
_EXTENSION = "fs_app.people"


@dataclass(frozen=True, slots=True)
class Route:
    """What a page needs. ``roles``: one of them is enough; ``action`` is what the audit calls it, empty where it
    changes nothing."""

    roles: frozenset[Role]
    action: str
    methods: frozenset[str]


ROUTES: dict[str, Route] = {}
"""Every page for those who are signed in, by its endpoint."""

OPEN: set[str] = {"static"}
"""Endpoints for everybody: signing in, one-time links, and what those pages are made of."""


def page(blueprint: Blueprint, rule: str, *, roles: Set[Role], methods: Collection[str] = ("GET",),
         action: str = "") -> Callable[[View], View]:  # fmt: skip
    """Register a view for these roles. ValueError without a role, for a method that changes something without an
    ``action``, and for another decision about the same endpoint."""
    route = Route(frozenset(roles), action, frozenset(methods))
    if not route.roles:
        raise ValueError(f"{rule}: who may open it?")
    if route.methods - _SAFE_METHODS and not action:
        raise ValueError(f"{rule}: what changes something has an action, which is written to the audit")

    def register(view: View) -> View:
        endpoint = f"{blueprint.name}.{view.__name__}"
        if ROUTES.setdefault(endpoint, route) != route:
            raise ValueError(f"{endpoint} was decided otherwise before")
        blueprint.add_url_rule(rule, view.__name__, _recorded(view) if action else view, methods=list(methods))
        return view

    return register


def open_page(blueprint: Blueprint, rule: str, *, methods: Collection[str] = ("GET",)) -> Callable[[View], View]:
    """Register a view for everybody. It keeps its own audit."""

    def register(view: View) -> View:
        OPEN.add(f"{blueprint.name}.{view.__name__}")
        blueprint.add_url_rule(rule, view.__name__, view, methods=list(methods))
        return view

    return register


def current_user() -> User:
    """Who is signed in. LookupError outside of a page for those who are."""
    return current_session().user


def current_session() -> ConsoleSession:
    """Their session. LookupError as above."""
    session = g.get("session")
    if not isinstance(session, ConsoleSession):
        raise LookupError("nobody is signed in")
    return session


def may(right: Right) -> bool:
    """Whether who is signed in has that right; in templates ``may("refund")``."""
    session = g.get("session")
    return isinstance(session, ConsoleSession) and _may(session.user.roles, Right(right))


def audit(subject: str = "", detail: str = "", result: str = "") -> None:
    """What the closing entry of the action under way says: what it was done to, what about it, and what came of it
    where that is not plain from the answer. Never a password, a code, a token or card data."""
    noted: dict[str, str] = g.setdefault("noted", {})
    noted.update(
        {name: text for name, text in (("subject", subject), ("detail", detail), ("result", result)) if text}
    )


def guard(app: Flask, people: People) -> None:
    """Put the guard before every request of the application."""
    app.extensions[_EXTENSION] = people
    app.before_request(_decide)


def people() -> People:
    """The people of the application that serves this request."""
    found: People = current_app.extensions[_EXTENSION]
    return found


def safe_next(text: str) -> str:
    """A path of ours to go on to after signing in; ``/`` for everything else."""
    return text if _LOCAL.fullmatch(text) else "/"


def record(action: str, result: str, *, subject: str = "", detail: str = "") -> None:
    """An entry of its own about who is signed in. StoreUnavailable."""
    session = g.get("session")
    user, roles = (
        (session.user.name, session.user.roles) if isinstance(session, ConsoleSession) else ("", frozenset())
    )
    deed = ConsoleDeed(action, user, roles, request.remote_addr or "", subject, detail)
    people().audit.write(deed, result)


def _decide() -> Any:
    """None lets the request pass. What Flask itself refuses (no such page, no such method) says so to everybody."""
    if request.routing_exception is not None or request.endpoint in OPEN:
        return None
    route = ROUTES.get(request.endpoint or "")
    if route is None:
        _log.error("a route of the console was not declared", endpoint=request.endpoint)
        abort(403)
    abort(401)


def _recorded(view: Callable[..., Any]) -> Callable[..., Any]:
    """The view, with an entry before and one after it."""

    @wraps(view)
    def recorded(**arguments: Any) -> Any:
        route = ROUTES[request.endpoint or ""]
        subject = " ".join(f"{name}={value}" for name, value in arguments.items())
        record(route.action, "asked", subject=subject)
        return view(**arguments)

    return recorded
