"""Duplicate checking: the same money from the same card for the same order, within the merchant's window.

It is what protects an account whose requests carry no api_request_key; with a key it does not apply.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from fs_app.gateways.sandbox.exchange import Call, text
from fs_app.gateways.sandbox.store import Transaction

# A repeat of one of these is a duplicate; a declined one may be tried anew.
_REPEATABLE = frozenset({"authorized", "submitted_for_settlement", "settling", "settled", "voided"})


@contextmanager
def underway(call: Call) -> Iterator[None]:
    """While the block runs, a second request for the same is a duplicate, before anything is known of the first."""
    if not _applies(call):
        yield
        return
    same = call.books.underway.setdefault(_asked(call), [])
    same.append(call)
    try:
        yield
    finally:
        same[:] = [each for each in same if each is not call]  # one like it is another request
        if not same:
            del call.books.underway[_asked(call)]


def is_duplicate(call: Call, new: Transaction) -> bool:
    """Same amount, order id, number and expiry as one that stands, or as one still underway."""
    if not _applies(call):
        return False
    if call.books.underway.get(_asked(call), [call])[0] is not call:
        return True
    window = timedelta(seconds=call.books.merchant.duplicate_seconds)
    wanted = _identity(new)
    for old in reversed(call.books.transactions.values()):
        if call.now - old.created_at > window:
            return False
        is_sale = old.type == "sale" and old.whole_id is None  # a part of a sale repeats nothing
        if is_sale and old.status in _REPEATABLE and _identity(old) == wanted:
            return True
    return False


def _applies(call: Call) -> bool:
    return bool(call.books.merchant.duplicate_seconds) and text(call.params, "api_request_key") is None


def _asked(call: Call) -> str:
    """What a sale asks for, as a keyed hash: it holds a card number."""
    card = call.section("credit_card")
    names = ("type", "amount", "order_id", "payment_method_token", "payment_method_nonce", "customer_id")
    dates = ("number", "expiration_date", "expiration_month", "expiration_year")
    asked = [call.operation, *(text(call.params, name) for name in names), *(text(card, name) for name in dates)]
    return call.books.fingerprint(json.dumps(asked))


def _identity(transaction: Transaction) -> tuple[object, ...]:
    """The amount is the one first held: a later capture for less is still the same sale."""
    card, asked = transaction.card, transaction.details.get("requested_amount", transaction.amount)
    return asked, transaction.order_id, card.fingerprint, card.month, card.year
