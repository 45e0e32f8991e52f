"""What a subscriber has, what can be bought for it, and what payments have made of it. Pure.

A renewal is a bill whose id says what it buys: ``renewal:<subscription>:<number>:<months>[:<plan>]``. So the ledger
alone says how long a subscription runs, and nothing has to be written after a charge: what is paid is paid once,
and counts once, whatever server dies when. Two who buy the same at the same time have the same bill, and the ledger
takes one of them.
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
    rf"{_PREFIX}:(?P<of>.+):(?P<number>[0-9]{{1,4}}):(?P<months>[0-9]{{1,3}})(?::(?P<plan>[a-z][a-z0-9_]*))?"
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """What an account is subscribed to. ``plan`` is the operator's name for it: small letters, digits, underscores.
    ``expires_on`` is the last day that is paid for; ``bought`` how often something was bought for it, also what was
    given back."""

    id: str
    account_id: str
    plan: str
    expires_on: date
    bought: int = 0


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
    """What one bill buys, as its id says: so many months, and another plan where there is one. ``number`` tells
    apart what is bought one after the other."""

    subscription_id: str
    number: int
    months: int
    plan: str | None = None

    @property
    def bill_id(self) -> str:
        """The bill that buys it. ValueError where the names are too long for the ledger."""
        parts = [_PREFIX, self.subscription_id, str(self.number), str(self.months)]
        text = ":".join(parts if self.plan is None else [*parts, self.plan])
        if len(text) > ID_LENGTH or Term.of_bill(text) != self:
            raise ValueError("the ids of a subscription and its plan are too long, or no names")
        return text

    @classmethod
    def of_bill(cls, bill_id: str) -> Term | None:
        """What a bill buys; None where its id is that of something else."""
        match = _TERM.fullmatch(bill_id)
        if match is None:
            return None
        return cls(match["of"], int(match["number"]), int(match["months"]), match["plan"])


def bill_ids(subscription_id: str) -> tuple[str, str]:
    """The bounds of the ids of everything that was ever bought for a subscription: from the first one on, and
    before the second."""
    return f"{_PREFIX}:{subscription_id}:", f"{_PREFIX}:{subscription_id};"  # the character after the colon


def term_of(subscription: Subscription, offer: Offer) -> Term:
    """What an offer buys."""
    plan = offer.plan if offer.upgrades(subscription) else None
    return Term(subscription.id, subscription.bought, offer.months, plan)


def bill_of(subscription: Subscription, offer: Offer) -> Bill:
    """The bill that buys an offer, of which nothing is paid yet. ValueError where the names are too long for the
    ledger."""
    nothing = Money(0, offer.price.currency)
    name = term_of(subscription, offer).bill_id
    return Bill(name, subscription.account_id, offer.price, taken=nothing, kind=BillKind.RENEWAL)


def extended(subscription: Subscription, paid: Iterable[tuple[Term, date]]) -> Subscription:
    """A subscription after what was paid for it, each with its day, in the order of payment. Months follow what was
    paid before; where that had ended they begin on the day of the payment: nobody pays for days that are gone."""
    for term, paid_on in paid:
        starts = max(subscription.expires_on, paid_on)
        expires = nth(starts, Every(term.months, Unit.MONTH), 1) if term.months else subscription.expires_on
        subscription = replace(subscription, expires_on=expires, plan=term.plan or subscription.plan)
    return subscription
