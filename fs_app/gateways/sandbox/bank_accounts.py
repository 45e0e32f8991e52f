"""US bank accounts: read, kept on file, shown. Of the account number a keyed hash and its last four digits stay.

What the sandbox does with an account follows from its number, so that is decided when it is read.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fs_app.gateways.sandbox import nonces
from fs_app.gateways.sandbox.bank_verifications import (
    METHODS,
    BankVerification,
    NetworkCheck,
    network_check_of,
    verification_view,
    verify,
)
from fs_app.gateways.sandbox.exchange import Call, Problems, flag, section, text
from fs_app.gateways.sandbox.store import Books, Card, Customer, Method, Nonce, global_id, new_id
from fs_app.gateways.sandbox.vault import check_token, keep_method, make_default
from fs_app.gateways.sandbox.xml import Items, Tree

_IMAGE = "https://assets.example.invalid/payment_method_logo/us_bank_account.png"
_BANKS = {"021000021": "JPMORGAN CHASE BANK, NA", "011401533": "WELLS FARGO BANK, NA"}
_DEMO_NAME = "tokenusbankacct"


@dataclass(frozen=True, slots=True)
class BankAccount:
    """A bank account as the gateway may keep it."""

    fingerprint: str
    routing_number: str
    last_4: str
    account_type: str
    holder: str
    bank_name: str
    mandate: str
    accepted_at: datetime
    network_check: NetworkCheck
    settles_transfers: bool  # micro transfers arrive at once, as for account 1000000000


@dataclass(slots=True, kw_only=True)
class BankAccountOnFile(Method):
    """A bank account on file; ``verified`` once any verification went well."""

    account: BankAccount
    verified: bool = False
    verifications: list[BankVerification] = field(default_factory=list)


def read_account(books: Books, given: Mapping[str, Any], now: datetime) -> BankAccount | None:
    """The account of a tokenisation, None where its numbers cannot be any. The number is a local variable here."""
    number, routing = str(given.get("accountNumber") or ""), str(given.get("routingNumber") or "")
    if not re.fullmatch(r"[0-9]{4,17}", number) or not re.fullmatch(r"[0-9]{9}", routing):
        return None
    person, firm = given.get("individualOwner") or {}, given.get("businessOwner") or {}
    holder = firm.get("businessName") or f"{person.get('firstName', '')} {person.get('lastName', '')}".strip()
    return BankAccount(
        fingerprint=books.fingerprint(f"{routing}:{number}"),
        routing_number=routing,
        last_4=number[-4:],
        account_type=str(given.get("accountType") or "checking").lower(),
        holder=holder,
        bank_name=_BANKS.get(routing, "A BANK"),
        mandate=str(given.get("achMandate") or ""),
        accepted_at=now,
        network_check=network_check_of(number),
        settles_transfers=number == "1000000000",
    )


def nonce_name() -> str:
    """A name as the tokenisation of bank accounts gives."""
    return "_".join([_DEMO_NAME, *(secrets.token_hex(3) for _ in range(4)), secrets.token_hex(2)])


def _published(books: Books, name: str, now: datetime) -> Nonce:
    """fake-us-bank-account-nonce."""
    account = BankAccount(
        fingerprint=books.fingerprint("123456789:0000"),
        routing_number="123456789",
        last_4="0000",
        account_type="checking",
        holder="Marty McFly",
        bank_name="Wells Fargo",
        mandate="cl mandate text",
        accepted_at=now,
        network_check=network_check_of("1000000000"),
        settles_transfers=True,
    )
    return Nonce(name, account)


class BankOffer:
    """A bank account that a request hands in to be kept, by nonce."""

    def __init__(
        self,
        call: Call,
        given: Tree,
        nonce: Nonce,
        _customer: Customer | None,
        problems: Problems,
        *path: str,
    ) -> None:
        self._call, self._given, self._nonce = call, given, nonce
        check_token(call.books, given, problems, *path)
        self._method = wanted_method(call, section(given, "options"), problems)

    def verify(self, customer: Tree) -> None:
        """A bank account is kept even where it cannot be verified."""

    def keep(self, customer: Customer) -> BankAccountOnFile:
        """Put it on file, and verify it as the request or the merchant's rules want."""
        nonces.spend(self._nonce)
        kept = put_on_file(self._call, customer, self._nonce.subject, text(self._given, "token"))
        if self._method is not None:
            verify(self._call, kept, self._method, section(self._given, "options"))
        return kept


def wanted_method(call: Call, options: Tree, problems: Problems) -> str | None:
    """How the account is to be verified. Merchants that are not held to the rules verify all by themselves."""
    method = text(options, "us_bank_account_verification_method")
    if method is None:
        return None if call.books.merchant.compliant else "independent_check"
    if method not in METHODS:
        problems.add("93121", "payment_method", "options")
    return method


def put_on_file(
    call: Call, customer: Customer, account: BankAccount, token: str | None = None
) -> BankAccountOnFile:
    """Keep an account; the customer's first method is the default."""
    kept = BankAccountOnFile(
        token=token or new_id(),
        customer_id=customer.id,
        created_at=call.now,
        updated_at=call.now,
        account=account,
    )
    keep_method(call.books, customer, kept, as_default=False)
    return kept


def update(call: Call, kept: BankAccountOnFile) -> BankAccountOnFile:
    """PUT on an account on file: only another verification can be asked for, and the default."""
    options, problems = section(call.params, "options"), Problems()
    method = text(options, "us_bank_account_verification_method")
    if method is not None:
        wanted_method(call, options, problems)
    problems.refuse(call)
    if method is not None:
        verify(call, kept, method, options)
    if flag(options, "make_default"):
        make_default(call.books.customers[kept.customer_id], kept)
    kept.updated_at = call.now
    return kept


def as_card(account: BankAccount) -> Card:
    """What stands in a transaction where another has a card: the fingerprint, and nothing to show."""
    nothing = {"bin": "", "bin_extended": "", "card_type": "", "month": "", "year": ""}
    return Card(
        fingerprint=account.fingerprint,
        last_4=account.last_4,
        cardholder_name=account.holder,
        indicators={},
        **nothing,
    )


def account_view(account: BankAccount) -> Tree:
    """What is shown of an account, on file or not."""
    return {
        "routing_number": account.routing_number,
        "last_4": account.last_4,
        "account_type": account.account_type,
        "account_holder_name": account.holder,
        "bank_name": account.bank_name,
        "image_url": _IMAGE,
        "ach_mandate": {"text": account.mandate, "accepted_at": account.accepted_at},
    }


def on_file_view(kept: BankAccountOnFile, _now: datetime) -> Tree:
    """An account on file, its verifications newest first."""
    return {
        "token": kept.token,
        "customer_id": kept.customer_id,
        **account_view(kept.account),
        "default": kept.default,
        "verified": kept.verified,
        "verifications": Items("us_bank_account_verification", [verification_view(v) for v in kept.verifications]),
        "subscriptions": Items("subscription"),
        "created_at": kept.created_at,
        "updated_at": kept.updated_at,
        "global_id": global_id("paymentmethod_usba", kept.token),
    }


def _details(account: BankAccount) -> Tree:
    return {"last_four": account.last_4, "bank_name": account.bank_name, "account_type": account.account_type}


def _nothing(_: object) -> Tree:
    return {}


nonces.FAKE["fake-us-bank-account-nonce"] = _published
nonces.VIEWS[BankAccount] = ("UsBankAccount", _details, _nothing)
nonces.VIEWS[BankAccountOnFile] = ("UsBankAccount", lambda kept: _details(kept.account), _nothing)
