"""The operator's rules: which cards are taken, and what a payment costs besides."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain.fee import FeeKind, FeeRule
from fs_app.domain.money import Money
from fs_app.domain.rules import Rules, Span

VISA, MASTERCARD, AMEX = "4012888888881881", "5555555555554444", "378282246310005"


def refused_at(rules: Rules, digits: str) -> tuple[int, str] | None:
    """After how many keys a card is refused, and why."""
    for count in range(1, len(digits) + 1):
        why = rules.refuses(digits[:count])
        if why is not None:
            return count, why
    return None


@pytest.mark.parametrize(
    ("rules", "digits", "refused"),
    [
        (Rules(), VISA, None),
        (Rules(brands=frozenset({"mastercard"})), VISA, (1, "brand")),
        (Rules(brands=frozenset({"visa"})), AMEX, (2, "brand")),
        (Rules(blocked_bins=(("401288", "401288"),)), VISA, (6, "blocked")),
        (Rules(blocked_bins=(("401200", "401287"),)), VISA, None),
        (Rules(blocked_bins=(("55", "56"),)), MASTERCARD, (2, "blocked")),
        (Rules(debit_only=True, debit_bins=(("401200", "401299"),)), VISA, None),
        (Rules(debit_only=True, debit_bins=(("401200", "401299"),)), MASTERCARD, (1, "credit")),
        (Rules(debit_only=True, debit_bins=(("401300", "401399"),)), VISA, (4, "credit")),
    ],
)
def test_a_card_that_is_not_taken_is_refused_as_soon_as_it_can_be_known(
    rules: Rules, digits: str, refused: tuple[int, str] | None
) -> None:
    assert refused_at(rules, digits) == refused


RANGES = st.integers(1, 6).flatmap(
    lambda length: st.tuples(*[st.text("0123456789", min_size=length, max_size=length)] * 2).map(
        lambda pair: (min(pair), max(pair))
    )
)


@given(st.lists(RANGES, max_size=4), st.text("0123456789", min_size=6, max_size=19))
def test_refusing_early_never_differs_from_looking_at_the_whole_number(
    ranges: list[tuple[str, str]], digits: str
) -> None:
    rules = Rules(
        brands=frozenset({"visa", "mastercard", "amex", "discover", "diners", "jcb", "maestro", "unionpay"}),
        blocked_bins=tuple(ranges),
    )
    blocked = any(low <= digits[: len(low)] <= high for low, high in ranges)
    assert (refused_at(rules, digits) is not None) == blocked


def test_each_currency_may_have_its_own_limits() -> None:
    rules = Rules(minimum_minor=100, maximum_minor=5_000, currencies={"JPY": Span(50, 900_000)})
    assert (rules.smallest("USD"), rules.largest("USD")) == (Money(100, "USD"), Money(5_000, "USD"))
    assert (rules.smallest("JPY"), rules.largest("JPY")) == (Money(50, "JPY"), Money(900_000, "JPY"))


@pytest.mark.parametrize(
    ("rule", "minor", "how", "fee"),
    [
        (FeeRule(fixed_minor=250), 10_000, {}, 250),
        (FeeRule(fixed_minor=250), 10_000, {"bank": True}, None),
        (FeeRule(fixed_minor=250, bank=True), 10_000, {"bank": True}, 250),
        (FeeRule(percent=Decimal("2.5")), 10_000, {}, 250),
        (FeeRule(percent=Decimal("2.5")), 1_020, {}, 26),  # 25.5, half up
        (FeeRule(fixed_minor=30, percent=Decimal(3), most_minor=200), 10_000, {}, 200),
        (FeeRule(FeeKind.SURCHARGE, percent=Decimal(3)), 10_000, {"debit": False}, 300),
        (FeeRule(FeeKind.SURCHARGE, percent=Decimal(3)), 10_000, {"debit": True}, None),
        (FeeRule(FeeKind.SURCHARGE, percent=Decimal(3)), 10_000, {"debit": None}, None),  # never on a doubt
        (FeeRule(FeeKind.SURCHARGE, percent=Decimal(3), bank=True), 10_000, {"bank": True}, None),
        (FeeRule(percent=Decimal("0.1")), 100, {}, None),  # rounds to nothing
    ],
)
def test_what_a_payment_costs_besides(rule: FeeRule, minor: int, how: dict[str, bool], fee: int | None) -> None:
    assert rule.on(Money(minor, "USD"), **how) == (None if fee is None else Money(fee, "USD"))


def test_a_percentage_knows_the_decimals_of_its_currency() -> None:
    rule = FeeRule(percent=Decimal(2))
    assert rule.on(Money(1_234, "JPY")) == Money(25, "JPY")
    assert rule.on(Money(12_345, "KWD")) == Money(247, "KWD")
