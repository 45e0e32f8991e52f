"""The operator's rules for one line: what may be paid, with what, and how often somebody may try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from fs_app.domain.card import brand_of
from fs_app.domain.fee import FeeRule
from fs_app.domain.money import Money

Range = tuple[str, str]
"""The first and the last prefix of a range of card numbers, of the same length: ``("400000", "400099")``."""


@dataclass(frozen=True, slots=True)
class Span:
    """The smallest and the largest payment in one currency, in its minor units."""

    minimum_minor: int
    maximum_minor: int


@dataclass(frozen=True, slots=True)
class Lockout:
    """``failures`` wrong proofs for one account within ``within_minutes`` lock it for ``minutes``."""

    failures: int = 5
    within_minutes: int = 60
    minutes: int = 30


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one line (settings: ``payments``, and a line's own over them). Lengths are in keys."""

    minimum_minor: int = 100
    maximum_minor: int = 500_000
    currencies: Mapping[str, Span] = field(default_factory=lambda: MappingProxyType({}))
    overpayment: bool = False
    declines: int = 3  # after so many declines in one call an agent takes over
    pin_length: int = 4
    postal_code_length: int = 5
    birth_date_order: str = "mdy"  # or dmy, ymd: two keys for the day and the month, four for the year
    account_lengths: tuple[int, int] = (4, 12)
    bill_lengths: tuple[int, int] = (4, 16)
    customer_lengths: tuple[int, int] = (4, 12)
    brands: frozenset[str] = frozenset({"visa", "mastercard", "amex", "discover"})
    debit_only: bool = False
    debit_bins: tuple[Range, ...] = ()
    blocked_bins: tuple[Range, ...] = ()
    fee: FeeRule | None = None
    lockout: Lockout = Lockout()

    def smallest(self, currency: str) -> Money:
        """The smallest payment."""
        return Money(self._span(currency).minimum_minor, currency)

    def largest(self, currency: str) -> Money:
        """The largest payment."""
        return Money(self._span(currency).maximum_minor, currency)

    def is_debit(self, digits: str) -> bool | None:
        """Whether a card number lies in the operator's ranges of debit cards; None while too few digits are there
        to tell, or where no ranges are known."""
        return _within(digits, self.debit_bins) if self.debit_bins else None

    def refuses(self, digits: str) -> str | None:
        """Why a card that begins so is not accepted: ``brand``, ``credit`` or ``blocked``; None where it is, or
        cannot be told yet. It is asked after each key."""
        brand = brand_of(digits)
        if brand is not None and brand.name not in self.brands:
            return "brand"
        if self.blocked_bins and _within(digits, self.blocked_bins):
            return "blocked"
        if self.debit_only and self.is_debit(digits) is False:
            return "credit"
        return None

    def _span(self, currency: str) -> Span:
        return self.currencies.get(currency) or Span(self.minimum_minor, self.maximum_minor)


def _within(digits: str, ranges: tuple[Range, ...]) -> bool | None:
    """Whether a number lies in one of the ranges, by as many digits as each has; None while that is open."""
    undecided = False
    for low, high in ranges:
        length = min(len(low), len(digits))
        if low[:length] <= digits[:length] <= high[:length]:
            if len(digits) >= len(low):
                return True
            undecided = True
    return None if undecided else False
