"""The answers callers key in: one `Field` for each, with its lengths and the rule that ends it early."""

from __future__ import annotations

from collections.abc import Callable

from fs_app.domain.bank_account import LONGEST, ROUTING_LENGTH, SHORTEST
from fs_app.domain.card import MAX_NUMBER_LENGTH, MIN_NUMBER_LENGTH, number_complete, usual_length
from fs_app.domain.keys import Field

# Longer than any amount that is accepted, so that a key too many is told as too much money, not cut off.
AMOUNT_LENGTH = 10


def card_number(refuses: Callable[[str], str | None] | None = None) -> Field:
    """The number on the card; ends by itself as soon as `number_complete` says so, or as soon as its first digits
    are refused."""
    return Field(
        "card number",
        min_length=MIN_NUMBER_LENGTH,
        max_length=MAX_NUMBER_LENGTH,
        secret=True,
        complete=number_complete,
        refuses=refuses,
        usual=usual_length,
    )


def expiry() -> Field:
    """Four keys, MMYY."""
    return Field("expiry", min_length=4, max_length=4, secret=True)


def security_code(length: int) -> Field:
    """Three or four keys, by the card's brand."""
    return Field("security code", min_length=length, max_length=length, secret=True)


def postal_code(length: int) -> Field:
    """A postal code of digits only, as long as the operator's country has them."""
    return Field("postal code", min_length=length, max_length=length, secret=True)


def account_number(shortest: int, longest: int) -> Field:
    """An account number; ``#`` or a pause ends one that is shorter than the longest."""
    return Field("account number", min_length=shortest, max_length=longest)


def bill_number(shortest: int, longest: int) -> Field:
    """What is printed on a bill; ``#`` or a pause ends one that is shorter than the longest."""
    return Field("bill number", min_length=shortest, max_length=longest)


def customer_number(shortest: int, longest: int) -> Field:
    """A customer number; ``#`` or a pause ends one that is shorter than the longest."""
    return Field("customer number", min_length=shortest, max_length=longest)


def birth_date() -> Field:
    """Eight keys: day, month and four of the year, in the order of the operator's country."""
    return Field("date of birth", min_length=8, max_length=8, secret=True)


def date() -> Field:
    """Four keys: the day and the month, in the order of the operator's country."""
    return Field("date", min_length=4, max_length=4)


def instalments() -> Field:
    """How many payments; ``#`` or a pause ends a number below ten."""
    return Field("number of payments", min_length=1, max_length=2, values=frozenset("89"))


def pin(length: int) -> Field:
    """The caller's PIN."""
    return Field("pin", min_length=length, max_length=length, secret=True)


def confirmation() -> Field:
    """The confirmation number of a payment; ``#`` or a pause ends one that is shorter than the longest."""
    return Field("confirmation number", min_length=8, max_length=16)


def telephone() -> Field:
    """A telephone number with its area code (ITU-T E.164 has fifteen digits at most); ``#`` or a pause ends it."""
    return Field("telephone number", min_length=7, max_length=15)


def routing_number() -> Field:
    """A bank's routing number, nine keys. It is printed on every cheque, but points at who is to be debited."""
    return Field("routing number", min_length=ROUTING_LENGTH, max_length=ROUTING_LENGTH, secret=True)


def bank_account_number() -> Field:
    """The number of a bank account; ``#`` or a pause ends one that is shorter than the longest."""
    return Field("bank account number", min_length=SHORTEST, max_length=LONGEST, secret=True)


def amount() -> Field:
    """Money in minor units of its currency: ``4250`` is 42.50 USD, and 4250 JPY."""
    return Field("amount", min_length=1, max_length=AMOUNT_LENGTH)
