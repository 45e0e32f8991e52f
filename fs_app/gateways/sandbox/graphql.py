"""GraphQL: the part of Braintree's schema that tokenises and makes client tokens, run by graphql-core."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError, build_schema, graphql_sync

from fs_app.gateways.sandbox import bank_accounts, client_tokens, nonces
from fs_app.gateways.sandbox.client_api import tokenise_card, underscored
from fs_app.gateways.sandbox.client_tokens import Grant
from fs_app.gateways.sandbox.exchange import Call, Refused, text
from fs_app.gateways.sandbox.store import global_id
from fs_app.gateways.sandbox.xml import Tree

_SCHEMA = build_schema("""
type Query { ping: String! }
type Mutation {
  createClientToken(input: CreateClientTokenInput): CreateClientTokenPayload
  tokenizeCreditCard(input: TokenizeCreditCardInput!): TokenizePayload
  tokenizeUsBankAccount(input: TokenizeUsBankAccountInput!): TokenizePayload
}
type CreateClientTokenPayload { clientMutationId: String clientToken: String }
type TokenizePayload { clientMutationId: String paymentMethod: PaymentMethod token: String }
type PaymentMethod { id: ID! legacyId: ID usage: String details: PaymentMethodDetails }
type PaymentMethodDetails {
  bin: String last4: String brandCode: String expirationMonth: String expirationYear: String
  routingNumber: String accountholderName: String
}
input CreateClientTokenInput { clientMutationId: String clientToken: ClientTokenInput }
input ClientTokenInput { merchantAccountId: ID customerId: ID }
input TokenizeCreditCardInput {
  clientMutationId: String creditCard: CreditCardInput! options: CreditCardTokenizationOptionsInput
}
input CreditCardInput {
  number: String expirationMonth: String expirationYear: String cvv: String cardholderName: String
  billingAddress: AddressInput
}
input CreditCardTokenizationOptionsInput { validate: Boolean }
input AddressInput {
  company: String streetAddress: String extendedAddress: String firstName: String lastName: String
  locality: String region: String postalCode: String countryCodeAlpha2: String countryCodeAlpha3: String
  countryCodeNumeric: String countryName: String phoneNumber: String
}
input TokenizeUsBankAccountInput { clientMutationId: String usBankAccount: UsBankAccountInput! }
input UsBankAccountInput {
  accountNumber: String! routingNumber: String! accountType: UsBankAccountType!
  individualOwner: IndividualOwnerInput businessOwner: BusinessOwnerInput
  achMandate: String! billingAddress: UsBankAddressInput
}
input IndividualOwnerInput { firstName: String! lastName: String! }
input BusinessOwnerInput { businessName: String! }
input UsBankAddressInput {
  streetAddress: String extendedAddress: String city: String state: String zipCode: String
}
enum UsBankAccountType { CHECKING SAVINGS }
""")


def run(call: Call, grant: Grant | None, asked: Mapping[str, Any]) -> Tree:
    """Run one query or mutation; the document to answer with. Errors never quote what was sent.

    ``grant`` is that of a client token; whoever has none came with the merchant's keys.
    """
    query, variables, name = (asked.get(part) for part in ("query", "variables", "operationName"))
    fits = isinstance(query, str) and isinstance(variables, dict | None) and isinstance(name, str | None)
    if not fits:
        return refused("VALIDATION", "The request is no GraphQL query.")
    root = _Root(call, grant)
    result = graphql_sync(_SCHEMA, str(query), root_value=root, variable_values=variables, operation_name=name)
    document: Tree = {"data": result.data}
    if result.errors:
        document["errors"] = [_told(error) for error in result.errors]
    return document


def refused(error_class: str, message: str) -> Tree:
    """A document that says why nothing was run."""
    return {"data": None, "errors": [_error(message, error_class)]}


class _Root:
    """Resolvers by the name of the field."""

    def __init__(self, call: Call, grant: Grant | None) -> None:
        self._call, self._grant = call, grant

    def ping(self, _info: Any) -> str:
        return "pong"

    def createClientToken(self, _info: Any, input: Mapping[str, Any] | None = None) -> Tree:
        if self._grant is not None:  # a token that made tokens could make one for any customer
            raise GraphQLError("A client token cannot make another.", extensions={"errorClass": "AUTHORIZATION"})
        wanted = (input or {}).get("clientToken") or {}
        customer_id = wanted.get("customerId")
        if customer_id is not None and customer_id not in self._call.books.customers:
            raise GraphQLError("There is no such customer.", extensions=_VALIDATION)
        grant = client_tokens.issue(self._call.books, wanted.get("merchantAccountId"), customer_id)
        document = client_tokens.document(self._call.books, grant)
        return {**_echo(input), "clientToken": client_tokens.encoded(document)}

    def tokenizeCreditCard(self, _info: Any, input: Mapping[str, Any]) -> Tree:
        given = underscored(input["creditCard"])
        options = input.get("options") or {}
        try:
            nonce = tokenise_card(self._call, self._grant or Grant("", ""), {**given, "options": dict(options)})
        except Refused as refusal:
            raise GraphQLError(refusal.answer.node["message"], extensions=_VALIDATION) from None
        details = nonces.nonce_view(nonce)["details"] or {}
        shown = {
            "bin": details.get("bin"),
            "last4": details.get("last_four"),
            "brandCode": text(details, "card_type"),
            "expirationMonth": details.get("expiration_month"),
            "expirationYear": details.get("expiration_year"),
        }
        return _tokenised(input, nonce.id, shown)

    def tokenizeUsBankAccount(self, _info: Any, input: Mapping[str, Any]) -> Tree:
        given = input["usBankAccount"]
        account = bank_accounts.read_account(self._call.books, given, self._call.now)
        if account is None:
            raise GraphQLError("Routing number or account number is invalid.", extensions=_VALIDATION)
        nonce = nonces.issue(self._call.books, account, name=bank_accounts.nonce_name())
        shown = {
            "last4": account.last_4,
            "routingNumber": account.routing_number,
            "accountholderName": account.holder,
        }
        return _tokenised(input, nonce.id, shown)


_VALIDATION = {"errorClass": "VALIDATION"}


def _tokenised(given: Mapping[str, Any], name: str, details: Tree) -> Tree:
    method = {"id": name, "legacyId": global_id("nonce", name), "usage": "SINGLE_USE", "details": details}
    return {**_echo(given), "paymentMethod": method, "token": name}


def _echo(given: Mapping[str, Any] | None) -> Tree:
    return {"clientMutationId": (given or {}).get("clientMutationId")}


def _told(error: GraphQLError) -> Tree:
    """An error of ours as it is; one of the parser's without the value it quotes."""
    if error.extensions:
        return {"message": error.message, "path": error.path, "extensions": dict(error.extensions)}
    places = [{"line": place.line, "column": place.column} for place in error.locations or ()]
    return {**_error("The query or its variables do not fit the schema.", "VALIDATION"), "locations": places}


def _error(message: str, error_class: str) -> Tree:
    return {"message": message, "extensions": {"errorClass": error_class}}
