"""The Gateway port on Braintree's SDK. See `fs_app.ports.Gateway` for the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import braintree as sdk
import structlog

from fs_app.domain.bank_account import BankAccount
from fs_app.domain.card import Card
from fs_app.domain.means import CustomerId, Kept, MeansKind, SavedMethod
from fs_app.domain.money import Money
from fs_app.domain.payment import (
    Approved,
    ChargeResult,
    Declined,
    Means,
    OrderId,
    Submitted,
    TransactionId,
    Unavailable,
    Unknown,
    Voided,
)
from fs_app.gateways.braintree import answers
from fs_app.gateways.braintree.banking import Banking
from fs_app.gateways.braintree.cards import CardFile, card_params
from fs_app.gateways.braintree.connection import BRIEFLY, BraintreeAccount, Connection
from fs_app.gateways.braintree.customers import has_customer, let_go
from fs_app.gateways.braintree.faults import LASTING
from fs_app.ports import ChargeRequest, GatewayRecord, GatewayTrouble

_log = structlog.get_logger(__name__)

_CANNOT_SUBMIT, _CANNOT_VOID = "91507", "91504"
_DOUBT = "an earlier try may have moved the transaction; the gateway could not be asked"


class BraintreeGateway:
    """One per process: it keeps one connection per greenlet."""

    def __init__(self, account: BraintreeAccount) -> None:
        self._account = account
        self._connection = Connection(account)
        self._sdk = self._connection.sdk
        self._banking = Banking(self._connection)
        self._cards = CardFile(self._connection)
        self._has_keys = account.use_request_key

    def authorise(self, request: ChargeRequest) -> ChargeResult:
        """Hold the money; nothing is submitted for settlement but a bank account's, which cannot be held."""
        if request.means.wiped:
            return Unavailable("the card was wiped before it was sent")
        if isinstance(request.means, BankAccount):
            return self._debit(request, request.means)
        if isinstance(request.means, Card) and request.save and request.customer is not None:
            return self._keeping(request, request.means, request.customer)
        result = self._charge(request)
        return replace(result, kept=None) if isinstance(result, Approved) else result

    def _charge(self, request: ChargeRequest, keep: bool = False) -> ChargeResult:
        def ask() -> ChargeResult:
            params = self._sale(request, keep=keep)
            answer = self._once(request.order_id, lambda key: self._sdk.transaction.sale({**params, **key}))
            return answers.charged(answer, request.order_id)

        return self._connection.guarded(ask)

    def _keeping(self, request: ChargeRequest, card: Card, customer: CustomerId) -> ChargeResult:
        """Charge a card and have it kept, once; without its customer it is charged all the same."""
        has = self._connection.told(lambda: has_customer(self._connection, customer), seconds=BRIEFLY)
        result = self._charge(request, keep=bool(has))
        if not isinstance(result, Approved) or result.kept is None:
            return result
        return replace(result, kept=self._cards.once(result.kept, card, customer))

    def _debit(self, request: ChargeRequest, bank: BankAccount) -> ChargeResult:
        """Keep the account, as it is only charged by its token; one that is not saved in the end is let go of."""
        if request.customer is None:
            return Unavailable("a bank account needs a customer at the gateway")
        kept = self._banking.keep(bank, request.customer)
        if not isinstance(kept, Kept):
            return kept
        saved = SavedMethod(0, kept.token, MeansKind.BANK, kept.brand, kept.last_four)
        result = self.authorise(replace(request, means=saved, save=False))
        if request.save and isinstance(result, Approved):
            return replace(result, kept=kept)
        let_go(self._connection, kept.token)
        return result

    def submit(self, transaction_id: TransactionId, amount: Money) -> Submitted | Unavailable | Unknown:
        """Submit for settlement; a transaction that already is submitted with that amount is Submitted."""

        def ask() -> Submitted | Unavailable | Unknown:
            answer = self._sdk.transaction.submit_for_settlement(transaction_id, amount.decimal())
            if answer.is_success:
                return answers.captured(answer.transaction, amount)
            if _CANNOT_SUBMIT not in answers.codes(answer):
                return answers.refused(answer)
            return self._connection.guarded(look, doubt=_DOUBT)

        def look() -> Submitted | Unavailable | Unknown:
            return answers.captured(self._sdk.transaction.find(transaction_id), amount)

        return self._connection.guarded(ask)

    def void(self, transaction_id: TransactionId) -> Voided | Unavailable | Unknown:
        """Give back what is not settled; a transaction that already is voided is Voided."""

        def ask() -> Voided | Unavailable | Unknown:
            answer = self._sdk.transaction.void(transaction_id)
            if answer.is_success:
                return Voided(transaction_id)
            if _CANNOT_VOID not in answers.codes(answer):
                return answers.refused(answer)
            return self._connection.guarded(look, doubt=_DOUBT)

        def look() -> Voided | Unavailable:
            status = self._sdk.transaction.find(transaction_id).status
            return Voided(transaction_id) if status == "voided" else Unavailable(f"not voided: it is {status}")

        return self._connection.guarded(ask)

    def refund(
        self, transaction_id: TransactionId, amount: Money, order_id: OrderId
    ) -> Submitted | Declined | Unavailable | Unknown:
        """Give settled money back; Submitted carries the id of the new transaction."""

        def ask() -> Submitted | Declined | Unavailable | Unknown:
            options = {"amount": amount.decimal(), "order_id": order_id}
            name = f"{order_id}-refund-{transaction_id}"  # the order id alone may be the key of the sale
            answer = self._once(name, lambda key: self._sdk.transaction.refund(transaction_id, {**options, **key}))
            return answers.refunded(answer, amount)

        return self._connection.guarded(ask)

    def find(self, order_id: OrderId) -> Sequence[GatewayRecord] | None:
        """Search by order id. The index lags behind by seconds: nothing found is not yet proof of nothing there."""
        wanted = sdk.TransactionSearch.order_id == order_id
        return self._connection.told(lambda: answers.whole(self._sdk.transaction.search(wanted)))

    def look(self, transaction_id: TransactionId) -> GatewayRecord | None:
        """Fetch one transaction by its id."""
        return self._connection.told(lambda: answers.record(self._sdk.transaction.find(transaction_id)))

    def check(self) -> GatewayTrouble | None:
        """Search for an order id that cannot exist: the cheapest question that needs working keys."""

        def ask() -> None:
            self._sdk.transaction.search(sdk.TransactionSearch.order_id == "fs_app check")

        answer = self._connection.guarded(ask)
        if answer is None:
            return None
        text = f"the gateway at {self._account.place} cannot be used: {answer.reason}"
        return GatewayTrouble(text, lasting=answer.reason in LASTING)

    def _sale(self, request: ChargeRequest, *, keep: bool) -> dict[str, Any]:
        bank = request.means.kind is MeansKind.BANK
        params: dict[str, Any] = {
            "amount": request.amount.decimal(),
            "order_id": request.order_id,
            "options": {"submit_for_settlement": bank},
            **_means_params(request.means),
        }
        if request.recurring:
            params["transaction_source"] = "recurring"
        if keep and request.customer is not None:
            params["customer_id"] = request.customer
            params["options"]["store_in_vault_on_success"] = True
        account = self._account.bank_merchant_account_id if bank else None
        if account or self._account.merchant_account_id:
            params["merchant_account_id"] = account or self._account.merchant_account_id
        return params

    def _once(self, name: str, send: Callable[[Mapping[str, str]], Any]) -> Any:
        """Send with a key under which the gateway does a thing once, where the account has such keys.

        An account without them refuses the request unprocessed (915231); so it is sent again without one, and none
        is tried any more until the process is started again.
        """
        if not self._has_keys:
            return send({})
        answer = send({"api_request_key": name})
        if not answers.keys_refused(answer):
            return answer
        if self._has_keys:
            self._has_keys = False
            _log.warning(
                "gateway_without_request_keys", advice="set gateway.request_keys to no, or have them enabled"
            )
        return send({})


def _means_params(means: Means) -> dict[str, Any]:
    """What is charged: a method that is kept, or a card with the postal code of its bills."""
    if isinstance(means, SavedMethod):
        return {"payment_method_token": means.token}
    assert isinstance(means, Card), "a bank account is kept before it is charged"
    params: dict[str, Any] = {"credit_card": card_params(means)}
    if len(means.postal_code):
        params["billing"] = {"postal_code": means.postal_code.reveal()}
    return params
