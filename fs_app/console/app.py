"""The console's application: its blueprints behind the guard, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import structlog
from flask import Blueprint, Flask, Response, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from fs_app.console.access import guard, may
from fs_app.console.account import account
from fs_app.console.cookies import prepare_cookies
from fs_app.console.door import door
from fs_app.console.forms import LARGEST_NUMBER
from fs_app.console.pages import BLUEPRINTS
from fs_app.console.parts import ConsoleParts
from fs_app.console.speech import current_words, speak
from fs_app.console.words import catalogs
from fs_app.errors import StoreUnavailable
from fs_app.settings.console import ConsoleSettings

_log = structlog.get_logger(__name__)

_LARGEST_BODY_BYTES = 64 * 1024
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # no address of ours leaves; the check of forms needs it among ours
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
}
_SECRET_ADDRESSES = "/link/"
"""Pages whose address is a secret: not even what they load is asked for with it, since a proxy writes that down."""
_HSTS = "max-age=31536000"
_KNOWN_ERRORS = frozenset({400, 403, 404, 405, 409, 410, 413, 429, 503})
_CLOSING = "fs_app.closing"


class _RowInteger(IntegerConverter):
    """A number in a path. What no row can have leads nowhere."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=LARGEST_NUMBER)


class _Console(Flask):
    """Flask, which would write the path of a page into the log: a one-time link is one."""

    def log_exception(self, exc_info: Any) -> None:
        _log.error("a page of the console failed", endpoint=request.endpoint, exc_info=exc_info)


def console_app(parts: ConsoleParts) -> Flask:
    """The application of one console process. StoreUnavailable where the database does not answer, ConfigError
    where its words are not whole."""
    settings = parts.settings.console
    app = _Console("fs_app.console")
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY_BYTES
    app.config["TRUSTED_HOSTS"] = list(_hosts(settings))
    app.extensions[_CLOSING] = []
    app.url_map.converters["int"] = _RowInteger
    catalogs()
    guard(app, parts.people, settings.second_step)
    prepare_cookies(app, parts.people.key, secure=settings.secure_cookies)
    speak(app, ZoneInfo(parts.settings.timezone))
    app.add_template_global(may, "may")
    for blueprint in (door(parts), account(parts), *_provider(parts), *(make(parts) for make in BLUEPRINTS)):
        app.register_blueprint(blueprint)
    _tell_health(app)
    _tell_errors(app)
    _harden(app, secure=settings.secure_cookies)
    trusted = settings.trusted_proxies
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=trusted, x_proto=trusted)  # type: ignore[method-assign]
    return app


def at_stop(app: Flask, act: Callable[[], None]) -> None:
    """Have something done when the process is told to stop: streams that would last are ended, say."""
    app.extensions[_CLOSING].append(act)


def closing(app: Flask) -> None:
    """Do what has to be done when the process is told to stop."""
    for act in app.extensions[_CLOSING]:
        act()


def _hosts(settings: ConsoleSettings) -> Iterator[str]:
    """The names by which browsers may call us: a foreign name that leads here is refused (DNS rebinding)."""
    yield urlsplit(settings.url).hostname or ""
    yield settings.listen[0]
    yield "localhost"


def _provider(parts: ConsoleParts) -> list[Blueprint]:
    """Signing in by a provider, where the settings have one: its library is an extra."""
    part = parts.settings.console.oidc
    return [] if part is None else [import_module("fs_app.console.oidc").oidc(parts, part)]


def _tell_health(app: Flask) -> None:
    @app.get("/health")
    def health() -> Response:
        """For load balancers: this process answers."""
        return jsonify({"alive": True})


def _tell_errors(app: Flask) -> None:
    """Errors name nothing that was sent."""

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        if isinstance(error, SecurityError):  # a host that is not ours: no address of a page can be made
            return Response("this is not the host of the console", 400, mimetype="text/plain")
        answer = _told(error.code or 500)
        for name, value in error.get_headers():
            if name in ("Allow", "Retry-After"):
                answer.headers[name] = value
        return answer

    @app.errorhandler(StoreUnavailable)
    def down(error: StoreUnavailable) -> Response:
        _log.error("the database did not answer the console", error=str(error), endpoint=request.endpoint)
        return _told(503)


def _told(status: int) -> Response:
    said = f"door.error_{status if status in _KNOWN_ERRORS else 500}"
    if "text/html" not in request.headers.get("Accept", "text/html"):
        return make_response(jsonify({"error": status, "ok": False, "said": current_words()(said)}), status)
    return make_response(render_template("error.html", said=said), status)


def _harden(app: Flask, *, secure: bool) -> None:
    @app.after_request
    def harden(answer: Response) -> Response:
        for name, value in _HEADERS.items():
            answer.headers[name] = value
        if request.path.startswith(_SECRET_ADDRESSES):
            answer.headers["Referrer-Policy"] = "strict-origin"
        if secure:
            answer.headers["Strict-Transport-Security"] = _HSTS
        if request.endpoint != "static":
            answer.headers["Cache-Control"] = "no-store"
        return answer
