"""Turkish. Own numbers, because num2words writes them as one word; Babel names the months and weekdays.

A noun stays singular after a number, and nothing takes a suffix: phrases are worded so that a value stands by
itself ("Son ödeme tarihi: 3 Mayıs 2031"), since a recorded number cannot change for a "-de" or "-e" after it.
"""

from __future__ import annotations

from datetime import date, time

from babel.dates import get_day_names, get_month_names

from fs_app.prompts.spoken import WordGrammar, Words

_MONTHS = dict(get_month_names("wide", locale="tr"))
_WEEKDAYS = dict(get_day_names("wide", locale="tr"))  # 0 for Monday
_ONES = tuple("sıfır bir iki üç dört beş altı yedi sekiz dokuz".split())
_TENS = ("", *"on yirmi otuz kırk elli altmış yetmiş seksen doksan".split())
_ORDINAL_ONES = ("", *"birinci ikinci üçüncü dördüncü beşinci altıncı yedinci sekizinci dokuzuncu".split())
_ORDINAL_TENS = (
    "",
    *"onuncu yirminci otuzuncu kırkıncı ellinci altmışıncı yetmişinci sekseninci doksanıncı".split(),
)


class Turkish(WordGrammar[str]):
    """See `fs_app.prompts.spoken.WordGrammar`. A noun is its one form."""

    digits = _ONES
    nouns = {
        "bill": "fatura",
        "payment": "ödeme",
        "instalment": "taksit",
        "day": "gün",
        "week": "hafta",
        "month": "ay",
        "year": "yıl",
        "minute": "dakika",
        "key": "tuş",
        "person": "kişi",
        "caller": "kişi",
        "card": "kart",
        "project": "proje",
    }
    units = {
        "USD": ("dolar", "sent"),
        "EUR": ("avro", "sent"),
        "GBP": ("sterlin", "peni"),
        "CAD": ("dolar", "sent"),
        "AUD": ("dolar", "sent"),
        "MXN": ("Meksika pesosu", "sentavo"),
        "JPY": ("Japon yeni", "sen"),
        "KWD": ("Kuveyt dinarı", "fils"),
        "TRY": ("lira", "kuruş"),
        "SAR": ("Suudi riyali", "halala"),
        "AED": ("dirhem", "fils"),
        "BHD": ("Bahreyn dinarı", "fils"),
        "JOD": ("Ürdün dinarı", "fils"),
        "EGP": ("Mısır lirası", "kuruş"),
    }

    def number(self, number: int) -> Words:
        words: Words = []
        for scale, name in ((1_000_000, "milyon"), (1000, "bin")):
            group, number = divmod(number, scale)
            if group:
                words += [*([] if (name, group) == ("bin", 1) else _below_a_thousand(group)), name]
        return [*words, *_below_a_thousand(number)] if number or not words else words

    def counted(self, number: int, noun: str) -> Words:
        return [*self.number(number), noun]

    def money(self, whole: Words, minor: Words) -> Words:
        return [*whole, *minor]

    def ordinal(self, number: int, noun: str | None) -> Words:
        tens, ones = divmod(number, 10)
        words = [_TENS[tens], _ORDINAL_ONES[ones]] if ones else [_ORDINAL_TENS[tens]]
        return [*filter(None, words), *([noun] if noun else [])]

    def date(self, day: date) -> Words:
        return [*self.number(day.day), _MONTHS[day.month], *self.number(day.year)]

    def month(self, year: int, month: int) -> Words:
        return [_MONTHS[month], *self.number(year)]

    def weekday(self, number: int) -> Words:
        return [_WEEKDAYS[number - 1]]

    def time(self, at: time) -> Words:
        """On the clock of 24 hours, as it is announced: "on beş sıfır beş". Midnight ends a day as "yirmi dört"."""
        if not at.minute:
            return self.number(at.hour or 24)
        hour = self.number(at.hour) if at.hour else _two_digits(0)
        return [*hour, *_two_digits(at.minute)]

    def percent(self, whole: int, decimals: str) -> Words:
        fraction = _two_digits(int(decimals)) if len(decimals) == 2 else self.number(int(decimals or 0))
        return ["yüzde", *self.number(whole), *(["virgül", *fraction] if decimals else [])]


def _below_a_thousand(number: int) -> Words:
    if not number:
        return [_ONES[0]]
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    words = [_ONES[hundreds]] if hundreds > 1 else []  # "yüz", not "bir yüz"
    words += ["yüz"] if hundreds else []
    return [*words, *([_TENS[tens]] if tens else []), *([_ONES[ones]] if ones else [])]


def _two_digits(number: int) -> Words:
    """A number of two digits where a leading zero counts: minutes, hundredths."""
    if not number:
        return [_ONES[0], _ONES[0]]
    return [*([_ONES[0]] if number < 10 else []), *_below_a_thousand(number)]


GRAMMAR = Turkish()
