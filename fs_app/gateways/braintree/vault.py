"""The Vault port on Braintree's SDK. See `fs_app.ports.Vault` for the contract."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from braintree.exceptions.not_found_error import NotFoundError

from fs_app.domain.card import Expiry
from fs_app.domain.means import MeansKind, MethodToken
from fs_app.domain.payment import Declined, Unavailable, Unknown
from fs_app.domain.secret import Secret
from fs_app.gateways.braintree import answers
from fs_app.gateways.braintree.connection import BraintreeAccount, Connection
from fs_app.ports import Changed, Deleted, MethodRecord


class BraintreeVault:
    """One per process."""

    def __init__(self, account: BraintreeAccount) -> None:
        self._connection = Connection(account)
        self._sdk = self._connection.sdk

    def look(self, token: MethodToken) -> MethodRecord | None:
        """Fetch one by its token."""
        return self._connection.told(lambda: _record(self._sdk.payment_method.find(token)))

    def change(
        self, token: MethodToken, *, expiry: Secret | None = None, postal_code: Secret | None = None
    ) -> Changed | Declined | Unavailable | Unknown:
        """Update a card, keeping its token. The card is not verified anew: the next charge tells."""
        params: dict[str, Any] = {}
        month = None if expiry is None else Expiry.parse(expiry.reveal())
        if expiry is not None and month is None:
            return Unavailable("there is no such month", "expiry")
        if month is not None:
            params["expiration_date"] = f"{month.month:02d}/{month.year}"
        if postal_code is not None:
            address = {"postal_code": postal_code.reveal(), "options": {"update_existing": True}}
            params["billing_address"] = address

        def ask() -> Changed | Declined | Unavailable | Unknown:
            answer = self._sdk.credit_card.update(token, params)
            return Changed() if answer.is_success else answers.refused(answer)

        return self._connection.guarded(ask)

    def delete(self, token: MethodToken) -> Deleted | Unavailable | Unknown:
        """Delete one by its token."""

        def ask() -> Deleted:
            with suppress(NotFoundError):  # it is gone already
                self._sdk.payment_method.delete(token)
            return Deleted()

        return self._connection.guarded(ask)


def _record(found: Any) -> MethodRecord:
    if hasattr(found, "routing_number"):
        return MethodRecord(MeansKind.BANK, found.last_4, verified=bool(found.verified))
    return MethodRecord(MeansKind.CARD, found.last_4, expired=bool(found.expired))
