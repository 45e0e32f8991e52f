"""Addresses of customers, cards and transactions at the local gateway, and the countries in them."""

from __future__ import annotations

from typing import Any

import pycountry
import pytest
from braintree.exceptions.not_found_error import NotFoundError

from fs_app.gateways.sandbox import countries
from fs_app.gateways.sandbox.exchange import Problems

CARD = {"number": "4111111111111111", "expiration_date": "05/2031"}
COUNTRY = ("country_name", "country_code_alpha2", "country_code_alpha3", "country_code_numeric")


def codes(result: Any) -> list[str]:
    assert not result.is_success
    return [error.code for error in result.errors.deep_errors]


@pytest.fixture
def owner(sdk: Any) -> Any:
    return sdk.customer.create({"first_name": "Ann"}).customer


def test_an_address_is_created_found_changed_and_deleted(sdk: Any, owner: Any) -> None:
    given = {"first_name": "Ann", "street_address": "1 Main St", "country_code_alpha2": "CH"}
    made = sdk.address.create({"customer_id": owner.id, **given}).address
    assert (made.customer_id, made.street_address, made.postal_code) == (owner.id, "1 Main St", None)
    changed = sdk.address.update(owner.id, made.id, {"postal_code": "8001", "country_name": "Austria"}).address
    assert (changed.id, changed.first_name, changed.postal_code) == (made.id, "Ann", "8001")
    assert (changed.country_code_alpha2, changed.country_code_numeric) == ("AT", "040")
    assert sdk.address.find(owner.id, made.id).postal_code == "8001"
    assert [each.id for each in sdk.customer.find(owner.id).addresses] == [made.id]
    sdk.address.delete(owner.id, made.id)
    for ask in (sdk.address.find, sdk.address.delete, lambda *ids: sdk.address.update(*ids, {"region": "x"})):
        with pytest.raises(NotFoundError):
            ask(owner.id, made.id)


def test_an_address_belongs_to_one_customer(sdk: Any, owner: Any) -> None:
    made = sdk.address.create({"customer_id": owner.id, "region": "IL"}).address
    other = sdk.customer.create({}).customer
    for customer_id in (other.id, "nobody"):
        with pytest.raises(NotFoundError):
            sdk.address.find(customer_id, made.id)
    with pytest.raises(NotFoundError):
        sdk.address.create({"customer_id": "nobody", "region": "IL"})


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "81801"),
        ({"first_name": "x" * 256}, "81805"),
        ({"street_address": "x" * 256}, "81812"),
        ({"postal_code": "1234567890"}, "81809"),
        ({"postal_code": "12*"}, "81813"),
        ({"country_name": "Atlantis"}, "91803"),
        ({"country_code_alpha2": "ZZ"}, "91814"),
        ({"country_code_alpha3": "ZZZ"}, "91816"),
        ({"country_code_numeric": "000"}, "91817"),
        ({"country_code_alpha2": "US", "country_code_alpha3": "MEX"}, "91815"),
        ({"region": "x", "international_phone": {"country_code": "x", "national_number": "12345"}}, "91625"),
        ({"region": "x", "international_phone": {"country_code": "1", "national_number": "1"}}, "91626"),
    ],
)
def test_an_address_is_refused(sdk: Any, owner: Any, given: dict[str, Any], code: str) -> None:
    assert codes(sdk.address.create({"customer_id": owner.id, **given})) == [code]
    assert sdk.customer.find(owner.id).addresses == []


def test_each_way_to_name_a_country_fills_the_others() -> None:
    for country in pycountry.countries:
        for field, value in (
            ("alpha2", country.alpha_2),
            ("alpha3", country.alpha_3),
            ("numeric", country.numeric),
        ):
            found = countries.complete({f"country_code_{field}": value}, Problems())
            assert found["country_code_alpha3"] == country.alpha_3
            by_name = countries.complete({"country_name": found["country_name"]}, Problems())
            assert by_name == found
    us = countries.complete({"country_code_numeric": "840"}, Problems())
    assert tuple(us[name] for name in COUNTRY) == ("United States of America", "US", "USA", "840")


def test_a_deleted_address_leaves_the_card(sdk: Any, owner: Any) -> None:
    card = sdk.credit_card.create(
        {"customer_id": owner.id, **CARD, "billing_address": {"region": "IL"}}
    ).credit_card
    (address,) = sdk.customer.find(owner.id).addresses
    assert address.id == card.billing_address.id
    sdk.address.update(owner.id, address.id, {"region": "CA"})
    assert sdk.credit_card.find(card.token).billing_address.region == "CA"
    sdk.address.delete(owner.id, address.id)
    assert sdk.credit_card.find(card.token).billing_address is None


def test_a_card_takes_one_of_the_customers_addresses(sdk: Any, owner: Any) -> None:
    address = sdk.address.create({"customer_id": owner.id, "region": "IL"}).address
    given = {"customer_id": owner.id, **CARD, "billing_address_id": address.id}
    card = sdk.credit_card.create(given).credit_card
    assert card.billing_address.id == address.id
    assert len(sdk.customer.find(owner.id).addresses) == 1
    assert codes(sdk.credit_card.create({**given, "billing_address_id": "nothing"})) == ["91702"]
    assert codes(sdk.credit_card.create({**given, "billing_address": {"region": "CA"}})) == ["91701"]


def test_a_sale_takes_one_of_the_customers_addresses(sdk: Any, owner: Any) -> None:
    address = sdk.address.create({"customer_id": owner.id, "region": "IL"}).address
    sale = {"amount": "1.00", "customer_id": owner.id, "credit_card": CARD}
    made = sdk.transaction.sale({**sale, "billing_address_id": address.id, "shipping_address_id": address.id})
    assert made.transaction.billing_details.region == "IL"
    assert made.transaction.shipping_details.id == address.id
    assert codes(sdk.transaction.sale({**sale, "shipping_address_id": "nothing"})) == ["91581"]
    assert codes(sdk.transaction.sale({**sale, "shipping": {"country_name": "Atlantis"}})) == ["91803"]


def test_a_sales_billing_country_is_completed(sdk: Any) -> None:
    sale = {"amount": "1.00", "credit_card": CARD, "billing": {"country_code_alpha3": "AUT"}}
    billing = sdk.transaction.sale(sale).transaction.billing_details
    assert (billing.country_name, billing.country_code_alpha2, billing.id) == ("Austria", "AT", None)
