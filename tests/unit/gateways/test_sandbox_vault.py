"""Customers and cards on file at the local gateway."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from braintree.error_codes import ErrorCodes
from braintree.exceptions.not_found_error import NotFoundError

from fs_app.gateways.sandbox import SandboxServer

CARD = {"number": "4111111111111111", "expiration_date": "05/2031"}
OTHER = {"number": "5555555555554444", "expiration_date": "06/2032"}


def codes(result: Any) -> list[str]:
    assert not result.is_success
    return [error.code for error in result.errors.deep_errors]


def customer(sdk: Any, **more: Any) -> Any:
    result = sdk.customer.create({"first_name": "Ann", **more})
    assert result.is_success, result
    return result.customer


def test_a_customer_is_created_found_changed_and_deleted(sdk: Any) -> None:
    made = customer(sdk, last_name="O'Neil <&>", email="ann@example.com", custom_fields={"store_me": "x"})
    assert made.id.isdigit()
    found = sdk.customer.find(made.id)
    assert (found.first_name, found.last_name, found.email) == ("Ann", "O'Neil <&>", "ann@example.com")
    assert (found.credit_cards, found.addresses, found.custom_fields) == ([], [], {"store_me": "x"})
    changed = sdk.customer.update(made.id, {"first_name": "Bea", "id": "bea-1"}).customer
    assert (changed.id, changed.first_name, changed.last_name) == ("bea-1", "Bea", "O'Neil <&>")
    assert sdk.customer.delete("bea-1").is_success
    for ask in (sdk.customer.find, sdk.customer.delete, lambda name: sdk.customer.update(name, {"phone": "1"})):
        with pytest.raises(NotFoundError):
            ask("bea-1")


def test_a_customer_is_refused(server: SandboxServer, sdk: Any) -> None:
    customer(sdk, id="taken")
    assert codes(sdk.customer.create({"id": "taken"})) == [ErrorCodes.Customer.IdIsInUse]
    assert codes(sdk.customer.create({"id": "a b"})) == [ErrorCodes.Customer.IdIsInvalid]
    assert codes(sdk.customer.create({"email": "@"})) == [ErrorCodes.Customer.EmailFormatIsInvalid]
    assert codes(sdk.customer.create({"custom_fields": {"no": "x"}})) == [ErrorCodes.Customer.CustomFieldIsInvalid]
    result = sdk.customer.create({"id": "new", "credit_card": {**CARD, "number": "4111111111111112"}})
    nested = result.errors.for_object("customer").for_object("credit_card").on("number")
    assert [error.code for error in nested] == ["81715"]
    assert list(server.store.books["integration_merchant_id"].customers) == ["taken"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"id": "x" * 37}, "91612"),
        ({"company": "x" * 256}, "81601"),
        ({"phone": "1" * 256}, "81614"),
        ({"credit_card": {**CARD, "cardholder_name": "x" * 176}}, "81723"),
        ({"credit_card": {**CARD, "token": "x" * 37}}, "91720"),
    ],
)
def test_what_is_too_long_is_refused(sdk: Any, given: dict[str, Any], code: str) -> None:
    assert codes(sdk.customer.create(given)) == [code]


def test_every_problem_of_a_customers_update_is_told_at_once(sdk: Any) -> None:
    made = customer(sdk, credit_card={**CARD, "token": "one"})
    change = {"number": "4111111111111112", "options": {"update_existing_token": "one"}}
    result = sdk.customer.update(made.id, {"email": "@", "first_name": "Bea", "credit_card": change})
    assert sorted(codes(result)) == ["81604", "81715"]
    assert sdk.customer.find(made.id).first_name == "Ann"


def test_a_customer_is_created_with_a_card(sdk: Any) -> None:
    made = customer(sdk, credit_card={**CARD, "token": "my_card", "billing_address": {"postal_code": "94107"}})
    (card,) = made.credit_cards
    assert (card.token, card.default, card.customer_id) == ("my_card", True, made.id)
    assert (card.masked_number, card.bin, card.last_4) == ("411111******1111", "411111", "1111")
    assert card.billing_address.postal_code == "94107"
    assert len(card.unique_number_identifier) == 32
    assert sdk.customer.find(made.id).addresses[0].postal_code == "94107"


def test_a_customers_update_adds_or_changes_a_card(sdk: Any) -> None:
    made = customer(sdk, credit_card={**CARD, "token": "one"})
    added = sdk.customer.update(made.id, {"credit_card": {**OTHER, "token": "two"}}).customer
    assert [card.token for card in added.credit_cards] == ["one", "two"]
    change = {"credit_card": {"expiration_date": "07/2033", "options": {"update_existing_token": "one"}}}
    changed = sdk.customer.update(made.id, change).customer
    assert [card.expiration_date for card in changed.credit_cards] == ["07/2033", "06/2032"]
    moved = sdk.customer.update(made.id, {"default_payment_method_token": "two"}).customer
    assert [card.default for card in moved.credit_cards] == [False, True]
    wrong = {"credit_card": {"options": {"update_existing_token": "nothing"}}}
    assert codes(sdk.customer.update(made.id, wrong)) == ["91723"]


def test_a_card_is_created_found_changed_and_deleted(sdk: Any) -> None:
    owner = customer(sdk)
    first = sdk.credit_card.create({"customer_id": owner.id, **CARD}).credit_card
    made_default = {"make_default": True}
    second = sdk.credit_card.create({"customer_id": owner.id, **OTHER, "options": made_default}).credit_card
    assert (first.default, second.default) == (True, True)
    assert not sdk.credit_card.find(first.token).default
    changed = sdk.credit_card.update(first.token, {"cardholder_name": "Ann"}).credit_card
    assert (changed.token, changed.cardholder_name, changed.last_4) == (first.token, "Ann", "1111")
    renumbered = sdk.credit_card.update(first.token, {**OTHER, "billing_address": {"postal_code": "1"}}).credit_card
    assert (renumbered.card_type, renumbered.billing_address.postal_code) == ("MasterCard", "1")
    assert sdk.payment_method.find(second.token).last_4 == "4444"
    assert sdk.payment_method.delete(second.token).is_success
    assert sdk.credit_card.find(first.token).default
    sdk.credit_card.delete(first.token)
    with pytest.raises(NotFoundError):
        sdk.credit_card.find(first.token)


def test_a_card_is_refused(sdk: Any) -> None:
    owner = customer(sdk, credit_card={**CARD, "token": "taken"})
    create = sdk.credit_card.create
    assert codes(create({**CARD})) == [ErrorCodes.CreditCard.CustomerIdIsRequired]
    assert codes(create({**CARD, "customer_id": "nobody"})) == [ErrorCodes.CreditCard.CustomerIdIsInvalid]
    assert codes(create({**CARD, "customer_id": owner.id, "token": "taken"})) == ["91719"]
    assert codes(create({**CARD, "customer_id": owner.id, "token": "a b"})) == ["91718"]
    assert codes(sdk.credit_card.update("taken", {"expiration_date": "0/0"})) == ["81710"]


def test_duplicates_are_refused_where_asked_for(sdk: Any) -> None:
    owner, other = customer(sdk, credit_card=CARD), customer(sdk)
    anywhere = {"options": {"fail_on_duplicate_payment_method": True}}
    of_customer = {"options": {"fail_on_duplicate_payment_method_for_customer": True}}
    result = sdk.credit_card.create({**CARD, "customer_id": other.id, **anywhere})
    assert (codes(result), result.message) == (["81724"], "Duplicate card exists in the vault.")
    assert sdk.credit_card.create({**CARD, "customer_id": other.id, **of_customer}).is_success
    result = sdk.credit_card.create({**CARD, "customer_id": owner.id, **of_customer})
    assert (codes(result), result.message) == (["81763"], "Duplicate card exists in the vault for the customer.")


def test_deleting_a_customer_deletes_the_cards(sdk: Any) -> None:
    made = customer(sdk, credit_card={**CARD, "token": "gone"})
    sdk.customer.delete(made.id)
    with pytest.raises(NotFoundError):
        sdk.credit_card.find("gone")


# --- sales from and into the vault ------------------------------------------------------------------------------


def test_a_sale_may_keep_customer_and_card(sdk: Any) -> None:
    options = {"store_in_vault": True, "add_billing_address_to_payment_method": True}
    sale = sdk.transaction.sale(
        {
            "amount": "10.00",
            "credit_card": {**CARD, "token": "kept"},
            "customer": {"id": "ann", "first_name": "Ann"},
            "billing": {"postal_code": "94107"},
            "options": options,
        }
    ).transaction
    assert (sale.customer_details.id, sale.credit_card_details.token) == ("ann", "kept")
    assert sale.vault_customer.first_name == "Ann"
    assert sale.vault_credit_card.billing_address.postal_code == "94107"
    assert sale.billing_details.id == sale.vault_credit_card.billing_address.id
    with_token = sdk.transaction.sale({"amount": "1.00", "payment_method_token": "kept"}).transaction
    assert with_token.credit_card_details.masked_number == "411111******1111"
    assert with_token.avs_postal_code_response_code == "M"
    by_customer = sdk.transaction.sale({"amount": "1.00", "customer_id": "ann"}).transaction
    assert by_customer.credit_card_details.token == "kept"
    assert codes(sdk.transaction.sale({"amount": "1.00", "credit_card": CARD, "customer": {"id": "ann"}, "options": options})) == ["91609"]  # fmt: skip  # noqa: E501


def test_a_declined_sale_keeps_nothing(server: SandboxServer, sdk: Any) -> None:
    declined = sdk.transaction.sale(
        {"amount": "2000.00", "credit_card": CARD, "options": {"store_in_vault_on_success": True}}
    ).transaction
    assert (declined.customer_details.id, declined.credit_card_details.token) == (None, None)
    books = server.store.books["integration_merchant_id"]
    assert not books.customers
    assert not books.methods


def test_a_customer_without_a_card_cannot_be_charged(sdk: Any) -> None:
    owner = customer(sdk)
    assert codes(sdk.transaction.sale({"amount": "1.00", "customer_id": owner.id})) == ["91511"]
    other = customer(sdk, credit_card={**CARD, "token": "theirs"})
    wrong = {"amount": "1.00", "customer_id": owner.id, "payment_method_token": "theirs"}
    assert codes(sdk.transaction.sale(wrong)) == ["91516"]
    charged = sdk.transaction.sale({"amount": "1.00", "customer_id": owner.id, "credit_card": CARD}).transaction
    assert (charged.customer_details.id, charged.credit_card_details.token) == (owner.id, None)
    assert sdk.customer.find(owner.id).credit_cards == []
    assert len(sdk.customer.find(other.id).credit_cards) == 1


# --- cards by their expiry, and by what they are ------------------------------------------------------------------


def test_expired_and_expiring_cards_are_listed(sdk: Any) -> None:
    owner = customer(sdk)
    dates = ("12/2029", "01/2030", "02/2030", "01/2031")
    for month in dates:
        sdk.credit_card.create({**CARD, "customer_id": owner.id, "expiration_date": month})
    listed = [card.expiration_date for card in sdk.credit_card.expired().items]
    assert (listed, [card.is_expired for card in sdk.credit_card.expired().items]) == (["12/2029"], [True])
    between = sdk.credit_card.expiring_between(date(2030, 1, 1), date(2030, 12, 31))
    assert [card.expiration_date for card in between.items] == ["02/2030", "01/2030"]


def test_a_card_may_be_credit_and_debit_in_one(sdk: Any) -> None:
    hiper = {**CARD, "number": "6370950000000005"}

    def sale(kind: str, account: str = "hiper_brl", **more: Any) -> Any:
        options = {"credit_card": {"account_type": kind}, **more}
        given = {"amount": "1.00", "merchant_account_id": account, "credit_card": hiper, "options": options}
        return sdk.transaction.sale(given)

    made = sale("debit", submit_for_settlement=True).transaction.credit_card_details
    assert (made.account_type, made.card_type) == ("debit", "Hiper")
    assert sale("credit").transaction.credit_card_details.account_type == "credit"
    assert codes(sale("debit")) == ["915186"]
    assert codes(sale("both")) == ["915184"]
    assert codes(sale("credit", "sandbox_credit_card")) == ["915185"]
    options = {"merchant_account_id": "hiper_brl", "account_type": "debit"}
    verified = sdk.verification.create({"credit_card": hiper, "options": options}).verification
    assert verified.credit_card["account_type"] == "debit"
