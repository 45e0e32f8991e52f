"""Transaction search at the local gateway, by the SDK's own builders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from braintree import TransactionSearch as Search
from braintree.exceptions.request_timeout_error import RequestTimeoutError

CARD = {"number": "4111111111111111", "expiration_date": "05/2031", "cardholder_name": "Ann Ö"}


@pytest.fixture
def sales(sdk: Any, clock: Any) -> list[str]:
    """Three sales a minute apart: a settled Visa, an authorised MasterCard, a declined Visa."""
    makings: list[dict[str, Any]] = [
        {"amount": "10.00", "order_id": "one", "credit_card": CARD, "options": {"submit_for_settlement": True}},
        {
            "amount": "20.00",
            "order_id": "two",
            "credit_card": {"number": "5555555555554444", "expiration_date": "06/2032"},
            "billing": {"postal_code": "94107"},
            "customer": {"email": "bea@example.com"},
            "merchant_account_id": "sandbox_credit_card_non_default",
        },
        {"amount": "2001.00", "credit_card": CARD, "transaction_source": "recurring"},
    ]
    ids = []
    for making in makings:
        ids.append(sdk.transaction.sale(making).transaction.id)
        clock.pass_seconds(60)
    sdk.testing.settle_transaction(ids[0])
    return ids


def test_every_field_finds_what_it_should(sdk: Any, sales: list[str], clock: Any) -> None:
    one, two, three = sales
    start = clock.time - timedelta(seconds=180)
    wanted = [
        (Search.order_id == "one", [one]),
        (Search.order_id.starts_with("t"), [two]),
        (Search.order_id.ends_with("e"), [one]),
        (Search.order_id.contains("w"), [two]),
        (Search.order_id == None, [three]),  # noqa: E711  the SDK's way to ask for nil
        (Search.order_id != "one", [three, two]),
        (Search.id == two, [two]),
        (Search.ids.in_list([one, three]), [three, one]),
        (Search.status.in_list(["settled", "authorized"]), [two, one]),
        (Search.type == "credit", []),
        (Search.refund == True, []),  # noqa: E712  builds a criterion
        (Search.amount >= "20.00", [three, two]),
        (Search.amount.between("10.00", "20.00"), [two, one]),
        (Search.amount == "20.00", [two]),
        (Search.created_at >= start + timedelta(seconds=60), [three, two]),
        (Search.created_at <= start, [one]),
        (Search.created_at.between(start, start + timedelta(seconds=60)), [two, one]),
        (Search.settled_at >= start, [one]),
        (Search.processor_declined_at >= start, [three]),
        (Search.merchant_account_id == "sandbox_credit_card_non_default", [two]),
        (Search.source == "recurring", [three]),
        (Search.user == "integration_user_public_id", [three, two, one]),
        (Search.created_using == "full_information", [three, two, one]),
        (Search.credit_card_number == "4111111111111111", [three, one]),
        (Search.credit_card_number.starts_with("555555"), [two]),
        (Search.credit_card_number.ends_with("4444"), [two]),
        (Search.credit_card_card_type == "MasterCard", [two]),
        (Search.credit_card_expiration_date == "06/2032", [two]),
        (Search.credit_card_cardholder_name == "Ann Ö", [three, one]),
        (Search.billing_postal_code == "94107", [two]),
        (Search.customer_email.contains("bea"), [two]),
        (Search.settlement_batch_id.starts_with("2030-01-02_"), [one]),
        (Search.currency == "USD", [three, two, one]),
    ]
    for criterion, ids in wanted:
        assert sdk.transaction.search(criterion).ids == ids, criterion.name


ADDRESS = {
    "first_name": "Cleo",
    "last_name": "Dahl",
    "company": "Dahl & Sons",
    "street_address": "12 Long Road",
    "extended_address": "Suite 9",
    "locality": "Chicago",
    "region": "IL",
    "postal_code": "60622",
    "country_name": "Norway",
}
PERSON = {
    "first_name": "Edda",
    "last_name": "Falk",
    "company": "Falk Ltd",
    "email": "edda@example.com",
    "phone": "312-555-1234",
    "fax": "312-555-1235",
    "website": "falk.example.com",
}


@pytest.fixture
def whole(sdk: Any, sales: list[str]) -> Any:
    """A fourth sale, of which every text is given."""
    sale = {
        "amount": "30.00",
        "order_id": "four",
        "credit_card": {"number": "6011111111111117", "expiration_date": "07/2033", "cardholder_name": "Gro Hel"},
        "customer": PERSON,
        "billing": ADDRESS,
        "shipping": {**ADDRESS, "first_name": "Ivar", "postal_code": "10001"},
        "options": {"store_in_vault": True, "submit_for_settlement": True},
    }
    return sdk.transaction.sale(sale).transaction


def test_every_text_is_found_whole_and_by_its_parts(sdk: Any, whole: Any) -> None:
    texts = {
        "order_id": "four",
        "credit_card_cardholder_name": "Gro Hel",
        "credit_card_unique_identifier": whole.credit_card_details.unique_number_identifier,
        "payment_method_token": whole.credit_card_details.token,
        "processor_authorization_code": whole.processor_authorization_code,
        "customer_id": whole.customer_details.id,
        **{f"customer_{name}": text for name, text in PERSON.items()},
        **{f"billing_{name}": text for name, text in ADDRESS.items()},
        **{f"shipping_{name}": text for name, text in ADDRESS.items()},
        "shipping_first_name": "Ivar",
        "shipping_postal_code": "10001",
    }
    for name, text in texts.items():
        field = getattr(Search, name)
        asked = [field == text, field.starts_with(text[:-1]), field.ends_with(text[1:]), field.contains(text[1:-1])]
        for criterion in asked:
            assert sdk.transaction.search(criterion).ids == [whole.id], name
        assert whole.id not in sdk.transaction.search(field != text).ids, name
        assert sdk.transaction.search(field == f"{text}?").ids == [], name


def test_every_status_is_found_by_its_time(sdk: Any, merchant: Any, clock: Any) -> None:
    def made(gateway: Any, **more: Any) -> Any:
        return gateway.transaction.sale({"amount": "10.00", "credit_card": CARD, **more}).transaction

    rules = merchant("processing_rules_merchant_id")
    submit = {"options": {"submit_for_settlement": True}}
    reached = {
        "authorized_at": (sdk, made(sdk)),
        "submitted_for_settlement_at": (sdk, made(sdk, **submit)),
        "settled_at": (sdk, sdk.testing.settle_transaction(made(sdk, **submit).id).transaction),
        "voided_at": (sdk, sdk.transaction.void(made(sdk).id).transaction),
        "failed_at": (sdk, made(sdk, amount="3000.00")),
        "processor_declined_at": (sdk, made(sdk, amount="2000.00")),
        "gateway_rejected_at": (rules, made(rules, credit_card={**CARD, "cvv": "200"})),
    }
    moment, second = clock.time, timedelta(seconds=1)
    for name, (gateway, transaction) in reached.items():
        field = getattr(Search, name)
        for criterion in (field >= moment, field <= moment, field == moment, field.between(moment, moment)):
            assert transaction.id in gateway.transaction.search(criterion).ids, name
        for criterion in (field >= moment + second, field <= moment - second, field == moment + second):
            assert gateway.transaction.search(criterion).ids == [], name


def test_cards_are_found_by_kind_and_way(sdk: Any, whole: Any) -> None:
    again = {"amount": "31.00", "payment_method_token": whole.credit_card_details.token}
    by_token = sdk.transaction.sale(again).transaction
    assert sdk.transaction.search(Search.created_using == "token").ids == [by_token.id]
    assert sdk.transaction.search(Search.credit_card_card_type == "Discover").ids == [by_token.id, whole.id]
    assert len(sdk.transaction.search(Search.payment_instrument_type == "CreditCardDetail").ids) == 5
    assert sdk.transaction.search(Search.payment_instrument_type == "PayPalDetail").ids == []
    assert len(sdk.transaction.search(Search.credit_card_customer_location == "us").ids) == 5
    assert sdk.transaction.search(Search.acquirer_reference_number == "1").ids == []


def test_criteria_are_joined_and_results_are_whole(sdk: Any, sales: list[str]) -> None:
    found = list(sdk.transaction.search(Search.order_id == "one", Search.status == "settled").items)
    assert [(sale.id, sale.order_id, sale.status) for sale in found] == [(sales[0], "one", "settled")]
    assert sdk.transaction.search(Search.order_id == "one", Search.status == "voided").ids == []


def test_nothing_found_is_an_empty_collection(sdk: Any) -> None:
    assert list(sdk.transaction.search(Search.order_id == "nothing").items) == []


def test_more_than_a_page_is_found_whole(sdk: Any) -> None:
    made = [
        sdk.transaction.sale({"amount": "1.00", "order_id": "many", "credit_card": CARD}).transaction.id
        for _ in range(51)
    ]
    found = [sale.id for sale in sdk.transaction.search(Search.order_id == "many").items]
    assert found == made[::-1]


def test_a_refund_is_found_as_a_credit(sdk: Any, sales: list[str]) -> None:
    refund = sdk.transaction.refund(sales[0], {"amount": "1.00", "order_id": "back"}).transaction
    assert sdk.transaction.search(Search.type == "credit").ids == [refund.id]
    assert sdk.transaction.search(Search.refund == True).ids == [refund.id]  # noqa: E712


@pytest.mark.parametrize("criterion", [Search.amount >= "-1.00", Search.amount >= "x", Search.store_id == "1"])
def test_what_cannot_be_searched_is_refused(sdk: Any, criterion: Any) -> None:
    with pytest.raises(RequestTimeoutError):  # what the SDK makes of a refused search
        sdk.transaction.search(criterion)
