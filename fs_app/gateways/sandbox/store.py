"""Everything the local gateway remembers, in memory; of a card number a keyed hash and its ends."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import string
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from fs_app.gateways.sandbox.merchants import Merchant
from fs_app.gateways.sandbox.xml import Tree

if TYPE_CHECKING:
    from fs_app.gateways.sandbox.bank_accounts import BankAccount
    from fs_app.gateways.sandbox.bank_verifications import BankVerification
    from fs_app.gateways.sandbox.client_tokens import Grant
    from fs_app.gateways.sandbox.disputes import Dispute
    from fs_app.gateways.sandbox.documents import Document
    from fs_app.gateways.sandbox.exchange import Call
    from fs_app.gateways.sandbox.modifications import Modification
    from fs_app.gateways.sandbox.plans import Plan
    from fs_app.gateways.sandbox.subscription_book import Subscription
    from fs_app.gateways.sandbox.verifications import Verification

_AUTHORISATION = timedelta(days=7)
_ALPHABET = string.ascii_lowercase + string.digits

# The statuses in which the money of a sale is taken or about to be.
CAPTURED = frozenset(
    {"submitted_for_settlement", "settling", "settled", "settlement_pending", "settlement_confirmed"}
)


@dataclass(slots=True)
class Card:
    """A card as the gateway may keep it. ``fingerprint`` is the keyed hash of the number."""

    fingerprint: str
    bin: str
    bin_extended: str
    last_4: str
    card_type: str
    month: str
    year: str
    cardholder_name: str | None
    indicators: dict[str, str]
    trait: str | None = None  # what the sandbox does with this number, see ``cardtable.TRAITS``


@dataclass(slots=True, kw_only=True)
class Method:
    """A payment method of a customer, on file."""

    token: str
    customer_id: str
    created_at: datetime
    updated_at: datetime
    default: bool = False


@dataclass(slots=True, kw_only=True)
class VaultedCard(Method):
    """A card on file. ``billing`` is one of the customer's addresses."""

    card: Card
    billing: Tree | None = None
    verifications: list[Verification] = field(default_factory=list)


@dataclass(slots=True)
class Nonce:
    """A single-use name for a payment method. ``subject`` is a card or a bank account as handed in, or a `Method`.

    ``cvv`` is the answer to the security code that came with it, never the code; ``problems`` are the validation
    codes of a method that was handed in unchecked.
    """

    id: str
    subject: Any
    billing: Tree | None = None
    cvv: str = "I"
    problems: tuple[str, ...] = ()
    consumed: bool = False


@dataclass(slots=True)
class Customer:
    """A customer on file; ``details`` are names and addresses as given."""

    id: str
    created_at: datetime
    updated_at: datetime
    details: Tree
    methods: list[Method] = field(default_factory=list)
    addresses: dict[str, Tree] = field(default_factory=dict)

    @property
    def cards(self) -> list[VaultedCard]:
        """The cards among the methods, oldest first."""
        return [method for method in self.methods if isinstance(method, VaultedCard)]

    @property
    def default_method(self) -> Method | None:
        """The method that a sale to the customer alone is charged to."""
        return next((method for method in self.methods if method.default), None)


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """A status that a transaction entered; ``exactly`` when, by the clock of this machine and in seconds."""

    status: str
    at: datetime
    amount: Decimal
    exactly: float = field(default_factory=time.time)


@dataclass(slots=True)
class Transaction:
    """A sale or, as ``credit``, a refund. ``details`` are the passive fields, answered as they are."""

    id: str
    type: str
    amount: Decimal
    currency: str
    account: str
    order_id: str | None
    card: Card
    created_at: datetime
    updated_at: datetime
    details: Tree
    bank: BankAccount | None = None  # where the money comes from, in place of the card
    token: str | None = None
    customer: Tree = field(default_factory=dict)
    billing: Tree = field(default_factory=dict)
    shipping: Tree = field(default_factory=dict)
    by_token: bool = False
    refund_ids: list[str] = field(default_factory=list)
    refunded_id: str | None = None
    part_ids: list[str] = field(default_factory=list)  # sales that capture parts of this one in its place
    whole_id: str | None = None  # the sale that this one captures a part of
    batch_id: str | None = None
    disputes: list[Dispute] = field(default_factory=list)
    history: list[StatusEvent] = field(default_factory=list)

    @property
    def status(self) -> str:
        """Where it stands."""
        return self.history[-1].status

    @property
    def captured(self) -> bool:
        """True where its money is taken or about to be; of a sale in parts the parts are."""
        return self.status in CAPTURED and not self.part_ids

    @property
    def expires_at(self) -> datetime | None:
        """When what it holds is let go, if it ever held anything."""
        authorised = self.entered("authorized")
        return None if authorised is None else authorised + _AUTHORISATION

    def enter(self, status: str, now: datetime) -> None:
        """Move to a status, at the present amount."""
        self.history.append(StatusEvent(status, now, self.amount))
        self.updated_at = now

    def entered(self, status: str) -> datetime | None:
        """When it last entered a status, if ever."""
        return next((event.at for event in reversed(self.history) if event.status == status), None)


@dataclass(slots=True)
class Remembered:
    """The first request that came with an api_request_key, as a keyed hash, and what it led to."""

    fingerprint: str
    at: datetime
    in_flight: bool = True
    status: int = 500  # until it is known: something broke
    transaction_id: str | None = None


class Books:
    """What one merchant has at the gateway. Dictionaries keep the order of creation."""

    def __init__(self, merchant: Merchant, hash_key: bytes) -> None:
        self.merchant = merchant
        self.transactions: dict[str, Transaction] = {}
        self.customers: dict[str, Customer] = {}
        self.methods: dict[str, Method] = {}  # by token
        self.nonces: dict[str, Nonce] = {}
        self.verifications: dict[str, Verification] = {}
        self.disputes: dict[str, Dispute] = {}
        self.documents: dict[str, Document] = {}
        self.plans: dict[str, Plan] = {}
        self.modifications: dict[str, Modification] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.request_keys: dict[str, Remembered] = {}
        self.underway: dict[str, list[Call]] = {}  # sales that are not made yet, by a hash of what they ask for
        self.grants: dict[str, Grant] = {}  # by fingerprint, and by access token
        self.bank_verifications: dict[str, BankVerification] = {}
        self.home = ""  # where this gateway is, as its client tokens tell
        self.search_lag_seconds = 0.0
        self.observers: list[Callable[[Books, str, Any], None]] = []  # of what the merchant is notified of
        self._hash_key = hash_key

    def fingerprint(self, secret: str) -> str:
        """The keyed hash that stands for a card number or a request; the key dies with the process."""
        return hmac.new(self._hash_key, secret.encode(), hashlib.sha256).hexdigest()[:32]

    def happened(self, kind: str, subject: Any) -> None:
        """Tell the observers of something, by the kind of its notification."""
        for observer in self.observers:
            observer(self, kind, subject)

    def card(self, token: str | None) -> VaultedCard | None:
        """The card on file with that token."""
        method = self.methods.get(token or "")
        return method if isinstance(method, VaultedCard) else None

    def refunds_of(self, sale: Transaction) -> Iterable[Transaction]:
        """The refunds of a sale that were not declined."""
        refunds = (self.transactions[name] for name in sale.refund_ids)
        return [refund for refund in refunds if refund.status != "processor_declined"]


class Store:
    """All merchants' books under one key that nobody knows."""

    def __init__(self, merchants: Iterable[Merchant]) -> None:
        key = secrets.token_bytes(32)
        self.books = {merchant.id: Books(merchant, key) for merchant in merchants}

    def by_keys(self, public: str, private: str) -> Books | None:
        """The merchant whose keys these are."""
        for books in self.books.values():
            known = (books.merchant.public_key, books.merchant.private_key)
            if _same(public, known[0]) and _same(private, known[1]):
                return books
        return None


def new_id(length: int = 8) -> str:
    """An id for a transaction or a token."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def new_number(length: int = 9) -> str:
    """An id of digits only, for a customer."""
    return "".join(secrets.choice(string.digits) for _ in range(length))


def global_id(kind: str, name: str) -> str:
    """The GraphQL id of a thing: unpadded base64url of its kind and id."""
    return base64.urlsafe_b64encode(f"{kind}_{name}".encode()).decode().rstrip("=")


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(), right.encode())
