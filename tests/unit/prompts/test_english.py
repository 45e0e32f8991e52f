"""How English says money, numbers, dates and digits, and that all of it is recorded."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain.money import Money
from fs_app.domain.prompt import Count, Digits
from fs_app.prompts.languages.en import CURRENCIES, LARGEST, English
from fs_app.prompts.languages.spoken import PAUSE

SOUNDS = Path(__file__).parents[3] / "sounds" / "en" / "fragments"
english = English()
NAMES = {fragment.name for fragment in english.fragments()}


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (0, "USD", "zero dollars"),
        (1, "USD", "one cent"),
        (50, "USD", "fifty cents"),
        (100, "USD", "one dollar"),
        (101, "USD", "one dollar and one cent"),
        (200, "USD", "two dollars"),
        (4250, "USD", "forty-two dollars and fifty cents"),
        (10000, "USD", "one hundred dollars"),
        (10100, "USD", "one hundred and one dollars"),
        (100000, "USD", "one thousand dollars"),
        (200100, "USD", "two thousand and one dollars"),
        (
            99_999_999,
            "USD",
            "nine hundred and ninety-nine thousand, nine hundred and ninety-nine dollars and ninety-nine cents",
        ),
        (4250, "EUR", "forty-two euros and fifty cents"),
        (101, "GBP", "one pound and one penny"),
        (250, "GBP", "two pounds and fifty pence"),
        (4250, "CAD", "forty-two dollars and fifty cents"),
        (1, "JPY", "one Japanese yen"),
        (4250, "JPY", "four thousand, two hundred and fifty Japanese yen"),
        (1000, "KWD", "one Kuwaiti dinar"),
        (2250, "KWD", "two Kuwaiti dinars and two hundred and fifty fils"),
    ],
)
def test_money(minor, currency, words):
    assert english.join(Money(minor, currency)).text == words


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 30), "November thirtieth, twenty twenty-six"),
        (date(2027, 1, 1), "January first, twenty twenty-seven"),
        (date(2028, 2, 29), "February twenty-ninth, twenty twenty-eight"),
        (date(2005, 3, 22), "March twenty-second, two thousand and five"),
    ],
)
def test_dates(day, words):
    assert english.join(day).text == words


@pytest.mark.parametrize(
    ("digits", "text"),
    [
        ("7", "7"),
        ("1111", "1 1 1 1"),
        ("94107", "9 4 1, 0 7"),
        ("123456", "1 2 3, 4 5 6"),
        ("1234567", "1 2 3, 4 5 6 7"),
        ("12345678", "1 2 3, 4 5 6, 7 8"),
    ],
)
def test_digits_are_said_one_by_one_in_groups(digits, text):
    joined = english.join(Digits(digits))
    assert joined.text == text
    assert joined.names.count(PAUSE) == text.count(",")
    assert len(joined.names) - joined.names.count(PAUSE) == len(digits)


@pytest.mark.parametrize("number", [0, 7, 21, 100, 101, 1000, 999_999, LARGEST])
def test_numbers_use_recorded_words(number):
    assert set(english.join(Count(number)).names) <= NAMES


def test_what_cannot_be_said_is_refused_by_name():
    with pytest.raises(ValueError, match="the names of CHF are not recorded; recorded are USD"):
        english.join(Money(100, "CHF"))
    with pytest.raises(ValueError, match="no recordings for"):
        english.join(Count(LARGEST + 1))
    with pytest.raises(ValueError, match="no recordings for -"):
        english.join(Money(-4250, "USD"))
    with pytest.raises(ValueError, match="digits only"):
        english.join(Digits("12a"))


@given(st.integers(0, 1_000_000_000), st.sampled_from(CURRENCIES))
def test_every_amount_has_its_recordings(minor, currency):
    if minor // 100 <= LARGEST and not (currency == "JPY" and minor > LARGEST):
        assert set(english.join(Money(minor, currency)).names) <= NAMES


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_every_date_has_its_recordings(day):
    assert set(english.join(day).names) <= NAMES


@given(st.text("0123456789", min_size=1, max_size=20))
def test_every_digit_is_said_once_in_order(digits):
    joined = english.join(Digits(digits))
    assert joined.text.replace(" ", "").replace(",", "") == digits
    assert set(joined.names) - {PAUSE} <= NAMES


def test_every_fragment_lies_there_in_both_intonations():
    for name in NAMES:
        assert (SOUNDS / f"{name}.wav").is_file(), name
        assert (SOUNDS / f"{name}.end.wav").is_file(), name
    assert len(NAMES) == len(english.fragments())
