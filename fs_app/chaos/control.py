"""The control API of the local gateway, over HTTP as another program would use it."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import suppress
from typing import Any

import gevent

from fs_app.errors import FsAppError

_SECONDS = 30.0


class GatewayControl:
    """Asks and tells the local gateway at a port of loopback."""

    def __init__(self, port: int) -> None:
        self._port = port

    def wait_ready(self, seconds: float = 30.0) -> None:
        """Wait until it answers."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with suppress(OSError):
                self.planned()
                return
            gevent.sleep(0.1)
        raise FsAppError("the local gateway does not answer")

    def transactions(self) -> list[dict[str, Any]]:
        """Every sale and credit, the oldest first."""
        told: list[dict[str, Any]] = self._ask("GET", "transactions")
        return told

    def plan(self, **fault: object) -> None:
        """Plan a fault."""
        self._ask("POST", "faults", fault)

    def planned(self) -> list[dict[str, Any]]:
        """The faults that have met nothing yet."""
        told: list[dict[str, Any]] = self._ask("GET", "faults")
        return told

    def clear(self) -> None:
        """Forget every fault that is planned."""
        self._ask("DELETE", "faults")

    def search_lag(self, seconds: float) -> None:
        """Let the search find only what is older than that."""
        self._ask("POST", "search_lag", {"seconds": seconds})

    def settle(self) -> None:
        """Settle what is submitted, as the end of a day does."""
        self._ask("POST", "settle", {})

    def _ask(self, method: str, name: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_SECONDS)
        try:
            connection.request(method, f"/_control/{name}", None if body is None else json.dumps(body))
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise FsAppError(f"the local gateway refuses {method} {name}: {text.decode()}")
        return json.loads(text)
