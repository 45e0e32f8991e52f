"""Client tokens: what a merchant's server hands to a page or an app, so that it can tokenise without the keys.

A token carries two secrets: a fingerprint for the client API and an access token for GraphQL. Both lead back to the
merchant and to what the token was made for.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from fs_app.gateways.sandbox.exchange import Answer, Call, Refused, Route, text
from fs_app.gateways.sandbox.store import Books
from fs_app.gateways.sandbox.xml import Items, Tree

_VERSIONS = ("1", "2")
_MOST_DOMAINS = 5
_DOMAIN = re.compile(r"([A-Za-z0-9-]+\.)+[A-Za-z]{2,}")
_GRAPHQL_DATE = "2018-09-10"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a client token allows. With a customer, what is tokenised is kept at once, by ``options``."""

    fingerprint: str = field(repr=False)
    access_token: str = field(repr=False)
    merchant_account: str | None = None
    customer_id: str | None = None
    options: Tree = field(default_factory=dict)


def create(call: Call) -> Answer:
    """POST /client_token: version 2 is base64 of JSON, version 1 the JSON itself."""
    params, books = call.params, call.books
    _check(call)
    grant = issue(books, text(params, "merchant_account_id"), text(params, "customer_id"), call.section("options"))
    version = int(params.get("version") or 2)
    told = document(books, grant, version)
    return Answer(201, "client_token", {"value": json.dumps(told) if version == 1 else encoded(told)})


def encoded(told: Tree) -> str:
    """A client token of version 2."""
    return base64.b64encode(json.dumps(told).encode()).decode()


def issue(
    books: Books, account: str | None = None, customer_id: str | None = None, options: Tree | None = None
) -> Grant:
    """A new grant; it lasts as long as this process."""
    grant = Grant(secrets.token_hex(32), secrets.token_hex(32), account, customer_id, options or {})
    books.grants[grant.fingerprint] = books.grants[grant.access_token] = grant
    return grant


def document(books: Books, grant: Grant, version: int = 2) -> Tree:
    """What a client token says: who, and where this gateway is."""
    merchant = books.merchant
    client_api = f"{books.home}/merchants/{merchant.id}/client_api"
    return {
        "version": version,
        "authorizationFingerprint": grant.fingerprint,
        "configUrl": f"{client_api}/v1/configuration",
        "clientApiUrl": client_api,
        "merchantId": merchant.id,
        "merchantAccountId": grant.merchant_account or merchant.default_account,
        "environment": "development",
        "braintree_api": {"url": books.home, "access_token": grant.access_token},
        "graphQL": {"url": f"{books.home}/graphql", "date": _GRAPHQL_DATE},
    }


def granted(all_books: Iterable[Books], secret: str) -> tuple[Books, Grant] | None:
    """The merchant and the grant of a fingerprint or an access token."""
    for books in all_books:
        if secret in books.grants:
            return books, books.grants[secret]
    return None


def _check(call: Call) -> None:
    """The SDK turns what is refused here into a ValueError with our words."""
    params, books = call.params, call.books
    domains = params.get("domains")
    wanted: list[Any] = list(domains) if isinstance(domains, list) else []
    if "customer_id" in params and text(params, "customer_id") not in books.customers:
        _refuse("Customer specified by customer_id does not exist")
    if "merchant_account_id" in params and text(params, "merchant_account_id") not in books.merchant.accounts:
        _refuse("Merchant account specified by merchant_account_id does not exist")
    if len(wanted) > _MOST_DOMAINS:
        _refuse("Cannot specify more than 5 client token domains")
    if not all(isinstance(domain, str) and _DOMAIN.fullmatch(domain) for domain in wanted):
        _refuse("Client token domains must be valid domain names")
    if str(params.get("version") or 2) not in _VERSIONS:
        _refuse("Client token version is invalid")


def _refuse(message: str) -> None:
    raise Refused(Answer(422, "api_error_response", {"errors": {"errors": Items("error")}, "message": message}))


ROUTES: tuple[Route, ...] = (("POST", "/client_token", create),)
