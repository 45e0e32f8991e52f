"""What the answers of Braintree's SDK mean: pure readings, no network, no import of the SDK.

Only a transaction that the gateway answered with is Approved or Declined. Reasons hold codes, attributes and
statuses, never a message, as a message may quote what was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Any

from fs_app.domain.means import Kept, MeansKind, MethodToken
from fs_app.domain.money import Money
from fs_app.domain.payment import (
    Approved,
    ChargeResult,
    Declined,
    OrderId,
    Submitted,
    TransactionId,
    Unavailable,
    Unknown,
)
from fs_app.domain.standing import TAKEN, Standing
from fs_app.ports import GatewayRecord

# Statuses by what they mean for the money (Braintree: transaction statuses). A gateway rejection as a duplicate is
# no decline: see `standing`.
_STANDINGS = {
    "authorized": Standing.HELD,
    "submitted_for_settlement": Standing.CAPTURED,
    "settling": Standing.CAPTURED,
    "settlement_pending": Standing.CAPTURED,
    "settlement_confirmed": Standing.CAPTURED,
    "settled": Standing.SETTLED,
    "voided": Standing.GIVEN_BACK,
    "authorization_expired": Standing.GIVEN_BACK,
    "settlement_declined": Standing.RETURNED,
    "processor_declined": Standing.DECLINED,
    "gateway_rejected": Standing.DECLINED,
    "failed": Standing.NOT_PROCESSED,
}

# Validation attributes that mean a field the caller keyed.
_CARD_FIELDS = {
    "number": "number",
    "expiration_date": "expiry",
    "expiration_month": "expiry",
    "expiration_year": "expiry",
    "cvv": "security_code",
    "postal_code": "postal_code",
}

# The account has no api_request_key: the request was not processed.
_NO_KEYS = "915231"
# Answers of the api_request_key check that speak of an earlier request with the same key: its outcome is open.
_EARLIER_REQUEST = frozenset({"915232", "915233", "915234", "915235"})


_BRANDS = {
    "American Express": "amex", "Diners Club": "diners", "Discover": "discover", "JCB": "jcb", "Maestro": "maestro",
    "MasterCard": "mastercard", "UnionPay": "unionpay", "Visa": "visa",
}  # fmt: skip
"""Our names of the brands by the gateway's."""


def charged(answer: Any, order_id: OrderId) -> ChargeResult:
    """The result of a sale that was not submitted for settlement."""
    transaction = answer.transaction
    if transaction is None:
        return refused(answer)
    transaction_id = TransactionId(transaction.id)
    if transaction.order_id != order_id:
        return Unknown("the gateway answered with another order id", transaction_id)
    if not answer.is_success:
        return said_no(transaction)
    if standing(transaction) not in TAKEN | {Standing.HELD}:
        return Unknown(f"the gateway answered with status {transaction.status}", transaction_id)
    return Approved(transaction_id, amount(transaction), kept(transaction), is_debit(transaction))


def is_debit(transaction: Any) -> bool | None:
    """Whether the card is a debit card; None where the gateway does not know, and for a bank account."""
    card = getattr(transaction, "credit_card_details", None)
    return {"Yes": True, "No": False}.get(getattr(card, "debit", ""))


def kept(transaction: Any) -> Kept | None:
    """The card that the gateway keeps since this transaction, or kept before; None where it keeps none."""
    card = getattr(transaction, "credit_card_details", None)
    token = getattr(card, "token", None)
    if card is None or not token:
        return None
    return Kept(MethodToken(token), MeansKind.CARD, _BRANDS.get(card.card_type, ""), card.last_4)


def said_no(transaction: Any) -> Declined | Unavailable | Unknown:
    """A transaction that did not succeed: declined, rejected by a rule, or the processor was out of reach."""
    transaction_id = TransactionId(transaction.id)
    match transaction.status:
        case "processor_declined":
            advice = getattr(transaction, "merchant_advice_code", None)
            return Declined(str(transaction.processor_response_code), transaction_id, advice)
        case "gateway_rejected" if transaction.gateway_rejection_reason == "duplicate":
            return Unknown("rejected as a duplicate: an earlier transaction like it stands")
        case "gateway_rejected":
            return Declined(f"gateway_{transaction.gateway_rejection_reason}", transaction_id)
        case "failed":
            return Unavailable(f"the processor could not be reached ({transaction.processor_response_code})")
        case status:
            return Unknown(f"the gateway answered with status {status}", transaction_id)


def not_verified(verification: Any) -> Declined | Unavailable:
    """A verification that did not succeed; no money was asked for."""
    match verification.status:
        case "processor_declined":
            return Declined(str(verification.processor_response_code))
        case "gateway_rejected":
            return Declined(f"gateway_{verification.gateway_rejection_reason}")
        case status:
            return Unavailable(f"the card could not be verified: {status}")


def refused(answer: Any) -> Unavailable | Unknown:
    """No transaction was made. ``field`` is the card field to ask again, if one was at fault."""
    errors = answer.errors.deep_errors
    reason = ", ".join(f"{error.code} {error.attribute}" for error in errors)
    if not errors:
        return Unknown("the gateway refused the request without a reason")
    if any(error.code in _EARLIER_REQUEST for error in errors):
        return Unknown(f"an earlier request with the same key exists: {reason}")
    fields = [_CARD_FIELDS[error.attribute] for error in errors if error.attribute in _CARD_FIELDS]
    return Unavailable(f"the gateway refused the request: {reason}", fields[0] if fields else None)


def captured(transaction: Any, wanted: Money) -> Submitted | Unavailable | Unknown:
    """Where a transaction stands that was to be submitted for settlement with that amount."""
    transaction_id = TransactionId(transaction.id)
    stands = standing(transaction)
    if stands is Standing.OTHER:
        return Unknown(f"the gateway answered with status {transaction.status}", transaction_id)
    if stands not in TAKEN:
        return Unavailable(f"not submitted: the transaction is {transaction.status}")
    if amount(transaction) != wanted:
        return Unknown("submitted with another amount", transaction_id)
    return Submitted(transaction_id)


def refunded(answer: Any, wanted: Money) -> Submitted | Declined | Unavailable | Unknown:
    """The result of a refund of that amount: a transaction of its own."""
    transaction = answer.transaction
    if transaction is None:
        return refused(answer)
    if not answer.is_success:
        return said_no(transaction)
    transaction_id = TransactionId(transaction.id)
    if standing(transaction) not in TAKEN:
        return Unknown(f"the gateway answered with status {transaction.status}", transaction_id)
    if amount(transaction) != wanted:
        return Unknown("refunded with another amount", transaction_id)
    return Submitted(transaction_id)


def keys_refused(answer: Any) -> bool:
    """True where the account has no request keys, for which nothing was processed."""
    return not answer.is_success and answer.transaction is None and _NO_KEYS in codes(answer)


def codes(answer: Any) -> set[str]:
    """The validation codes of a refusal."""
    return {error.code for error in answer.errors.deep_errors}


def amount(transaction: Any) -> Money:
    """The amount as the gateway has it. ValueError where it is none in that currency."""
    return Money.parse(transaction.amount, transaction.currency_iso_code)


def whole(found: Any) -> Sequence[GatewayRecord]:
    """Every page of a search, oldest first. ValueError where one came short: what is missing might be taken for
    absent."""
    records = oldest_first(found.items)
    if len(records) != len(found.ids):
        raise ValueError("a page of the search is incomplete")
    return records


def oldest_first(transactions: Iterable[Any]) -> Sequence[GatewayRecord]:
    """The records of a search, which comes newest first; times are whole seconds, so that order counts too."""
    found = [record(each) for each in transactions]
    found.reverse()
    return sorted(found, key=lambda each: each.created_at)


def standing(transaction: Any) -> Standing:
    """What the status of a transaction means for the money."""
    if transaction.status == "gateway_rejected" and transaction.gateway_rejection_reason == "duplicate":
        return Standing.DUPLICATE
    return _STANDINGS.get(transaction.status, Standing.OTHER)


def record(transaction: Any) -> GatewayRecord:
    """A transaction as the gateway has it."""
    refunded = transaction.refunded_transaction_id
    return GatewayRecord(
        transaction_id=TransactionId(transaction.id),
        order_id=OrderId(transaction.order_id or ""),
        standing=standing(transaction),
        status=transaction.status,
        amount=amount(transaction),
        created_at=transaction.created_at.replace(tzinfo=UTC),
        kind=transaction.type,
        code=_code(transaction),
        batch=transaction.settlement_batch_id or "",
        refunds=TransactionId(refunded) if refunded else None,
    )


def _code(transaction: Any) -> str:
    """Why a transaction took no money: the coaching table and the history know these codes."""
    match transaction.status:
        case "processor_declined" | "failed":
            return str(transaction.processor_response_code or "")
        case "gateway_rejected":
            return f"gateway_{transaction.gateway_rejection_reason}"
        case "settlement_declined":
            returned = getattr(transaction, "ach_return_code", None)
            return str(returned or transaction.processor_settlement_response_code or "")
        case _:
            return ""
