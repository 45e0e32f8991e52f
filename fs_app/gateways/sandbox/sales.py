"""POST /transactions: a sale from, or a credit to, any source of money.

First everything that is wrong with the request is gathered, then the money's fate is decided: duplicate, processor
by amount, the merchant's rules for AVS and CVV. Only then something is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fs_app.gateways.sandbox import customers, fraud, nonces
from fs_app.gateways.sandbox.addresses import add_address
from fs_app.gateways.sandbox.bank_accounts import put_on_file
from fs_app.gateways.sandbox.behaviour import (
    APPROVED,
    NOT_APPLICABLE,
    REFUNDED,
    Checks,
    Verdict,
    check,
    sale_verdict,
)
from fs_app.gateways.sandbox.disputes import open_dispute
from fs_app.gateways.sandbox.duplicates import is_duplicate
from fs_app.gateways.sandbox.exchange import ID, Answer, Call, NotFound, Problems, Route, flag, text, texts
from fs_app.gateways.sandbox.merchants import ACCOUNT_TYPES
from fs_app.gateways.sandbox.particulars import read_particulars
from fs_app.gateways.sandbox.sources import Source, cvv_code, read_addresses, read_source, stores
from fs_app.gateways.sandbox.store import Transaction, new_id, new_number
from fs_app.gateways.sandbox.transaction_view import answer
from fs_app.gateways.sandbox.transactions import DESCRIPTOR, check_descriptor, read_amount
from fs_app.gateways.sandbox.vault import keep_card
from fs_app.gateways.sandbox.xml import Tree

_SOURCES = frozenset(
    {
        "recurring_first",
        "recurring",
        "installment_first",
        "installment",
        "merchant",
        "moto",
        "unscheduled",
        "estimated",
    }
)


@dataclass(slots=True)
class Order:
    """A transaction about to be made: what was wrong with the request has been refused."""

    type: str
    amount: Decimal
    account: str
    source: Source
    order_id: str | None
    billing: Tree
    shipping: Tree
    person: Tree  # the customer as the request gives it
    details: Tree


def create(call: Call) -> Answer:
    """Make a sale or a credit; 201, or 422 with the transaction where the processor or a rule says no."""
    problems = Problems()
    amount = read_amount(call, problems, required=True)
    account = _account(call, problems)
    _check_plain_fields(call, problems)
    details = _details(call, problems)
    _check_account_type(call, account, problems)
    source = read_source(call, problems)
    billing, shipping = read_addresses(call, source, problems)
    person = customers.read_details(call.section("customer"), problems, "transaction", "customer")
    problems.refuse(call)
    assert amount is not None and source is not None
    kind, order_id = text(call.params, "type") or "", text(call.params, "order_id")
    order = Order(kind, amount, account, source, order_id, billing, shipping, person, details)
    return answer(carry_out(call, order), 201)


def carry_out(call: Call, order: Order) -> Transaction:
    """Let the processor and the merchant's rules decide, and write the transaction down.

    Options and security code are the call's.
    """
    source = order.source
    if source.nonce is not None:
        nonces.spend(source.nonce)
    transaction = _transaction(call, order)
    checks = _checks(call, order) if transaction.type == "sale" else NOT_APPLICABLE
    verdict = _verdict(call, transaction, checks)
    _record(transaction, verdict, checks)
    _vault(call, transaction, source, order.person, approved=verdict.approved)
    _enter(call, transaction, verdict)
    call.books.transactions[transaction.id] = transaction
    if verdict.approved and transaction.card.trait == "disputed":
        open_dispute(call.books, transaction, call.now)
    return transaction


def clone(call: Call) -> Answer:
    """POST /transactions/ID/clone: the same sale again, for another amount; not one from a card on file."""
    old, problems = call.books.transactions.get(call.args[0]), Problems()
    if old is None:
        raise NotFound
    amount = read_amount(call, problems, required=True)
    if old.type != "sale":
        problems.add("91543", "transaction")
    elif old.by_token:
        problems.add("91540", "transaction")
    elif old.entered("authorized") is None:
        problems.add("91542", "transaction")
    problems.refuse(call)
    assert amount is not None
    details = {**old.details, "channel": text(call.params, "channel")}
    source = Source(old.card, customer=call.books.customers.get(old.customer.get("id") or ""))
    order = Order(
        "sale", amount, old.account, source, old.order_id, old.billing, old.shipping, dict(old.customer), details
    )
    return answer(carry_out(call, order), 201)


def _account(call: Call, problems: Problems) -> str:
    wanted = text(call.params, "merchant_account_id") or call.books.merchant.default_account
    if wanted not in call.books.merchant.accounts:
        problems.add("91513", "transaction")
    return wanted


def _check_plain_fields(call: Call, problems: Problems) -> None:
    params = call.params
    kind = text(params, "type")
    if kind not in ("sale", "credit"):
        problems.add("91524" if kind is None else "91523", "transaction")
    if text(params, "transaction_source") not in (None, *_SOURCES):
        problems.add("915133", "transaction")
    if call.section("custom_fields").keys() - call.books.merchant.custom_fields:
        problems.add("91526", "transaction")
    if len(text(params, "order_id") or "") > 255:
        problems.add("91501", "transaction")
    check_descriptor(call, problems)


def _checks(call: Call, order: Order) -> Checks:
    options = call.section("options")
    return check(
        cvv_code(call, order.source),
        text(order.billing, "postal_code"),
        text(order.billing, "street_address"),
        skip_avs=flag(options, "skip_avs"),
        skip_cvv=flag(options, "skip_cvv"),
    )


def _verdict(call: Call, transaction: Transaction, checks: Checks) -> Verdict:
    merchant = call.books.merchant
    if transaction.type == "credit":
        return REFUNDED
    if transaction.bank is not None:
        return APPROVED  # whether the money comes is known at settlement
    if is_duplicate(call, transaction):
        return Verdict("gateway_rejected", "", "", rejection="duplicate")
    rejection = None if _skips_fraud_check(call) else fraud.rejection(merchant, transaction.card)
    if rejection is not None:
        return Verdict("gateway_rejected", "", "", rejection=rejection)
    verdict = sale_verdict(transaction.amount, flag(call.params, "accept_partial_authorization"))
    if verdict.approved and merchant.rejects_failed_checks and checks.failed:
        return Verdict("gateway_rejected", APPROVED.code, APPROVED.text, rejection=checks.failed)
    return verdict


def _skips_fraud_check(call: Call) -> bool:
    return flag(call.section("options"), "skip_advanced_fraud_checking")


def _details(call: Call, problems: Problems) -> Tree:
    purpose = text(call.params, "transaction_source")
    return {
        "custom_fields": texts(call.section("custom_fields")),
        "recurring": purpose in ("recurring", "recurring_first") or flag(call.params, "recurring"),
        **read_particulars(call, problems),
        "account_type": text(call.section("options", "credit_card"), "account_type"),
        **{f"descriptor_{name}": text(call.section("descriptor"), name) for name in DESCRIPTOR},
    }


def _check_account_type(call: Call, account: str, problems: Problems) -> None:
    kind = text(call.section("options", "credit_card"), "account_type")
    if kind is None or account not in call.books.merchant.accounts:
        return
    path = ("transaction", "options", "credit_card")
    if kind not in ACCOUNT_TYPES:
        problems.add("915184", *path)
    elif not call.books.merchant.has_account_types(account):
        problems.add("915185", *path)
    elif kind == "debit" and not flag(call.section("options"), "submit_for_settlement"):
        problems.add("915186", *path)


def _transaction(call: Call, order: Order) -> Transaction:
    merchant, source, person = call.books.merchant, order.source, order.source.customer
    found = fraud.risk_data(merchant, source.card, skipped=_skips_fraud_check(call))
    return Transaction(
        id=new_id(),
        type=order.type,
        amount=order.amount,
        currency=merchant.accounts[order.account],
        account=order.account,
        order_id=order.order_id,
        card=source.card,
        created_at=call.now,
        updated_at=call.now,
        details={
            **order.details,
            "user": merchant.user or None,
            "risk_data": found,
            "requested_amount": order.amount,
        },
        bank=source.bank,
        token=source.token,
        customer={"id": person.id, **person.details} if person else {},
        billing=dict(order.billing),
        shipping=dict(order.shipping),
        by_token=source.token is not None,
    )


def _record(transaction: Transaction, verdict: Verdict, checks: Checks) -> None:
    """Write the processor's answer into the transaction."""
    transaction.amount = verdict.held or transaction.amount
    transaction.details.update(
        processor_response_code=verdict.code or None,
        processor_response_text=verdict.text or None,
        processor_response_type=verdict.kind if verdict.code else None,
        additional_processor_response=verdict.additional,
        gateway_rejection_reason=verdict.rejection,
        processor_authorization_code=new_number(6) if verdict.approved else None,
        cvv_response_code=checks.cvv,
        avs_postal_code_response_code=checks.postal,
        avs_street_address_response_code=checks.street,
        avs_error_response_code=checks.avs_error,
    )
    if transaction.card.card_type == "MasterCard":
        transaction.details["mastercard_transaction_link_id"] = new_id(22)
        if verdict.code == "2000":
            transaction.details["merchant_advice_code"] = "01"
            transaction.details["merchant_advice_code_text"] = "New account information available"


def _vault(call: Call, transaction: Transaction, source: Source, person: Tree, *, approved: bool) -> None:
    """Put customer and card on file if that was asked for and the sale went well."""
    given = call.section("customer")
    if source.customer is None:
        transaction.customer = {"id": None, **person}
    if not stores(call) or not approved or source.token is not None:
        return
    customer = source.customer or customers.new_customer(call, text(given, "id"), person)
    if source.bank is not None:
        transaction.token = put_on_file(call, customer, source.bank).token
        transaction.customer = {"id": customer.id, **customer.details}
        return
    options = call.section("options")
    billing = transaction.billing if flag(options, "add_billing_address_to_payment_method") else None
    given = {"token": text(call.section("credit_card"), "token")}
    vaulted = keep_card(call, customer, source.card, given, billing or None)
    transaction.token = vaulted.token
    transaction.customer = {"id": customer.id, **customer.details}
    if vaulted.billing is not None:
        transaction.billing = dict(vaulted.billing)
    if flag(options, "store_shipping_address_in_vault") and transaction.shipping:
        transaction.shipping = dict(add_address(customer, transaction.shipping, call.now))


def _enter(call: Call, transaction: Transaction, verdict: Verdict) -> None:
    if transaction.bank is not None:
        asked = text(call.section("options", "us_bank_account"), "ach_type")
        ach_type = asked if asked == "same_day" else "standard"
        transaction.details.update(ach_type=ach_type, requested_ach_type=ach_type)
        transaction.enter("settlement_pending", call.now)
        return
    transaction.enter(verdict.status, call.now)
    if verdict.status == "authorized" and flag(call.section("options"), "submit_for_settlement"):
        transaction.enter("submitted_for_settlement", call.now)


ROUTES: tuple[Route, ...] = (
    ("POST", "/transactions", create),
    ("POST", f"/transactions/{ID}/clone", clone),
)
