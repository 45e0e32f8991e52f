"""What a renewal's bill says, and what payments make of a subscription."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain.bill import BillKind
from fs_app.domain.calendar import Every, Unit, nth
from fs_app.domain.money import Money
from fs_app.domain.subscription import Offer, Subscription, Term, bill_ids, bill_of, extended, term_of

NAMES = st.text("abcXYZ019:-_", min_size=1, max_size=36)
PLANS = st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True)
TERMS = st.builds(Term, NAMES, st.integers(0, 99), st.integers(0, 99), st.none() | PLANS)
DAYS = st.dates(date(2020, 1, 1), date(2080, 1, 1))
DIGITAL = Subscription("s1", "a1", "digital", date(2026, 1, 31))


@given(TERMS)
def test_a_bill_says_what_it_buys(term: Term) -> None:
    if len(f"renewal:{term.subscription_id}:{term.number}:{term.months}:{term.plan or ''}") <= 64:
        try:
            name = term.bill_id
        except ValueError:
            assert ":" in term.subscription_id  # it could be read in two ways
            return
        first, before = bill_ids(term.subscription_id)
        assert Term.of_bill(name) == term
        assert first <= name < before
        assert len(name) <= 64


@pytest.mark.parametrize(
    "name", ["", "demo-10001-1", "gift:meals", "renewal:s1", "renewal:s1:x:12", "renewal:s1:0:12:P"]
)
def test_other_bills_buy_nothing(name: str) -> None:
    assert Term.of_bill(name) is None


@pytest.mark.parametrize(("name", "plan"), [("s" * 60, None), ("s" * 40, "a_very_long_plan"), ("s1", "Print")])
def test_names_that_the_ledger_cannot_keep_are_refused(name: str, plan: str | None) -> None:
    with pytest.raises(ValueError, match="too long, or no names"):
        _ = Term(name, 0, 12, plan).bill_id


def test_a_bill_for_what_is_offered() -> None:
    bill = bill_of(DIGITAL, Offer("print", 12, Money(7_200, "USD")))
    assert (bill.id, bill.due, bill.kind, bill.whole) == (
        "renewal:s1:0:12:print",
        Money(7_200, "USD"),
        BillKind.RENEWAL,
        True,
    )


def test_the_end_of_a_month_stays_one() -> None:
    month = Offer("digital", 1, Money(500, "USD"))
    assert extended(DIGITAL, [(term_of(DIGITAL, month), date(2026, 1, 2))]).expires_on == date(2026, 2, 28)


@given(months=st.lists(st.integers(0, 36), max_size=6), expires=DAYS, early=st.integers(0, 400))
def test_months_that_are_paid_in_time_follow_each_other(months: list[int], expires: date, early: int) -> None:
    subscription = Subscription("s1", "a1", "digital", expires)
    paid = [(Term("s1", number, count), expires - timedelta(days=early)) for number, count in enumerate(months)]
    ends = extended(subscription, paid).expires_on
    whole = nth(expires.replace(day=1), Every(sum(months) or 1, Unit.MONTH), 1 if sum(months) else 0)
    assert (ends.year, ends.month) == (whole.year, whole.month)


@given(expires=DAYS, paid_on=DAYS, months=st.integers(1, 36))
def test_nobody_pays_for_days_that_are_gone_and_nobody_loses_any(expires: date, paid_on: date, months: int) -> None:
    after = extended(Subscription("s1", "a1", "digital", expires), [(Term("s1", 0, months), paid_on)])
    assert after.expires_on == nth(max(expires, paid_on), Every(months, Unit.MONTH), 1)
    assert after.expires_on > max(expires, paid_on)
