"""Client tokens, the client API and GraphQL: what a page does with the token that a server hands it."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from typing import Any

import braintree
import pytest

from fs_app.gateways.sandbox import SandboxServer

CARD = {"number": "4111111111111111", "expirationMonth": "09", "expirationYear": "2031", "cvv": "123"}


def token(sdk: braintree.BraintreeGateway, **wanted: Any) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(base64.b64decode(sdk.client_token.generate(wanted)))
    return value


def ask(url: str, document: Any = None, authorization: str = "") -> tuple[int, Any]:
    data = None if document is None else json.dumps(document).encode()
    headers = {"Content-Type": "application/json", "Authorization": authorization}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=5) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"null")


def add_card(told: dict[str, Any], **card: Any) -> tuple[int, Any]:
    document = {"creditCard": {**CARD, **card}, "authorizationFingerprint": told["authorizationFingerprint"]}
    return ask(f"{told['clientApiUrl']}/v1/payment_methods/credit_cards", document)


def graphql(server: SandboxServer, query: str, bearer: str, **variables: Any) -> Any:
    url = f"http://127.0.0.1:{server.port}/graphql"
    return ask(url, {"query": query, "variables": {"input": variables}}, f"Bearer {bearer}")[1]


def test_a_token_names_this_gateway_and_its_merchant(
    server: SandboxServer, sdk: braintree.BraintreeGateway
) -> None:
    told = token(sdk)
    assert (told["version"], told["merchantId"]) == (2, "integration_merchant_id")
    assert told["merchantAccountId"] == "sandbox_credit_card"
    home = f"http://127.0.0.1:{server.port}"
    assert told["clientApiUrl"].startswith(home) and told["braintree_api"]["url"] == home
    plain = json.loads(sdk.client_token.generate({"version": 1}))
    assert plain["version"] == 1
    assert plain["authorizationFingerprint"] != told["authorizationFingerprint"]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"customer_id": "nobody"}, "customer_id does not exist"),
        ({"merchant_account_id": "nothing"}, "merchant_account_id does not exist"),
        ({"domains": ["example"]}, "valid domain names"),
        ({"version": "\u00b2"}, "version is invalid"),
        ({"version": 99}, "version is invalid"),
        ({"domains": [f"{n}.example.com" for n in range(6)]}, "more than 5"),
    ],
)
def test_a_token_that_cannot_be_is_refused(
    sdk: braintree.BraintreeGateway, wanted: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        sdk.client_token.generate(wanted)


def test_a_card_is_tokenised_and_pays_once(sdk: braintree.BraintreeGateway) -> None:
    status, told = add_card(token(sdk))
    nonce = told["creditCards"][0]["nonce"]
    assert status == 201
    sale = {"amount": "10.00", "payment_method_nonce": nonce}
    assert sdk.transaction.sale(dict(sale)).transaction.credit_card["last_4"] == "1111"
    again = sdk.transaction.sale(dict(sale))
    assert [error.code for error in again.errors.deep_errors] == ["91564"]


def test_a_bad_card_is_refused_unless_it_is_not_to_be_checked(sdk: braintree.BraintreeGateway) -> None:
    told = token(sdk)
    status, answer = add_card(told, number="4111111111111112")
    assert status == 422
    assert "4111" not in json.dumps(answer)
    status, answer = add_card(told, number="4111111111111112", options={"validate": False})
    assert status == 202
    refused = sdk.transaction.sale({"amount": "1.00", "payment_method_nonce": answer["creditCards"][0]["nonce"]})
    assert [error.code for error in refused.errors.deep_errors] == ["81715"]


def test_a_token_for_a_customer_keeps_the_card_by_its_options(sdk: braintree.BraintreeGateway) -> None:
    customer = sdk.customer.create({}).customer.id
    assert add_card(token(sdk, customer_id=customer))[0] == 201
    strict = token(sdk, customer_id=customer, options={"fail_on_duplicate_payment_method": True})
    assert add_card(strict)[0] == 422
    verifying = token(sdk, customer_id=customer, options={"verify_card": True})
    assert add_card(verifying, number="4000111111111115")[0] == 422
    assert [card.last_4 for card in sdk.customer.find(customer).credit_cards] == ["1111"]
    fingerprint = strict["authorizationFingerprint"]
    url = f"{strict['clientApiUrl']}/v1/payment_methods.json?authorizationFingerprint={fingerprint}"
    (method,) = ask(url)[1]["paymentMethods"]
    assert method["details"] == {"cardType": "Visa", "lastTwo": "11"}
    assert sdk.credit_card.from_nonce(method["nonce"]).last_4 == "1111"


def test_nothing_without_a_fingerprint_of_that_merchant(
    server: SandboxServer, sdk: braintree.BraintreeGateway
) -> None:
    told = token(sdk)
    assert add_card({**told, "authorizationFingerprint": "guessed"})[0] == 401
    other = told["clientApiUrl"].replace("integration_merchant_id", "integration2_merchant_id")
    assert add_card({**told, "clientApiUrl": other})[0] == 401
    assert ask(f"{told['clientApiUrl']}/v1/paypal", {**told})[0] == 404


# --- GraphQL -----------------------------------------------------------------------------------------------------

TOKENISE = """mutation T($input: TokenizeCreditCardInput!) {
  tokenizeCreditCard(input: $input) {
    clientMutationId paymentMethod { id usage details { bin last4 brandCode } }
  }
}"""


def test_a_card_is_tokenised_over_graphql(server: SandboxServer, sdk: braintree.BraintreeGateway) -> None:
    bearer = token(sdk)["braintree_api"]["access_token"]
    told = graphql(server, TOKENISE, bearer, clientMutationId="7", creditCard=CARD)["data"]["tokenizeCreditCard"]
    assert told["clientMutationId"] == "7"
    assert told["paymentMethod"]["details"] == {"bin": "411111", "last4": "1111", "brandCode": "Visa"}
    paid = sdk.transaction.sale({"amount": "10.00", "payment_method_nonce": told["paymentMethod"]["id"]})
    assert paid.is_success


def test_errors_over_graphql_have_a_class_and_quote_nothing(
    server: SandboxServer, sdk: braintree.BraintreeGateway
) -> None:
    bearer = token(sdk)["braintree_api"]["access_token"]
    for card in ({**CARD, "number": "4111111111111112"}, {**CARD, "number": [4111111111111111]}, {"pan": 4111}):
        answer = graphql(server, TOKENISE, bearer, creditCard=card)
        assert {error["extensions"]["errorClass"] for error in answer["errors"]} == {"VALIDATION"}
        assert "4111" not in json.dumps(answer)
    for query in ("query { ping", "query { secrets }", ""):
        assert graphql(server, query, bearer)["errors"]
    assert graphql(server, TOKENISE, "guessed", creditCard=CARD)["errors"][0]["extensions"] == {
        "errorClass": "AUTHENTICATION"
    }
    assert ask(f"http://127.0.0.1:{server.port}/graphql", [], f"Bearer {bearer}")[0] == 400


def test_a_client_token_cannot_make_another_one_for_somebody(
    server: SandboxServer, sdk: braintree.BraintreeGateway
) -> None:
    customer = sdk.customer.create({}).customer.id
    bearer = token(sdk)["braintree_api"]["access_token"]
    query = "mutation M($input: CreateClientTokenInput!) { createClientToken(input: $input) { clientToken } }"
    answer = graphql(server, query, bearer, clientToken={"customerId": customer})
    assert answer["data"]["createClientToken"] is None
    assert answer["errors"][0]["extensions"] == {"errorClass": "AUTHORIZATION"}


@pytest.mark.parametrize("body", [b"[" * 200_000, b"{", b"\xff", b"7"])
def test_a_body_that_is_no_request_is_no_trouble(server: SandboxServer, body: bytes) -> None:
    url = f"http://127.0.0.1:{server.port}/graphql"
    keys = base64.b64encode(b"integration_public_key:integration_private_key").decode()
    request = urllib.request.Request(url, body, {"Authorization": f"Basic {keys}"})
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(request, timeout=5)


def test_of_two_named_operations_one_is_run(server: SandboxServer, sdk: braintree.BraintreeGateway) -> None:
    bearer = f"Bearer {token(sdk)['braintree_api']['access_token']}"
    document = {"query": "query A { ping } query B { again: ping }", "operationName": "B"}
    url = f"http://127.0.0.1:{server.port}/graphql"
    assert ask(url, document, bearer)[1] == {"data": {"again": "pong"}}


def test_the_sdks_own_graphql_client(server: SandboxServer) -> None:
    address = ("127.0.0.1", str(server.port))
    environment = braintree.Environment("local", *address, "http://auth.invalid", False, None, *address)
    keys = ("integration_merchant_id", "integration_public_key", "integration_private_key")
    client = braintree.Configuration(environment, *keys).graphql_client()
    assert client.query("query { ping }")["data"] == {"ping": "pong"}
    query = "mutation M($input: CreateClientTokenInput!) { createClientToken(input: $input) { clientToken } }"
    made = client.query(query, {"input": {"clientToken": {"merchantAccountId": "ABC123"}}})
    value = made["data"]["createClientToken"]["clientToken"]
    assert json.loads(base64.b64decode(value))["merchantAccountId"] == "ABC123"
