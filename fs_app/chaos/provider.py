"""A provider of SMS and mail that keeps every message it took, and may take one without saying so."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import gevent
from gevent import socket
from gevent.pywsgi import WSGIHandler, WSGIServer


class Mishap(StrEnum):
    """What becomes of the next message that comes."""

    DROPPED = "dropped"  # taken, and the connection is cut instead of an answer
    STALLED = "stalled"  # taken, and answered when nobody waits any more
    REFUSED = "refused"  # not taken: 503


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that the provider took."""

    at: datetime
    to: str
    text: str
    key: str


class Provider:
    """Listens on a free port of ``host``; ``taken`` are the messages in the order they came."""

    def __init__(self, stall_seconds: float, host: str = "127.0.0.1") -> None:
        self.taken: list[Taken] = []
        self._stall_seconds = stall_seconds
        self._planned: list[Mishap] = []
        self._host = host
        self._server = WSGIServer((host, 0), self._serve, log=None, handler_class=_Handler)

    @property
    def url(self) -> str:
        """Where messages are posted."""
        return f"http://{self._host}:{self._server.server_port}/messages"

    def start(self) -> None:
        """Listen."""
        self._server.start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.stop(timeout=0)

    def plan(self, mishap: Mishap) -> None:
        """Let that happen to the next message."""
        self._planned.append(mishap)

    def calm(self) -> None:
        """Nothing is planned any more."""
        self._planned.clear()

    def _serve(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        message = json.loads(environ["wsgi.input"].read())
        mishap = self._planned.pop(0) if self._planned else None
        if mishap is Mishap.REFUSED:
            start_response("503 Service Unavailable", [("Content-Length", "0")])
            return [b""]
        self.taken.append(Taken(datetime.now(UTC), message["to"], message["text"], message["key"]))
        if mishap is Mishap.DROPPED:
            with suppress(OSError):
                environ["fs_app.socket"].shutdown(socket.SHUT_RDWR)
        elif mishap is Mishap.STALLED:
            gevent.sleep(self._stall_seconds)
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "2")])
        return [b"{}"]


class _Handler(WSGIHandler):
    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        environ["fs_app.socket"] = self.socket
        return environ
