"""Customer search: by the customer's own fields, and by those of the cards and addresses on file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fs_app.gateways.sandbox import criteria
from fs_app.gateways.sandbox.addresses import FIELDS as ADDRESS_FIELDS
from fs_app.gateways.sandbox.criteria import Searchable
from fs_app.gateways.sandbox.customers import DETAILS, customer_view
from fs_app.gateways.sandbox.exchange import Answer, Call, Route
from fs_app.gateways.sandbox.store import Books, Customer
from fs_app.gateways.sandbox.vault import same_cards

Reader = Callable[[Customer], Any]


def search_ids(call: Call) -> Answer:
    """POST /customers/advanced_search_ids; without criteria all customers, newest first."""
    return criteria.ids(call, _searchable(call.books), _newest_first(call))


def search_page(call: Call) -> Answer:
    """POST /customers/advanced_search."""
    return criteria.page(
        call, _searchable(call.books), _newest_first(call), lambda customer: customer_view(customer, call)
    )


def _newest_first(call: Call) -> Iterable[Customer]:
    return reversed(call.books.customers.values())


def _detail(name: str) -> Reader:
    return lambda customer: customer.details.get(name)


def _address(name: str) -> Reader:
    return lambda customer: [address.get(name) for address in customer.addresses.values()]


def _searchable(books: Books) -> Searchable[Customer]:
    return Searchable(
        {
            "id": lambda customer: customer.id,
            "ids": lambda customer: customer.id,
            "created_at": lambda customer: customer.created_at,
            **{name: _detail(name) for name in DETAILS},
            **{f"address_{name}": _address(name) for name in ADDRESS_FIELDS},
            "cardholder_name": lambda customer: [each.card.cardholder_name for each in customer.cards],
            "credit_card_expiration_date": lambda customer: [
                f"{each.card.month}/{each.card.year}" for each in customer.cards
            ],
            "payment_method_token": lambda customer: [method.token for method in customer.methods],
            "payment_method_token_with_duplicates": lambda customer: [
                same.token for each in customer.cards for same in same_cards(books, each.card)
            ],
        },
        lambda customer: [each.card for each in customer.cards],
        "customers",
        "customer",
    )


ROUTES: tuple[Route, ...] = (
    ("POST", "/customers/advanced_search_ids", search_ids),
    ("POST", "/customers/advanced_search", search_page),
)
