"""One process of the ``web`` role: webhooks of the gateway and, where there is a token, the internal API."""

from __future__ import annotations

import structlog

from fs_app.app.checks import checked_parts
from fs_app.app.parts import Parts
from fs_app.app.roles import begin, forbid_dumps, until_told_to_stop
from fs_app.serve.plan import WEB
from fs_app.serve.sockets import inherited
from fs_app.settings import Settings
from fs_app.web.api import api
from fs_app.web.links import links
from fs_app.web.site import WebServer, web_app
from fs_app.web.webhooks import webhooks
from fs_app.yamlfile import Document

log = structlog.get_logger()


def run_web(settings: Settings, document: Document) -> None:
    """The ``web`` role until SIGTERM; ConfigError where anything is wrong with the configuration."""
    forbid_dumps()
    web = Web(settings, checked_parts(settings, document))
    begin(web.start, document, ("web", "listen"))
    log.info("web ready", listen=f"{settings.web.listen[0]}:{web.port}", api=settings.web.api_token is not None)
    until_told_to_stop()
    web.stop()


class Web:
    """The pages and what they need."""

    def __init__(self, settings: Settings, parts: Parts | None = None) -> None:
        self._parts = parts = parts or Parts(settings)
        pages = [webhooks(parts.office, parts.hints), links(parts.links)]
        token = settings.web.api_token
        if token is not None:
            pages.append(api(token.get_secret_value(), parts.refund_desk, parts.records.dossier))
        self.app = web_app(pages)
        self._server = WebServer(self.app, inherited(WEB, settings.web.listen))

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._server.port

    def start(self) -> None:
        """Bind and serve; OSError where the port is taken."""
        self._server.start()

    def stop(self) -> None:
        """Finish what is under way."""
        self._server.stop()
        self._parts.close()
