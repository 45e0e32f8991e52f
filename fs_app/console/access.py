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
from urllib.parse import urlencode

import structlog
from flask import Blueprint, Flask, Response, abort, current_app, g, jsonify, make_response, redirect, request
from werkzeug.exceptions import HTTPException

from fs_app.console.cookies import bind_forms, session_token
from fs_app.domain.people import RIGHTS, Right, Role
from fs_app.domain.people import may as _may
from fs_app.errors import StoreUnavailable
from fs_app.ports.people import ConsoleDeed, ConsoleSession, People, User

__all__ = [
    "RIGHTS",
    "ROUTES",
    "Right",
    "Role",
    "audit",
    "code_is_missing",
    "current_session",
    "current_user",
    "may",
    "needs_code",
    "open_page",
    "page",
    "people",
    "record",
    "safe_next",
]

View = TypeVar("View", bound=Callable[..., Any])

_log = structlog.get_logger(__name__)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOCAL = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@%-][A-Za-z0-9._~!$&'()*+,;=:@%/?-]{0,500})?")
_EXTENSION, _NEEDS_CODE = "fs_app.people", "fs_app.needs_code"
SIGN_IN, ACCOUNT = "/sign-in", "/account"


@dataclass(frozen=True, slots=True)
class Route:
    """What a page needs. ``roles``: one of them is enough; ``action`` is what the audit calls it, empty where it
    changes nothing; ``before_code``: also for who has to set a second step up first."""

    roles: frozenset[Role]
    action: str
    methods: frozenset[str]
    before_code: bool = False


ROUTES: dict[str, Route] = {}
"""Every page for those who are signed in, by its endpoint."""

OPEN: set[str] = set()
"""Endpoints for everybody: signing in, and one-time links."""

_BARE = {"static", "health"}
"""Endpoints that look at nobody and at nothing."""


def page(
    blueprint: Blueprint,
    rule: str,
    *,
    roles: Set[Role],
    methods: Collection[str] = ("GET",),
    action: str = "",
    before_code: bool = False,
) -> Callable[[View], View]:
    """Register a view for these roles. ValueError without a role, for a method that changes something without an
    ``action``, and for another decision about the same endpoint."""
    route = Route(frozenset(roles), action, frozenset(methods), before_code)
    if not route.roles:
        raise ValueError(f"{rule}: who may open it?")
    if route.methods - _SAFE_METHODS and not action:
        raise ValueError(f"{rule}: what changes something has an action, which is written to the audit")

    def register(view: View) -> View:
        endpoint = f"{blueprint.name}.{view.__name__}"
        if ROUTES.setdefault(endpoint, route) != route:
            raise ValueError(f"{endpoint} was decided otherwise before")
        blueprint.add_url_rule(
            rule, view.__name__, _recorded(view, action) if action else view, methods=list(methods)
        )
        return view

    return register


def open_page(blueprint: Blueprint, rule: str, *, methods: Collection[str] = ("GET",)) -> Callable[[View], View]:
    """Register a view for everybody. It keeps its own audit, with `record`."""

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
    session = _session()
    if session is None:
        raise LookupError("nobody is signed in")
    return session


def waiting_session() -> ConsoleSession | None:
    """The session of somebody whose password was right and who has not given the code yet."""
    session: ConsoleSession | None = g.get("waiting")
    return session


def may(right: Right) -> bool:
    """Whether who is signed in has that right; in templates ``may("refund")``."""
    session = _session()
    if session is None or (code_is_missing(session.user) and right != Right.OWN_ACCOUNT):
        return False
    return _may(session.user.roles, Right(right))


def needs_code(user: User) -> bool:
    """Whether the settings want a second step of somebody. Who has no password comes in by a provider alone, whose
    matter it is."""
    roles: frozenset[Role] = current_app.extensions[_NEEDS_CODE]
    return user.has_password and not user.roles.isdisjoint(roles)


def code_is_missing(user: User) -> bool:
    """Whether they have to set it up before anything else."""
    return needs_code(user) and not user.has_code


def audit(subject: str = "", detail: str = "", result: str = "") -> None:
    """What the closing entry of the action under way says: what it was done to, what about it, and what came of it
    where that is not plain from the answer. Never a password, a code, a token or card data. LookupError on a page
    without an action."""
    noted: dict[str, str] | None = g.get("noted")
    if noted is None:
        raise LookupError("no action is under way")
    noted.update({name: text for name, text in zip(_NOTED, (subject, detail, result), strict=True) if text})


_NOTED = ("subject", "detail", "result")


def record(
    action: str, result: str, *, subject: str = "", detail: str = "", user: User | None = None, name: str = ""
) -> None:
    """An entry of its own: about ``user``, else about who is signed in. StoreUnavailable."""
    session = _session()
    who = user or (session.user if session is not None else None)
    roles = who.roles if who is not None else frozenset[Role]()
    deed = ConsoleDeed(action, who.name if who else name, roles, address(), subject, detail)
    people().audit.write(deed, result)


def address() -> str:
    """Where the request comes from, as far as the trusted proxies tell."""
    return (request.remote_addr or "")[:45]


def people() -> People:
    """The people of the application that serves this request."""
    found: People = current_app.extensions[_EXTENSION]
    return found


def safe_next(text: str) -> str:
    """A path of ours to go on to after signing in; ``/`` for everything else."""
    return text if _LOCAL.fullmatch(text) and not text.startswith(SIGN_IN) else "/"


def guard(app: Flask, people: People, need_code: Collection[Role] = ()) -> None:
    """Put the guard before every request of the application. Who has one of the roles ``need_code`` opens nothing
    but their account before they have a second step."""
    app.extensions[_EXTENSION] = people
    app.extensions[_NEEDS_CODE] = frozenset(need_code)
    app.before_request(_decide)


def _session() -> ConsoleSession | None:
    session: ConsoleSession | None = g.get("session")
    return session


def _decide() -> Response | None:
    """None lets the request pass. What Flask itself refuses (no such page, no such method) says so to everybody."""
    if request.routing_exception is not None or request.endpoint in _BARE:
        return None
    _look_up()
    endpoint = request.endpoint or ""
    if endpoint in OPEN:
        return None
    route = ROUTES.get(endpoint)
    if route is None:
        _log.error("a route of the console was not declared", endpoint=endpoint)
        abort(403)
    session = _session()
    if session is None:
        return _to_sign_in()
    if session.user.roles.isdisjoint(route.roles):
        record(route.action or endpoint, "refused: role")
        abort(403)
    if code_is_missing(session.user) and not route.before_code:
        return _to_second_step()
    return None


def _look_up() -> None:
    token = session_token()
    found = people().sessions.find(token, active=_by_a_person()) if token else None
    g.session = None if found is None or found.waits_for_code else found
    g.waiting = found if found is not None and found.waits_for_code else None
    bind_forms(token if found is not None else "")


def _by_a_person() -> bool:
    """A stream that a page holds open, and what a script asks for by itself, keep nobody signed in."""
    return "text/event-stream" not in request.headers.get("Accept", "") and "X-Background" not in request.headers


def _to_sign_in() -> Response:
    """A person is led to the sign-in, and back afterwards where it was a page they read."""
    accepted = request.headers.get("Accept", "text/html")
    if "text/html" not in accepted:
        return make_response(jsonify({"error": "sign in"}), 401)
    if request.method not in _SAFE_METHODS:
        return make_response(redirect(SIGN_IN, 303))
    wanted = request.full_path.removesuffix("?")
    return make_response(redirect(f"{SIGN_IN}?{urlencode({'next': wanted})}" if wanted != "/" else SIGN_IN))


def _to_second_step() -> Response:
    """A page of theirs is led to the account; what a script asks for, or a form of before, is refused."""
    if request.method not in _SAFE_METHODS or "text/html" not in request.headers.get("Accept", "text/html"):
        abort(403)
    return make_response(redirect(ACCOUNT))


def _recorded(view: Callable[..., Any], action: str) -> Callable[..., Any]:
    """The view, with an entry before and one after it."""

    @wraps(view)
    def recorded(**arguments: Any) -> Response:
        subject = " ".join(f"{name}={value}" for name, value in arguments.items())
        user = current_user()
        g.noted = {}
        record(action, "asked", subject=subject)
        outcome = "failed"
        try:
            answer = make_response(view(**arguments))
            outcome = _outcome(answer.status_code)
        except HTTPException as refused:
            outcome = _outcome(refused.code or 500)
            raise
        except StoreUnavailable:
            outcome = "unknown: the database did not answer"
            raise
        finally:
            _close(action, user, {"subject": subject, "result": outcome} | g.noted)
        return answer

    return recorded


def _outcome(status: int) -> str:
    return "done" if status < 400 else f"refused: {status}"


def _close(action: str, user: User, noted: dict[str, str]) -> None:
    """The entry after. What was done is done: where it cannot be written, the log says so, and the entry that was
    written before has no end."""
    try:
        record(action, noted.pop("result"), user=user, **noted)
    except StoreUnavailable as error:
        _log.error("what came of an action could not be written to the audit", action=action, error=str(error))
