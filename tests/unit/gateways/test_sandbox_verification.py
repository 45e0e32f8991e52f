"""Card verification at the local gateway: alone, with a card to be kept, refused by rules and by the fraud tool."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from braintree import CreditCardVerificationSearch as Search
from braintree.exceptions.not_found_error import NotFoundError

CARD = {"number": "4111111111111111", "expiration_date": "05/2031"}
DECLINED = {**CARD, "number": "4000111111111115"}
VERIFY = {"options": {"verify_card": True}}


def codes(result: Any) -> list[str]:
    assert not result.is_success
    return [error.code for error in result.errors.deep_errors]


@pytest.fixture
def owner(sdk: Any) -> Any:
    return sdk.customer.create({"first_name": "Ann", "email": "ann@example.com"}).customer


def test_a_card_is_verified_alone(sdk: Any) -> None:
    made = sdk.verification.create({"credit_card": {**CARD, "cvv": "200"}}).verification
    assert (made.status, made.amount, made.currency_iso_code) == ("verified", Decimal("0.00"), "USD")
    assert (made.processor_response_code, made.cvv_response_code) == ("1000", "N")
    assert (made.avs_postal_code_response_code, made.credit_card["last_4"]) == ("I", "1111")
    assert (made.ani_first_name_response_code, made.risk_data) == ("I", None)
    assert sdk.verification.find(made.id).created_at == made.created_at
    with pytest.raises(NotFoundError):
        sdk.verification.find("nothing")


def test_a_declined_verification_is_on_record(sdk: Any) -> None:
    result = sdk.verification.create({"credit_card": DECLINED})
    made = result.credit_card_verification
    assert (result.is_success, result.message, made.status) == (False, "Do Not Honor", "processor_declined")
    assert (made.processor_response_code, made.processor_response_type) == ("2000", "soft_declined")
    assert sdk.verification.find(made.id) == made
    assert sdk.transaction.sale({"amount": "1.00", "credit_card": DECLINED}).is_success


def test_a_verification_is_refused(sdk: Any) -> None:
    create = sdk.verification.create
    assert codes(create({"credit_card": CARD, "options": {"amount": "-1.00"}})) == ["94201"]
    assert codes(create({"credit_card": CARD, "options": {"amount": "x"}})) == ["94202"]
    assert codes(create({"credit_card": CARD, "options": {"merchant_account_id": "x"}})) == ["94204"]
    assert codes(create({"credit_card": CARD, "options": {"account_type": "debit"}})) == ["942185"]
    brazil = {"merchant_account_id": "card_processor_brl", "account_type": "both"}
    assert codes(create({"credit_card": CARD, "options": brazil})) == ["942184"]
    assert codes(create({"credit_card": {**CARD, "number": "4111111111111112"}})) == ["81715"]


def test_a_verified_card_is_kept_with_its_verifications_newest_first(sdk: Any, clock: Any, owner: Any) -> None:
    amount = {"options": {"verify_card": True, "verification_amount": "1.02"}}
    card = sdk.credit_card.create({"customer_id": owner.id, **CARD, **amount}).credit_card
    assert (card.verification.amount, card.verification.credit_card["token"]) == (Decimal("1.02"), card.token)
    clock.pass_seconds(1)
    again = sdk.payment_method.update(card.token, {"cvv": "201", "options": {"verify_card": "true"}}).payment_method
    assert [each["cvv_response_code"] for each in again.verifications] == ["U", "I"]
    assert again.verification.cvv_response_code == "U"


def test_a_card_that_is_declined_is_not_kept(sdk: Any, owner: Any) -> None:
    created = sdk.credit_card.create({"customer_id": owner.id, **DECLINED, **VERIFY})
    assert created.credit_card_verification.status == "processor_declined"
    assert sdk.customer.find(owner.id).credit_cards == []
    with_customer = sdk.customer.create({"id": "new", "credit_card": {**DECLINED, **VERIFY}})
    assert with_customer.credit_card_verification.status == "processor_declined"
    with pytest.raises(NotFoundError):
        sdk.customer.find("new")
    kept = sdk.credit_card.create({"customer_id": owner.id, **CARD}).credit_card
    changed = sdk.credit_card.update(kept.token, {**DECLINED, **VERIFY})
    assert changed.credit_card_verification.status == "processor_declined"
    assert sdk.credit_card.find(kept.token).last_4 == "1111"
    nonce = {"payment_method_nonce": "fake-processor-declined-mastercard-nonce", **VERIFY}
    assert not sdk.payment_method.create({"customer_id": owner.id, **nonce}).is_success
    assert not sdk.payment_method.update(kept.token, nonce).is_success


def test_options_of_a_cards_verification_are_checked(sdk: Any, owner: Any) -> None:
    for option, value, code in (
        ("verification_amount", "-1.00", "91739"),
        ("verification_amount", "x", "91740"),
        ("verification_merchant_account_id", "x", "91728"),
        ("verification_account_type", "debit", "91758"),
    ):
        options = {"verify_card": True, option: value}
        assert codes(sdk.credit_card.create({"customer_id": owner.id, **CARD, "options": options})) == [code]


def test_rules_reject_a_card(merchant: Callable[[str], Any]) -> None:
    sdk = merchant("processing_rules_merchant_id")
    owner = sdk.customer.create({}).customer
    create = {"customer_id": owner.id, **CARD, **VERIFY}
    for more, reason in (
        ({"cvv": "200"}, "cvv"),
        ({"billing_address": {"postal_code": "20000"}}, "avs"),
        ({"cvv": "200", "billing_address": {"street_address": "200 Main St"}}, "avs_and_cvv"),
    ):
        made = sdk.credit_card.create({**create, **more}).credit_card_verification
        assert (made.status, made.gateway_rejection_reason) == ("gateway_rejected", reason)
        assert (made.processor_response_code, made.processor_response_text) == ("1000", "Approved")
    assert sdk.credit_card.create({**create, "cvv": "123"}).is_success


def test_the_fraud_tool_rejects_cards_and_tells_of_others(merchant: Callable[[str], Any]) -> None:
    sdk = merchant("advanced_fraud_integration_merchant_id")
    good = sdk.transaction.sale({"amount": "1.00", "credit_card": CARD}).transaction
    assert (good.risk_data.decision, good.risk_data.fraud_service_provider) == ("Approve", "kount")
    skipped = {"options": {"skip_advanced_fraud_checking": True}}
    assert sdk.transaction.sale({"amount": "1.00", "credit_card": CARD, **skipped}).transaction.risk_data is None
    for number, reason in (("4000111111111511", "fraud"), ("4111130000000003", "risk_threshold")):
        sale = {"amount": "1.00", "credit_card": {**CARD, "number": number}}
        rejected = sdk.transaction.sale(sale).transaction
        assert (rejected.status, rejected.gateway_rejection_reason) == ("gateway_rejected", reason)
        assert rejected.risk_data.decision == "Decline"
        verification = sdk.verification.create({"credit_card": sale["credit_card"]}).credit_card_verification
        assert verification.gateway_rejection_reason == reason
        assert sdk.transaction.sale({**sale, **skipped}).is_success
        assert merchant("integration_merchant_id").transaction.sale(sale).transaction.risk_data is None


def test_verifications_are_searched(sdk: Any, clock: Any, owner: Any) -> None:
    billing = {"billing_address": {"postal_code": "94107"}}
    given = {"customer_id": owner.id, **CARD, "cardholder_name": "Ann Lee", **billing, **VERIFY}
    token = sdk.credit_card.create(given).credit_card.token
    first = sdk.credit_card.find(token).verification
    clock.pass_seconds(60)
    second = sdk.verification.create({"credit_card": DECLINED}).credit_card_verification
    for term, expected in (
        (Search.id == first.id, [first.id]),
        (Search.ids.in_list([first.id, second.id]), [second.id, first.id]),
        (Search.status.in_list(["processor_declined"]), [second.id]),
        (Search.created_at <= first.created_at, [first.id]),
        (Search.credit_card_number == CARD["number"], [first.id]),
        (Search.credit_card_number.starts_with("400011"), [second.id]),
        (Search.credit_card_cardholder_name.contains("Lee"), [first.id]),
        (Search.credit_card_card_type == "Visa", [second.id, first.id]),
        (Search.customer_email == "ann@example.com", [first.id]),
        (Search.customer_id == owner.id, [first.id]),
        (Search.payment_method_token == token, [first.id]),
        (Search.billing_postal_code == "94107", [first.id]),
        (Search.billing_postal_code == "1", []),
    ):
        assert [each.id for each in sdk.verification.search(term).items] == expected
