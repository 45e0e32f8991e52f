"""Transaction search: ids first, then pages of whole transactions by the same criteria plus the ids."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fs_app.gateways.sandbox import criteria
from fs_app.gateways.sandbox.addresses import FIELDS as ADDRESS_FIELDS
from fs_app.gateways.sandbox.criteria import Searchable
from fs_app.gateways.sandbox.customers import DETAILS
from fs_app.gateways.sandbox.exchange import Answer, Call, Route
from fs_app.gateways.sandbox.store import Books, Transaction
from fs_app.gateways.sandbox.transaction_view import transaction_view

Reader = Callable[[Transaction], Any]


def _entered(status: str) -> Reader:
    return lambda transaction: transaction.entered(status)


def _of(part: str, name: str) -> Reader:
    return lambda transaction: getattr(transaction, part).get(name)


_ANY_REASON = "any_reason_code"

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
    "payment_instrument_type": lambda t: "UsBankAccountDetail" if t.bank else "CreditCardDetail",
    "reason_code": lambda t: [
        code for each in t.details.get("ach_return_responses", ()) for code in (each["reason_code"], _ANY_REASON)
    ],
    "ach_return_responses_created_at": lambda t: [
        each["created_at"] for each in t.details.get("ach_return_responses", ())
    ],
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

_TRANSACTIONS = Searchable(_READERS, lambda t: [t.card], "credit_card_transactions", "transaction")


def ids(call: Call) -> Answer:
    """POST /transactions/advanced_search_ids: the ids of all that match, newest first."""
    return criteria.ids(call, _TRANSACTIONS, _indexed(call.books))


def page(call: Call) -> Answer:
    """POST /transactions/advanced_search: the transactions themselves, at most a page of them."""
    return criteria.page(call, _TRANSACTIONS, _indexed(call.books), transaction_view)


def _indexed(books: Books) -> Iterator[Transaction]:
    """What the search index shows by now, newest first."""
    before = time.time() - books.search_lag_seconds
    newest_first = reversed(books.transactions.values())
    return (each for each in newest_first if not books.search_lag_seconds or each.history[0].exactly <= before)


ROUTES: tuple[Route, ...] = (
    ("POST", "/transactions/advanced_search_ids", ids),
    ("POST", "/transactions/advanced_search", page),
)
