"""The web role's application: its parts are blueprints, one file each."""

from __future__ import annotations

from collections.abc import Iterable
from socket import socket

from flask import Blueprint, Flask, Response, jsonify
from gevent.pywsgi import WSGIServer

_LARGEST_BODY_BYTES = 256 * 1024


def web_app(pages: Iterable[Blueprint]) -> Flask:
    """The application. Its errors name nothing that was sent."""
    app = Flask("fs_app", static_folder=None)
    app.url_map.merge_slashes = False  # nobody is led anywhere by what they have asked for
    app.config["MAX_CONTENT_LENGTH"] = _LARGEST_BODY_BYTES
    for each in pages:
        app.register_blueprint(each)

    @app.get("/health")
    def health() -> Response:
        """For load balancers: this process answers."""
        return jsonify({"alive": True})

    return app


class WebServer:
    """Serves the application on one address."""

    def __init__(self, app: Flask, listen: tuple[str, int] | socket) -> None:
        self._server = WSGIServer(listen, app, log=None, error_log=None)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_port or 0)

    def start(self) -> None:
        """Bind and serve; OSError where the port is taken."""
        self._server.start()

    def stop(self) -> None:
        """Serve nothing more; what is under way gets some seconds."""
        self._server.stop(timeout=10)
