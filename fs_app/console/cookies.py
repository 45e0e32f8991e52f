"""The cookies of the console: one that names a session, one of minutes for forms and for signing in, and one that
tells a browser by which somebody has come in before.

The first is a random token and nothing else; what it stands for is in the database. The second is Flask's own
signed one: the token of forms for who has not signed in yet, and what an OpenID provider must give back. Of who has
signed in, the token of forms is computed from the token of the session: another session's is worth nothing. The
third lets nobody in: tries are counted by it (`tries`).
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import Any

from flask import Flask, Response, current_app, request, session
from flask_wtf import CSRFProtect
from itsdangerous import BadData, URLSafeTimedSerializer

_FORMS = "csrf_token"  # what Flask-WTF calls it
_SESSION, _DOOR, _KNOWN = "fs_app", "fs_app_door", "fs_app_known"
_CONFIG, _KNOWN_CONFIG = "FS_APP_SESSION_COOKIE", "FS_APP_KNOWN_COOKIE"
_KNOWN_FOR = timedelta(days=180)
_MOST_KNOWN = 8
"""So many people at one desk are known there; the one who was there first is forgotten."""


def prepare_cookies(app: Flask, key: bytes, *, secure: bool) -> None:
    """Have this application set and read its cookies. ``__Host-``: no other host, path or plain connection has set
    it."""
    prefix = "__Host-" if secure else ""
    app.secret_key = key
    app.config.update(
        {
            _CONFIG: prefix + _SESSION,
            _KNOWN_CONFIG: prefix + _KNOWN,
            "SESSION_COOKIE_NAME": prefix + _DOOR,
            "SESSION_COOKIE_SECURE": secure,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",  # Strict would not come back with a redirect from an OpenID provider
            "SESSION_COOKIE_PATH": "/",
            "WTF_CSRF_TIME_LIMIT": None,  # as long as the session, or the browser, lasts
        }
    )
    CSRFProtect(app)


def session_token() -> str:
    """The token that the browser shows; empty without one."""
    return request.cookies.get(current_app.config[_CONFIG], "")


def set_session(answer: Response, token: str) -> None:
    """Give the browser a session. What it had for forms before is worth nothing any more."""
    session.clear()
    config = current_app.config
    answer.set_cookie(
        config[_CONFIG],
        token,
        secure=config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
        path="/",
    )


def drop_session(answer: Response) -> None:
    """Take it away."""
    session.clear()
    config = current_app.config
    secure = config["SESSION_COOKIE_SECURE"]
    answer.delete_cookie(config[_CONFIG], path="/", secure=secure, httponly=True, samesite="Lax")


def known_browser(name: str) -> str:
    """What this browser is called in tries for that login name; empty where nobody came in by it as that."""
    found = _known().get(_anonymous(name), "")
    return found if isinstance(found, str) else ""


def remember_browser(answer: Response, name: str) -> None:
    """That person came in by this browser. The login name itself is not in the cookie."""
    known, key = _known(), _anonymous(name)
    kept = {each: known[each] for each in known if each != key}
    newest = dict([*kept.items(), (key, known.get(key) or secrets.token_hex(8))][-_MOST_KNOWN:])
    config = current_app.config
    answer.set_cookie(
        config[_KNOWN_CONFIG],
        _signed().dumps(newest),
        max_age=_KNOWN_FOR,
        secure=config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
        path="/",
    )


def _known() -> dict[str, Any]:
    try:
        found = _signed().loads(
            request.cookies.get(current_app.config[_KNOWN_CONFIG], ""), max_age=int(_KNOWN_FOR.total_seconds())
        )
    except BadData:
        return {}
    return found if isinstance(found, dict) else {}


def _signed() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(_key(), salt=_KNOWN)


def _anonymous(name: str) -> str:
    return hmac.digest(_key(), name.encode(), "sha256").hex()[:16]


def _key() -> bytes:
    key = current_app.secret_key
    assert isinstance(key, bytes)
    return key


def bind_forms(token: str) -> None:
    """Have the forms of this request be those of the session with that token, where there is one."""
    if not token:
        return
    theirs = hmac.digest(token.encode(), b"forms of the console", "sha256").hex()
    if session.get(_FORMS) != theirs:
        session[_FORMS] = theirs
