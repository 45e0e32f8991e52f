"""Whose the methods are that Braintree keeps: one customer for each of our accounts, made when the first is
kept."""

from __future__ import annotations

import secrets
from typing import Any

from braintree.exceptions.not_found_error import NotFoundError

from fs_app.domain.means import CustomerId, MethodToken
from fs_app.gateways.braintree import answers
from fs_app.gateways.braintree.connection import BRIEFLY, Connection

_TOKEN_BYTES = 16
_TAKEN = "91609"  # somebody else made the customer meanwhile


def customer_with(connection: Connection, customer: CustomerId) -> Any | None:
    """The customer as the gateway has it; None where there is none. Raises as the SDK does."""
    try:
        return connection.sdk.customer.find(customer)
    except NotFoundError:
        return None


def has_customer(connection: Connection, customer: CustomerId) -> bool:
    """Make the customer where there is none; False where the gateway refuses it. Raises as the SDK does."""
    if customer_with(connection, customer) is not None:
        return True
    made = connection.sdk.customer.create({"id": customer})
    return bool(made.is_success) or _TAKEN in answers.codes(made)


def new_token() -> MethodToken:
    """A name of our own for a method, so that one whose answer was lost can be let go of."""
    return MethodToken(secrets.token_hex(_TOKEN_BYTES))


def let_go(connection: Connection, token: MethodToken) -> None:
    """Have the gateway forget a method, if that can be done at once."""
    connection.told(lambda: connection.sdk.payment_method.delete(token), seconds=BRIEFLY)
