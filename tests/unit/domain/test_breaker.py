"""When a service is not asked any more, and when it is asked again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain.breaker import Breaker

SLOW = 8.0


def fed(answers: str, *, every: float = 1.0) -> Breaker:
    """``.`` a good answer, ``s`` a slow one, ``x`` a failure; one each second from 0."""
    breaker = Breaker(SLOW, pause_seconds=30)
    for second, answer in enumerate(answers):
        breaker.saw(SLOW + 1 if answer == "s" else 0.1, answer == "x", second * every)
    return breaker


@pytest.mark.parametrize(
    ("answers", "is_open"),
    [
        ("", False),
        (".....", False),
        ("xx", False),
        ("xxx", True),
        ("sss", True),
        ("s.x.s", True),  # a good one in between proves nothing
        ("s..x..s", False),
        ("ss....s", False),
        ("sxs", True),
    ],
)
def test_three_bad_ones_of_the_last_five_open_it(answers: str, is_open: bool) -> None:
    assert fed(answers).open(len(answers)) is is_open


def test_what_is_long_ago_says_nothing() -> None:
    assert not fed("xxx", every=200.0).open(401)


def test_it_closes_on_trial_after_a_pause_and_for_good_after_a_good_answer() -> None:
    breaker = fed("xxx")
    assert breaker.open(31.9)
    assert not breaker.open(32)
    breaker.saw(0.1, False, 33)
    breaker.saw(9, False, 34)
    breaker.saw(9, False, 35)
    assert not breaker.open(36)


def test_a_bad_answer_on_trial_opens_it_for_twice_as_long_up_to_a_limit() -> None:
    breaker, now = fed("xxx"), 2.0
    for pause in (30, 60, 120, 240, 240):
        assert breaker.open(now + pause - 0.1) and not breaker.open(now + pause)
        now += pause
        breaker.saw(9, False, now)
    assert breaker.open(now)


def test_answers_to_what_was_asked_before_it_opened_change_nothing() -> None:
    breaker = fed("xxx")
    breaker.saw(0.1, False, 3)
    breaker.saw(9, True, 4)
    assert breaker.open(31.9) and not breaker.open(32)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 60)), max_size=60))
def test_it_is_never_open_for_longer_than_its_longest_pause(answers: list[tuple[bool, float]]) -> None:
    breaker, now = Breaker(SLOW, pause_seconds=30, longest_pause=100), 0.0
    for bad, seconds in answers:
        now += seconds
        breaker.saw(1.0, bad, now)
    assert not breaker.open(now + 100)
