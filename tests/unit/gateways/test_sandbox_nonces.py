"""Nonces at the local gateway: published, issued, spent; payment methods created, changed and deleted by them."""

from __future__ import annotations

from typing import Any

import pytest
from braintree.exceptions.not_found_error import NotFoundError

from fs_app.gateways.sandbox import SandboxServer, nonces
from fs_app.gateways.sandbox.store import Books

CARD = {"number": "4111111111111111", "expiration_date": "05/2031"}


def codes(result: Any) -> list[str]:
    assert not result.is_success
    return [error.code for error in result.errors.deep_errors]


@pytest.fixture
def books(server: SandboxServer) -> Books:
    return server.store.books["integration_merchant_id"]


@pytest.fixture
def owner(sdk: Any) -> Any:
    return sdk.customer.create({"first_name": "Ann"}).customer


def test_a_published_nonce_can_be_looked_at_and_is_never_used_up(sdk: Any) -> None:
    for _ in range(2):
        found = sdk.payment_method_nonce.find("fake-valid-nonce")
        assert (found.type, found.details["bin"], found.details["last_four"]) == ("CreditCard", "401288", "1881")
        assert (found.details["expiration_year"], found.consumed) == ("2031", False)
        sale = sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": "fake-valid-nonce"}).transaction
        assert sale.credit_card_details.masked_number == "40128888****1881"
        assert (sale.cvv_response_code, sale.avs_postal_code_response_code) == ("M", "M")
    with pytest.raises(NotFoundError):
        sdk.payment_method_nonce.find("no-such-nonce")


def test_every_published_card_nonce_is_shown_and_charged(sdk: Any) -> None:
    for name in nonces.FAKE:
        found = sdk.payment_method_nonce.find(name)
        assert found.nonce == name
        if found.type == "CreditCard" and found.details and not found.consumed:
            assert sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": name}).is_success, name


def test_a_nonce_tells_what_the_card_is(sdk: Any) -> None:
    assert sdk.payment_method_nonce.find("fake-valid-debit-nonce").bin_data.debit == "Yes"
    assert (
        sdk.payment_method_nonce.find("fake-valid-country-of-issuance-cad-nonce").bin_data.country_of_issuance
        == "CAN"
    )
    assert sdk.payment_method_nonce.find("fake-valid-visa-nonce").bin_data.debit == "Unknown"


def test_nonces_that_are_no_good_are_refused(sdk: Any, owner: Any) -> None:
    wrong = {"fake-consumed-nonce": "91564", "no-such-nonce": "91565", "fake-luhn-invalid-nonce": "81715"}
    for name, code in wrong.items():
        assert codes(sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": name})) == [code]
    wrong = {"fake-consumed-nonce": "93107", "no-such-nonce": "93108", "fake-luhn-invalid-nonce": "81715"}
    for name, code in wrong.items():
        given = {"customer_id": owner.id, "payment_method_nonce": name}
        assert codes(sdk.payment_method.create(given)) == [code]
    assert codes(sdk.credit_card.create({"customer_id": owner.id, "payment_method_nonce": "no-such-nonce"})) == [
        "91732"
    ]
    assert codes(sdk.payment_method.create({"customer_id": owner.id})) == ["93103"]
    assert codes(sdk.payment_method.create({"payment_method_nonce": "fake-valid-nonce"})) == ["93104"]
    assert sdk.customer.find(owner.id).payment_methods == []


def test_a_nonce_is_used_once_and_only_by_a_request_that_is_accepted(sdk: Any, books: Books, owner: Any) -> None:
    card = nonces.peek(books, "fake-valid-nonce", books.customers[owner.id].created_at)
    assert card is not None
    issued = nonces.issue(books, card.subject, cvv="N")
    sale = {"amount": "1.00", "payment_method_nonce": issued.id}
    assert codes(sdk.transaction.sale({**sale, "amount": "x"})) == ["81503"]
    assert sdk.transaction.sale(sale).transaction.cvv_response_code == "N"
    assert codes(sdk.transaction.sale(sale)) == ["91564"]
    assert sdk.payment_method_nonce.find(issued.id).consumed


def test_a_payment_method_is_created_by_a_nonce(sdk: Any, owner: Any) -> None:
    given = {
        "customer_id": owner.id,
        "payment_method_nonce": "fake-valid-mastercard-nonce",
        "token": "kept",
        "cardholder_name": "Ann",
        "billing_address": {"region": "IL"},
    }
    made = sdk.payment_method.create(given).payment_method
    assert (made.token, made.last_4, made.cardholder_name, made.default) == ("kept", "4444", "Ann", True)
    assert (made.billing_address.region, made.billing_address.postal_code) == ("IL", None)
    second = {
        "customer_id": owner.id,
        "payment_method_nonce": "fake-valid-nonce",
        "options": {"make_default": True},
    }
    token = sdk.payment_method.create(second).payment_method.token
    assert [(each.token, each.default) for each in sdk.customer.find(owner.id).credit_cards] == [
        ("kept", False),
        (token, True),
    ]
    sdk.payment_method.delete(token, {"revoke_all_grants": False})
    assert sdk.payment_method.find("kept").default


def test_a_nonce_of_a_card_on_file_points_at_it(sdk: Any, owner: Any) -> None:
    card = sdk.credit_card.create({"customer_id": owner.id, **CARD, "cardholder_name": "Ann"}).credit_card
    name = sdk.payment_method_nonce.create(card.token).payment_method_nonce.nonce
    sale = sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": name}).transaction
    assert (sale.credit_card_details.token, sale.customer_details.id) == (card.token, owner.id)
    name = sdk.payment_method_nonce.create(card.token).payment_method_nonce.nonce
    given = {"customer_id": owner.id, "payment_method_nonce": name, "billing_address": {"region": "IL"}}
    assert sdk.payment_method.create(given).payment_method.billing_address is None
    assert len(sdk.customer.find(owner.id).credit_cards) == 1
    other = sdk.customer.create({}).customer
    name = sdk.payment_method_nonce.create(card.token).payment_method_nonce.nonce
    assert codes(sdk.payment_method.create({"customer_id": other.id, "payment_method_nonce": name})) == ["91617"]
    assert codes(sdk.customer.create({"payment_method_nonce": name})) == ["91617"]
    with pytest.raises(NotFoundError):
        sdk.payment_method_nonce.create("no-such-token")


def test_a_nonce_ends_with_the_card_it_points_at(sdk: Any, owner: Any) -> None:
    card = sdk.credit_card.create({"customer_id": owner.id, **CARD}).credit_card
    name = sdk.payment_method_nonce.create(card.token).payment_method_nonce.nonce
    sdk.customer.delete(owner.id)
    assert codes(sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": name})) == ["91565"]
    with pytest.raises(NotFoundError):
        sdk.payment_method_nonce.find(name)


def test_from_nonce_uses_it_up(sdk: Any, books: Books, owner: Any) -> None:
    card = sdk.credit_card.create({"customer_id": owner.id, **CARD}).credit_card
    name = nonces.issue(books, books.methods[card.token]).id
    assert sdk.credit_card.from_nonce(name).token == card.token
    loose = nonces.issue(books, books.card(card.token).card).id  # type: ignore[union-attr]
    for unusable in (name, loose, "no-such-nonce"):
        with pytest.raises(NotFoundError):
            sdk.credit_card.from_nonce(unusable)


def test_a_card_on_file_is_changed_by_a_nonce(sdk: Any, owner: Any) -> None:
    card = sdk.credit_card.create({"customer_id": owner.id, **CARD, "cvv": "123"}).credit_card
    changed = sdk.payment_method.update(card.token, {"payment_method_nonce": "fake-valid-mastercard-nonce"})
    assert (changed.payment_method.token, changed.payment_method.last_4) == (card.token, "4444")
    assert codes(sdk.payment_method.update(card.token, {"payment_method_nonce": "fake-consumed-nonce"})) == [
        "91731"
    ]


def test_a_customer_is_created_with_a_nonce(sdk: Any) -> None:
    beside = sdk.customer.create({"payment_method_nonce": "fake-valid-nonce", "credit_card": {"token": "one"}})
    assert [(card.token, card.bin) for card in beside.customer.credit_cards] == [("one", "401288")]
    inside = sdk.customer.create({"credit_card": {"payment_method_nonce": "fake-valid-nonce", "token": "two"}})
    assert [card.token for card in inside.customer.credit_cards] == ["two"]
    assert codes(sdk.customer.create({"id": "new", "payment_method_nonce": "no-such-nonce"})) == ["91732"]
    with pytest.raises(NotFoundError):
        sdk.customer.find("new")


def test_a_sale_by_nonce_keeps_the_card(sdk: Any) -> None:
    sale = {"amount": "1.00", "payment_method_nonce": "fake-valid-nonce", "options": {"store_in_vault": True}}
    kept = sdk.transaction.sale(sale).transaction
    assert sdk.payment_method.find(kept.credit_card_details.token).bin == "401288"
    assert sdk.transaction.sale({"amount": "1.00", "customer_id": kept.customer_details.id}).is_success


def test_one_way_to_pay_at_a_time(sdk: Any, owner: Any) -> None:
    card = sdk.credit_card.create({"customer_id": owner.id, **CARD}).credit_card
    both = {"amount": "1.00", "payment_method_token": card.token, "payment_method_nonce": "fake-valid-nonce"}
    assert codes(sdk.transaction.sale(both)) == ["91515"]


def test_no_number_or_security_code_is_kept(sdk: Any, server: SandboxServer, owner: Any) -> None:
    given = {"customer_id": owner.id, **CARD, "cvv": "987", "options": {"verify_card": True}}
    sdk.credit_card.create(given)
    sdk.transaction.sale({"amount": "1.00", "credit_card": {**CARD, "cvv": "987"}})
    sdk.verification.create({"credit_card": {**CARD, "cvv": "987"}})
    assert _places_of(server.store, ("4111111111111111", "987")) == []


def _places_of(root: Any, secrets: tuple[str, ...]) -> list[str]:
    """Where in a graph of objects one of the texts is a value or a part of the number's length."""
    found, seen, todo = [], set(), [("store", root)]
    while todo:
        name, thing = todo.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, str):
            if thing in secrets or secrets[0] in thing:
                found.append(name)
        elif isinstance(thing, dict):
            todo += [
                (f"{name}.{key}", value)
                for pair in thing.items()
                for key, value in ((pair[0], each) for each in pair)
            ]
        elif isinstance(thing, list | tuple | set | frozenset):
            todo += [(f"{name}[]", value) for value in thing]
        elif type(thing).__module__.startswith("fs_app"):
            names = [
                *getattr(thing, "__dict__", ()),
                *(n for kind in type(thing).__mro__ for n in getattr(kind, "__slots__", ())),
            ]
            todo += [(f"{name}.{each}", getattr(thing, each, None)) for each in names]
    return found
