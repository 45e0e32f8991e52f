"""Plans of instalments: a sum in parts that lose no minor unit, and what the operator offers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fs_app.domain.agreement import Planned
from fs_app.domain.allocation import shared
from fs_app.domain.calendar import Every, Unit, nth
from fs_app.domain.money import Money

MONTHLY = Every(1, Unit.MONTH)


@dataclass(frozen=True, slots=True)
class OfferRules:
    """What the operator offers: at most so many instalments, none smaller than ``smallest_minor`` (minor units of
    the bill's currency), the last one, or a single payment, at most ``longest_days`` from today."""

    most: int = 12
    smallest_minor: int = 1000
    longest_days: int = 366
    every: Every = MONTHLY

    def latest(self, today: date) -> date:
        """The last day that something may be put off to."""
        return today + timedelta(days=self.longest_days)

    def allows(self, planned: Sequence[Planned], today: date) -> bool:
        """Whether a plan that the caller set keeps to the rules."""
        amounts = [each.amount.minor for each in planned if each.amount is not None]
        return (
            0 < len(planned) <= self.most
            and planned[0].due_on >= today
            and planned[-1].due_on <= self.latest(today)
            and min(amounts, default=self.smallest_minor) >= self.smallest_minor
        )


def plan(total: Money, count: int, first: date, every: Every) -> tuple[Planned, ...]:
    """A sum in so many instalments that differ by one minor unit at most, the larger ones first, and sum to it.
    ValueError for less than one instalment, or less than a minor unit in each."""
    if not 1 <= count <= total.minor:
        raise ValueError("there is a minor unit at least in each of one or more instalments")
    amounts = shared(total, [1] * count)
    return tuple(Planned(nth(first, every, step), amount) for step, amount in enumerate(amounts))


def plan_by_amount(total: Money, each: Money, smallest: Money, first: date, every: Every) -> tuple[Planned, ...]:
    """A sum in instalments of one amount; the last is the rest, or has it on top where it is below the smallest.
    ValueError for an amount that is not above zero."""
    if each.minor <= 0:
        raise ValueError("an instalment is above zero")
    count, rest = divmod(total.minor, each.minor)
    amounts = [each] * count
    if rest >= smallest.minor or (rest and not amounts):
        amounts.append(Money(rest, total.currency))
    elif rest:
        amounts[-1] += Money(rest, total.currency)
    return tuple(Planned(nth(first, every, step), amount) for step, amount in enumerate(amounts))


def offers(total: Money, first: date, today: date, rules: OfferRules) -> tuple[tuple[Planned, ...], ...]:
    """Every plan of two or more instalments that the rules allow, the shortest first; empty where none is."""
    found = []
    for count in range(2, min(rules.most, total.minor) + 1):
        planned = plan(total, count, first, rules.every)
        if not rules.allows(planned, today):
            break
        found.append(planned)
    return tuple(found)
