"""Sales and what follows them at the local gateway, asked for with the unmodified SDK."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import braintree
import pytest
from braintree.error_codes import ErrorCodes
from braintree.exceptions.not_found_error import NotFoundError

from fs_app.gateways.sandbox import SandboxServer

Codes = ErrorCodes.Transaction
CardCodes = ErrorCodes.CreditCard


def params(**more: Any) -> dict[str, Any]:
    card = {"number": "4111111111111111", "expiration_date": "05/2031"}
    return {"amount": "10.00", "credit_card": card, **more}


def sold(sdk: braintree.BraintreeGateway, **more: Any) -> Any:
    result = sdk.transaction.sale(params(**more))
    assert result.is_success, result
    return result.transaction


def settled(sdk: braintree.BraintreeGateway, **more: Any) -> Any:
    transaction = sold(sdk, options={"submit_for_settlement": True}, **more)
    return sdk.testing.settle_transaction(transaction.id).transaction


def codes(result: Any) -> list[str]:
    assert not result.is_success
    return [error.code for error in result.errors.deep_errors]


# --- a sale -----------------------------------------------------------------------------------------------------


def test_a_sale_answers_with_every_field(sdk: braintree.BraintreeGateway) -> None:
    result = sdk.transaction.sale(
        params(
            order_id="order <1> & 'ü'",
            channel="phone",
            billing={"first_name": "Ann", "postal_code": "94107", "phone_number": "312-123-4567"},
            shipping={"locality": "Chicago"},
            customer={"first_name": "Ann", "last_name": "Ö\n", "email": "ann@example.com"},
            descriptor={"name": "abc*thing", "phone": "1234567890", "url": "x.com"},
            custom_fields={"store_me": "a value"},
        )
    )
    sale = result.transaction
    assert re.fullmatch(r"[0-9a-z]{8}", sale.id)
    assert (sale.type, sale.status, sale.amount) == ("sale", "authorized", Decimal("10.00"))
    assert (sale.currency_iso_code, sale.merchant_account_id) == ("USD", "sandbox_credit_card")
    assert sale.order_id == "order <1> & 'ü'"
    assert sale.created_at.isoformat() == "2030-01-02T03:04:05"
    assert sale.authorization_expires_at.isoformat() == "2030-01-09T03:04:05"
    assert (sale.processor_response_code, sale.processor_response_type) == ("1000", "approved")
    assert sale.credit_card_details.masked_number == "41111111****1111"
    assert (sale.credit_card_details.card_type, sale.credit_card_details.expiration_date) == ("Visa", "05/2031")
    assert (sale.credit_card_details.token, sale.credit_card_details.debit) == (None, "Unknown")
    assert (sale.billing_details.postal_code, sale.billing_details.id) == ("94107", None)
    assert sale.billing_details.phone_number == "312-123-4567"
    assert sale.shipping_details.locality == "Chicago"
    assert (sale.customer_details.last_name, sale.customer_details.id) == ("Ö\n", None)
    assert (sale.descriptor.name, sale.custom_fields) == ("abc*thing", {"store_me": "a value"})
    assert [event.status for event in sale.status_history] == ["authorized"]
    assert (sale.refund_ids, sale.disputes, sale.add_ons, sale.recurring) == ([], [], [], False)
    assert sale.network_transaction_id == "020300102030405"
    assert (sale.risk_data, sale.tax_amount, sale.acquirer_reference_number) == (None, None, None)
    padding = "=" * (-len(sale.graphql_id) % 4)
    assert base64.urlsafe_b64decode(sale.graphql_id + padding) == f"transaction_{sale.id}".encode()
    assert sale.mastercard_transaction_link_id is None


def test_a_mastercard_has_a_link_id(sdk: braintree.BraintreeGateway) -> None:
    sale = sold(sdk, credit_card={"number": "5555555555554444", "expiration_date": "05/31"})
    assert re.fullmatch(r"\w{22}", sale.mastercard_transaction_link_id)
    assert sale.credit_card_details.expiration_year == "2031"


def test_an_expiry_in_the_past_is_accepted(sdk: braintree.BraintreeGateway) -> None:
    card = {"number": "4111111111111111", "expiration_month": "5", "expiration_year": "2009"}
    sale = sold(sdk, credit_card=card)
    assert (sale.credit_card_details.expiration_date, sale.credit_card_details.is_expired) == ("05/2009", True)


@pytest.mark.parametrize(
    ("amount", "status", "code", "kind"),
    [
        ("0.01", "authorized", "1000", "approved"),
        ("1999.99", "authorized", "1000", "approved"),
        ("2000.00", "processor_declined", "2000", "soft_declined"),
        ("2001.50", "processor_declined", "2001", "soft_declined"),
        ("2004.00", "processor_declined", "2004", "hard_declined"),
        ("2027.00", "processor_declined", "2027", "hard_declined"),
        ("2105.00", "processor_declined", "2105", "soft_declined"),
        ("2108.00", "processor_declined", "2108", "hard_declined"),
        ("2999.99", "processor_declined", "2999", "soft_declined"),
        ("3000.99", "failed", "3000", "soft_declined"),
        ("3001.00", "authorized", "1000", "approved"),
        ("5001.00", "gateway_rejected", None, None),
        ("5001.01", "authorized", "1000", "approved"),
        ("9000.00", "authorized", "1000", "approved"),
    ],
)
def test_the_amount_decides(
    sdk: braintree.BraintreeGateway, amount: str, status: str, code: str | None, kind: str | None
) -> None:
    result = sdk.transaction.sale(params(amount=amount))
    made = result.transaction
    assert result.is_success is (status == "authorized")
    assert (made.status, made.processor_response_code, made.processor_response_type) == (status, code, kind)
    assert sdk.transaction.find(made.id).status == status


def test_a_decline_says_why(sdk: braintree.BraintreeGateway) -> None:
    result = sdk.transaction.sale(params(amount="2000.00"))
    assert result.message == "Do Not Honor"
    assert result.transaction.additional_processor_response == "2000 : Do Not Honor"
    assert result.errors.deep_errors == []
    incomplete = sdk.transaction.sale(params(amount="5001.00"))
    assert incomplete.message == "Gateway Rejected: application_incomplete"


def test_a_partial_approval_needs_consent(sdk: braintree.BraintreeGateway) -> None:
    assert not sold(sdk, amount="1004.00").partially_authorized
    assert sold(sdk, amount="1004.00", accept_partial_authorization=True).partially_authorized


@pytest.mark.parametrize(
    ("card", "billing", "options", "answers"),
    [
        ({}, {}, {}, ("I", "I", "I", None)),
        ({"cvv": "123"}, {"postal_code": "94107", "street_address": "1 Main"}, {}, ("M", "M", "M", None)),
        ({"cvv": "200"}, {"postal_code": "20000", "street_address": "200 Main"}, {}, ("N", "N", "N", None)),
        ({"cvv": "201"}, {"postal_code": "20001", "street_address": "201 Main"}, {}, ("U", "U", "U", None)),
        ({"cvv": "301"}, {"street_address": "2000 Main"}, {}, ("S", "I", "M", None)),
        ({"cvv": "123"}, {"postal_code": "30000"}, {}, ("M", None, None, "E")),
        ({"cvv": "123"}, {"postal_code": "30001"}, {}, ("M", None, None, "S")),
        ({"cvv": "200"}, {"postal_code": "20000"}, {"skip_avs": True, "skip_cvv": True}, ("B", "B", "B", None)),
        ({"number": "378282246310005", "cvv": "2011"}, {}, {}, ("U", "I", "I", None)),
    ],
)
def test_avs_and_cvv_are_reported(
    sdk: braintree.BraintreeGateway, card: Any, billing: Any, options: Any, answers: tuple[str | None, ...]
) -> None:
    whole = {**params()["credit_card"], **card}
    sale = sold(sdk, credit_card=whole, billing=billing, options=options)
    assert answers == (
        sale.cvv_response_code,
        sale.avs_postal_code_response_code,
        sale.avs_street_address_response_code,
        sale.avs_error_response_code,
    )


@pytest.mark.parametrize(
    ("cvv", "postal_code", "reason"),
    [("200", "94107", "cvv"), ("123", "20000", "avs"), ("200", "20000", "avs_and_cvv")],
)
def test_a_merchant_with_rules_rejects_what_does_not_match(
    merchant: Callable[[str], braintree.BraintreeGateway], cvv: str, postal_code: str, reason: str
) -> None:
    card = {**params()["credit_card"], "cvv": cvv}
    result = merchant("processing_rules_merchant_id").transaction.sale(
        params(credit_card=card, billing={"postal_code": postal_code})
    )
    assert result.message == f"Gateway Rejected: {reason}"
    rejected = result.transaction
    assert (rejected.status, rejected.gateway_rejection_reason) == ("gateway_rejected", reason)
    assert rejected.processor_response_code == "1000"


@pytest.mark.parametrize(
    ("number", "indicator", "value"),
    [
        ("4117101010101010", "debit", "Yes"),
        ("4111111111111210", "prepaid", "Yes"),
        ("4111111510101010", "product_id", "J3"),
        ("4111111111310101", "commercial", "No"),
        ("4111111141010101", "issuing_bank", "NETWORK ONLY"),
        ("4111111111121102", "country_of_issuance", "USA"),
        ("4111111111111111", "debit", "Unknown"),
    ],
)
def test_special_numbers_carry_their_indicators(
    sdk: braintree.BraintreeGateway, number: str, indicator: str, value: str
) -> None:
    sale = sold(sdk, credit_card={"number": number, "expiration_date": "05/31"})
    assert getattr(sale.credit_card_details, indicator) == value


# --- what is refused --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": None}, Codes.AmountIsRequired),
        ({"amount": "ten"}, Codes.AmountFormatIsInvalid),
        ({"amount": "1.234"}, Codes.AmountFormatIsInvalid),
        ({"amount": "NaN"}, Codes.AmountFormatIsInvalid),
        ({"amount": "1e1000000000"}, Codes.AmountFormatIsInvalid),
        ({"amount": "-1.00"}, Codes.AmountCannotBeNegative),
        ({"amount": "0.00"}, Codes.AmountMustBeGreaterThanZero),
        ({"amount": "100000000.00"}, Codes.AmountIsTooLarge),
        ({"credit_card": {}}, Codes.CreditCardIsRequired),
        ({"payment_method_token": "abcd"}, "91515"),
        ({"credit_card": {}, "payment_method_token": "abcd"}, Codes.PaymentMethodTokenIsInvalid),
        ({"credit_card": {}, "payment_method_nonce": "abcd"}, Codes.PaymentMethodNonceUnknown),
        ({"customer_id": "nobody"}, Codes.CustomerIdIsInvalid),
        ({"merchant_account_id": "nobody"}, Codes.MerchantAccountIdIsInvalid),
        ({"order_id": "x" * 256}, Codes.OrderIdIsTooLong),
        ({"transaction_source": "guess"}, Codes.TransactionSourceIsInvalid),
        ({"custom_fields": {"unknown": "x"}}, Codes.CustomFieldIsInvalid),
        ({"tax_amount": "asdf"}, Codes.TaxAmountFormatIsInvalid),
        ({"purchase_order_number": "x" * 18}, Codes.PurchaseOrderNumberIsTooLong),
        ({"purchase_order_number": "ü"}, Codes.PurchaseOrderNumberIsInvalid),
        ({"descriptor": {"name": "abcd*x"}}, ErrorCodes.Descriptor.NameFormatIsInvalid),
        ({"descriptor": {"phone": "12345"}}, ErrorCodes.Descriptor.PhoneFormatIsInvalid),
        ({"descriptor": {"url": "x" * 14}}, ErrorCodes.Descriptor.UrlFormatIsInvalid),
        ({"billing": {"postal_code": "12345678901"}}, ErrorCodes.Address.PostalCodeIsTooLong),
        ({"billing": {"postal_code": "9410_"}}, ErrorCodes.Address.PostalCodeInvalidCharacters),
        ({"customer": {"email": "nobody"}}, ErrorCodes.Customer.EmailFormatIsInvalid),
        (
            {"customer": {"international_phone": {"country_code": "abc", "national_number": "3121234567"}}},
            ErrorCodes.Customer.InternationalPhoneCountryCodeIsInvalid,
        ),
    ],
)
def test_a_sale_is_refused(server: SandboxServer, sdk: Any, change: dict[str, Any], code: str) -> None:
    assert codes(sdk.transaction.sale(params(**change))) == [code]
    assert not server.store.books["integration_merchant_id"].transactions


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"number": None}, CardCodes.NumberIsRequired),
        ({"number": "41111111111"}, CardCodes.NumberLengthIsInvalid),
        ({"number": "4111a11111111111"}, CardCodes.NumberLengthIsInvalid),
        ({"number": "4111111111111112"}, CardCodes.NumberIsInvalid),
        ({"number": "1000000000000008"}, CardCodes.CreditCardTypeIsNotAccepted),
        ({"number": "4000000000000002"}, CardCodes.NumberMustBeTestNumber),
        ({"expiration_date": None}, CardCodes.ExpirationDateIsRequired),
        ({"expiration_date": "13/2031"}, CardCodes.ExpirationDateIsInvalid),
        ({"expiration_date": "05/031"}, CardCodes.ExpirationDateIsInvalid),
        ({"expiration_date": None, "expiration_month": "5"}, CardCodes.ExpirationYearIsInvalid),
        ({"cvv": "12"}, CardCodes.CvvIsInvalid),
        ({"number": "378282246310005", "cvv": "123"}, CardCodes.CvvIsInvalid),
    ],
)
def test_a_card_is_refused(sdk: Any, change: dict[str, Any], code: str) -> None:
    result = sdk.transaction.sale(params(credit_card={**params()["credit_card"], **change}))
    assert codes(result) == [code]
    assert result.errors.for_object("transaction").for_object("credit_card").errors[0].code == code


def test_all_problems_are_told_at_once_and_the_card_is_not_echoed(sdk: Any) -> None:
    card = {"number": "4111111111111112", "expiration_date": "5", "cvv": "9", "cardholder_name": "Ann"}
    result = sdk.transaction.sale({"amount": None, "credit_card": card})
    assert codes(result) == ["81502", "81715", "81707", "81710"]
    assert result.message.startswith("Amount is required.")
    assert result.transaction is None
    echo = {"amount": None, "type": "sale", "credit_card": {"expiration_date": "5", "cardholder_name": "Ann"}}
    assert result.params == {"transaction": echo}


# --- what follows a sale ----------------------------------------------------------------------------------------


def test_a_sale_is_submitted_for_less_but_never_for_more(sdk: Any) -> None:
    sale = sold(sdk)
    assert codes(sdk.transaction.submit_for_settlement(sale.id, "10.01")) == [Codes.SettlementAmountIsTooLarge]
    submitted = sdk.transaction.submit_for_settlement(sale.id, "9.00", {"order_id": "new"}).transaction
    assert (submitted.status, submitted.amount) == ("submitted_for_settlement", Decimal("9.00"))
    assert submitted.order_id == "new"
    assert [event.status for event in submitted.status_history] == ["authorized", "submitted_for_settlement"]
    assert codes(sdk.transaction.submit_for_settlement(sale.id)) == [Codes.CannotSubmitForSettlement]


def test_a_submit_may_change_the_descriptor(sdk: Any) -> None:
    sale = sold(sdk, descriptor={"name": "abc*one", "url": "x.com"})
    wrong = {"descriptor": {"name": "x"}}
    assert codes(sdk.transaction.submit_for_settlement(sale.id, None, wrong)) == ["92201"]
    change = {"descriptor": {"name": "abc*two"}}
    submitted = sdk.transaction.submit_for_settlement(sale.id, None, change).transaction
    assert (submitted.descriptor.name, submitted.descriptor.url) == ("abc*two", "x.com")


def test_a_credit_gives_money_without_a_sale(sdk: Any) -> None:
    credit = sdk.transaction.credit(params()).transaction
    assert (credit.type, credit.status) == ("credit", "submitted_for_settlement")
    assert (credit.processor_response_code, credit.cvv_response_code) == ("1002", "A")
    assert codes(sdk.transaction.create(params(type="gift"))) == [Codes.TypeIsInvalid]
    assert codes(sdk.transaction.create(params())) == [Codes.TypeIsRequired]


def test_a_sale_is_voided_until_it_is_settled(sdk: Any) -> None:
    assert sdk.transaction.void(sold(sdk).id).transaction.status == "voided"
    submitted = sold(sdk, options={"submit_for_settlement": True})
    assert sdk.transaction.void(submitted.id).transaction.status == "voided"
    assert codes(sdk.transaction.void(submitted.id)) == [Codes.CannotBeVoided]
    assert codes(sdk.transaction.void(settled(sdk).id)) == [Codes.CannotBeVoided]


def test_settling_puts_a_transaction_in_the_batch_of_its_day(sdk: Any) -> None:
    sale = settled(sdk)
    assert sale.status == "settled"
    assert sale.settlement_batch_id.startswith("2030-01-02_sandbox_credit_card_")
    assert codes(sdk.testing.settle_transaction(sold(sdk).id)) == [Codes.CannotSimulateTransactionSettlement]


@pytest.mark.parametrize("outcome", ["settlement_confirm", "settlement_decline", "settlement_pending"])
def test_the_other_settlement_states_can_be_asked_for(sdk: Any, outcome: str) -> None:
    sale = sold(sdk, options={"submit_for_settlement": True})
    moved = getattr(sdk.testing, f"{outcome}_transaction")(sale.id).transaction
    assert moved.status == {"confirm": "settlement_confirmed", "decline": "settlement_declined"}.get(
        outcome.removeprefix("settlement_"), "settlement_pending"
    )


def test_refunds_never_exceed_the_sale(sdk: Any) -> None:
    sale = settled(sdk)
    refund = sdk.transaction.refund(sale.id, {"amount": "6.00", "order_id": "back"}).transaction
    assert (refund.type, refund.status, refund.amount) == ("credit", "submitted_for_settlement", Decimal("6.00"))
    assert (refund.order_id, refund.refunded_transaction_id) == ("back", sale.id)
    assert (refund.processor_response_code, refund.cvv_response_code) == ("1002", "A")
    assert codes(sdk.transaction.refund(sale.id, "4.01")) == [Codes.RefundAmountIsTooLarge]
    rest = sdk.transaction.refund(sale.id).transaction
    assert rest.amount == Decimal("4.00")
    assert codes(sdk.transaction.refund(sale.id)) == [Codes.HasAlreadyBeenRefunded]
    unknown = {"amount": "1.00", "merchant_account_id": "nobody"}
    assert codes(sdk.transaction.refund(settled(sdk).id, unknown)) == [Codes.MerchantAccountIdIsInvalid]
    assert codes(sdk.transaction.refund(refund.id)) == [Codes.CannotRefundCredit]
    found = sdk.transaction.find(sale.id)
    assert (found.refund_ids, found.refund_id) == ([refund.id, rest.id], rest.id)
    assert codes(sdk.transaction.refund(sold(sdk).id)) == [Codes.CannotRefundUnlessSettled]


def test_a_refund_may_be_declined_hard_or_captured_soft(sdk: Any) -> None:
    sale = settled(sdk, amount="9000.00")
    hard = sdk.transaction.refund(sale.id, "2004.00")
    assert (hard.is_success, hard.transaction.status) == (False, "processor_declined")
    assert hard.transaction.additional_processor_response == "2004 : Expired Card"
    soft = sdk.transaction.refund(sale.id, "2046.00").transaction
    assert (soft.status, soft.processor_response_code) == ("submitted_for_settlement", "1005")
    assert sdk.transaction.refund(sale.id).transaction.amount == Decimal("6954.00")


def test_a_transaction_that_does_not_exist_is_not_found(sdk: Any) -> None:
    for ask in (sdk.transaction.find, sdk.transaction.void, sdk.transaction.refund, sdk.testing.settle_transaction):
        with pytest.raises(NotFoundError):
            ask("zzzzzzzz")


# --- repeated requests ------------------------------------------------------------------------------------------


def test_a_repeat_within_the_window_is_a_duplicate(merchant: Any, clock: Any) -> None:
    sdk = merchant("fs_app_demo")
    first = sold(sdk, order_id="a")
    again = sdk.transaction.sale(params(order_id="a"))
    assert again.transaction.gateway_rejection_reason == "duplicate"
    assert again.transaction.id != first.id
    sold(sdk, order_id="b")
    sold(sdk, order_id="a", amount="10.01")
    sold(sdk, order_id="a", credit_card={"number": "4111111111111111", "expiration_date": "06/2031"})
    sold(sdk, order_id="a", credit_card={"number": "4012888888881881", "expiration_date": "05/2031"})
    clock.pass_seconds(30)
    assert not sdk.transaction.sale(params(order_id="a")).is_success
    clock.pass_seconds(1)
    sold(sdk, order_id="a")


def test_a_declined_sale_is_not_repeated_but_tried_again(merchant: Any) -> None:
    sdk = merchant("fs_app_demo")
    for _ in range(2):
        assert sdk.transaction.sale(params(amount="2000.00")).transaction.status == "processor_declined"


def test_the_merchant_for_tests_has_no_duplicate_check(sdk: Any) -> None:
    assert sold(sdk).id != sold(sdk).id


def test_the_same_request_key_answers_with_the_first_sale(server: SandboxServer, sdk: Any) -> None:
    first = sold(sdk, api_request_key="k", order_id="a")
    sdk.transaction.submit_for_settlement(first.id)
    again = sold(sdk, api_request_key="k", order_id="a")
    assert (again.id, again.status) == (first.id, "submitted_for_settlement")
    assert server.control.orders()["a"]["captured"] == 1
    assert codes(sdk.transaction.sale(params(api_request_key="k", order_id="b"))) == ["915232"]
    other_card = {"number": "4012888888881881", "expiration_date": "05/2031"}
    other = params(api_request_key="k", order_id="a", credit_card=other_card)
    assert codes(sdk.transaction.sale(other)) == ["915232"]
    assert codes(sdk.transaction.void(first.id, {"api_request_key": "k"})) == ["915232"]


def test_request_keys_also_protect_refunds_and_tell_of_failures(sdk: Any) -> None:
    sale = settled(sdk)
    options = {"amount": "1.00", "api_request_key": "r"}
    ids = {sdk.transaction.refund(sale.id, dict(options)).transaction.id for _ in range(2)}
    assert len(ids) == 1
    for code in ("81531", "915234"):
        assert codes(sdk.transaction.sale(params(amount="0.00", api_request_key="f"))) == [code]
    assert codes(sdk.transaction.sale(params(api_request_key="x" * 256))) == ["915230"]
    declined = [sdk.transaction.sale(params(amount="2000.00", api_request_key="d")) for _ in range(2)]
    assert declined[0].transaction.id == declined[1].transaction.id
    assert not declined[1].is_success
