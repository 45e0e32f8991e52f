"""The client API: what a page or an app asks with a client token's fingerprint, in JSON and without keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from fs_app.gateways.sandbox import client_tokens, nonces
from fs_app.gateways.sandbox.addresses import read_address
from fs_app.gateways.sandbox.behaviour import cvv_answer
from fs_app.gateways.sandbox.cards import read_card
from fs_app.gateways.sandbox.client_tokens import Grant
from fs_app.gateways.sandbox.exchange import Call, Problems, Refused, section, text
from fs_app.gateways.sandbox.store import Nonce
from fs_app.gateways.sandbox.vault import CardOffer
from fs_app.gateways.sandbox.xml import Tree

Said = tuple[int, Any]


def tokenise_card(call: Call, grant: Grant, given: Tree) -> Nonce:
    """A nonce for a card. Raises Refused where it is not acceptable, or is to be kept and must not be."""
    problems = Problems()
    customer = call.books.customers.get(grant.customer_id or "")
    if customer is not None:
        given = {**given, "options": {**section(given, "options"), **grant.options}}
        offer = CardOffer(call, given, None, customer, problems, "credit_card")
        problems.refuse(call)
        offer.verify({"id": customer.id, **customer.details})
        return nonces.issue(call.books, offer.keep(customer))
    billing = read_address(section(given, "billing_address"), problems, "credit_card", "billing_address")
    card = read_card(call.books, given, problems, "credit_card")
    if section(given, "options").get("validate") not in (False, "false"):
        problems.refuse(call)
    codes = () if card is not None else problems.codes
    return nonces.issue(call.books, card, billing=billing, cvv=cvv_answer(text(given, "cvv")), problems=codes)


def _add_card(call: Call, grant: Grant) -> Said:
    given = call.section("credit_card")
    try:
        nonce = tokenise_card(call, grant, given)
    except Refused as refused:
        return 422, {"error": {"message": refused.answer.node["message"]}}
    unchecked = section(given, "options").get("validate") in (False, "false")
    return 202 if unchecked else 201, {"creditCards": [_view(nonce)]}


def _methods(call: Call, grant: Grant) -> Said:
    """What the customer of the token has on file, each under a new nonce."""
    customer = call.books.customers.get(grant.customer_id or "")
    cards = customer.cards if customer is not None else []
    return 200, {"paymentMethods": [_view(nonces.issue(call.books, card)) for card in cards]}


def _configuration(call: Call, grant: Grant) -> Said:
    told = client_tokens.document(call.books, grant)
    public = ("environment", "clientApiUrl", "merchantId", "merchantAccountId", "graphQL")
    return 200, {name: told[name] for name in public}


_ROUTES: Mapping[tuple[str, str], Callable[[Call, Grant], Said]] = {
    ("POST", "/payment_methods/credit_cards"): _add_card,
    ("GET", "/payment_methods"): _methods,
    ("GET", "/configuration"): _configuration,
}


def say(call: Call, grant: Grant, method: str, path: str) -> Said:
    """The answer to one request below ``/client_api/v1``; 404 for what this gateway does not offer."""
    act = _ROUTES.get((method, path.removesuffix(".json")))
    return (404, {}) if act is None else act(call, grant)


def underscored(value: Any) -> Any:
    """Parameters with underscores, however the client spells them."""
    if isinstance(value, dict):
        return {_underscored_name(str(name)): underscored(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [underscored(each) for each in value]
    return value if isinstance(value, str | bool) or value is None else str(value)


def _underscored_name(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _view(nonce: Nonce) -> Tree:
    told = nonces.nonce_view(nonce)
    details = told["details"] or {}
    return {
        "type": told["type"],
        "nonce": told["nonce"],
        "default": told["default"],
        "consumed": told["consumed"],
        "description": f"ending in {details.get('last_two', '')}".rstrip(),
        "details": {"cardType": details.get("card_type"), "lastTwo": details.get("last_two")},
    }
