"""The Vault port on Braintree's SDK. See `fs_app.ports.Vault` for the contract."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from braintree.exceptions.not_found_error import NotFoundError

from fs_app.domain.bank_account import BankAccount
from fs_app.domain.card import Card
from fs_app.domain.means import CustomerId, Kept, MeansKind, MethodToken
from fs_app.domain.payment import Declined, Unavailable, Unknown
from fs_app.domain.secret import Secret
from fs_app.gateways.braintree import answers
from fs_app.gateways.braintree.banking import Banking
from fs_app.gateways.braintree.cards import CardFile, change_params
from fs_app.gateways.braintree.connection import BraintreeAccount, Connection
from fs_app.ports import Changed, Deleted, MethodRecord


class BraintreeVault:
    """One per process."""

    def __init__(self, account: BraintreeAccount) -> None:
        self._connection = Connection(account)
        self._sdk = self._connection.sdk
        self._cards, self._banking = CardFile(self._connection), Banking(self._connection)

    def keep(self, means: Card | BankAccount, customer: CustomerId) -> Kept | Declined | Unavailable:
        """Keep one without charging it."""
        if means.wiped:
            return Unavailable("it was wiped before it was sent")
        if isinstance(means, Card):
            return self._cards.keep(means, customer)
        return self._banking.keep(means, customer)

    def look(self, token: MethodToken) -> MethodRecord | None:
        """Fetch one by its token."""
        return self._connection.told(lambda: _record(self._sdk.payment_method.find(token)))

    def change(
        self, token: MethodToken, *, expiry: Secret | None = None, postal_code: Secret | None = None
    ) -> Changed | Declined | Unavailable | Unknown:
        """Update a card, keeping its token. The card is not verified anew: the next charge tells."""
        try:
            params = change_params(expiry, postal_code)
        except ValueError as error:
            return Unavailable(str(error), "expiry")

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
