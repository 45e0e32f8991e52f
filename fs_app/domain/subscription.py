"""What a subscriber has, what can be bought for it, and what payments have made of it. Pure.

A renewal is a bill whose id says what it buys: ``renewal:<subscription>:<first day>:<months>[:<plan>]``. So the
ledger alone says how long a subscription runs, and nothing has to be written after a charge: what is paid is paid
once, and counts once, whatever server dies when.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from fs_app.domain.bill import Bill, BillKind
from fs_app.domain.calendar import Every, Unit, nth
from fs_app.domain.money import Money

ID_LENGTH = 64
"""The longest id of a bill that the ledger keeps."""

_PREFIX = "renewal"
_TERM = re.compile(
    rf"{_PREFIX}:(?P<of>.+):(?P<starts>[0-9]{{8}}):(?P<months>[0-9]{{1,3}})(?::(?P<plan>[a-z][a-z0-9_]*))?"
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What an account is subscribed to. ``plan`` is the operator's name for it: small letters, digits, underscores.
    ``expires_on`` is the last day that is paid for."""

    id: str
    account_id: str
    plan: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be bought for a subscription: so many months more, another plan, or both at once.
    ``price`` is all that it costs: of an upgrade the difference between the two plans."""

    plan: str
    months: int
    price: Money

    def upgrades(self, subscription: Subscription) -> bool:
        """Whether it leads to another plan."""
        return self.plan != subscription.plan


@dataclass(frozen=True, slots=True)
class Term:
    """What one paid bill has bought, as its id says: ``months`` from ``starts`` or from the end of what was paid
    before it, whichever is later; ``plan`` where it leads to another one."""

    subscription_id: str
    starts: date
    months: int
    plan: str | None = None

    @property
    def bill_id(self) -> str:
        """The bill that buys it. ValueError where the names are too long for the ledger."""
        parts = [_PREFIX, self.subscription_id, f"{self.starts:%Y%m%d}", str(self.months)]
        text = ":".join(parts if self.plan is None else [*parts, self.plan])
        if len(text) > ID_LENGTH or not _TERM.fullmatch(text):
            raise ValueError("the ids of a subscription and its plan are too long, or no names")
        return text

    @classmethod
    def of_bill(cls, bill_id: str) -> Term | None:
        """What a bill buys; None where its id is that of something else."""
        match = _TERM.fullmatch(bill_id)
        if match is None:
            return None
        try:
            starts = date.fromisoformat(match["starts"])
        except ValueError:
            return None
        return cls(match["of"], starts, int(match["months"]), match["plan"])


def bill_ids(subscription_id: str) -> tuple[str, str]:
    """The bounds of the ids of everything that was ever bought for a subscription: from the first one on, and
    before the second."""
    return f"{_PREFIX}:{subscription_id}:", f"{_PREFIX}:{subscription_id};"  # the character after the colon


def term_of(subscription: Subscription, offer: Offer, today: date) -> Term:
    """What an offer buys. A subscription that has lapsed begins anew today: nobody pays for days that are gone."""
    lapsed = offer.months and subscription.expires_on < today
    plan = offer.plan if offer.upgrades(subscription) else None
    return Term(subscription.id, today if lapsed else subscription.expires_on, offer.months, plan)


def bill_of(subscription: Subscription, offer: Offer, today: date) -> Bill:
    """The bill that buys an offer. ValueError where the names are too long for the ledger.

    None of it is paid yet: a term that was paid has moved the expiry, so that the next one has another id."""
    nothing = Money(0, offer.price.currency)
    term = term_of(subscription, offer, today)
    return Bill(term.bill_id, subscription.account_id, offer.price, taken=nothing, kind=BillKind.RENEWAL)


def extended(subscription: Subscription, paid: Iterable[Term]) -> Subscription:
    """A subscription after what was paid for it, in the order of payment. Terms that begin on the same day, because
    two people paid at the same time, follow each other: each is what somebody paid for."""
    for term in sorted(paid, key=lambda term: term.starts):
        starts = max(subscription.expires_on, term.starts)
        expires = nth(starts, Every(term.months, Unit.MONTH), 1) if term.months else subscription.expires_on
        subscription = replace(subscription, expires_on=expires, plan=term.plan or subscription.plan)
    return subscription
