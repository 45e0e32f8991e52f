"""Bank accounts at Braintree: tokenised by GraphQL, kept for a customer, verified; then they are charged by token.

Nothing here moves money: whatever fails before the sale is certainly not charged. Sources: Braintree's guide to ACH
by API (tokenizeUsBankAccount with the text of the mandate; verification add-ons; a sale of a bank account has to be
submitted for settlement at once).
"""

from __future__ import annotations

from typing import Any

from fs_app.domain.bank_account import BankAccount
from fs_app.domain.bill import Holder
from fs_app.domain.means import CustomerId, Kept, MeansKind, MethodToken
from fs_app.domain.payment import Declined, Unavailable, Unknown
from fs_app.gateways.braintree import answers
from fs_app.gateways.braintree.connection import Connection
from fs_app.gateways.braintree.customers import has_customer

_TOKENISE = """
mutation Tokenise($input: TokenizeUsBankAccountInput!) {
  tokenizeUsBankAccount(input: $input) { paymentMethod { id } }
}
"""
_REFUSED = "the gateway refused the bank account"
_NETWORK_DOWN = "3000"


class Banking:
    """Keeps bank accounts over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._account = connection.account

    def keep(self, bank: BankAccount, customer: CustomerId) -> Kept | Declined | Unavailable:
        """Have the gateway keep an account for a customer, verified. Declined where the verification says no, with
        the code ``verification_<code>``."""
        answer = self._connection.guarded(lambda: self._keep(bank, customer))
        if isinstance(answer, Unknown):
            return Unavailable(f"before anything was charged: {answer.reason}")
        return answer

    def _keep(self, bank: BankAccount, customer: CustomerId) -> Kept | Declined | Unavailable:
        if not has_customer(self._connection, customer):
            return Unavailable("the gateway has no customer for the account")
        nonce = self._tokenised(bank)
        if nonce is None:
            return Unavailable(_REFUSED, "bank_account")
        options = {"us_bank_account_verification_method": self._account.bank_verification}
        if self._account.bank_merchant_account_id is not None:
            options["verification_merchant_account_id"] = self._account.bank_merchant_account_id
        params = {"customer_id": customer, "payment_method_nonce": nonce, "options": options}
        answer = self._connection.sdk.payment_method.create(params)
        if not answer.is_success:
            refused = answers.refused(answer)
            return refused if isinstance(refused, Unavailable) else Unavailable(_REFUSED)
        kept = answer.payment_method
        if not kept.verified:
            return self._not_verified(kept)
        return Kept(MethodToken(kept.token), MeansKind.BANK, bank.brand, kept.last_4)

    def _tokenised(self, bank: BankAccount) -> str | None:
        """A nonce for the account, None where the gateway says that its numbers cannot be any."""
        holder = bank.holder
        given: dict[str, Any] = {
            "accountNumber": bank.number.reveal(),
            "routingNumber": bank.routing.reveal(),
            "accountType": bank.type.upper(),
            "achMandate": bank.mandate,
            "billingAddress": _address(holder),
            **_owner(holder),
        }
        answer = self._connection.sdk.graphql_client.query(_TOKENISE, {"input": {"usBankAccount": given}})
        if answer.get("errors"):
            return None
        return str(answer["data"]["tokenizeUsBankAccount"]["paymentMethod"]["id"])

    def _not_verified(self, kept: Any) -> Declined | Unavailable:
        """Let go of an account that was not verified, and say why."""
        self._connection.sdk.payment_method.delete(kept.token)
        last = next(iter(kept.verifications or ()), None)
        code = getattr(last, "processor_response_code", None) or "pending"
        if code == _NETWORK_DOWN:
            return Unavailable("the network for the verification of bank accounts could not be reached")
        return Declined(f"verification_{code}")


def _owner(holder: Holder) -> dict[str, Any]:
    if holder.business_name:
        return {"businessOwner": {"businessName": holder.business_name}}
    return {"individualOwner": {"firstName": holder.first_name, "lastName": holder.last_name}}


def _address(holder: Holder) -> dict[str, str]:
    return {
        "streetAddress": holder.street,
        "city": holder.locality,
        "state": holder.region,
        "zipCode": holder.postal_code,
    }
