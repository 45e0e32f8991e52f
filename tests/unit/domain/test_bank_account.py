"""Routing numbers, and the one object that holds a bank account's digits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain.bank_account import BANKS, BankAccount, bank_of, routing_ok
from fs_app.domain.secret import Secret


@pytest.mark.parametrize("number", sorted(BANKS))
def test_every_number_in_the_table_can_be_a_banks(number: str) -> None:
    assert routing_ok(number)


@pytest.mark.parametrize(
    "wrong",
    ["", "02100002", "0210000210", "021000022", "12100002l", "٠٢١٠٠٠٠٢١", "130000010", "990000003", "000000000"],
)
def test_what_no_bank_can_have(wrong: str) -> None:
    assert not routing_ok(wrong)


@given(st.sampled_from(sorted(BANKS)), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_key_is_always_noticed(number: str, place: int, by: int) -> None:
    changed = str((int(number[place]) + by) % 10)
    assert not routing_ok(number[:place] + changed + number[place + 1 :])


@given(st.sampled_from(sorted(BANKS)), st.integers(0, 7))
def test_two_keys_in_the_wrong_order_are_noticed_unless_they_differ_by_five(number: str, place: int) -> None:
    one, two = number[place], number[place + 1]
    if abs(int(one) - int(two)) in (0, 5):
        return  # weights 3, 7 and 1 differ by even numbers: a known gap of this check digit
    assert not routing_ok(number[:place] + two + one + number[place + 2 :])


def test_the_largest_banks_have_names() -> None:
    assert bank_of("021000021") == "chase"
    assert bank_of("011401533") == "citizens"
    assert bank_of("122000661") is None


def test_a_copy_has_digits_of_its_own() -> None:
    bank = BankAccount(Secret("021000021"), Secret("1000000000"), brand="chase", last_four="0000")
    copy = bank.copy()
    bank.wipe()
    assert bank.wiped
    assert not copy.wiped
    assert (copy.number.reveal(), copy.last_four) == ("1000000000", "0000")
    assert "1000000000" not in repr(copy)
