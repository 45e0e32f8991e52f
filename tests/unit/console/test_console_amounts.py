"""Which payment an agent may order: without I/O."""

from __future__ import annotations

import pytest

from fs_app.console.desk_rules import DeskRules, NotPayable, payable, span
from fs_app.domain.money import Money
from fs_app.domain.rules import Rules, Span
from fs_app.ports import (
    BillNote,
)
from tests.viewkit import BILLS, USD


def test_a_payment_is_within_the_operators_rules() -> None:
    rules = Rules(minimum_minor=100, maximum_minor=8000)
    assert payable(BILLS, ["a"], "60.00", rules) == Money(6000, USD)
    assert payable(BILLS, ["a", "b"], "80", rules) == Money(8000, USD)
    assert payable(BILLS, ["b"], "24,5", rules) == Money(2450, USD)


@pytest.mark.parametrize(
    ("bills", "amount", "key", "limit"),
    [
        ([], "1", "pay.choose_bills", None),
        (["a", "x"], "1", "pay.choose_bills", None),
        (["a"], "", "pay.no_amount", None),
        (["a"], "1e2", "pay.no_amount", None),
        (["a"], "1.234", "pay.no_amount", None),
        (["a"], "-1", "pay.too_small", Money(100, USD)),
        (["a"], "0.99", "pay.too_small", Money(100, USD)),
        (["a"], "60.01", "pay.too_large", Money(6000, USD)),
        (["a", "b"], "80.01", "pay.too_large", Money(8000, USD)),
    ],
)
def test_what_may_not_be_paid_says_what_has_to_be_mended(
    bills: list[str], amount: str, key: str, limit: Money | None
) -> None:
    with pytest.raises(NotPayable) as caught:
        payable(BILLS, bills, amount, Rules(minimum_minor=100, maximum_minor=8000))
    assert (caught.value.key, caught.value.limit) == (key, limit)


def test_less_than_the_smallest_payment_is_paid_where_no_more_is_due_and_more_than_due_where_that_is_allowed() -> (
    None
):
    small = (BillNote("a", "1", Money(50, USD)),)
    allowed = span(small, Rules(minimum_minor=100))
    assert allowed is not None
    assert (allowed.least, allowed.most) == (Money(50, USD), Money(50, USD))
    generous = span(small, Rules(minimum_minor=100, maximum_minor=5000, overpayment=True))
    assert generous is not None
    assert generous.most == Money(5000, USD)


def test_bills_in_several_currencies_are_not_paid_at_once() -> None:
    mixed = (*BILLS, BillNote("c", "3", Money(1000, "MXN")))
    assert span(mixed, Rules()) is None
    with pytest.raises(NotPayable, match="one_currency"):
        payable(mixed, ["a", "c"], "10", Rules())


def test_each_line_has_its_own_rules() -> None:
    own = Rules(currencies={USD: Span(1, 2)})
    rules = DeskRules({"": Rules(), "rent": own}, ())
    assert rules.of_line("rent") is own
    assert rules.of_line("gone") == Rules()
