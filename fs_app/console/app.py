"""The console's application: its blueprints behind the guard, and the headers of every answer."""

from __future__ import annotations

from flask import Flask, Response, jsonify

from fs_app.console.access import OPEN, guard, may
from fs_app.console.pages import BLUEPRINTS
from fs_app.console.parts import ConsoleParts

_LARGEST_BODY_BYTES = 64 * 1024
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def console_app(parts: ConsoleParts) -> Flask:
    """The application of one console process."""
    app = Flask("fs_app.console")
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY_BYTES
    guard(app, parts.people)
    app.add_template_global(may, "may")
    app.add_template_global(_same, "t")
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint(parts))

    @app.get("/health")
    def health() -> Response:
        """For load balancers: this process answers."""
        return jsonify({"alive": True})

    OPEN.add("health")

    @app.after_request
    def harden(answer: Response) -> Response:
        for name, value in _HEADERS.items():
            answer.headers.setdefault(name, value)
        return answer

    return app


def _same(key: str) -> str:
    """Until there are words for it."""
    return key
