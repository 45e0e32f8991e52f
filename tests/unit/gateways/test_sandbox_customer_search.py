"""Search for customers at the local gateway."""

from __future__ import annotations

from typing import Any

from braintree import CustomerSearch as Search

CARD = {"number": "4111111111111111", "expiration_date": "05/2031"}
ANN = {
    "first_name": "Ann",
    "last_name": "O'Neil & Sons",
    "company": "Acme",
    "email": "ann@example.com",
    "phone": "312",
    "fax": "313",
    "website": "http://example.com",
}


def test_customers_are_searched_by_their_own_fields_and_by_what_they_have_on_file(sdk: Any, clock: Any) -> None:
    billing = {"billing_address": {"locality": "Chicago", "country_code_alpha2": "US"}}
    ann = sdk.customer.create(
        {**ANN, "credit_card": {**CARD, "cardholder_name": "A. O", "token": "hers", **billing}}
    )
    clock.pass_seconds(60)
    bea = sdk.customer.create({"first_name": "Bea"})
    for term in (
        *(getattr(Search, name) == value for name, value in ANN.items()),
        Search.id == ann.customer.id,
        Search.created_at <= ann.customer.created_at,
        Search.address_locality.starts_with("Chi"),
        Search.address_country_name == "United States of America",
        Search.cardholder_name.ends_with("O"),
        Search.credit_card_number == CARD["number"],
        Search.credit_card_expiration_date == "05/2031",
        Search.payment_method_token == "hers",
    ):
        assert [each.id for each in sdk.customer.search(term).items] == [ann.customer.id]
    assert [each.id for each in sdk.customer.all().items] == [bea.customer.id, ann.customer.id]
    assert list(sdk.customer.search(Search.first_name == "Ann", Search.company == "Other").items) == []


def test_customers_with_the_same_card_are_found_by_one_token(sdk: Any) -> None:
    ann = sdk.customer.create({"credit_card": {**CARD, "token": "hers"}}).customer
    bea = sdk.customer.create({"credit_card": CARD}).customer
    sdk.customer.create({"credit_card": {**CARD, "number": "5555555555554444"}})
    found = sdk.customer.search(Search.payment_method_token_with_duplicates == "hers")
    assert {each.id for each in found.items} == {ann.id, bea.id}


def test_more_than_a_page_of_customers_is_found(sdk: Any) -> None:
    made = {sdk.customer.create({}).customer.id for _ in range(60)}
    assert {each.id for each in sdk.customer.all().items} == made
