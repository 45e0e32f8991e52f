"""The operator's data beyond bills: subscriptions and appointments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fs_app.domain.appointment import Appointment, Reply
from fs_app.domain.bill import Account
from fs_app.domain.subscription import Offer, Subscription

MOST_OFFERED = 7
"""So many things can be told apart with one key: 8, 9 and 0 mean something else at every question."""


class Subscriptions(Protocol):
    """What accounts are subscribed to, in our tables or the operator's own database. Raises StoreUnavailable.

    A subscription is told with what our ledger has taken for it: a renewal counts from the moment it is paid, once,
    and no more when it was given back in full.
    """

    def of(self, account: Account) -> Sequence[Subscription]:
        """The account's subscriptions, the one that ends first before the others, at most `MOST_OFFERED`."""
        ...

    def offers(self, subscription: Subscription) -> Sequence[Offer]:
        """What can be bought for it: months of the plan it has now, and other plans. At most `MOST_OFFERED`."""
        ...


class Appointments(Protocol):
    """Who is expected when, in our tables or the operator's own database; what callers say is kept in our tables,
    since nothing is ever written to the operator's. Raises StoreUnavailable."""

    def next_of(self, account: Account) -> Appointment | None:
        """The account's next appointment that the caller has not cancelled; today's counts all day."""
        ...

    def reply(self, appointment: Appointment, reply: Reply, call_uuid: str) -> None:
        """Keep what a caller says about it, with the time and the call; the last word counts."""
        ...
