"""What a bank's return code allows."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain.ach_return import RETURNS, Consequence, consequence_of, ends_method, may_present_again

PAGE = Path(__file__).resolve().parents[3] / "docs" / "gateway.md"
FIRST = date(2026, 1, 30)
ALL = st.one_of(st.sampled_from(sorted(RETURNS)), st.text(max_size=4))


@pytest.mark.parametrize(
    ("code", "consequence"),
    [
        ("R01", Consequence.PRESENT_AGAIN),
        ("R09", Consequence.PRESENT_AGAIN),
        ("R02", Consequence.CORRECT_ACCOUNT),
        ("R03", Consequence.CORRECT_ACCOUNT),
        ("R04", Consequence.CORRECT_ACCOUNT),
        ("R20", Consequence.CORRECT_ACCOUNT),
        ("R05", Consequence.STOP),
        ("R07", Consequence.STOP),
        ("R08", Consequence.STOP),
        ("R10", Consequence.STOP),
        ("R11", Consequence.STOP),
        ("R16", Consequence.STOP),
        ("R29", Consequence.STOP),
        ("R24", Consequence.ASK_PERSON),
        ("R61", Consequence.ASK_PERSON),  # between banks: nothing that comes back to us
        ("2001", Consequence.ASK_PERSON),
        ("", Consequence.ASK_PERSON),
    ],
)
def test_what_follows(code: str, consequence: Consequence) -> None:
    assert consequence_of(code) is consequence
    assert ends_method(code) is (consequence in (Consequence.STOP, Consequence.CORRECT_ACCOUNT))


def test_the_unauthorised_ones_are_those_that_the_fee_is_charged_for() -> None:
    # FedACH fee schedule: R05, R07, R10, R11, R29; R51 is of re-presented cheques.
    assert {each.code for each in RETURNS.values() if each.unauthorised} == {"R05", "R07", "R10", "R11", "R29"}
    assert all(ends_method(each.code) for each in RETURNS.values() if each.unauthorised)


@pytest.mark.parametrize(
    ("presented", "days", "allowed"),
    [(1, 3, True), (2, 180, True), (2, 181, False), (3, 3, False), (1, 181, False)],
)
def test_no_money_is_asked_for_twice_more_within_180_days(presented: int, days: int, allowed: bool) -> None:
    assert may_present_again("R01", presented, FIRST, FIRST + timedelta(days=days)) is allowed


@given(ALL, st.integers(1, 9), st.integers(0, 400))
def test_nothing_but_missing_money_is_ever_presented_again(code: str, presented: int, days: int) -> None:
    if may_present_again(code, presented, FIRST, FIRST + timedelta(days=days)):
        assert code in ("R01", "R09")
        assert presented <= 2 and days <= 180
        assert not ends_method(code)


def test_the_page_names_every_code_with_what_follows() -> None:
    rows = re.findall(r"^\| ((?:R\d\d(?:, )?)+) \|", PAGE.read_text(), re.MULTILINE)
    told = [set(row.split(", ")) for row in rows]
    ways = (Consequence.PRESENT_AGAIN, Consequence.CORRECT_ACCOUNT, Consequence.STOP)
    assert told == [{code for code, each in RETURNS.items() if each.consequence is way} for way in ways]
