"""The Subscriptions port: the operator's data, in our tables or their own, and what the ledger has taken since."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from fs_app.domain.bill import Account
from fs_app.domain.payment import GAVE_BACK_STATES, PAID_STATES
from fs_app.domain.subscription import Offer, Subscription, Term, bill_ids, bill_of, extended
from fs_app.ports import MOST_OFFERED, Clock
from fs_app.store.engine import Database
from fs_app.store.sql_reader import StatementReader, made_of
from fs_app.store.sql_rows import Values, offer_of, subscription_of
from fs_app.store.statements import Statement, run
from fs_app.store.tables import UtcTime, allocations, payments, subscription_offers, subscriptions
from fs_app.store.taken import taken

Read = Callable[[str, str], Sequence[Values]]
"""Rows of ``subscriptions`` by the account, or of ``subscription_offers`` by the plan."""

_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
_OURS = {
    "subscriptions": Statement(
        select(subscriptions)
        .where(subscriptions.c.account_id == bindparam("value"))
        .order_by(subscriptions.c.expires_on, subscriptions.c.id)
        .limit(MOST_OFFERED)
    ),
    "subscription_offers": Statement(
        select(subscription_offers)
        .where(subscription_offers.c.for_plan == bindparam("value"))
        .order_by(subscription_offers.c.id)
        .limit(MOST_OFFERED)
    ),
}
_TERM: Any = allocations.alias("term")
_PAYING: Any = payments.alias("paying")
_BOUGHT = Statement(
    select(
        _TERM.c.bill_id,
        func.min(_PAYING.c.opened_at).label("at"),
        taken(_TERM.c.bill_id, _PAYING.c.currency, bindparam("since", type_=UtcTime())).label("taken"),
    )
    .join_from(_TERM, _PAYING, _PAYING.c.id == _TERM.c.payment_id)
    .where(
        _TERM.c.bill_id >= bindparam("first"),
        _TERM.c.bill_id < bindparam("before"),
        _PAYING.c.state.in_(PAID_STATES | GAVE_BACK_STATES),
    )
    .group_by(_TERM.c.bill_id, _PAYING.c.currency)
    .order_by(func.min(_TERM.c.id))
)


def in_our_tables(database: Database) -> Read:
    """The rows of our own tables."""
    return lambda name, value: database.read(
        lambda connection: [row._asdict() for row in run(connection, _OURS[name](value=value))[0]]
    )


def in_their_database(reader: StatementReader) -> Read:
    """The rows of the operator's statements."""
    return lambda name, value: reader.rows(name, value, MOST_OFFERED)


class StoredSubscriptions:
    """See `fs_app.ports.Subscriptions` for the contract. ``ours`` is where the ledger's payments are."""

    def __init__(self, ours: Database, read: Read, clock: Clock) -> None:
        self._ours = ours
        self._read = read
        self._clock = clock

    def of(self, account: Account) -> Sequence[Subscription]:
        """The account's subscriptions, each with what was paid for it."""
        rows = self._read("subscriptions", account.id)
        found = made_of("subscriptions", "subscription", lambda: [subscription_of(account.id, row) for row in rows])
        if not found:
            return []
        now = self._ours.read(lambda connection: [self._as_paid(connection, *each) for each in found])
        return sorted(now, key=lambda each: each.expires_on)

    def offers(self, subscription: Subscription) -> Sequence[Offer]:
        """What can be bought for its plan. An offer that buys nothing is none; one that no bill could be made of is
        an error."""
        rows = self._read("subscription_offers", subscription.plan)

        def offers() -> list[Offer]:
            found = [offer_of(row) for row in rows]
            found = [each for each in found if each.months or each.upgrades(subscription)]
            return [each for each in found if bill_of(subscription, each)]

        return made_of("subscription_offers", "offer", offers)

    def _as_paid(self, connection: Connection, plain: Subscription, as_of: datetime | None) -> Subscription:
        """A subscription with what was paid for it since ``as_of``; ever, where nobody says when the operator's
        expiry was right."""
        first, before = bill_ids(plain.id)
        rows = run(connection, _BOUGHT(first=first, before=before, since=as_of or _ALWAYS))[0]
        bought = [(term, row) for row in rows if (term := Term.of_bill(row.bill_id)) is not None]
        mine = [(term, row) for term, row in bought if term.subscription_id == plain.id]
        paid = [(term, self._clock.day(row.at)) for term, row in mine if row.taken > 0]
        return extended(replace(plain, bought=len(mine)), paid)
