"""A transaction as every answer shows it: each field present, nil where it is empty, in the recorded order."""

from __future__ import annotations

from fs_app.gateways.sandbox.addresses import address_view
from fs_app.gateways.sandbox.bank_accounts import account_view
from fs_app.gateways.sandbox.cards import card_view, is_expired
from fs_app.gateways.sandbox.customers import details_view
from fs_app.gateways.sandbox.disputes import dispute_view
from fs_app.gateways.sandbox.exchange import Answer
from fs_app.gateways.sandbox.particulars import FIELDS as PARTICULARS
from fs_app.gateways.sandbox.store import Transaction, global_id
from fs_app.gateways.sandbox.xml import Items, Tree

# Fields that this gateway never fills, or fills from ``Transaction.details``.
_PASSIVE = (
    "voice_referral_number",
    "acquirer_reference_number",
    "plan_id",
    "subscription_id",
    "processor_settlement_response_code",
    "processor_settlement_response_text",
    "three_d_secure_info",
    "retried_transaction_id",
    "merchant_advice_code",
    "merchant_advice_code_text",
    "gateway_rejection_reason",
    "processor_authorization_code",
    "processor_response_code",
    "processor_response_text",
    "processor_response_type",
    "additional_processor_response",
    "avs_error_response_code",
    "avs_postal_code_response_code",
    "avs_street_address_response_code",
    "cvv_response_code",
)


def answer(transaction: Transaction, created: int = 200) -> Answer:
    """The transaction in its present state: 422 where the processor or a rule said no, else ``created``."""
    view = transaction_view(transaction)
    if transaction.status not in ("processor_declined", "gateway_rejected", "failed"):
        return Answer(created, "transaction", view, transaction.id)
    reason = transaction.details.get("gateway_rejection_reason")
    message = f"Gateway Rejected: {reason}" if reason else transaction.details["processor_response_text"]
    node = {"errors": {"errors": Items("error")}, "message": message, "transaction": view}
    return Answer(422, "api_error_response", node, transaction.id)


def transaction_view(transaction: Transaction) -> Tree:
    """All fields of a transaction."""
    details, sale = transaction.details, transaction.type == "sale"
    view: Tree = {
        "id": transaction.id,
        "status": transaction.status,
        "type": transaction.type,
        "currency_iso_code": transaction.currency,
        "amount": transaction.amount,
        "merchant_account_id": transaction.account,
        "order_id": transaction.order_id,
        "created_at": transaction.created_at,
        "updated_at": transaction.updated_at,
        "customer": details_view(transaction.customer.get("id"), transaction.customer),
        "billing": address_view(transaction.billing),
        "shipping": address_view(transaction.shipping),
        "refund_id": transaction.refund_ids[-1] if transaction.refund_ids else None,
        "refund_ids": Items("item", transaction.refund_ids),
        "refunded_transaction_id": transaction.refunded_id,
        "authorized_transaction_id": transaction.whole_id,
        "settlement_batch_id": transaction.batch_id,
        "custom_fields": details.get("custom_fields") or "",
        **{name: details.get(name) for name in (*_PASSIVE, *PARTICULARS)},
        "partial_settlement_transaction_ids": Items("item", transaction.part_ids),
        "processed_with_network_token": False,
        "retried": False,
        "retry_ids": Items("item"),
        "credit_card": _card(transaction),
        "status_history": Items("status_event", [_event(transaction, i) for i in range(len(transaction.history))]),
        "subscription": details.get("subscription") or _NO_PERIOD,
        "add_ons": Items("add_on"),
        "discounts": Items("discount"),
        "descriptor": {name: details.get(f"descriptor_{name}") for name in ("name", "phone", "url")},
        "recurring": bool(details.get("recurring")),
        "disbursement_details": _DISBURSEMENT,
        "disputes": Items("dispute", [dispute_view(dispute) for dispute in transaction.disputes]),
        "authorization_adjustments": Items("authorization_adjustment"),
        "payment_instrument_type": "credit_card",
        "network_response_code": "XX" if sale else None,
        "network_response_text": "sample network response text" if sale else None,
        "network_transaction_id": f"0{transaction.created_at:%Y%m%d%H%M%S}",
        "retrieval_reference_number": f"{transaction.created_at:%y%m%d%H%M%S}" if sale else None,
        "authorization_expires_at": transaction.expires_at,
        "global_id": global_id("transaction", transaction.id),
    }
    if transaction.bank is not None:
        _show_bank(view, transaction)
    if "mastercard_transaction_link_id" in details:
        view["mastercard_transaction_link_id"] = details["mastercard_transaction_link_id"]
    if details.get("risk_data") is not None:
        view["risk_data"] = details["risk_data"]
    if "foreign_retailer" in details:
        view["foreign_retailer"] = True
    return view


_NO_PERIOD: Tree = {"billing_period_start_date": None, "billing_period_end_date": None}
# What only a card's issuer or network says.
_CARDS_ONLY = (
    "network_response_code",
    "network_response_text",
    "network_transaction_id",
    "authorization_expires_at",
    "processor_authorization_code",
    "cvv_response_code",
    "avs_postal_code_response_code",
    "avs_street_address_response_code",
)


def _show_bank(view: Tree, transaction: Transaction) -> None:
    """What a sale from a bank account has in place of a card's."""
    assert transaction.bank is not None
    del view["credit_card"]
    returned = transaction.details.get("ach_return_responses") or []
    view |= {
        "us_bank_account": {"token": transaction.token, **account_view(transaction.bank)},
        "payment_instrument_type": "us_bank_account",
        "ach_return_responses": Items("ach_return_response", returned),
        **{name: transaction.details.get(name) for name in ("ach_type", "requested_ach_type", "ach_return_code")},
    }
    view |= dict.fromkeys(_CARDS_ONLY)


_DISBURSEMENT: Tree = {
    "disbursement_date": None,
    "settlement_amount": None,
    "settlement_currency_iso_code": None,
    "settlement_currency_exchange_rate": None,
    "settlement_base_currency_exchange_rate": None,
    "funds_held": None,
    "success": None,
}


def _card(transaction: Transaction) -> Tree:
    view: Tree = {
        "token": transaction.token,
        **card_view(transaction.card),
        "expired": is_expired(transaction.card, transaction.created_at),
    }
    if not transaction.by_token:
        view["bin_extended"] = transaction.card.bin_extended
    if transaction.details.get("account_type") is not None:
        view["account_type"] = transaction.details["account_type"]
    return view


def _event(transaction: Transaction, index: int) -> Tree:
    event = transaction.history[index]
    return {
        "timestamp": event.at,
        "status": event.status,
        "amount": event.amount,
        "user": transaction.details.get("user"),
        "transaction_source": "api",
    }
