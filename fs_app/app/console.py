"""One process of the ``console`` role, the pages for people. Any number may run: they share the database alone."""

from __future__ import annotations

from importlib.util import find_spec

import structlog
from gevent.pywsgi import WSGIServer

from fs_app.app.checks import proved
from fs_app.app.desk_parts import DeskParts
from fs_app.app.roles import begin, forbid_dumps, until_told_to_stop
from fs_app.console.app import at_stop, closing, console_app
from fs_app.errors import ConfigError
from fs_app.serve.plan import CONSOLE
from fs_app.serve.sockets import inherited
from fs_app.settings import Settings
from fs_app.yamlfile import Document

log = structlog.get_logger()

_LEAVE_SECONDS = 10
_MOST_CONNECTIONS = 1000  # a stream is one, and lasts


def run_console(settings: Settings, document: Document) -> None:
    """The ``console`` role until SIGTERM; ConfigError where anything is wrong with the configuration."""
    forbid_dumps()
    if settings.console.oidc is not None and find_spec("authlib") is None:
        hint = "pip install 'fs-app[oidc]'"
        raise ConfigError([document.problem(("console", "oidc"), "its library is not installed", hint)])
    console = Console(settings, proved(DeskParts(settings), document))
    begin(console.start, document, ("console", "listen"))
    log.info("console ready", listen=f"{settings.console.listen[0]}:{console.port}")
    until_told_to_stop()
    console.stop()


class Console:
    """The pages and what they need. StoreUnavailable where the database does not answer."""

    def __init__(self, settings: Settings, parts: DeskParts | None = None) -> None:
        self._parts = parts = parts or DeskParts(settings)
        self.app = console_app(parts)
        at_stop(self.app, parts.live.close)
        address = inherited(CONSOLE, settings.console.listen)
        self._server = WSGIServer(address, self.app, log=None, error_log=None, spawn=_MOST_CONNECTIONS)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_port or 0)

    def start(self) -> None:
        """Bind and serve; OSError where the port is taken."""
        self._server.start()

    def stop(self) -> None:
        """End the streams and finish what is under way."""
        closing(self.app)
        self._server.stop(timeout=_LEAVE_SECONDS)
        self._parts.close()
