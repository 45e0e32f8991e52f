"""What may be paid later, and plans by the amount of each instalment: nothing of a sum is lost or added."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain.agreement import Target
from fs_app.domain.bill import Bill, BillKind
from fs_app.domain.money import Money
from fs_app.domain.plan import MONTHLY, plan_by_amount
from fs_app.domain.proposal import in_instalments, targets_of

FIRST = date(2026, 1, 31)


def usd(minor):
    return Money(minor, "USD")


@given(total=st.integers(1, 10**7), each=st.integers(10_000, 10**7), smallest=st.integers(1, 10_000))
def test_a_plan_by_amount_sums_to_the_whole(total, each, smallest):
    planned = plan_by_amount(usd(total), usd(each), usd(smallest), FIRST, MONTHLY)
    amounts = [one.amount.minor for one in planned]
    assert sum(amounts) == total
    assert all(amount == each for amount in amounts[:-1])
    assert len(planned) == 1 or amounts[-1] >= min(smallest, each)
    assert amounts[-1] < each + smallest
    assert all(one.due_on < other.due_on for one, other in pairwise(planned))
    assert in_instalments(planned, ()).terms.amount.amount == usd(total)


@pytest.mark.parametrize(
    ("total", "each", "amounts"),
    [(4000, 2000, [2000, 2000]), (4250, 2000, [2000, 2250]), (5500, 2000, [2000, 2000, 1500]), (900, 2000, [900])],
)
def test_a_rest_that_is_too_small_is_in_the_last_one(total, each, amounts):
    planned = plan_by_amount(usd(total), usd(each), usd(1000), FIRST, MONTHLY)
    assert [one.amount.minor for one in planned] == amounts


def test_nothing_each_is_no_plan():
    with pytest.raises(ValueError, match="above zero"):
        plan_by_amount(usd(100), usd(0), usd(10), FIRST, MONTHLY)


@pytest.mark.parametrize("kind", BillKind)
def test_open_bills_and_gifts_can_wait(kind):
    bill = Bill("x1", "a1", usd(2500), kind=kind)
    targets = targets_of((bill,), "a1")
    if kind in (BillKind.RENEWAL, BillKind.COPAY):
        assert targets is None
    else:
        assert targets == (Target("x1", 2500 if kind is BillKind.GIFT else 0),)


def test_of_somebody_else_only_a_gift_can():
    other = Bill("x1", "a2", usd(2500))
    gift = Bill("gift:meals", "", usd(2500), kind=BillKind.GIFT)
    assert targets_of((other,), "a1") is None
    assert targets_of((gift,), "a1") == (Target("gift:meals", 2500),)
    assert targets_of((gift, Bill("b1", "a1", usd(100))), "a1") is None
