"""What of a payment goes to which bill: nothing is lost, nothing is made."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain.allocation import allocate, shared
from fs_app.domain.bill import Bill, combined, dated
from fs_app.domain.money import Money


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def bill(number: int, due: int, **more: object) -> Bill:
    return Bill(f"b{number}", "a", usd(due), **more)  # type: ignore[arg-type]


BILLS = st.lists(st.integers(1, 100_000), min_size=1, max_size=9).map(
    lambda dues: [bill(number, due) for number, due in enumerate(dues)]
)


@given(BILLS, st.integers(1, 2_000_000))
def test_the_parts_are_the_whole_and_each_bill_comes_once(bills: list[Bill], minor: int) -> None:
    parts = allocate(bills, usd(minor))
    assert sum(part.amount.minor for part in parts) == minor
    assert all(part.amount.minor > 0 for part in parts)
    assert [part.bill_id for part in parts] == [each.id for each in bills[: len(parts)]]


@given(BILLS, st.integers(1, 2_000_000))
def test_a_bill_is_paid_before_the_next_one_gets_anything(bills: list[Bill], minor: int) -> None:
    parts = allocate(bills, usd(minor))
    for part, each in zip(parts[:-1], bills, strict=False):
        assert part.amount == each.due


@pytest.mark.parametrize(
    ("paid", "parts"),
    [
        (5_000, [("b1", 5_000)]),
        (12_000, [("b1", 10_000), ("b2", 2_000)]),
        (15_000, [("b1", 10_000), ("b2", 5_000)]),
        (16_000, [("b1", 10_000), ("b2", 6_000)]),  # what is too much goes to the last
    ],
)
def test_the_oldest_bill_comes_first(paid: int, parts: list[tuple[str, int]]) -> None:
    split = allocate([bill(1, 10_000), bill(2, 5_000)], usd(paid))
    assert [(part.bill_id, part.amount.minor) for part in split] == parts


def test_a_discount_is_granted_with_a_bill_paid_in_full_and_only_then() -> None:
    cheaper = bill(1, 9_000, discount=usd(1_000))
    assert allocate([cheaper], usd(9_000))[0].discount == usd(1_000)
    assert allocate([cheaper], usd(8_999))[0].discount is None


@pytest.mark.parametrize(("bills", "minor"), [([], 100), ([bill(1, 100)], 0), ([bill(1, 100)], -1)])
def test_nothing_is_not_shared_out(bills: list[Bill], minor: int) -> None:
    with pytest.raises(ValueError, match="needed"):
        allocate(bills, usd(minor))


def test_currencies_are_not_mixed() -> None:
    with pytest.raises(ValueError, match="compare"):
        allocate([Bill("b1", "a", Money(100, "EUR")), bill(2, 100)], usd(200))


@given(st.integers(0, 10_000_000), st.lists(st.integers(0, 1000), min_size=1, max_size=9).filter(any))
def test_shares_by_weight_sum_to_the_whole_and_are_fair_to_a_cent(minor: int, weights: list[int]) -> None:
    parts = shared(usd(minor), weights)
    assert sum(part.minor for part in parts) == minor
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part.minor - minor * weight / sum(weights)) < 1


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1]])
def test_weights_make_sense(weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"weights|min"):
        shared(usd(100), weights)


def test_several_bills_as_one() -> None:
    one = combined(
        [bill(1, 100, due_date=date(2026, 5, 1), minimum=usd(50)), bill(2, 200, due_date=date(2026, 4, 1))]
    )
    assert (one.due, one.due_date, one.minimum) == (usd(300), date(2026, 4, 1), None)
    alone = bill(1, 100, minimum=usd(50))
    assert combined([alone]) is alone


@pytest.mark.parametrize(
    ("today", "due", "late", "discount"),
    [
        (date(2026, 5, 1), 9_000, None, 1_000),
        (date(2026, 5, 10), 9_000, None, 1_000),  # through the last day of the discount
        (date(2026, 5, 11), 10_000, None, None),
        (date(2026, 5, 20), 10_000, None, None),  # the due date itself is in time
        (date(2026, 5, 21), 12_500, 2_500, None),
    ],
)
def test_a_bill_as_it_stands_on_a_day(today: date, due: int, late: int | None, discount: int | None) -> None:
    plain = bill(
        1,
        10_000,
        due_date=date(2026, 5, 20),
        late_fee=usd(2_500),
        discount=usd(1_000),
        discount_until=date(2026, 5, 10),
    )
    stands = dated(plain, today)
    assert stands.due == usd(due)
    assert stands.late_fee == (None if late is None else usd(late))
    assert stands.discount == (None if discount is None else usd(discount))
