"""US bank accounts: tokenised, verified, charged, and taken back by the bank days later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import braintree
import pytest

from fs_app.domain.payment import OrderId
from fs_app.domain.standing import Standing
from fs_app.gateways.braintree import BraintreeAccount, BraintreeGateway
from fs_app.gateways.sandbox import SandboxServer

Merchant = Callable[[str], braintree.BraintreeGateway]
MUTATION = """mutation T($input: TokenizeUsBankAccountInput!) {
  tokenizeUsBankAccount(input: $input) { paymentMethod { id details { last4 accountholderName } } }
}"""


def tokenise(sdk: braintree.BraintreeGateway, number: str = "567891234", routing: str = "021000021") -> Any:
    """As a page does it, with the SDK's GraphQL client."""
    account = {
        "accountNumber": number,
        "routingNumber": routing,
        "accountType": "CHECKING",
        "individualOwner": {"firstName": "Dan", "lastName": "Schulman"},
        "achMandate": "I agree",
    }
    config = sdk.config
    address = (config.environment._Environment__server, str(config.environment.port))
    environment = braintree.Environment("local", *address, "http://auth.invalid", False, None, *address)
    keys = (config.merchant_id, config.public_key, config.private_key)
    client = braintree.Configuration(environment, *keys).graphql_client()
    answer = client.query(MUTATION, {"input": {"usBankAccount": account}})
    return answer if answer.get("errors") else answer["data"]["tokenizeUsBankAccount"]["paymentMethod"]["id"]


@pytest.fixture
def compliant(merchant: Merchant) -> braintree.BraintreeGateway:
    """A merchant that must verify accounts, as real ones must."""
    return merchant("integration2_merchant_id")


def keep(sdk: braintree.BraintreeGateway, number: str, method: str | None) -> Any:
    options = {} if method is None else {"us_bank_account_verification_method": method}
    customer = sdk.customer.create({}).customer.id
    wanted = {"customer_id": customer, "payment_method_nonce": tokenise(sdk, number), "options": options}
    return sdk.payment_method.create(wanted).payment_method


def sale(sdk: braintree.BraintreeGateway, **source: str) -> Any:
    options = {"submit_for_settlement": True}
    return sdk.transaction.sale({"amount": "10.00", "order_id": "bill-1", "options": options, **source})


def test_an_account_is_kept_without_its_number(server: SandboxServer, sdk: braintree.BraintreeGateway) -> None:
    kept = keep(sdk, "1000000000", None)
    assert (kept.routing_number, kept.last_4, kept.account_type) == ("021000021", "0000", "checking")
    assert (kept.account_holder_name, kept.ach_mandate.text) == ("Dan Schulman", "I agree")
    assert "CHASE" in kept.bank_name and kept.default
    assert sdk.us_bank_account.find(kept.token).token == kept.token
    assert [each.token for each in sdk.customer.find(kept.customer_id).us_bank_accounts] == [kept.token]
    assert "1000000000" not in repr(server.store.books["integration_merchant_id"].methods)


@pytest.mark.parametrize(("number", "routing"), [("12", "021000021"), ("567891234", "0210"), ("abc", "021000021")])
def test_numbers_that_cannot_be_are_refused(sdk: braintree.BraintreeGateway, number: str, routing: str) -> None:
    assert "errors" in tokenise(sdk, number, routing)


@pytest.mark.parametrize(
    ("number", "status", "code"),
    [
        ("1000000000", "verified", "1000"),
        ("1000000001", "verified", "1003"),
        ("1000000004", "processor_declined", "2046"),
        ("1000000005", "processor_declined", "2061"),
        ("567891234", "processor_declined", "2038"),
    ],
)
def test_the_network_is_asked_and_a_declined_account_stays_unverified(
    compliant: braintree.BraintreeGateway, number: str, status: str, code: str
) -> None:
    kept = keep(compliant, number, "network_check")
    (verification,) = kept.verifications
    assert (verification.status, verification.processor_response_code) == (status, code)
    assert kept.verified is (status == "verified")
    result = sale(compliant, payment_method_token=kept.token)
    codes = [] if result.is_success else [error.code for error in result.errors.deep_errors]
    assert codes == ([] if kept.verified else ["915172"])


def test_two_small_transfers_prove_an_account(compliant: braintree.BraintreeGateway) -> None:
    kept = keep(compliant, "1000000000", "micro_transfers")
    (pending,) = kept.verifications
    confirm = compliant.us_bank_account_verification.confirm_micro_transfer_amounts
    wrong = confirm(pending.id, [1, 1])
    assert [error.code for error in wrong.errors.deep_errors] == ["96103"]
    assert confirm(pending.id, [29, 17]).us_bank_account_verification.status == "verified"
    assert compliant.us_bank_account.find(kept.token).verified


def test_the_fifth_wrong_try_is_the_last(compliant: braintree.BraintreeGateway) -> None:
    (pending,) = keep(compliant, "1000000000", "micro_transfers").verifications
    confirm = compliant.us_bank_account_verification.confirm_micro_transfer_amounts
    codes = [confirm(pending.id, [1, 1]).errors.deep_errors[0].code for _ in range(5)]
    assert codes == ["96103"] * 4 + ["96104"]
    assert not confirm(pending.id, [17, 29]).is_success


def test_an_unknown_method_and_an_unknown_verification(compliant: braintree.BraintreeGateway) -> None:
    customer = compliant.customer.create({}).customer.id
    wanted = {"us_bank_account_verification_method": "crystal_ball"}
    given = {"customer_id": customer, "payment_method_nonce": tokenise(compliant), "options": wanted}
    assert [error.code for error in compliant.payment_method.create(given).errors.deep_errors] == ["93121"]
    with pytest.raises(braintree.exceptions.not_found_error.NotFoundError):
        compliant.us_bank_account_verification.find("nothing")


def test_an_unverified_account_is_not_charged_by_a_nonce(compliant: braintree.BraintreeGateway) -> None:
    result = sale(compliant, payment_method_nonce=tokenise(compliant))
    assert [error.code for error in result.errors.deep_errors] == ["915171"]


def test_a_sale_waits_for_the_bank_and_settles(server: SandboxServer, sdk: braintree.BraintreeGateway) -> None:
    made = sale(sdk, payment_method_nonce=tokenise(sdk)).transaction
    assert (made.status, made.payment_instrument_type) == ("settlement_pending", "us_bank_account")
    assert (made.us_bank_account.last_4, made.ach_type) == ("1234", "standard")
    (found,) = sdk.transaction.search(braintree.TransactionSearch.order_id == "bill-1").items
    assert found.id == made.id
    server.control.settle()
    assert sdk.transaction.find(made.id).status == "settled"


def test_a_sale_that_waits_is_voided_and_a_settled_one_refunded_as_what_it_is(
    server: SandboxServer, sdk: braintree.BraintreeGateway
) -> None:
    waiting = sale(sdk, payment_method_nonce=tokenise(sdk)).transaction
    assert sdk.transaction.void(waiting.id).transaction.status == "voided"
    settled = sale(sdk, payment_method_nonce=tokenise(sdk)).transaction
    server.control.settle()
    credit = sdk.transaction.refund(settled.id).transaction
    assert (credit.payment_instrument_type, credit.us_bank_account.last_4) == ("us_bank_account", "1234")
    assert server.control.ach_return("R01", transaction=credit.id) == 0


def test_a_customers_default_may_be_a_bank_account(sdk: braintree.BraintreeGateway) -> None:
    kept = keep(sdk, "1000000000", None)
    assert sale(sdk, customer_id=kept.customer_id).transaction.us_bank_account.token == kept.token


def test_a_verified_account_stays_verified_whatever_is_guessed(compliant: braintree.BraintreeGateway) -> None:
    kept = keep(compliant, "1000000000", "micro_transfers")
    confirm = compliant.us_bank_account_verification.confirm_micro_transfer_amounts
    confirm(kept.verifications[0].id, [17, 29])
    for _ in range(6):
        assert not confirm(kept.verifications[0].id, [1, 1]).is_success
    (verification,) = compliant.us_bank_account.find(kept.token).verifications
    assert verification.status == "verified"


def test_what_a_bank_takes_back_reaches_our_adapter_with_its_code(
    server: SandboxServer, sdk: braintree.BraintreeGateway
) -> None:
    made = sale(sdk, payment_method_nonce=tokenise(sdk)).transaction
    server.control.settle()
    keys = ("integration_merchant_id", "integration_public_key", "integration_private_key")
    gateway = BraintreeGateway(BraintreeAccount("local", *keys, port=server.port))
    assert [each.standing for each in gateway.find(OrderId("bill-1")) or ()] == [Standing.SETTLED]
    assert server.control.ach_return("R01", order_id="bill-1") == 1
    (record,) = gateway.find(OrderId("bill-1")) or ()
    assert (record.standing, record.code, record.status) == (Standing.RETURNED, "R01", "settlement_declined")
    search = braintree.TransactionSearch.reason_code
    for asked in (search == "R01", search == "any_reason_code", search.in_list(["R01", "R02"])):
        assert [each.id for each in sdk.transaction.search(asked).items] == [made.id]
    assert server.control.ach_return("R01", transaction=made.id) == 0, "it is given back once"
    with pytest.raises(ValueError, match="name the transaction"):
        server.control.ach_return("R01")
    with pytest.raises(ValueError, match="R01"):
        server.control.ach_return("nonsense", transaction=made.id)
