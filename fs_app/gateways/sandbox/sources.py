"""Where the money of a transaction comes from: exactly one of card number, token, nonce and customer."""

from __future__ import annotations

from dataclasses import dataclass

from fs_app.gateways.sandbox import customers, nonces
from fs_app.gateways.sandbox.addresses import read_address
from fs_app.gateways.sandbox.bank_accounts import BankAccount, BankAccountOnFile, as_card
from fs_app.gateways.sandbox.behaviour import cvv_answer
from fs_app.gateways.sandbox.cards import read_card
from fs_app.gateways.sandbox.exchange import Call, Problems, flag, text
from fs_app.gateways.sandbox.store import Card, Customer, Nonce, VaultedCard
from fs_app.gateways.sandbox.vault import check_token
from fs_app.gateways.sandbox.xml import Tree

_NO_ADDRESS = {"billing": "91702", "shipping": "91581"}


@dataclass(slots=True)
class Source:
    """A card, on file or not, whose it is, and the nonce it came by."""

    card: Card
    vaulted: VaultedCard | None = None
    customer: Customer | None = None
    nonce: Nonce | None = None
    bank: BankAccount | None = None
    bank_on_file: BankAccountOnFile | None = None

    @property
    def token(self) -> str | None:
        """Of the method on file, if it is on file."""
        kept = self.vaulted or self.bank_on_file
        return kept.token if kept is not None else None

    @property
    def billing(self) -> Tree | None:
        """The address that came with the card."""
        if self.vaulted is not None:
            return self.vaulted.billing
        return self.nonce.billing if self.nonce is not None else None

    @property
    def cvv(self) -> str:
        """The response code for the security code that came with the nonce."""
        return self.nonce.cvv if self.nonce is not None else "I"


def read_source(call: Call, problems: Problems) -> Source | None:
    """The one source that the request names; None with the problem noted."""
    params, books = call.params, call.books
    given = call.section("credit_card")
    token, customer_id = text(params, "payment_method_token"), text(params, "customer_id")
    name = text(params, "payment_method_nonce")
    customer = books.customers.get(customer_id or "")
    if customer_id is not None and customer is None:
        problems.add("91510", "transaction")
    has_card = any(field not in ("cvv", "token") for field in given) and name is None
    if sum((has_card, token is not None, name is not None)) > 1:
        problems.add("91515", "transaction")
    elif name is not None:
        return _by_nonce(call, name, customer, problems)
    elif token is not None:
        return _by_token(call, token, customer_id, problems)
    elif has_card:
        _check_vaulting(call, given, problems)
        card = read_card(books, given, problems, "transaction", "credit_card")
        return None if card is None else Source(card, customer=customer)
    elif customer is not None and isinstance(customer.default_method, BankAccountOnFile):
        return _bank_on_file(call, customer.default_method, problems)
    elif customer is not None and customer.cards:
        vaulted = next((card for card in customer.cards if card.default), customer.cards[0])
        return Source(vaulted.card, vaulted, customer)
    elif customer is not None:
        problems.add("91511", "transaction")
    elif customer_id is None:
        problems.add("91508", "transaction")
    return None


def stores(call: Call) -> bool:
    """True where the request wants the card kept."""
    options = call.section("options")
    return flag(options, "store_in_vault") or flag(options, "store_in_vault_on_success")


def cvv_code(call: Call, source: Source) -> str:
    """The response code for the security code of this request, or of its nonce."""
    cvv = text(call.section("credit_card"), "cvv")
    return source.cvv if cvv is None else cvv_answer(cvv)


def read_addresses(call: Call, source: Source | None, problems: Problems) -> tuple[Tree, Tree]:
    """Billing and shipping, each given, or one of the customer's by its id; billing else the card's own."""
    customer = source.customer if source is not None else None
    found = []
    for part in ("billing", "shipping"):
        address = read_address(call.section(part), problems, "transaction", part)
        on_file = text(call.params, f"{part}_address_id")
        if on_file is not None:
            address = customer.addresses.get(on_file) if customer is not None else None
            if address is None:
                problems.add(_NO_ADDRESS[part], "transaction")
        found.append(address)
    billing, shipping = found
    if billing is None and source is not None:
        billing = source.billing
    return billing or {}, shipping or {}


def _by_nonce(call: Call, name: str, customer: Customer | None, problems: Problems) -> Source | None:
    nonce = nonces.find(call.books, name, call.now, problems, nonces.TRANSACTION, "transaction")
    if nonce is None:
        return None
    if isinstance(nonce.subject, VaultedCard):
        vaulted = nonce.subject
        if customer is not None and customer.id != vaulted.customer_id:
            problems.add("91516", "transaction")
        return Source(vaulted.card, vaulted, call.books.customers[vaulted.customer_id], nonce)
    if isinstance(nonce.subject, BankAccountOnFile):
        return _bank_on_file(call, nonce.subject, problems, nonce)
    if isinstance(nonce.subject, BankAccount):
        if call.books.merchant.compliant:
            problems.add("915171", "transaction")
        return Source(as_card(nonce.subject), customer=customer, nonce=nonce, bank=nonce.subject)
    for code in nonce.problems:
        problems.add(code, "transaction", "credit_card")
    if not isinstance(nonce.subject, Card):
        return None
    given = call.section("credit_card")
    _check_vaulting(call, given, problems)
    card = read_card(call.books, given, problems, "transaction", "credit_card", base=nonce.subject)
    return None if card is None else Source(card, customer=customer, nonce=nonce)


def _bank_on_file(call: Call, kept: BankAccountOnFile, problems: Problems, nonce: Nonce | None = None) -> Source:
    if call.books.merchant.compliant and not kept.verified:
        problems.add("915172", "transaction")
    owner = call.books.customers[kept.customer_id]
    return Source(as_card(kept.account), customer=owner, nonce=nonce, bank=kept.account, bank_on_file=kept)


def _by_token(call: Call, token: str, customer_id: str | None, problems: Problems) -> Source | None:
    kept = call.books.methods.get(token)
    if isinstance(kept, BankAccountOnFile):
        return _bank_on_file(call, kept, problems)
    vaulted = call.books.card(token)
    if vaulted is None:
        problems.add("91518", "transaction")
        return None
    if customer_id not in (None, vaulted.customer_id):
        problems.add("91516", "transaction")
    return Source(vaulted.card, vaulted, call.books.customers[vaulted.customer_id])


def _check_vaulting(call: Call, given: Tree, problems: Problems) -> None:
    if stores(call):
        check_token(call.books, given, problems, "transaction", "credit_card")
        customers.check_id(call, text(call.section("customer"), "id"), problems, "transaction", "customer")
