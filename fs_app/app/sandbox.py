"""One process of the ``sandbox`` role: the local gateway."""

from __future__ import annotations

import structlog

from fs_app.app.roles import begin, forbid_dumps, until_told_to_stop
from fs_app.gateways.sandbox.server import SandboxServer
from fs_app.settings import Settings
from fs_app.yamlfile import Document

log = structlog.get_logger()


def run_sandbox(settings: Settings, document: Document) -> None:
    """The ``sandbox`` role until SIGTERM."""
    forbid_dumps()
    server = SandboxServer(settings.gateway.listen)
    begin(server.start, document, ("gateway", "listen"))
    log.info("local gateway ready", listen=f"{settings.gateway.listen[0]}:{server.port}")
    until_told_to_stop()
    server.stop()
