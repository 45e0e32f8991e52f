"""How English says money, numbers, dates and digits."""

from datetime import date, time
from decimal import Decimal

import pytest

from fs_app.domain.money import Money
from fs_app.domain.prompt import Count, Counted, Digits, Month, Ordinal, Percent, TimeOfDay, Weekday
from fs_app.prompts.languages.en import GRAMMAR as english
from fs_app.prompts.repertoire import LARGEST
from fs_app.prompts.spoken import PAUSE


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
        (4250, "AUD", "forty-two dollars and fifty cents"),
        (101, "MXN", "one peso and one centavo"),
        (1, "JPY", "one Japanese yen"),
        (4250, "JPY", "four thousand, two hundred and fifty Japanese yen"),
        (1000, "KWD", "one Kuwaiti dinar"),
        (2250, "KWD", "two Kuwaiti dinars and two hundred and fifty fils"),
        (2001, "BHD", "two Bahraini dinars and one fils"),
        (1500, "JOD", "one Jordanian dinar and five hundred fils"),
        (250, "TRY", "two Turkish lira and fifty kurush"),
        (201, "SAR", "two Saudi riyals and one halala"),
        (150, "AED", "one dirham and fifty fils"),
        (250, "EGP", "two Egyptian pounds and fifty piasters"),
    ],
)
def test_money(minor, currency, words):
    assert english.join(Money(minor, currency)).text == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (date(2026, 11, 30), "November thirtieth, twenty twenty-six"),
        (date(2027, 1, 1), "January first, twenty twenty-seven"),
        (date(2028, 2, 29), "February twenty-ninth, twenty twenty-eight"),
        (date(2005, 3, 22), "March twenty-second, two thousand and five"),
        (Month(2031, 9), "September, twenty thirty-one"),
        (Weekday.of(date(2026, 11, 30)), "Monday"),
        (Weekday(7), "Sunday"),
        (TimeOfDay(time(15, 30)), "three thirty P M"),
        (TimeOfDay(time(9)), "nine A M"),
        (TimeOfDay(time(0, 5)), "twelve oh five A M"),
        (TimeOfDay(time(12, 10)), "twelve ten P M"),
        (TimeOfDay(time(12)), "noon"),
        (TimeOfDay(time(0)), "midnight"),
        (Ordinal(1), "first"),
        (Ordinal(3, "payment"), "third payment"),
        (Ordinal(12, "instalment"), "twelfth installment"),
        (Ordinal(40), "fortieth"),
        (Ordinal(42, "day"), "forty second day"),
        (Counted(0, "payment"), "zero payments"),
        (Counted(1, "payment"), "one payment"),
        (Counted(3, "person"), "three people"),
        (Percent(Decimal(3)), "three percent"),
        (Percent(Decimal("2.5")), "two point five percent"),
        (Percent(Decimal("2.05")), "two point zero five percent"),
        (Count(0), "zero"),
        (Count(300_000_021), "three hundred million and twenty-one"),
    ],
)
def test_other_values(value, words):
    assert english.join(value).text == words


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


def test_what_cannot_be_said_is_refused_by_name():
    for value, complaint in (
        (Money(100, "CHF"), "the names of CHF are not recorded; recorded are USD"),
        (Money((LARGEST + 1) * 100, "USD"), "no recordings for"),
        (Money(-4250, "USD"), "no recordings for -"),
        (Count(LARGEST + 1), "no recordings for"),
        (Digits("12a"), "digits only"),
        (Ordinal(100), "no recordings for 100"),
        (Ordinal(0), "no recordings for 0"),
        (Counted(-1, "day"), "no recordings for -1"),
        (Month(2026, 13), "no recordings for 13"),
        (Weekday(0), "no recordings for 0"),
        (date(1999, 12, 31), "no recordings for 1999"),
        (Percent(Decimal("2.555")), "no recordings for 2.555 percent"),
    ):
        with pytest.raises(ValueError, match=complaint):
            english.join(value)
