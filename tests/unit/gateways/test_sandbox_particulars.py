"""Level 2 and 3 data, line items, clones and changed details of transactions at the local gateway."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from braintree.exceptions.not_found_error import NotFoundError

CARD = {"number": "4111111111111111", "expiration_date": "05/2031"}
SALE = {"amount": "10.00", "credit_card": CARD}
ITEM = {"name": "Soap", "kind": "debit", "quantity": "2", "unit_amount": "5.1234", "total_amount": "10.25"}


def codes(result: Any) -> list[str]:
    assert not result.is_success
    return [error.code for error in result.errors.deep_errors]


def test_particulars_are_answered_as_given(sdk: Any) -> None:
    amounts = {
        "tax_amount": "0.00",
        "discount_amount": "1.00",
        "shipping_amount": "2.00",
        "surcharge_amount": "3.00",
    }
    given = {**amounts, "purchase_order_number": "12345", "channel": "phone", "ships_from_postal_code": "12345"}
    sale = sdk.transaction.sale({**SALE, **given}).transaction
    assert {name: getattr(sale, name) for name in amounts} == {
        name: Decimal(text) for name, text in amounts.items()
    }
    assert (sale.purchase_order_number, sale.channel, sale.ships_from_postal_code) == ("12345", "phone", "12345")
    plain = sdk.transaction.sale(SALE).transaction
    assert (plain.discount_amount, plain.processed_with_network_token, plain.retried) == (None, False, False)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"tax_amount": "x"}, "81535"),
        ({"tax_amount": "-1.00"}, "81534"),
        ({"discount_amount": "1.234"}, "915159"),
        ({"shipping_amount": "100000000.00"}, "915164"),
        ({"purchase_order_number": "x" * 18}, "91537"),
        ({"purchase_order_number": "ü"}, "91548"),
        ({"channel": "x" * 256}, "91550"),
        ({"ships_from_postal_code": "1234567890"}, "915165"),
        ({"ships_from_postal_code": "1$"}, "915167"),
        ({"product_sku": "a!"}, "915202"),
        ({"processing_merchant_category_code": "541A"}, "915265"),
        ({"sca_exemption": "none"}, "915213"),
        ({"billing": {"phone_number": "1=2"}}, "915206"),
        ({"shipping": {"shipping_method": "urgent"}}, "915203"),
        ({"risk_data": {"customer_location_zip": "9$"}}, "94703"),
        ({"external_vault": {"status": "x"}}, "915175"),
        ({"external_vault": {"status": "will_vault", "previous_network_transaction_id": "123456789"}}, "915177"),
        ({"line_items": [ITEM] * 250}, "915157"),
    ],
)
def test_particulars_are_refused(sdk: Any, given: dict[str, Any], code: str) -> None:
    assert codes(sdk.transaction.sale({**SALE, **given})) == [code]


def test_line_items_are_kept(sdk: Any) -> None:
    sale = sdk.transaction.sale({**SALE, "line_items": [ITEM, {**ITEM, "tax_amount": "0"}]}).transaction
    first, second = sdk.transaction_line_item.find_all(sale.id)
    assert {name: getattr(first, name) for name in ITEM} == ITEM
    assert (first.tax_amount, second.tax_amount, first.description) == (None, "0.00", None)
    assert sdk.transaction_line_item.find_all(sdk.transaction.sale(SALE).transaction.id) == []
    with pytest.raises(NotFoundError):
        sdk.transaction_line_item.find_all("nothing")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"name": None}, "95822"),
        ({"name": "x" * 36}, "95823"),
        ({"kind": None}, "95808"),
        ({"kind": "gift"}, "95807"),
        ({"quantity": None}, "95811"),
        ({"quantity": "1.23456"}, "95810"),
        ({"unit_amount": "0"}, "95820"),
        ({"total_amount": "2147483648"}, "95815"),
        ({"discount_amount": "-1"}, "95806"),
        ({"commodity_code": "x" * 13}, "95801"),
        ({"upc_code": "1"}, "95832"),
        ({"upc_type": "UPC-A"}, "95830"),
        ({"upc_code": "1", "upc_type": "x"}, "95833"),
    ],
)
def test_a_line_item_is_refused_by_its_place(sdk: Any, given: dict[str, Any], code: str) -> None:
    result = sdk.transaction.sale({**SALE, "line_items": [ITEM, {**ITEM, **given}]})
    assert codes(result) == [code]
    items = result.errors.for_object("transaction").for_object("line_items")
    assert [error.code for error in items.for_object("index_1").errors] == [code]


def test_a_sale_is_cloned_for_another_amount(sdk: Any) -> None:
    more = {"order_id": "7", "customer": {"first_name": "Ann"}, "billing": {"region": "IL"}}
    old = sdk.transaction.sale({**SALE, **more}).transaction
    options = {"options": {"submit_for_settlement": True}}
    new = sdk.transaction.clone_transaction(old.id, {"amount": "12.34", "channel": "web", **options}).transaction
    assert (new.amount, new.order_id, new.channel) == (Decimal("12.34"), "7", "web")
    assert (new.customer_details.first_name, new.billing_details.region) == ("Ann", "IL")
    assert (new.id != old.id, new.status) == (True, "submitted_for_settlement")
    assert new.credit_card_details.masked_number == old.credit_card_details.masked_number


def test_what_is_no_plain_sale_is_not_cloned(sdk: Any) -> None:
    clone = {"amount": "1.00"}
    credit = sdk.transaction.credit(SALE).transaction
    declined = sdk.transaction.sale({**SALE, "amount": "2000.00"}).transaction
    vaulted = sdk.transaction.sale({**SALE, "options": {"store_in_vault": True}}).transaction
    by_token = {"amount": "1.00", "payment_method_token": vaulted.credit_card_details.token}
    from_vault = sdk.transaction.sale(by_token).transaction
    for transaction, code in ((credit, "91543"), (declined, "91542"), (from_vault, "91540")):
        assert codes(sdk.transaction.clone_transaction(transaction.id, clone)) == [code]
    with pytest.raises(NotFoundError):
        sdk.transaction.clone_transaction("nothing", clone)


def test_details_are_changed_until_it_settles(sdk: Any) -> None:
    sale = sdk.transaction.sale({**SALE, "options": {"submit_for_settlement": True}}).transaction
    change = {"amount": "9.00", "order_id": "8", "descriptor": {"name": "abc*def"}}
    changed = sdk.transaction.update_details(sale.id, change).transaction
    assert (changed.amount, changed.order_id, changed.descriptor.name) == (Decimal("9.00"), "8", "abc*def")
    assert changed.status == "submitted_for_settlement"
    assert sdk.transaction.update_details(sale.id, {"amount": "10.00"}).transaction.order_id == "8"
    assert codes(sdk.transaction.update_details(sale.id, {"amount": "10.01"})) == ["91522"]
    sdk.testing.settle_transaction(sale.id)
    assert codes(sdk.transaction.update_details(sale.id, {"amount": "9.00"})) == ["915129"]


def test_particulars_may_come_with_the_submission(sdk: Any) -> None:
    sale = sdk.transaction.sale({**SALE, "channel": "phone"}).transaction
    more = {"discount_amount": "1.00", "line_items": [ITEM]}
    submitted = sdk.transaction.submit_for_settlement(sale.id, None, more).transaction
    assert (submitted.discount_amount, submitted.channel) == (Decimal("1.00"), "phone")
    assert [item.name for item in sdk.transaction_line_item.find_all(sale.id)] == ["Soap"]
