"""Whose the methods are that Braintree keeps: one customer for each of our accounts, made when the first is
kept."""

from __future__ import annotations

from typing import Any

from braintree.exceptions.not_found_error import NotFoundError

from fs_app.domain.means import CustomerId
from fs_app.gateways.braintree import answers
from fs_app.gateways.braintree.connection import Connection

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
