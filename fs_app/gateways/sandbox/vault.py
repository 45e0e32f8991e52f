"""Cards on file: offered by a request, checked and perhaps verified, then kept; shown, changed, let go."""

from __future__ import annotations

import re
from datetime import datetime

from fs_app.gateways.sandbox import nonces
from fs_app.gateways.sandbox.addresses import add_address, address_view, change_address, read_address
from fs_app.gateways.sandbox.behaviour import cvv_answer
from fs_app.gateways.sandbox.cards import card_view, is_expired, read_card
from fs_app.gateways.sandbox.exchange import Call, Problems, flag, section, text
from fs_app.gateways.sandbox.store import (
    Books,
    Card,
    Customer,
    Method,
    Nonce,
    VaultedCard,
    global_id,
    new_id,
)
from fs_app.gateways.sandbox.verifications import (
    Verification,
    Wish,
    read_wish,
    refuse_declined,
    verification_view,
    verify,
)
from fs_app.gateways.sandbox.xml import Items, Tree

_TOKEN = re.compile(r"[A-Za-z0-9_-]+")


class CardOffer:
    """A card that a request hands in to be kept, by number or nonce: read first, verified if wished, then kept.

    What the request says outweighs what the nonce carries. With ``old`` it is to take the place of a card on file,
    and what is not given stays.
    """

    def __init__(
        self,
        call: Call,
        given: Tree,
        nonce: Nonce | None,
        customer: Customer | None,
        problems: Problems,
        *path: str,
        old: VaultedCard | None = None,
    ) -> None:
        self._call, self._given, self._nonce, self._old = call, given, nonce, old
        for code in nonce.problems if nonce is not None else ():
            problems.add(code, *path)
        self._card: Card | None = None
        base = nonce.subject if nonce is not None else old.card if old is not None else None
        if nonce is None or isinstance(base, Card):
            self._card = read_card(call.books, given, problems, *path, base=base)
        if old is None or text(given, "token") != old.token:
            check_token(call.books, given, problems, *path)
        if self._card is not None:
            _check_duplicate(call.books, self._card, given, customer, old, problems, *path)
        self._billing = self._read_billing(customer, problems, *path)
        self._wish: Wish | None = None
        if flag(section(given, "options"), "verify_card"):
            self._wish = read_wish(call, section(given, "options"), problems, *path)
        self._verification: Verification | None = None

    def _read_billing(self, customer: Customer | None, problems: Problems, *path: str) -> Tree | None:
        given, on_file = self._given, text(self._given, "billing_address_id")
        new = read_address(section(given, "billing_address"), problems, *path, "billing_address")
        if on_file is None:
            return new or (self._nonce.billing if self._nonce is not None else None)
        if new is not None:
            problems.add("91701", *path)
        known = customer.addresses.get(on_file) if customer is not None else None
        if known is None:
            problems.add("91702", *path)
        return known

    def verify(self, customer: Tree) -> None:
        """Let the card be verified if the request wished it; raises Refused with a declined verification.

        ``customer`` is who it is for, known by id and email or not at all.
        """
        if self._wish is None:
            return
        assert self._card is not None
        cvv = text(self._given, "cvv")
        answer = cvv_answer(cvv) if cvv is not None or self._nonce is None else self._nonce.cvv
        billing = self._billing or (self._old.billing if self._old is not None else None)
        self._verification = verify(self._call, self._wish, self._card, answer, billing, customer)
        refuse_declined(self._verification)

    def keep(self, customer: Customer) -> VaultedCard:
        """Put the card on file for the customer, or in the place of the old one. The nonce is used up."""
        assert self._card is not None
        if self._nonce is not None:
            nonces.spend(self._nonce)
        if self._old is None:
            kept = keep_card(self._call, customer, self._card, self._given, self._billing)
        else:
            kept = self._old
            self._replace(customer, kept, self._card)
        if self._verification is not None:
            self._verification.token = kept.token
            kept.verifications.insert(0, self._verification)
        return kept

    def _replace(self, customer: Customer, kept: VaultedCard, card: Card) -> None:
        now = self._call.now
        kept.card, kept.updated_at = card, now
        given = section(self._given, "billing_address")
        if (
            self._billing is not None
            and kept.billing is not None
            and flag(section(given, "options"), "update_existing")
        ):
            change_address(kept.billing, given, self._billing, now)
        elif self._billing is not None:
            kept.billing = add_address(customer, self._billing, now)
        rename(self._call.books, kept, text(self._given, "token"))
        if flag(section(self._given, "options"), "make_default"):
            make_default(customer, kept)


def check_token(books: Books, given: Tree, problems: Problems, *path: str) -> None:
    """Note what is wrong with a token that the request chose for a new payment method."""
    token = text(given, "token")
    if len(token or "") > 36:
        problems.add("91720", *path)
    elif token is not None and not _TOKEN.fullmatch(token):
        problems.add("91718", *path)
    elif token in books.methods:
        problems.add("91719", *path)


def _check_duplicate(
    books: Books,
    card: Card,
    given: Tree,
    customer: Customer | None,
    old: VaultedCard | None,
    problems: Problems,
    *path: str,
) -> None:
    """Note a number that is on file already, where the request's options forbid that."""
    options = section(given, "options")
    owners = {each.customer_id for each in same_cards(books, card) if each is not old}
    if flag(options, "fail_on_duplicate_payment_method") and owners:
        problems.add("81724", *path)
    of_customer = customer is not None and customer.id in owners
    if flag(options, "fail_on_duplicate_payment_method_for_customer") and of_customer:
        problems.add("81763", *path)


def same_cards(books: Books, card: Card) -> list[VaultedCard]:
    """All cards on file with this card's number."""
    on_file = (method for method in books.methods.values() if isinstance(method, VaultedCard))
    return [vaulted for vaulted in on_file if vaulted.card.fingerprint == card.fingerprint]


def keep_card(call: Call, customer: Customer, card: Card, given: Tree, billing: Tree | None) -> VaultedCard:
    """Put a checked card on file, with its address among the customer's."""
    vaulted = VaultedCard(
        token=text(given, "token") or new_id(),
        customer_id=customer.id,
        card=card,
        created_at=call.now,
        updated_at=call.now,
        billing=None if billing is None else add_address(customer, billing, call.now),
    )
    keep_method(call.books, customer, vaulted, flag(section(given, "options"), "make_default"))
    return vaulted


def keep_method(books: Books, customer: Customer, method: Method, as_default: bool) -> None:
    """Put a payment method on file; a customer's first one is the default anyway."""
    customer.methods.append(method)
    books.methods[method.token] = method
    if as_default or len(customer.methods) == 1:
        make_default(customer, method)


def make_default(customer: Customer, chosen: Method) -> None:
    """Exactly one method of a customer is the default."""
    for method in customer.methods:
        method.default = method is chosen


def rename(books: Books, method: Method, token: str | None) -> None:
    """Give a method on file another token, if one is given."""
    if token is not None and token != method.token:
        books.methods[token] = books.methods.pop(method.token)
        method.token = token


def let_go(books: Books, method: Method) -> None:
    """Take a method off the books; the customer's next oldest becomes the default."""
    customer = books.customers[method.customer_id]
    customer.methods.remove(method)
    del books.methods[method.token]
    if method.default and customer.methods:
        make_default(customer, customer.methods[0])


def vaulted_view(vaulted: VaultedCard, now: datetime) -> Tree:
    """A card on file; without a billing address there is no such element."""
    view: Tree = {
        "token": vaulted.token,
        "customer_id": vaulted.customer_id,
        "default": vaulted.default,
        "expired": is_expired(vaulted.card, now),
        **card_view(vaulted.card),
        "subscriptions": Items("subscription"),
        "verifications": Items("verification", [verification_view(made) for made in vaulted.verifications]),
        "created_at": vaulted.created_at,
        "updated_at": vaulted.updated_at,
        "global_id": global_id("paymentmethod_cc", vaulted.token),
        "venmo_sdk": False,
    }
    if vaulted.billing is not None:
        view["billing_address"] = address_view(vaulted.billing)
    return view
