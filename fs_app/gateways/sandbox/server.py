"""The local gateway over HTTP: keys, routes, faults, answers.

Paths are matched as they arrive, never normalised or unquoted: an unknown path is 404 and nothing happens. No body
is ever logged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any

import structlog
from gevent.pywsgi import WSGIServer

from fs_app.gateways.sandbox import (
    addresses,
    bank_verifications,
    client_tokens,
    customer_search,
    customers,
    dispute_search,
    disputes,
    documents,
    evidence,
    keyless,
    modifications,
    nonces,
    particulars,
    payment_methods,
    plans,
    sales,
    search,
    seeds,
    settlement,
    subscription_search,
    subscriptions,
    transactions,
    verifications,
)
from fs_app.gateways.sandbox.control import Clock, Control
from fs_app.gateways.sandbox.criteria import BadCriterion
from fs_app.gateways.sandbox.duplicates import underway
from fs_app.gateways.sandbox.exchange import Answer, Call, Handler, NotFound, Refused
from fs_app.gateways.sandbox.faults import Dropped, Fault, Faults, Point, changed, happen, sent
from fs_app.gateways.sandbox.idempotency import once
from fs_app.gateways.sandbox.merchants import MERCHANTS, Merchant
from fs_app.gateways.sandbox.store import Books, Store
from fs_app.gateways.sandbox.transmission import Connection, Environ, spoiled, whole
from fs_app.gateways.sandbox.webhooks import Webhooks
from fs_app.gateways.sandbox.xml import MAX_BYTES, MalformedXml, Tree, parse, render

log = structlog.get_logger()

# Each of these modules has a table ROUTES: method, pattern of the path below the merchant, handler.
_PARTS = (
    search,
    subscription_search,
    subscriptions,  # before sales: it takes POST /transactions, and hands over what is not for a subscription
    sales,
    transactions,
    settlement,
    customer_search,
    customers,
    addresses,
    nonces,
    particulars,
    payment_methods,
    verifications,
    bank_verifications,
    client_tokens,
    dispute_search,
    disputes,
    evidence,
    documents,
    plans,
    modifications,
)
_COMPILED = tuple(
    (method, re.compile(pattern), handler) for part in _PARTS for method, pattern, handler in part.ROUTES
)

Reply = tuple[int, str, bytes, Fault | None]
_XML, _JSON = "application/xml; charset=utf-8", "application/json"


def utc_now() -> datetime:
    """The time in whole seconds, as the gateway tells it."""
    return datetime.now(UTC).replace(microsecond=0)


class SandboxServer:
    """The local gateway. ``with SandboxServer() as server`` listens on a free loopback port until the block ends.

    ``control``, ``faults`` and ``webhooks`` are the control API for use in the same process.
    """

    def __init__(
        self,
        listen: tuple[str, int] = ("127.0.0.1", 0),
        *,
        merchants: Iterable[Merchant] = MERCHANTS,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.store = Store(merchants)
        self.faults = Faults()
        self._now = Clock(now)
        self.webhooks = Webhooks(self.store, self._now)
        for books in self.store.books.values():
            seeds.plant(books, self._now())
        self.control = Control(self.store, self.faults, self._now, self.webhooks)
        self._server = WSGIServer(listen, self._serve, log=None, error_log=None, handler_class=Connection)

    @property
    def port(self) -> int:
        """The port it listens on, once started."""
        port = self._server.server_port
        assert port is not None
        return port

    def start(self) -> None:
        """Listen. OSError where the address is taken."""
        self._server.start()
        for books in self.store.books.values():
            books.home = f"http://{self._server.server_host}:{self.port}"

    def stop(self) -> None:
        """Stop listening and close every connection."""
        self._server.stop(timeout=0)
        self.webhooks.clear()

    def __enter__(self) -> SandboxServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _serve(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        fault = None
        try:
            status, kind, body, fault = self._reply(environ)
        except Dropped as dropped:
            environ["fs_app.connection"].cut(reset=dropped.reset)
            status, kind, body = 500, _XML, b""
        except Exception as error:  # noqa: BLE001  the outermost frame of a request
            log.error("sandbox_bug", error=type(error).__name__, place=_place(error))
            status, kind, body = 500, _XML, b""
        length, pieces = whole(body) if fault is None else spoiled(body, fault, environ)
        headers = [("Content-Type", kind), ("Content-Length", str(length))]
        start_response(f"{status} {_phrase(status)}", headers)
        return pieces

    def _reply(self, environ: Environ) -> Reply:
        body = _body(environ)
        if body is None:
            return 413, _XML, b"", None
        path, _, query = environ["fs_app.path"].partition("?")
        if path.startswith("/_control/"):
            return self._controlled(environ, path.removeprefix("/_control/"), body)
        said = keyless.say(self.store, self._now(), environ, path, query, body)
        if said is not None:
            return said[0], _JSON, json.dumps(said[1]).encode(), None
        books = self._authenticated(environ.get("HTTP_AUTHORIZATION", ""), path)
        if books is None:
            return 401, _XML, b"", None
        below = path.removeprefix(f"/merchants/{books.merchant.id}")
        answer = self._answer(books, environ, below, query, body)
        document = render(answer.root, answer.node) if answer.root else b""
        return answer.status, _XML, document, answer.spoiled_by

    def _authenticated(self, authorization: str, path: str) -> Books | None:
        books = self.store.by_keys(*keyless.credentials(authorization))
        if books is None or not path.startswith(f"/merchants/{books.merchant.id}/"):
            return None
        return books

    def _answer(self, books: Books, environ: Environ, path: str, query: str, body: bytes) -> Answer:
        method = environ["REQUEST_METHOD"]
        for wanted, pattern, handler in _COMPILED:
            match = pattern.fullmatch(path) if wanted == method else None
            if match is None:
                continue
            try:
                root, params = _read(environ, body)
                call = Call(books, self._now(), f"{method} {path}", match.groups(), root, params, query)
                return self._acted(call, handler)
            except MalformedXml:
                return Answer(400)
            except NotFound:
                return Answer(404)
            except BadCriterion:
                return Answer(422, "api_error_response", {"errors": {}, "message": "Unknown search criterion."})
            except Refused as refused:
                return refused.answer
        return Answer(404)

    def _acted(self, call: Call, handler: Handler) -> Answer:
        """A fault before the commit lies inside the api_request_key's protection, one after it outside."""
        fault = self.faults.take(call)
        call = changed(fault, call)
        with underway(call):
            made = once(call, lambda same: happen(fault, Point.BEFORE) or handler(same))
        return replace(happen(fault, Point.AFTER) or made, spoiled_by=sent(fault))

    def _controlled(self, environ: Environ, name: str, body: bytes) -> Reply:
        if environ["REMOTE_ADDR"] not in ("127.0.0.1", "::1"):
            return 403, _JSON, b"", None
        act = self.control.routes.get((environ["REQUEST_METHOD"], name))
        if act is None:
            return 404, _JSON, b"", None
        try:
            wanted = json.loads(body) if body else {}
            told = act(wanted)
        except (ValueError, TypeError, re.error) as error:
            return 400, _JSON, json.dumps({"error": str(error)}).encode(), None
        return 200, _JSON, json.dumps(told).encode(), None


def _body(environ: Environ) -> bytes | None:
    """The request's body, None where it is too large."""
    most = documents.MAX_BYTES if documents.is_form(environ.get("CONTENT_TYPE", "")) else MAX_BYTES
    if int(environ.get("CONTENT_LENGTH") or 0) > most:
        return None
    body: bytes = environ["wsgi.input"].read(most + 1)
    return body if len(body) <= most else None


def _read(environ: Environ, body: bytes) -> tuple[str, Tree]:
    """Root and parameters of a request. MalformedXml."""
    if documents.is_form(environ.get("CONTENT_TYPE", "")):
        return documents.read_form(environ["CONTENT_TYPE"], body)
    return parse(body) if body.strip() else ("", {})


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Other"


def _place(error: BaseException) -> str:
    """File and line of an error: the text and the locals of one may hold a card."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
