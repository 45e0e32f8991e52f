"""The cookies of the console: one that names a session, one of minutes for forms and for signing in.

The first is a random token and nothing else; what it stands for is in the database. The second is Flask's own
signed one: the token of forms for who has not signed in yet, and what an OpenID provider must give back. Of who has
signed in, the token of forms is computed from the token of the session: another session's is worth nothing.
"""

from __future__ import annotations

import hmac

from flask import Flask, Response, current_app, request, session
from flask_wtf import CSRFProtect

_FORMS = "csrf_token"  # what Flask-WTF calls it
_SESSION, _DOOR = "fs_app", "fs_app_door"
_CONFIG = "FS_APP_SESSION_COOKIE"


def prepare_cookies(app: Flask, key: bytes, *, secure: bool) -> None:
    """Have this application set and read its cookies. ``__Host-``: no other host, path or plain connection has set
    it."""
    prefix = "__Host-" if secure else ""
    app.secret_key = key
    app.config.update(
        {
            _CONFIG: prefix + _SESSION,
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


def bind_forms(token: str) -> None:
    """Have the forms of this request be those of the session with that token, where there is one."""
    if not token:
        return
    theirs = hmac.digest(token.encode(), b"forms of the console", "sha256").hex()
    if session.get(_FORMS) != theirs:
        session[_FORMS] = theirs
