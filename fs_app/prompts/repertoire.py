"""What every language has to be able to say: values that between them need each word of a language at least once.

Not every value there is, which would take hours, but every number below a thousand, and larger ones where a
language may change a word: around tens, hundreds, thousands and millions, alone and followed by something. Property
tests look for a value that needs a word which these do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, time
from decimal import Decimal

from fs_app.domain.money import Money, exponent
from fs_app.domain.prompt import Count, Counted, Month, Noun, Ordinal, Percent, Spelled, TimeOfDay, Weekday

LARGEST = 999_999_999
LARGEST_ORDINAL = 99
YEARS = range(2000, 2100)

_HUNDREDS = [hundred + rest for hundred in range(100, 1000, 100) for rest in (0, 1, 2, 3, 11, 21, 32)]
_GROUPS = [*range(1, 13), 21, 99, *range(100, 1000, 100), 101, 102, 103, 111]  # of thousands and millions
_RESTS = [0, 1, 2, 3, 11, 21, 99, 101, 201, 999, *range(100, 1000, 100)]  # after them
NUMBERS = [
    *range(1000),
    *(group * 1000 + rest for group in _GROUPS for rest in _RESTS),
    *(group * 1_000_000 + rest for group in _GROUPS for rest in (0, 1, 1000, 2000, 3000, 11_000, 100_000, 200_000)),
]
_SOME = (1, 2, 3, 11, 100, 101, 102, 103, 200)
_AROUND_NOUNS = [
    *range(120),
    *_HUNDREDS,
    *(group * scale + rest for group in _SOME for scale in (1000, 1_000_000) for rest in range(4)),
    *(1_000_000 + 1000 * group for group in _SOME),
    *(1000 + group for group in _HUNDREDS),
]


def every_kind_of_value(nouns: Sequence[Noun], currencies: Sequence[str]) -> Iterator[Spelled]:
    """Everything but digits."""
    yield from (Count(number) for number in NUMBERS)
    for currency in currencies:
        yield from _amounts(currency)
    for noun in nouns:
        yield from (Counted(number, noun) for number in _AROUND_NOUNS)
    for each in (None, *nouns):
        yield from (Ordinal(number, each) for number in range(1, LARGEST_ORDINAL + 1))
    yield from (date(2024, 1, day) for day in range(1, 32))
    yield from (date(2024, month, 1) for month in range(1, 13))
    yield from (date(year, 1, 1) for year in YEARS)
    yield from (Month(2024, month) for month in range(1, 13))
    yield from (Month(year, 1) for year in YEARS)
    yield from (Weekday(number) for number in range(1, 8))
    yield from (TimeOfDay(time(hour, minute)) for hour in range(24) for minute in (0, 1, 15, 30))
    yield from (TimeOfDay(time(1, minute)) for minute in range(60))
    yield from (Percent(Decimal(number) / 100) for number in range(1, 101))
    yield from (Percent(Decimal(number)) for number in range(101))


def _amounts(currency: str) -> Iterator[Money]:
    """Whole amounts, minor units alone, and minor units after whole ones."""
    one = 10 ** exponent(currency)
    yield from (Money(number * one, currency) for number in _AROUND_NOUNS)
    minors = [number for number in _AROUND_NOUNS if 0 < number < one]
    yield from (Money(minor, currency) for minor in minors)
    yield from (Money(one + minor, currency) for minor in minors)
