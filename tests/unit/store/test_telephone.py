"""Telephone numbers as they are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.store.telephone import telephone_digits


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("+14155550101", "14155550101"),
        ("0014155550101", "14155550101"),
        ("4155550101", "4155550101"),
        ("+49 (0)30.123-456", "49030123456"),
        ("110", "110"),
        ("12", None),
        ("1234567890123456", None),
        ("anonymous", None),
        ("", None),
        ("+", None),
        ("1415\n5550101", None),
        ("١٢٣٤٥", None),
        ("415;555", None),
    ],
)
def test_numbers(text: str, digits: str | None) -> None:
    assert telephone_digits(text) == digits


@given(st.text())
def test_nothing_but_digits_comes_out(text: str) -> None:
    digits = telephone_digits(text)
    assert digits is None or (digits.isascii() and digits.isdigit() and 3 <= len(digits) <= 15)
