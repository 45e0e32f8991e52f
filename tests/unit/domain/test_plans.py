"""Plans lose no minor unit, terms end where they say, and offers keep to the operator's rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import hypothesis.strategies as st
import pytest
from hypothesis import given

from fs_app.domain.agreement import (
    INSTALMENT_MOVES,
    UNDER_WAY,
    AgreementKind,
    AgreementRequest,
    Fixed,
    FullBalance,
    InstalmentState,
    Planned,
    Target,
    Terms,
    terms_of,
)
from fs_app.domain.calendar import Every, Unit
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.plan import MONTHLY, OfferRules, offers, plan

TODAY = date(2026, 3, 14)
FIFTY = Money(5000, "USD")
TO = Contact.parse("sms:+15550100001")
WEEKLY = Every(1, Unit.WEEK)
MONEY = st.builds(Money, st.integers(1, 10**9), st.sampled_from(["USD", "JPY", "KWD"]))


def request(**changes: object) -> AgreementRequest:
    """One payment of fifty dollars on the first of May, changed."""
    terms = Terms(Fixed(FIFTY), date(2026, 5, 1))
    base = AgreementRequest(AgreementKind.ONCE, "10001", "10001", "call", 1, 1, terms, receipt_to=TO)
    return replace(base, **changes)  # type: ignore[arg-type]


def test_ten_dollars_in_three() -> None:
    planned = plan(Money(1000, "USD"), 3, START, MONTHLY)
    assert [each.amount.minor for each in planned if each.amount] == [334, 333, 333]
    assert [each.due_on.isoformat() for each in planned] == ["2026-01-31", "2026-02-28", "2026-03-31"]


@given(MONEY, st.integers(1, 60), st.dates(TODAY, date(2040, 1, 1)), st.sampled_from([MONTHLY, WEEKLY]))
def test_a_plan_sums_to_its_whole(total: Money, count: int, first: date, every: Every) -> None:
    if count > total.minor:
        with pytest.raises(ValueError):
            plan(total, count, first, every)
        return
    planned = plan(total, count, first, every)
    minors = [each.amount.minor for each in planned if each.amount]
    assert sum(minors) == total.minor
    assert max(minors) - min(minors) <= 1
    dates = [each.due_on for each in planned]
    assert dates == sorted(set(dates))


def test_what_is_offered() -> None:
    rules = OfferRules(most=4, smallest_minor=2500)
    found = offers(Money(9000, "USD"), date(2026, 4, 1), TODAY, rules)
    assert [len(each) for each in found] == [2, 3]  # four would be of 22.50
    assert offers(Money(4000, "USD"), date(2026, 4, 1), TODAY, rules) == ()
    soon = replace(rules, smallest_minor=1, longest_days=60)
    assert [len(each) for each in offers(FIFTY, date(2026, 4, 1), TODAY, soon)] == [2]


@given(MONEY, st.integers(2, 24), st.integers(1, 10**6), st.integers(1, 800), st.integers(0, 90))
def test_every_offer_keeps_to_the_rules(total: Money, most: int, smallest: int, days: int, wait: int) -> None:
    rules = OfferRules(most, smallest, days)
    for planned in offers(total, TODAY + timedelta(days=wait), TODAY, rules):
        assert rules.allows(planned, TODAY)
        assert sum(each.amount.minor for each in planned if each.amount) == total.minor


START = date(2026, 1, 31)


@pytest.mark.parametrize(
    ("terms", "dates"),
    [
        (Terms(Fixed(FIFTY), START, MONTHLY, times=2), ["2026-01-31", "2026-02-28", None]),
        (Terms(Fixed(FIFTY), START, MONTHLY, last=date(2026, 2, 28)), ["2026-01-31", "2026-02-28", None]),
        (Terms(Fixed(FIFTY), START, MONTHLY, last=date(2026, 2, 27)), ["2026-01-31", None]),
        (Terms(Fixed(FIFTY), date(2026, 2, 28), MONTHLY, day=31), ["2026-02-28", "2026-03-31", "2026-04-30"]),
        (Terms(Fixed(FIFTY), date(2026, 1, 31)), ["2026-01-31", None]),
    ],
)  # fmt: skip
def test_terms_end_where_they_say(terms: Terms, dates: list[str | None]) -> None:
    found = [terms.due_on(number) for number in range(1, len(dates) + 1)]
    assert [None if each is None else each.isoformat() for each in found] == dates


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": Fixed(Money(0, "USD"))},
        {"last": date(2026, 4, 30)},
        {"times": 0},
        {"day": 2},
        {"day": 32},
    ],
)
def test_terms_that_contradict_themselves(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        replace(Terms(Fixed(FIFTY), date(2026, 5, 1)), **wrong)  # type: ignore[arg-type]


PLAN = (Planned(date(2026, 4, 1), FIFTY), Planned(date(2026, 5, 1), FIFTY))
FULL = Terms(FullBalance("USD"), date(2026, 5, 1), MONTHLY)


def in_plan(*planned: Planned) -> dict[str, object]:
    whole = planned[:1] if any(each.amount is None for each in planned) else planned
    return {"kind": AgreementKind.PLAN, "planned": planned, "terms": terms_of(whole)}


@pytest.mark.parametrize(
    "right",
    [
        {},
        {"kind": AgreementKind.PLAN, "planned": PLAN, "terms": terms_of(PLAN)},
        {"kind": AgreementKind.RECURRING, "terms": FULL},
        {"targets": (Target("forest", 2), Target("river", 1))},
    ],
)
def test_what_can_be_agreed_to(right: dict[str, object]) -> None:
    request(**right).check(TODAY)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"kind": AgreementKind.PLAN}, "a plan has instalments"),
        ({"planned": PLAN}, "a plan has instalments"),
        ({"kind": AgreementKind.RECURRING}, "what recurs has a period"),
        ({"terms": FULL}, "what recurs has a period"),
        ({"terms": Terms(Fixed(FIFTY), date(2026, 3, 13))}, "the first date is over"),
        ({"kind": AgreementKind.PLAN, "planned": PLAN}, "what recurs|the terms of a plan are of its instalments"),
        (in_plan(PLAN[0], Planned(date(2026, 5, 1), None)), "every instalment of a plan has an amount"),
        (in_plan(*PLAN[::-1]), "one after the other"),
        (in_plan(PLAN[0], PLAN[0]), "one after the other"),
        (in_plan(PLAN[0], Planned(date(2026, 4, 2), Money(0, "USD"))), "above zero"),
        ({"kind": AgreementKind.RECURRING, "terms": FULL, "receipt_to": None}, "needs an address"),
        ({"kind": AgreementKind.RECURRING, "terms": replace(FULL, every=WEEKLY)}, "ten days ahead"),
        ({"targets": (Target("forest", 2), Target("river"))}, "every project a share"),
    ],
)
def test_what_nobody_can_have_agreed_to(wrong: dict[str, object], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        request(**wrong).check(TODAY)


def test_what_has_ended_but_a_payment_that_a_bank_takes_back_stays_as_it_is() -> None:
    ended = frozenset(InstalmentState) - UNDER_WAY
    assert {state for state in ended if INSTALMENT_MOVES[state]} == {InstalmentState.PAID}
    for state in InstalmentState:
        assert InstalmentState.SCHEDULED not in INSTALMENT_MOVES[state], "nothing is begun anew"
