"""Bank accounts at Braintree: tokenised by GraphQL, kept for a customer, verified; then they are charged by token.

Nothing here moves money: whatever fails before the sale is certainly not charged. Sources: Braintree's guide "ACH
Direct Debit" for GraphQL (an account has to be tokenised, vaulted and verified before it is charged) and its schema
(TokenizeUsBankAccountInput: the owner, the mandate's text, the whole address or none); UsBankAccount.sale of the
SDK, which submits for settlement at once, as a bank holds no money for anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fs_app.domain.bank_account import BankAccount
from fs_app.domain.bill import Holder
from fs_app.domain.means import CustomerId, Kept, MeansKind, MethodToken
from fs_app.domain.payment import Declined, Unavailable, Unknown
from fs_app.gateways.braintree import answers
from fs_app.gateways.braintree.connection import Connection
from fs_app.gateways.braintree.customers import has_customer, let_go, new_token

_TOKENISE = """
mutation Tokenise($input: TokenizeUsBankAccountInput!) {
  tokenizeUsBankAccount(input: $input) { paymentMethod { id } }
}
"""
_REFUSED = "the gateway refused the bank account"
_NETWORK_DOWN = "3000"
_KEYED = ("accountNumber", "routingNumber", "accountType")


class Banking:
    """Keeps bank accounts over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._account = connection.account

    def keep(self, bank: BankAccount, customer: CustomerId) -> Kept | Declined | Unavailable:
        """Have the gateway keep an account for a customer, verified. Declined where the verification says no, with
        the code ``verification_<code>``."""
        token = new_token()
        answer = self._connection.guarded(lambda: self._keep(bank, customer, token))
        if isinstance(answer, Unknown):
            let_go(self._connection, token)
            return Unavailable(f"before anything was charged: {answer.reason}")
        return answer

    def _keep(self, bank: BankAccount, customer: CustomerId, token: MethodToken) -> Kept | Declined | Unavailable:
        if not has_customer(self._connection, customer):
            return Unavailable("the gateway has no customer for the account")
        nonce = self._tokenised(bank)
        if isinstance(nonce, Unavailable):
            return nonce
        options = {"us_bank_account_verification_method": self._account.bank_verification}
        if self._account.bank_merchant_account_id is not None:
            options["verification_merchant_account_id"] = self._account.bank_merchant_account_id
        params = {"customer_id": customer, "token": token, "payment_method_nonce": nonce, "options": options}
        answer = self._connection.sdk.payment_method.create(params)
        if not answer.is_success:
            refused = answers.refused(answer)
            return refused if isinstance(refused, Unavailable) else Unavailable(_REFUSED)
        kept = answer.payment_method
        if not kept.verified:
            return self._not_verified(kept)
        return Kept(MethodToken(kept.token), MeansKind.BANK, bank.brand, kept.last_4)

    def _tokenised(self, bank: BankAccount) -> str | Unavailable:
        """A nonce for the account. Its numbers are sent here, and nowhere else."""
        owner = _owner(bank.holder)
        if owner is None:
            return Unavailable("the account's holder has no name on file")
        given: dict[str, Any] = {
            "accountNumber": bank.number.reveal(),
            "routingNumber": bank.routing.reveal(),
            "accountType": bank.type.upper(),
            "achMandate": bank.mandate,
            **owner,
            **_address(bank.holder),
        }
        answer = self._connection.sdk.graphql_client.query(_TOKENISE, {"input": {"usBankAccount": given}})
        if answer.get("errors"):
            return Unavailable(_REFUSED, "bank_account" if _numbers_at_fault(answer["errors"]) else None)
        return str(answer["data"]["tokenizeUsBankAccount"]["paymentMethod"]["id"])

    def _not_verified(self, kept: Any) -> Declined | Unavailable:
        """Let go of an account that was not verified, and say why."""
        self._connection.sdk.payment_method.delete(kept.token)
        last = next(iter(kept.verifications or ()), None)
        code = getattr(last, "processor_response_code", None) or "pending"
        if code == _NETWORK_DOWN:
            return Unavailable("the network for the verification of bank accounts could not be reached")
        return Declined(f"verification_{code}")


def _owner(holder: Holder) -> dict[str, Any] | None:
    if holder.business_name:
        return {"businessOwner": {"businessName": holder.business_name}}
    if not holder.first_name or not holder.last_name:
        return None
    return {"individualOwner": {"firstName": holder.first_name, "lastName": holder.last_name}}


def _address(holder: Holder) -> dict[str, dict[str, str]]:
    """The whole address, or none: the gateway takes no part of one."""
    address = {
        "streetAddress": holder.street,
        "city": holder.locality,
        "state": holder.region,
        "zipCode": holder.postal_code,
    }
    return {"billingAddress": address} if all(address.values()) else {}


def _numbers_at_fault(errors: Sequence[Mapping[str, Any]]) -> bool:
    """True unless the gateway names something else that was wrong: only what the caller keyed is asked again."""
    paths = [(error.get("extensions") or {}).get("inputPath") or _KEYED for error in errors]
    return any(name in _KEYED for path in paths for name in path)
