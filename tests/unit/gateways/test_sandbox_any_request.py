"""Whatever arrives under a known path, the local gateway answers it: a bug in it would look like lost money."""

from __future__ import annotations

from typing import Any

import pytest
from braintree.exceptions.not_found_error import NotFoundError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CARD = {"number": "4111111111111111", "expiration_date": "05/2031"}
NAMES = [
    "amount",
    "billing",
    "billing_address",
    "cardholder_name",
    "channel",
    "country_code_alpha2",
    "country_name",
    "created_at",
    "credit_card",
    "credit_card_number",
    "custom_fields",
    "customer",
    "customer_id",
    "cvv",
    "descriptor",
    "email",
    "expiration_month",
    "external_vault",
    "first_name",
    "id",
    "ids",
    "international_phone",
    "is",
    "line_items",
    "make_default",
    "min",
    "name",
    "national_number",
    "options",
    "order_id",
    "payment_method_nonce",
    "payment_method_token",
    "postal_code",
    "quantity",
    "risk_data",
    "shipping",
    "starts_with",
    "status",
    "store_in_vault",
    "store_me",
    "tax_amount",
    "token",
    "transaction_source",
    "verification_amount",
    "verify_card",
]
LEAVES = ("", "x", "x" * 300, "1.00", "-1", "05/2030", "US", "ZZ", "kept", "ann", "true", "fake-valid-nonce", "é&<")
TREES = st.recursive(
    st.sampled_from(LEAVES) | st.none() | st.booleans() | st.integers(-9, 9),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), inner, max_size=6) | st.lists(inner, max_size=2),
    max_leaves=12,
)
REQUESTS = (
    ("/transactions", "transaction", {"type": "sale", "amount": "1.00", "credit_card": CARD}),
    ("/transactions/advanced_search", "search", {}),
    ("/customers", "customer", {}),
    ("/customers/advanced_search", "search", {}),
    ("/customers/ann/addresses", "address", {}),
    ("/payment_methods", "credit_card", {"customer_id": "ann", **CARD}),
    ("/payment_methods", "payment_method", {"customer_id": "ann", "payment_method_nonce": "fake-valid-nonce"}),
    ("/payment_methods/all/expiring_ids?start=&end=x", "search", {}),
    ("/verifications", "verification", {"credit_card": CARD}),
    ("/verifications/advanced_search", "search", {}),
)


@pytest.fixture
def customer(sdk: Any) -> Any:
    return sdk.customer.create({"id": "ann", "credit_card": {**CARD, "token": "kept"}}).customer


@given(request=st.sampled_from(REQUESTS), more=st.dictionaries(st.sampled_from(NAMES), TREES, max_size=6))
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_request_is_answered(sdk: Any, customer: Any, request: Any, more: dict[str, Any]) -> None:
    path, root, sound = request
    answer = sdk.config.http().post(sdk.config.base_merchant_path() + path, {root: {**more, **sound}})
    assert len(answer) == 1


@given(more=st.dictionaries(st.sampled_from(NAMES), TREES, max_size=6))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_change_is_answered(sdk: Any, customer: Any, more: dict[str, Any]) -> None:
    for path, root in (("/customers/ann", "customer"), ("/payment_methods/any/kept", "payment_method")):
        try:
            answer = sdk.config.http().put(sdk.config.base_merchant_path() + path, {root: more})
        except NotFoundError:  # an earlier change has given it another name
            continue
        assert len(answer) == 1
