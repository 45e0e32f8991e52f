"""Settings of the operator's rules for payments: for all lines, and for a line of its own over them."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from fs_app.domain.card import BRANDS
from fs_app.domain.fee import FeeKind, FeeRule
from fs_app.domain.rules import Lockout, Range, Rules, Span
from fs_app.settings.values import Part

_LONGEST = 20
Lengths = tuple[int, int]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


def _range(value: Any) -> Any:
    match = re.fullmatch(r"(\d{1,11})(?:-(\d{1,11}))?", str(value))
    low, high = (match[1], match[2] or match[1]) if match else ("", "")
    if not low or len(low) != len(high) or low > high:
        raise ValueError("should be the first digits of card numbers, e.g. 400000-400099 or 4571")
    return low, high


Bins = tuple[Annotated[Range, BeforeValidator(_range)], ...]


class SpanSettings(Part):
    """The smallest and the largest payment in one currency."""

    minimum_minor: int = Field(ge=1, description="the smallest payment")
    maximum_minor: int = Field(ge=1, description="the largest payment")

    @model_validator(mode="after")
    def _ordered(self) -> SpanSettings:
        if self.minimum_minor > self.maximum_minor:
            raise ValueError("minimum_minor is above maximum_minor")
        return self


class FeeSettings(Part):
    """A fee that is told before the caller agrees: a convenience fee, or a surcharge on credit cards."""

    kind: FeeKind = Field(
        FeeKind.CONVENIENCE, description="what it is called when it is told; a surcharge is never on debit cards"
    )
    fixed_minor: int = Field(0, ge=0, description="a fixed part")
    percent: Decimal = Field(Decimal(0), ge=0, le=20, description="a part of the amount; both are added up")
    most_minor: int | None = Field(None, ge=1, description="never more than this")
    bank: bool = Field(False, description="whether a payment from a bank account bears it, too")

    def rule(self) -> FeeRule:
        """The fee as the flow reckons with it."""
        return FeeRule(**self.model_dump())


_WEEK = 7 * 24 * 60
LONGEST_LOCKOUT = timedelta(minutes=2 * _WEEK)
"""Wrong proofs that are older than this count for nothing, whatever a line's rules are."""


class LockoutSettings(Part):
    """When an account is locked for some time: over all calls, whoever tries."""

    failures: int = Field(5, ge=1, description="wrong proofs for one account")
    within_minutes: int = Field(60, ge=1, le=_WEEK, description="so many failures within this time lock it")
    minutes: int = Field(30, ge=1, le=_WEEK, description="how long it stays locked")


class RuleSettings(Part):
    """The operator's rules for one payment."""

    minimum_minor: int = Field(100, ge=1, description="the smallest payment, unless less is due")
    maximum_minor: int = Field(500_000, ge=1, description="the largest payment")
    currencies: dict[Currency, SpanSettings] = Field({}, description="other limits for some currencies")
    overpayment: bool = Field(False, description="whether more than is due may be paid")
    declines: int = Field(3, ge=1, description="after so many declines in one call an agent takes over")
    brands: frozenset[str] = Field(
        frozenset({"visa", "mastercard", "amex", "discover"}), description="the cards that are accepted"
    )
    debit_only: bool = Field(False, description="whether only debit cards are accepted; needs debit_bins")
    debit_bins: Bins = Field((), description="the first digits of debit cards, e.g. [400000-400099, 4571]")
    blocked_bins: Bins = Field((), description="the first digits of cards that are not accepted")
    fee: FeeSettings | None = Field(None, description="a fee on top of the amount; none unless set")
    lockout: LockoutSettings = LockoutSettings()
    pin_length: int = Field(4, ge=3, le=12, description="keys of a PIN")
    postal_code_length: int = Field(5, ge=3, le=10, description="keys of a postal code")
    birth_date_order: Literal["mdy", "dmy", "ymd"] = Field("mdy", description="how a date of birth is keyed")
    account_lengths: Lengths = Field((4, 12), description="keys of an account number, shortest and longest")
    bill_lengths: Lengths = Field((4, 16), description="keys of a bill's number, shortest and longest")
    customer_lengths: Lengths = Field((4, 12), description="keys of a customer number, shortest and longest")

    @field_validator("brands")
    @classmethod
    def _known_brands(cls, value: frozenset[str]) -> frozenset[str]:
        known = {brand.name for brand in BRANDS}
        for name in sorted(value - known):
            raise ValueError(f"no brand is called {name!r}; known: {', '.join(sorted(known))}")
        return value

    @model_validator(mode="after")
    def _makes_sense(self) -> RuleSettings:
        if self.minimum_minor > self.maximum_minor:
            raise ValueError("minimum_minor is above maximum_minor")
        for name in ("account_lengths", "bill_lengths", "customer_lengths"):
            shortest, longest = getattr(self, name)
            if not 1 <= shortest <= longest <= _LONGEST:
                raise ValueError(f"{name} is [shortest, longest], within 1 to {_LONGEST}")
        if self.debit_only and not self.debit_bins:
            raise ValueError("debit_only needs debit_bins: a number alone does not tell a debit card")
        if self.fee is not None and self.fee.kind is FeeKind.SURCHARGE and not self.debit_bins:
            raise ValueError("a surcharge needs debit_bins: debit cards must not bear one")
        return self

    def rules(self) -> Rules:
        """The rules as the flow reckons with them."""
        own = {name: getattr(self, name) for name in RuleSettings.model_fields if name not in _OTHERWISE}
        spans = {code: Span(**span.model_dump()) for code, span in self.currencies.items()}
        return Rules(
            **own,
            currencies=MappingProxyType(spans),
            fee=None if self.fee is None else self.fee.rule(),
            lockout=Lockout(**self.lockout.model_dump()),
        )


_OTHERWISE = {"currencies", "fee", "lockout"}
