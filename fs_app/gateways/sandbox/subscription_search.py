"""Search for subscriptions: ids first, then pages."""

from __future__ import annotations

from collections.abc import Iterator

from fs_app.gateways.sandbox import criteria
from fs_app.gateways.sandbox.criteria import Searchable
from fs_app.gateways.sandbox.exchange import Answer, Call, Route
from fs_app.gateways.sandbox.subscription_book import Subscription, subscription_view

_SEARCHABLE: Searchable[Subscription] = Searchable(
    {
        "id": lambda s: s.id,
        "ids": lambda s: s.id,
        "billing_cycles_remaining": lambda s: None if s.cycles is None else s.cycles - s.cycle,
        "created_at": lambda s: s.created_at,
        "days_past_due": lambda s: s.days_past_due,
        "in_trial_period": lambda s: s.trial and not s.transactions,
        "merchant_account_id": lambda s: s.account,
        "next_billing_date": lambda s: s.next_billing_date,
        "plan_id": lambda s: s.plan.id,
        "price": lambda s: s.price,
        "status": lambda s: s.status,
        "transaction_id": lambda s: [each.id for each in s.transactions],
    },
    lambda _: (),
    "subscriptions",
    "subscription",
)


def ids(call: Call) -> Answer:
    """POST /subscriptions/advanced_search_ids."""
    return criteria.ids(call, _SEARCHABLE, _newest_first(call))


def page(call: Call) -> Answer:
    """POST /subscriptions/advanced_search."""
    return criteria.page(call, _SEARCHABLE, _newest_first(call), subscription_view)


def _newest_first(call: Call) -> Iterator[Subscription]:
    return reversed(call.books.subscriptions.values())


ROUTES: tuple[Route, ...] = (
    ("POST", "/subscriptions/advanced_search_ids", ids),
    ("POST", "/subscriptions/advanced_search", page),
)
