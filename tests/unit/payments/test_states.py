"""The laws of the table of payment states."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest

from fs_app.domain.payment import ENDINGS, OPEN_STATES, PAID_STATES, TRANSITIONS, Ending, PaymentState


def test_every_state_is_in_every_table() -> None:
    assert set(TRANSITIONS) == set(ENDINGS) == set(PaymentState)


def test_no_state_is_entered_twice() -> None:
    order = list(TopologicalSorter(TRANSITIONS).static_order())  # raises on a cycle
    assert order.index(PaymentState.OPENED) == len(order) - 1, "every attempt starts as opened"


@pytest.mark.parametrize("state", sorted(OPEN_STATES))
def test_an_open_attempt_is_being_checked_and_can_end(state: PaymentState) -> None:
    assert ENDINGS[state] is Ending.BEING_CHECKED
    assert TRANSITIONS[state]


def test_paid_is_told_of_what_counts_as_paid_and_of_nothing_else() -> None:
    assert {state for state, ending in ENDINGS.items() if ending is Ending.PAID} == PAID_STATES
    assert not PAID_STATES & OPEN_STATES


def test_a_declined_or_unsent_attempt_never_moves_again() -> None:
    for state in (PaymentState.DECLINED, PaymentState.NOT_SENT, PaymentState.VOIDED, PaymentState.REFUNDED):
        assert TRANSITIONS[state] == frozenset()
        assert ENDINGS[state] is Ending.NOT_PAID


def test_an_uncertain_attempt_never_goes_back_to_opened() -> None:
    assert all(PaymentState.OPENED not in reached for reached in TRANSITIONS.values())
