"""Transaction search: ids first, then pages of whole transactions by the same criteria plus the ids.

A criterion is a field, a reader of that field, and operators. Fields are ANDed, list items ORed. Times compare in
whole seconds, ends included; an empty value matches nil.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from fs_app.gateways.sandbox.addresses import FIELDS as ADDRESS_FIELDS
from fs_app.gateways.sandbox.customers import DETAILS
from fs_app.gateways.sandbox.exchange import Answer, Call, Route
from fs_app.gateways.sandbox.store import Card, Transaction
from fs_app.gateways.sandbox.transaction_view import transaction_view
from fs_app.gateways.sandbox.xml import Collection, Items

PAGE_SIZE = 50
Reader = Callable[[Transaction], Any]
Term = Callable[[Transaction], bool]


class BadCriterion(Exception):
    """A field or a value that the search does not know."""


def _entered(status: str) -> Reader:
    return lambda transaction: transaction.entered(status)


def _of(part: str, name: str) -> Reader:
    return lambda transaction: getattr(transaction, part).get(name)


_READERS: Mapping[str, Reader] = {
    "id": lambda t: t.id,
    "ids": lambda t: t.id,
    "order_id": lambda t: t.order_id,
    "status": lambda t: t.status,
    "type": lambda t: t.type,
    "amount": lambda t: t.amount,
    "currency": lambda t: t.currency,
    "created_at": lambda t: t.created_at,
    "merchant_account_id": lambda t: t.account,
    "refund": lambda t: t.refunded_id is not None,
    "source": lambda t: "recurring" if t.details.get("recurring") else "api",
    "user": lambda t: t.details.get("user"),
    "payment_instrument_type": lambda _: "CreditCardDetail",
    "created_using": lambda t: "token" if t.by_token else "full_information",
    "settlement_batch_id": lambda t: t.batch_id,
    "processor_authorization_code": lambda t: t.details.get("processor_authorization_code"),
    "acquirer_reference_number": lambda _: None,
    "payment_method_token": lambda t: t.token,
    "credit_card_cardholder_name": lambda t: t.card.cardholder_name,
    "credit_card_expiration_date": lambda t: f"{t.card.month}/{t.card.year}",
    "credit_card_card_type": lambda t: t.card.card_type,
    "credit_card_customer_location": lambda _: "us",
    "credit_card_unique_identifier": lambda t: t.card.fingerprint,
    **{
        f"{status}_at": _entered(status)
        for status in (
            "submitted_for_settlement",
            "settled",
            "voided",
            "failed",
            "gateway_rejected",
            "processor_declined",
            "authorization_expired",
        )
    },
    "authorized_at": _entered("authorized"),
    **{f"billing_{name}": _of("billing", name) for name in ADDRESS_FIELDS},
    **{f"shipping_{name}": _of("shipping", name) for name in ADDRESS_FIELDS},
    **{f"customer_{name}": _of("customer", name) for name in ("id", *DETAILS)},
}

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "is": lambda value, wanted: bool(value == wanted),
    "is_not": lambda value, wanted: bool(value != wanted),
    "starts_with": lambda value, wanted: value is not None and str(value).startswith(wanted or ""),
    "ends_with": lambda value, wanted: value is not None and str(value).endswith(wanted or ""),
    "contains": lambda value, wanted: value is not None and (wanted or "") in str(value),
    "min": lambda value, wanted: value is not None and value >= wanted,
    "max": lambda value, wanted: value is not None and value <= wanted,
}

# The card on record, the digits asked for, and their keyed hash.
_NUMBER_OPERATORS: Mapping[str, Callable[[Card, str, str], bool]] = {
    "is": lambda card, _, hashed: card.fingerprint == hashed,
    "is_not": lambda card, _, hashed: card.fingerprint != hashed,
    "starts_with": lambda card, digits, _: card.bin.startswith(digits[:6]),
    "ends_with": lambda card, digits, _: card.last_4.endswith(digits[-4:]),
}


def ids(call: Call) -> Answer:
    """POST /transactions/advanced_search_ids: the ids of all that match, newest first."""
    found = [transaction.id for transaction in _found(call)]
    return Answer(200, "search_results", {"page_size": PAGE_SIZE, "ids": Items("item", found)})


def page(call: Call) -> Answer:
    """POST /transactions/advanced_search: the transactions themselves, at most a page of them."""
    found = [transaction_view(transaction) for transaction in _found(call)][:PAGE_SIZE]
    head = {"current_page_number": 1, "page_size": PAGE_SIZE, "total_items": len(found)}
    return Answer(200, "credit_card_transactions", Collection(head, "transaction", found))


def _found(call: Call) -> list[Transaction]:
    terms = [_term(call, name, criterion) for name, criterion in call.params.items()]
    newest_first = reversed(call.books.transactions.values())
    return [each for each in newest_first if all(term(each) for term in terms)]


def _term(call: Call, name: str, criterion: Any) -> Term:
    """The test that one criterion means. BadCriterion, whether or not there is anything to search."""
    if name == "credit_card_number":
        return _number_term(call, criterion)
    reader = _READERS.get(name)
    if reader is None:
        raise BadCriterion(name)
    if isinstance(criterion, list):
        return lambda transaction: reader(transaction) in criterion
    if isinstance(criterion, bool):
        return lambda transaction: bool(reader(transaction) == criterion)
    if not isinstance(criterion, dict) or criterion.keys() - _OPERATORS.keys():
        raise BadCriterion(name)
    tests = [(_OPERATORS[word], _typed(name, wanted)) for word, wanted in criterion.items()]
    return lambda transaction: all(holds(reader(transaction), wanted) for holds, wanted in tests)


def _number_term(call: Call, criterion: Any) -> Term:
    """The whole number by its keyed hash, parts by the digits that are kept."""
    if not isinstance(criterion, dict) or criterion.keys() - _NUMBER_OPERATORS.keys():
        raise BadCriterion("credit_card_number")
    hashed = {word: call.books.fingerprint(wanted or "") for word, wanted in criterion.items()}
    return lambda transaction: all(
        _NUMBER_OPERATORS[word](transaction.card, wanted or "", hashed[word]) for word, wanted in criterion.items()
    )


def _typed(name: str, wanted: Any) -> Any:
    """A criterion's value in the type of its field."""
    if wanted is None:
        return None
    if name == "amount":
        return _amount(wanted)
    if name.endswith("_at") and not isinstance(wanted, datetime):
        raise BadCriterion(name)
    return wanted


def _amount(text: Any) -> Decimal:
    try:
        amount = Decimal(text)
    except (InvalidOperation, TypeError):
        raise BadCriterion("amount") from None
    if not amount.is_finite() or amount < 0:
        raise BadCriterion("amount")
    return amount


ROUTES: tuple[Route, ...] = (
    ("POST", "/transactions/advanced_search_ids", ids),
    ("POST", "/transactions/advanced_search", page),
)
