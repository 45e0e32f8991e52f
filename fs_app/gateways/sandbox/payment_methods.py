"""Payment methods of every kind: the tables that tell how each is offered and shown, and the endpoints.

A new kind is a subclass of `Method`, a class for what a nonce of it stands for, and a line in each table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qsl

from fs_app.gateways.sandbox import criteria, nonces
from fs_app.gateways.sandbox.bank_accounts import BankAccount, BankAccountOnFile, BankOffer, on_file_view
from fs_app.gateways.sandbox.bank_accounts import update as update_account
from fs_app.gateways.sandbox.cards import is_expired
from fs_app.gateways.sandbox.criteria import Searchable
from fs_app.gateways.sandbox.exchange import ID, Answer, Call, NotFound, Problems, Route, text
from fs_app.gateways.sandbox.store import Card, Customer, Method, Nonce, VaultedCard
from fs_app.gateways.sandbox.vault import CardOffer, let_go, vaulted_view
from fs_app.gateways.sandbox.xml import Items, Tree


class Offer(Protocol):
    """A payment method that a request hands in. It is made with the request's problems, verified, and kept."""

    def verify(self, customer: Tree) -> None:
        """Raise Refused where it must not be kept; ``customer`` is who it is for."""

    def keep(self, customer: Customer) -> Method:
        """Put it on file."""


class _OnFile:
    """A nonce that points at a method on file: that method is kept as it is."""

    def __init__(
        self,
        _call: Call,
        _given: Tree,
        nonce: Nonce | None,
        customer: Customer | None,
        problems: Problems,
        *_path: str,
    ) -> None:
        assert nonce is not None
        self._nonce = nonce
        if customer is None or nonce.subject.customer_id != customer.id:
            problems.add("91617", "customer")

    def verify(self, customer: Tree) -> None:
        """It was, when it was put on file."""

    def keep(self, _customer: Customer) -> Method:
        nonces.spend(self._nonce)
        method: Method = self._nonce.subject
        return method


# By what a nonce stands for; None is a method handed in unchecked and wrong.
_OFFERS: Mapping[type, Callable[..., Offer]] = {
    Card: CardOffer,
    type(None): CardOffer,
    VaultedCard: _OnFile,
    BankAccount: BankOffer,
    BankAccountOnFile: _OnFile,
}

# By the kind on file: the root of an answer, and the view.
_VIEWS: Mapping[type[Method], tuple[str, Callable[[Any, datetime], Tree]]] = {
    VaultedCard: ("credit_card", vaulted_view),
    BankAccountOnFile: ("us_bank_account", on_file_view),
}


def offered(
    call: Call,
    given: Tree,
    customer: Customer | None,
    problems: Problems,
    *path: str,
    root: tuple[str, ...],
    codes: nonces.Codes,
) -> Offer | None:
    """What the request hands in by number or nonce; None, with the problem noted, for a nonce that is no good.

    Problems with the nonce belong to the object at ``root``, those with the card to the one at ``path``.
    """
    name = text(given, "payment_method_nonce")
    nonce = None if name is None else nonces.find(call.books, name, call.now, problems, codes, *root)
    if name is not None and nonce is None:
        return None
    kind = type(nonce.subject) if nonce is not None else Card
    return _OFFERS[kind](call, given, nonce, customer, problems, *path)


def views(customer: Customer, now: datetime) -> Tree:
    """The lists of a customer's methods, one for each kind, empty or not."""
    return {
        f"{root}s": Items(root, [view(each, now) for each in customer.methods if type(each) is kind])
        for kind, (root, view) in _VIEWS.items()
    }


def answer(method: Method, now: datetime, status: int = 200) -> Answer:
    """A method on file."""
    root, view = _VIEWS[type(method)]
    return Answer(status, root, view(method, now))


# --- endpoints ------------------------------------------------------------------------------------------------

# By the root of the request: where problems with the customer and the nonce belong, and their codes.
_CREATING: Mapping[str, tuple[nonces.Codes, str, str]] = {
    "credit_card": (nonces.CREDIT_CARD, "91704", "91705"),
    "payment_method": (nonces.PAYMENT_METHOD, "93104", "93105"),
}


def create(call: Call) -> Answer:
    """POST /payment_methods with root credit_card or payment_method."""
    if call.root not in _CREATING:
        raise NotFound
    given, problems = call.params, Problems()
    codes, no_customer, unknown_customer = _CREATING[call.root]
    customer_id = text(given, "customer_id")
    customer = call.books.customers.get(customer_id or "")
    if customer is None:
        problems.add(unknown_customer if customer_id else no_customer, call.root)
    offer = None
    if call.root == "payment_method" and text(given, "payment_method_nonce") is None:
        problems.add("93103", call.root)
    else:
        offer = offered(call, given, customer, problems, "credit_card", root=(call.root,), codes=codes)
    problems.refuse(call)
    assert customer is not None and offer is not None
    offer.verify({"id": customer.id, **customer.details})
    return answer(offer.keep(customer), call.now, 201)


def find(call: Call) -> Answer:
    """GET /payment_methods/any/TOKEN, or with the kind in place of any."""
    return answer(_on_file(call), call.now)


def update(call: Call) -> Answer:
    """PUT /payment_methods/any/TOKEN or credit_card/TOKEN: what is not given stays."""
    bank = call.books.methods.get(call.args[1])
    if isinstance(bank, BankAccountOnFile) and call.args[0] == "any":
        return answer(update_account(call, bank), call.now)
    vaulted, problems = call.books.card(call.args[1]), Problems()
    if vaulted is None:
        raise NotFound
    customer = call.books.customers[vaulted.customer_id]
    offer = replacement(call, vaulted, call.params, customer, problems, "credit_card")
    problems.refuse(call)
    offer.verify({"id": customer.id, **customer.details})
    return answer(offer.keep(customer), call.now)


def replacement(
    call: Call, vaulted: VaultedCard, given: Tree, customer: Customer, problems: Problems, *path: str
) -> CardOffer:
    """What is to take the place of a card on file, by number or nonce or in parts; problems are noted."""
    name = text(given, "payment_method_nonce")
    nonce = None
    if name is not None:
        nonce = nonces.find(call.books, name, call.now, problems, nonces.CREDIT_CARD, *path)
    if nonce is not None and not isinstance(nonce.subject, Card | None):
        problems.add("91735", *path)
    return CardOffer(call, given, nonce, customer, problems, *path, old=vaulted)


def delete(call: Call) -> Answer:
    """DELETE /payment_methods/any/TOKEN or with its kind."""
    let_go(call.books, _on_file(call))
    return Answer(200)


def from_nonce(call: Call) -> Answer:
    """GET /payment_methods/from_nonce/NONCE: the method on file that it points at. The nonce is used up."""
    nonce = nonces.peek(call.books, call.args[0], call.now)
    if nonce is None or nonce.consumed or not isinstance(nonce.subject, Method):
        raise NotFound
    nonces.spend(nonce)
    return answer(nonce.subject, call.now)


# --- cards by their expiry -------------------------------------------------------------------------------------


def _newest_first(call: Call) -> list[VaultedCard]:
    return [each for each in reversed(call.books.methods.values()) if isinstance(each, VaultedCard)]


def _expired(call: Call) -> list[VaultedCard]:
    return [each for each in _newest_first(call) if is_expired(each.card, call.now)]


def _expiring(call: Call) -> list[VaultedCard]:
    """Those whose month lies between ``start`` and ``end`` of the query, each as MMYYYY."""
    asked = dict(parse_qsl(call.query))
    first, last = (asked.get(name, "")[2:] + asked.get(name, "")[:2] for name in ("start", "end"))
    return [each for each in _newest_first(call) if first <= each.card.year + each.card.month <= last]


def _searches(name: str, found: Callable[[Call], list[VaultedCard]]) -> tuple[Route, Route]:
    """The two steps of a search for cards: the tokens, then the cards of a page of tokens."""
    what: Searchable[VaultedCard] = Searchable(
        {"id": lambda each: each.token, "ids": lambda each: each.token},
        lambda each: [each.card],
        "payment_methods",
        "credit_card",
    )
    return (
        ("POST", f"/payment_methods/all/{name}_ids", lambda call: criteria.ids(call, what, found(call))),
        (
            "POST",
            f"/payment_methods/all/{name}",
            lambda call: criteria.page(call, what, found(call), lambda each: vaulted_view(each, call.now)),
        ),
    )


def _on_file(call: Call) -> Method:
    kind, token = call.args
    method = call.books.methods.get(token)
    if method is None or kind not in ("any", _VIEWS[type(method)][0]):
        raise NotFound
    return method


_ONE = f"/payment_methods/([a-z_]+)/{ID}"
ROUTES: tuple[Route, ...] = (
    *_searches("expired", _expired),
    *_searches("expiring", _expiring),
    ("POST", "/payment_methods", create),
    ("GET", f"/payment_methods/from_nonce/{ID}", from_nonce),
    ("GET", _ONE, find),
    ("PUT", f"/payment_methods/(any|credit_card)/{ID}", update),
    ("DELETE", _ONE, delete),
)
