"""Cards at Braintree: what is sent of one, and how one is kept, once for each customer.

Nothing here moves money. Source: Braintree's reference of Credit Card: Create, Update and of its
unique_number_identifier, the same for the same number within the gateway's vault.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fs_app.domain.card import Card, Expiry
from fs_app.domain.means import CustomerId, Kept, MeansKind, MethodToken
from fs_app.domain.payment import Declined, Unavailable, Unknown
from fs_app.domain.secret import Secret
from fs_app.gateways.braintree import answers
from fs_app.gateways.braintree.connection import BRIEFLY, Connection
from fs_app.gateways.braintree.customers import customer_with, has_customer, let_go, new_token


class CardFile:
    """Keeps cards over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sdk = connection.sdk

    def keep(self, card: Card, customer: CustomerId) -> Kept | Declined | Unavailable:
        """Have the gateway keep a card, once its issuer has verified it. Nothing is charged, whatever happens."""
        token = new_token()
        answer = self._connection.guarded(lambda: self._keep(card, customer, token))
        if isinstance(answer, Unknown):
            let_go(self._connection, token)
            return Unavailable(f"not known to be kept: {answer.reason}")
        return self.once(answer, card, customer) if isinstance(answer, Kept) else answer

    def _keep(
        self, card: Card, customer: CustomerId, token: MethodToken
    ) -> Kept | Declined | Unavailable | Unknown:
        if not has_customer(self._connection, customer):
            return Unavailable("the gateway has no customer for the account")
        options: dict[str, Any] = {"verify_card": True}
        if self._connection.account.merchant_account_id:
            options["verification_merchant_account_id"] = self._connection.account.merchant_account_id
        params = {
            "customer_id": customer,
            "token": token,
            **card_params(card),
            **_billing(card),
            "options": options,
        }
        answer = self._sdk.credit_card.create(params)
        if answer.is_success:
            return Kept(MethodToken(answer.credit_card.token), MeansKind.CARD, card.brand, card.last_four)
        verification = answer.credit_card_verification
        return answers.refused(answer) if verification is None else answers.not_verified(verification)

    def once(self, new: Kept, card: Card, customer: CustomerId) -> Kept:
        """The same number that was kept before stays the method it was, with what is new of it, and the second is
        let go of: what is saved or agreed to with its token goes on. Two that are kept at the same time agree on
        which of them stays. Where one cannot be let go of there are two, which harms nobody."""
        return self._connection.told(lambda: self._once(new, card, customer), seconds=BRIEFLY) or new

    def _once(self, new: Kept, card: Card, customer: CustomerId) -> Kept:
        found = customer_with(self._connection, customer)
        cards = {each.token: each for each in (found.credit_cards if found is not None else ())}
        number = cards[new.token].unique_number_identifier if new.token in cards else None
        same = [each for each in cards.values() if number and each.unique_number_identifier == number]
        first = min(same, key=lambda each: (each.created_at, each.token), default=None)
        if first is None or first.token == new.token:
            return new
        changes = change_params(card.expiry, card.postal_code if len(card.postal_code) else None)
        if not self._sdk.credit_card.update(first.token, changes).is_success:
            return new
        self._sdk.payment_method.delete(new.token)
        return replace(new, token=MethodToken(first.token))


def card_params(card: Card) -> dict[str, str]:
    """The card as the gateway takes it."""
    params = {"number": card.number.reveal()}
    expiry = Expiry.parse(card.expiry.reveal())
    if expiry is not None:
        params["expiration_date"] = _date(expiry)
    if len(card.security_code):
        params["cvv"] = card.security_code.reveal()
    return params


def change_params(expiry: Secret | None, postal_code: Secret | None) -> dict[str, Any]:
    """What is new of a card on file. ValueError for a month that does not exist."""
    params: dict[str, Any] = {}
    if expiry is not None:
        month = Expiry.parse(expiry.reveal())
        if month is None:
            raise ValueError("there is no such month")
        params["expiration_date"] = _date(month)
    if postal_code is not None:
        address = {"postal_code": postal_code.reveal(), "options": {"update_existing": True}}
        params["billing_address"] = address
    return params


def _billing(card: Card) -> dict[str, Any]:
    code = card.postal_code
    return {"billing_address": {"postal_code": code.reveal()}} if len(code) else {}


def _date(expiry: Expiry) -> str:
    return f"{expiry.month:02d}/{expiry.year}"
