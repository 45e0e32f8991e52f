"""Money as integer minor units."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain.money import Money

currencies = st.sampled_from(["USD", "EUR", "JPY", "KWD"])
minors = st.integers(-(10**12), 10**12)


@given(minors, currencies)
def test_an_amount_survives_its_own_text(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.parse(money.decimal(), currency) == money
    text, code = str(money).split()
    assert Money.parse(text, code) == money


@given(minors, minors, currencies)
def test_amounts_of_a_currency_add_and_compare_as_their_minor_units(a: int, b: int, currency: str) -> None:
    one, other = Money(a, currency), Money(b, currency)
    assert (one + other).minor == a + b
    assert (one - other).minor == a - b
    assert (one < other, one <= other, one > other, one >= other) == (a < b, a <= b, a > b, a >= b)
    assert bool(one) == (a != 0)


def test_decimals_are_the_currencys_own() -> None:
    assert [str(Money(4250, code)) for code in ("USD", "JPY", "KWD")] == ["42.50 USD", "4250 JPY", "4.250 KWD"]
    assert Money.parse(Decimal("42.5"), "USD") == Money(4250, "USD")


@pytest.mark.parametrize(
    "text", ["", "x", "1.234", "NaN", "Infinity", "1,5", "1_000", "1e3", " 1", "1\n", "١", "1.", "1" * 15]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Money.parse(text, "USD")


@pytest.mark.parametrize("amount", ["1e999999999", "1e14", "sNaN", "1." + "0" * 40 + "1"])
def test_a_decimal_that_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Money.parse(Decimal(amount), "USD")


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="do not compare"):
        Money(1, "USD") < Money(1, "EUR")  # noqa: B015
    with pytest.raises(TypeError, match="compared with Money"):
        Money(1, "USD") + 1  # type: ignore[operator]
    with pytest.raises(TypeError, match="minor units are an int"):
        Money(1.5, "USD")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="not an ISO 4217 code"):
        Money(1, "dollars")
