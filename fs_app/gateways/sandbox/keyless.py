"""The two doors beside the REST API: the client API by fingerprint, GraphQL by keys or access token."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from fs_app.gateways.sandbox import client_api, client_tokens, graphql
from fs_app.gateways.sandbox.client_api import Said, underscored
from fs_app.gateways.sandbox.client_tokens import Grant
from fs_app.gateways.sandbox.exchange import Call
from fs_app.gateways.sandbox.store import Books, Store
from fs_app.gateways.sandbox.transmission import Environ

_CLIENT_API = re.compile(r"/merchants/([A-Za-z0-9_-]+)/client_api/v1(/.*)")


def say(store: Store, now: datetime, environ: Environ, path: str, query: str, body: bytes) -> Said | None:
    """The answer to a request at one of these doors, None for any other."""
    method = environ["REQUEST_METHOD"]
    if path == "/graphql":
        return _graphql(store, now, method, body, environ.get("HTTP_AUTHORIZATION", ""))
    match = _CLIENT_API.fullmatch(path)
    return None if match is None else _client_api(store, now, method, match, query, body)


def credentials(header: str) -> tuple[str, str]:
    """Public and private key of a Basic header, empty where there are none."""
    scheme, _, encoded = header.partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode() if scheme == "Basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        decoded = ""
    public, _, private = decoded.partition(":")
    return public, private


def _client_api(store: Store, now: datetime, method: str, match: re.Match[str], query: str, body: bytes) -> Said:
    asked = _json(body)
    params = underscored(asked if asked is not None else dict(parse_qsl(query)))
    found = client_tokens.granted(store.books.values(), str(params.get("authorization_fingerprint", "")))
    if found is None or found[0].merchant.id != match[1]:
        return 401, {}
    books, grant = found
    return client_api.say(Call(books, now, f"{method} {match[2]}", params=params), grant, method, match[2])


def _graphql(store: Store, now: datetime, method: str, body: bytes, authorization: str) -> Said:
    found = _whose(store, authorization)
    if found is None:
        return 200, graphql.refused("AUTHENTICATION", "Authentication credentials are invalid.")
    asked = _json(body)
    if method != "POST" or asked is None:
        return 400, graphql.refused("VALIDATION", "The request is no GraphQL query.")
    books, grant = found
    call = Call(books, now, "POST /graphql")
    return 200, graphql.run(call, grant, asked)


def _whose(store: Store, authorization: str) -> tuple[Books, Grant | None] | None:
    if authorization.startswith("Bearer "):
        return client_tokens.granted(store.books.values(), authorization.removeprefix("Bearer "))
    books = store.by_keys(*credentials(authorization))
    return None if books is None else (books, None)


def _json(body: bytes) -> dict[str, Any] | None:
    try:
        asked = json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None
    return asked if isinstance(asked, dict) else None
