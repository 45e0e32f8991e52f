"""Whose silence it is: ours, the caller's, or that of a server's death."""

from __future__ import annotations

import pytest

from fs_app.proof.callers import Saying
from fs_app.proof.silence import silences


@pytest.mark.parametrize(
    ("before", "silence"),
    [
        (Saying(("welcome",), 1.0, stopped=4.0), 1.0),  # cut off in a prompt: until the next one
        (Saying(("enter_pin",), 1.0, stopped=2.0, expected=True), 2.0),  # their turn was taken at 3
        (Saying(("enter_pin",), 1.0, stopped=2.0, expected=True, answered=4.5), 0.5),  # answered: our turn since
        (Saying(("please_wait",), 1.0, stopped=2.5), 2.0),  # ours before the death too; counted from it
    ],
)
def test_silence_is_counted_from_the_death_or_from_our_turn(before: Saying, silence: float) -> None:
    assert silences([before, Saying(("one_moment",), 5.0)], since=3.0) == [pytest.approx(silence)]


def test_what_was_before_the_death_is_not_counted() -> None:
    assert silences([Saying(("a",), 0.0, stopped=1.0), Saying(("b",), 2.0)], since=3.0) == []


def test_a_caller_who_does_not_answer_is_silent_of_their_own_will() -> None:
    asked = Saying(("enter_pin",), 1.0, stopped=2.0, expected=True)
    assert silences([asked, Saying(("no_key_heard", "enter_pin"), 9.0)], since=0.0) == []
