"""English. num2words spells the numbers, Babel names the months and currencies; here words become fragments.

Numbers below a hundred are recorded whole ("forty-two"), because a voice does not make one word of two.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from babel.dates import get_month_names
from babel.numbers import get_currency_name
from num2words import num2words
from num2words.lang_EN import Num2Word_EN

from fs_app.domain.money import Money, exponent
from fs_app.domain.prompt import Count, Digits
from fs_app.prompts.languages.spoken import PAUSE, Fragment, Joined, JoinedValue

CURRENCIES = ("USD", "EUR", "GBP", "CAD", "AUD", "JPY", "KWD")
LARGEST = 999_999_999

# What people say, where the libraries are more formal ("pounds sterling"), or have no name for the minor unit.
_SPOKEN = {"EUR": (("euro", "euros"), ("cent", "cents")), "GBP": (("pound", "pounds"), ("penny", "pence"))}
_MINOR_UNITS = {"KWD": ("fils", "fils")}
_SCALES = ("hundred", "thousand", "million", "and")
_MONTHS = dict(get_month_names("wide", locale="en"))


class English:
    """See `fs_app.prompts.languages.spoken.Grammar`."""

    def fragments(self) -> Sequence[Fragment]:
        """Numbers 0 to 99, the words of larger ones, ordinals of the days, months, units of the currencies."""
        words = [num2words(number) for number in range(100)]
        words += [*_SCALES, *_MONTHS.values(), *(num2words(day, to="ordinal") for day in range(1, 32))]
        words += [name for code in CURRENCIES for forms in _units(code) for name in forms]
        return [Fragment(_name(word), word) for word in dict.fromkeys(words)]

    def join(self, value: JoinedValue) -> Joined:
        """Money, a date, digits in groups, or a number."""
        if isinstance(value, Digits):
            return _digits(value.text)
        if isinstance(value, Money):
            words = _money(value)
        elif isinstance(value, Count):
            words = _number(value.number)
        else:
            words = _date(value)
        return Joined(tuple(_name(word) for word in _fragment_words(words)), words)


def _name(word: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", word.lower())


def _fragment_words(words: str) -> list[str]:
    """Cut what the library spelled into what is recorded; a unit may be of two words ("Japanese yen")."""
    units = {name for code in CURRENCIES for forms in _units(code) for name in forms if " " in name}
    for unit in units:
        words = words.replace(unit, unit.replace(" ", "~"))
    return [word.replace("~", " ") for word in words.replace(",", "").split()]


def _number(number: int) -> str:
    if not 0 <= number <= LARGEST:
        raise ValueError(f"no recordings for {number}")
    return str(num2words(number))


@lru_cache
def _units(currency: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Singular and plural of the currency and of its minor unit: ("dollar", "dollars"), ("cent", "cents")."""
    known = _SPOKEN.get(currency) or Num2Word_EN.CURRENCY_FORMS.get(currency)
    if known is not None:
        return known[0], known[1]
    whole = (get_currency_name(currency, 1, "en"), get_currency_name(currency, 2, "en"))
    return whole, _MINOR_UNITS.get(currency, ("cent", "cents"))


def _money(money: Money) -> str:
    if money.currency not in CURRENCIES:
        raise ValueError(f"the names of {money.currency} are not recorded; recorded are {', '.join(CURRENCIES)}")
    whole, minor = divmod(money.minor, 10 ** exponent(money.currency))
    units, minor_units = _units(money.currency)
    parts = []
    if whole or not minor:
        parts.append(f"{_number(whole)} {units[whole != 1]}")
    if minor:
        parts.append(f"{_number(minor)} {minor_units[minor != 1]}")
    return " and ".join(parts)


def _date(day: date) -> str:
    return f"{_MONTHS[day.month]} {num2words(day.day, to='ordinal')}, {num2words(day.year, to='year')}"


def _digits(text: str) -> Joined:
    """One by one, in groups as people say them: up to four together, longer ones in threes."""
    if not text.isascii() or not text.isdigit():
        raise ValueError("digits only")
    groups = [text] if len(text) <= 4 else re.findall(r"\d{3}(?=\d{2})|\d+", text)
    names: list[str] = []
    for group in groups:
        names += [*([PAUSE] if names else []), *(_name(num2words(int(digit))) for digit in group)]
    return Joined(tuple(names), ", ".join(" ".join(group) for group in groups))
