"""English. num2words spells the numbers, Babel names the months and weekdays; here words become fragments.

Numbers below a hundred are recorded whole ("forty-two"), because a voice does not make one word of two.
"""

from __future__ import annotations

from datetime import date, time
from functools import lru_cache

from babel.dates import get_day_names, get_month_names
from num2words import num2words

from fs_app.prompts.spoken import WordGrammar, Words

_MONTHS = dict(get_month_names("wide", locale="en"))
_WEEKDAYS = dict(get_day_names("wide", locale="en"))  # 0 for Monday
_WHOLE_ORDINALS = 31  # the days of a month; above them "forty", "second"

Forms = tuple[str, str]
_CENT: Forms = ("cent", "cents")
_FILS: Forms = ("fils", "fils")


class English(WordGrammar[Forms]):
    """See `fs_app.prompts.spoken.WordGrammar`. A noun is its singular and its plural."""

    digits = tuple(num2words(digit) for digit in range(10))
    nouns = {
        "bill": ("bill", "bills"),
        "payment": ("payment", "payments"),
        "instalment": ("installment", "installments"),
        "day": ("day", "days"),
        "week": ("week", "weeks"),
        "month": ("month", "months"),
        "year": ("year", "years"),
        "minute": ("minute", "minutes"),
        "key": ("key", "keys"),
        "person": ("person", "people"),
        "caller": ("caller", "callers"),
        "card": ("card", "cards"),
        "project": ("project", "projects"),
    }
    # What people say, where the libraries say "US dollars" and "pounds sterling". The country is named where a
    # caller could take it for another currency.
    units = {
        "USD": (("dollar", "dollars"), _CENT),
        "EUR": (("euro", "euros"), _CENT),
        "GBP": (("pound", "pounds"), ("penny", "pence")),
        "CAD": (("dollar", "dollars"), _CENT),
        "AUD": (("dollar", "dollars"), _CENT),
        "MXN": (("peso", "pesos"), ("centavo", "centavos")),
        "JPY": (("Japanese yen", "Japanese yen"), _CENT),
        "KWD": (("Kuwaiti dinar", "Kuwaiti dinars"), _FILS),
        "TRY": (("Turkish lira", "Turkish lira"), ("kurush", "kurush")),
        "SAR": (("Saudi riyal", "Saudi riyals"), ("halala", "halalas")),
        "AED": (("dirham", "dirhams"), _FILS),
        "BHD": (("Bahraini dinar", "Bahraini dinars"), _FILS),
        "JOD": (("Jordanian dinar", "Jordanian dinars"), _FILS),
        "EGP": (("Egyptian pound", "Egyptian pounds"), ("piaster", "piasters")),
    }

    def number(self, number: int) -> Words:
        return list(_number(number))

    def counted(self, number: int, noun: Forms) -> Words:
        return [*_number(number), noun[number != 1]]

    def money(self, whole: Words, minor: Words) -> Words:
        return [*whole, "and", *minor]

    def ordinal(self, number: int, noun: Forms | None) -> Words:
        thing = [noun[0]] if noun else []
        if number <= _WHOLE_ORDINALS or not number % 10:
            return [num2words(number, to="ordinal"), *thing]
        return [num2words(number // 10 * 10), num2words(number % 10, to="ordinal"), *thing]

    def date(self, day: date) -> Words:
        return [_MONTHS[day.month], f"{num2words(day.day, to='ordinal')},", *_year(day.year)]

    def month(self, year: int, month: int) -> Words:
        return [f"{_MONTHS[month]},", *_year(year)]

    def weekday(self, number: int) -> Words:
        return [_WEEKDAYS[number - 1]]

    def time(self, at: time) -> Words:
        """On the clock of twelve hours; noon and midnight by name, since "twelve A M" is understood both ways."""
        if not at.minute and at.hour in (0, 12):
            return ["noon" if at.hour else "midnight"]
        oh = ["oh"] if 0 < at.minute < 10 else []
        minutes = _number(at.minute) if at.minute else ()
        return [*_number((at.hour - 1) % 12 + 1), *oh, *minutes, "P M" if at.hour >= 12 else "A M"]

    def percent(self, whole: int, decimals: str) -> Words:
        point = ["point", *(self.digits[int(digit)] for digit in decimals)] if decimals else []
        return [*_number(whole), *point, "percent"]


@lru_cache(1024)
def _number(number: int) -> tuple[str, ...]:
    return tuple(str(num2words(number)).split())


@lru_cache
def _year(year: int) -> tuple[str, ...]:
    return tuple(str(num2words(year, to="year")).split())


GRAMMAR = English()
