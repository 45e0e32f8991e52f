"""Verifications: a card is looked at by the processor without money being taken.

A verified card may be kept; a declined one is not. Either way the verification stays and can be found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from fs_app.gateways.sandbox import criteria, fraud, nonces
from fs_app.gateways.sandbox.addresses import address_view, read_address
from fs_app.gateways.sandbox.behaviour import VERIFIED, Checks, Verdict, check, cvv_answer, declined
from fs_app.gateways.sandbox.cards import card_view, read_card
from fs_app.gateways.sandbox.criteria import Searchable
from fs_app.gateways.sandbox.exchange import (
    ID,
    Answer,
    Call,
    NotFound,
    Problems,
    Refused,
    Route,
    flag,
    section,
    text,
)
from fs_app.gateways.sandbox.merchants import ACCOUNT_TYPES
from fs_app.gateways.sandbox.store import Card, Nonce, global_id, new_id
from fs_app.gateways.sandbox.xml import Items, Tree

_AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]{1,2})?")


class Words(NamedTuple):
    """How a request spells the options of a verification, and the codes for what is wrong with them."""

    prefix: str
    negative: str
    not_a_number: str
    unknown_account: str
    unknown_type: str
    type_not_supported: str


WITH_CARD = Words("verification_", "91739", "91740", "91728", "91757", "91758")
_ALONE = Words("", "94201", "94202", "94204", "942184", "942185")


@dataclass(frozen=True, slots=True)
class Wish:
    """A verification that a request asks for."""

    amount: Decimal
    account: str
    account_type: str | None
    skip_fraud_check: bool


@dataclass(slots=True)
class Verification:
    """A verification that took place. ``token`` is filled in when the card is kept."""

    id: str
    wish: Wish
    verdict: Verdict
    checks: Checks
    card: Card
    billing: Tree
    created_at: datetime
    currency: str
    risk: Tree | None
    customer_id: str | None
    customer_email: str | None
    token: str | None = None


def read_wish(call: Call, options: Tree, problems: Problems, *path: str, words: Words = WITH_CARD) -> Wish:
    """The options of a verification; problems are noted at ``path``."""
    merchant = call.books.merchant
    amount = text(options, f"{words.prefix}amount") or "0.00"
    account = text(options, f"{words.prefix}merchant_account_id") or merchant.default_account
    account_type = text(options, f"{words.prefix}account_type")
    if not _AMOUNT.fullmatch(amount):
        problems.add(words.not_a_number, *path, "options")
        amount = "0.00"
    elif Decimal(amount) < 0:
        problems.add(words.negative, *path, "options")
    if account not in merchant.accounts:
        problems.add(words.unknown_account, *path, "options")
    elif account_type is not None and account_type not in ACCOUNT_TYPES:
        problems.add(words.unknown_type, *path, "options")
    elif account_type is not None and not merchant.has_account_types(account):
        problems.add(words.type_not_supported, *path, "options")
    return Wish(Decimal(amount), account, account_type, flag(options, "skip_advanced_fraud_checking"))


def verify(call: Call, wish: Wish, card: Card, cvv: str, billing: Tree | None, customer: Tree) -> Verification:
    """Let the processor look at the card; what it says is on record from then on. ``cvv`` is its answer code."""
    merchant = call.books.merchant
    checks = check(cvv, text(billing or {}, "postal_code"), text(billing or {}, "street_address"))
    made = Verification(
        id=new_id(),
        wish=wish,
        verdict=_verdict(call, wish, card, checks),
        checks=checks,
        card=card,
        billing=billing or {},
        created_at=call.now,
        currency=merchant.accounts[wish.account],
        risk=fraud.risk_data(merchant, card, skipped=wish.skip_fraud_check),
        customer_id=text(customer, "id"),
        customer_email=text(customer, "email"),
    )
    call.books.verifications[made.id] = made
    return made


def refuse_declined(verification: Verification) -> None:
    """Raise Refused with the verification unless the card is verified."""
    verdict = verification.verdict
    if verdict is VERIFIED:
        return
    message = f"Gateway Rejected: {verdict.rejection}" if verdict.rejection else verdict.text
    node = {
        "errors": {"errors": Items("error")},
        "message": message,
        "verification": verification_view(verification),
    }
    raise Refused(Answer(422, "api_error_response", node))


def _verdict(call: Call, wish: Wish, card: Card, checks: Checks) -> Verdict:
    merchant = call.books.merchant
    rejection = None if wish.skip_fraud_check else fraud.rejection(merchant, card)
    if rejection is not None:
        return Verdict("gateway_rejected", "", "", rejection=rejection)
    if card.trait == "verification_declined":
        return declined("2000")
    if merchant.rejects_failed_checks and checks.failed:
        return Verdict("gateway_rejected", VERIFIED.code, VERIFIED.text, rejection=checks.failed)
    return VERIFIED


def verification_view(made: Verification) -> Tree:
    """Every field of a verification, nil where there is nothing; risk data only where there is a fraud tool."""
    verdict, checks = made.verdict, made.checks
    card = {"token": made.token, **card_view(made.card)}
    view: Tree = {
        "id": made.id,
        "status": verdict.status,
        "amount": made.wish.amount,
        "currency_iso_code": made.currency,
        "merchant_account_id": made.wish.account,
        "gateway_rejection_reason": verdict.rejection,
        "processor_response_code": verdict.code or None,
        "processor_response_text": verdict.text or None,
        "processor_response_type": verdict.kind if verdict.code else None,
        "avs_error_response_code": checks.avs_error,
        "avs_postal_code_response_code": checks.postal,
        "avs_street_address_response_code": checks.street,
        "cvv_response_code": checks.cvv,
        "network_response_code": "XX",
        "network_response_text": "sample network response text",
        "network_transaction_id": f"0{made.created_at:%Y%m%d%H%M%S}",
        "ani_first_name_response_code": "I",
        "ani_last_name_response_code": "I",
        "credit_card": {**card, "account_type": made.wish.account_type} if made.wish.account_type else card,
        "billing": address_view(made.billing),
        "created_at": made.created_at,
        "updated_at": made.created_at,
        "global_id": global_id("verification", made.id),
    }
    if made.card.card_type == "MasterCard":
        view["mastercard_transaction_link_id"] = made.card.fingerprint[:22]
    return view if made.risk is None else {**view, "risk_data": made.risk}


# --- endpoints ------------------------------------------------------------------------------------------------


def create(call: Call) -> Answer:
    """POST /verifications: look at a card that is not kept."""
    problems, given = Problems(), call.section("credit_card")
    nonce = _nonce(call, problems)
    base = nonce.subject if nonce is not None and isinstance(nonce.subject, Card) else None
    card = read_card(call.books, given, problems, "verification", "credit_card", base=base)
    billing = read_address(
        section(given, "billing_address"), problems, "verification", "credit_card", "billing_address"
    )
    wish = read_wish(call, call.section("options"), problems, "verification", words=_ALONE)
    problems.refuse(call)
    assert card is not None
    if nonce is not None:
        nonces.spend(nonce)
    made = verify(call, wish, card, cvv_answer(text(given, "cvv")), billing, {})
    refuse_declined(made)
    return Answer(201, "verification", verification_view(made))


def _nonce(call: Call, problems: Problems) -> Nonce | None:
    name = text(call.params, "payment_method_nonce")
    if name is None:
        return None
    return nonces.find(call.books, name, call.now, problems, nonces.CREDIT_CARD, "verification")


def find(call: Call) -> Answer:
    """GET /verifications/ID."""
    made = call.books.verifications.get(call.args[0])
    if made is None:
        raise NotFound
    return Answer(200, "verification", verification_view(made))


_SEARCHABLE: Searchable[Verification] = Searchable(
    {
        "id": lambda v: v.id,
        "ids": lambda v: v.id,
        "status": lambda v: v.verdict.status,
        "created_at": lambda v: v.created_at,
        "verification_type": lambda _: "credit_card",
        "credit_card_cardholder_name": lambda v: v.card.cardholder_name,
        "credit_card_expiration_date": lambda v: f"{v.card.month}/{v.card.year}",
        "credit_card_card_type": lambda v: v.card.card_type,
        "customer_id": lambda v: v.customer_id,
        "customer_email": lambda v: v.customer_email,
        "payment_method_token": lambda v: v.token,
        "billing_address_details_postal_code": lambda v: v.billing.get("postal_code"),
    },
    lambda v: [v.card],
    "credit_card_verifications",
    "verification",
)


def search_ids(call: Call) -> Answer:
    """POST /verifications/advanced_search_ids."""
    return criteria.ids(call, _SEARCHABLE, reversed(call.books.verifications.values()))


def search_page(call: Call) -> Answer:
    """POST /verifications/advanced_search."""
    return criteria.page(call, _SEARCHABLE, reversed(call.books.verifications.values()), verification_view)


ROUTES: tuple[Route, ...] = (
    ("POST", "/verifications/advanced_search_ids", search_ids),
    ("POST", "/verifications/advanced_search", search_page),
    ("POST", "/verifications", create),
    ("GET", f"/verifications/{ID}", find),
)
