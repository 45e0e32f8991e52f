"""Turkish: numbers of separate words, nouns that stay singular, ordinals by vowel harmony."""

from datetime import date, time
from decimal import Decimal

import pytest

from fs_app.domain.money import Money
from fs_app.domain.prompt import Count, Counted, Month, Ordinal, Percent, TimeOfDay, Weekday
from fs_app.prompts.languages.tr import GRAMMAR as turkish

ONES = "bir iki üç dört beş altı yedi sekiz dokuz".split()
TENS = "on yirmi otuz kırk elli altmış yetmiş seksen doksan".split()


def said(value):
    return turkish.join(value).text


def test_numbers_to_a_hundred():
    tens = [word for ten in TENS for word in (ten, *(f"{ten} {one}" for one in ONES))]
    assert [said(Count(number)) for number in range(101)] == ["sıfır", *ONES, *tens, "yüz"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (101, "yüz bir"),
        (110, "yüz on"),
        (200, "iki yüz"),
        (999, "dokuz yüz doksan dokuz"),
        (1000, "bin"),
        (1001, "bin bir"),
        (1100, "bin yüz"),
        (2000, "iki bin"),
        (21_000, "yirmi bir bin"),
        (100_000, "yüz bin"),
        (101_000, "yüz bir bin"),
        (1_000_000, "bir milyon"),
        (1_001_000, "bir milyon bin"),
        (
            999_999_999,
            "dokuz yüz doksan dokuz milyon dokuz yüz doksan dokuz bin dokuz yüz doksan dokuz",
        ),
    ],
)
def test_larger_numbers(number, words):
    assert said(Count(number)) == words


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (0, "TRY", "sıfır lira"),
        (1, "TRY", "bir kuruş"),
        (100, "TRY", "bir lira"),
        (4250, "TRY", "kırk iki lira elli kuruş"),
        (123_456, "TRY", "bin iki yüz otuz dört lira elli altı kuruş"),
        (100_000_000, "TRY", "bir milyon lira"),
        (4250, "USD", "kırk iki dolar elli sent"),
        (4250, "EUR", "kırk iki avro elli sent"),
        (101, "GBP", "bir sterlin bir peni"),
        (4250, "CAD", "kırk iki dolar elli sent"),
        (4250, "AUD", "kırk iki dolar elli sent"),
        (250, "MXN", "iki Meksika pesosu elli sentavo"),
        (4250, "JPY", "dört bin iki yüz elli Japon yeni"),
        (2250, "KWD", "iki Kuveyt dinarı iki yüz elli fils"),
        (2001, "BHD", "iki Bahreyn dinarı bir fils"),
        (1500, "JOD", "bir Ürdün dinarı beş yüz fils"),
        (250, "SAR", "iki Suudi riyali elli halala"),
        (250, "AED", "iki dirhem elli fils"),
        (250, "EGP", "iki Mısır lirası elli kuruş"),
    ],
)
def test_money(minor, currency, words):
    assert said(Money(minor, currency)) == words


def test_ordinals_follow_vowel_harmony():
    ordinals = "birinci ikinci üçüncü dördüncü beşinci altıncı yedinci sekizinci dokuzuncu onuncu".split()
    assert [said(Ordinal(number)) for number in range(1, 11)] == ordinals
    tens = "onuncu yirminci otuzuncu kırkıncı ellinci altmışıncı yetmişinci sekseninci doksanıncı".split()
    assert [said(Ordinal(number)) for number in range(10, 100, 10)] == tens


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (date(2026, 11, 30), "otuz Kasım iki bin yirmi altı"),
        (date(2031, 5, 3), "üç Mayıs iki bin otuz bir"),
        (date(2000, 2, 29), "yirmi dokuz Şubat iki bin"),
        (Month(2031, 9), "Eylül iki bin otuz bir"),
        (Weekday(1), "Pazartesi"),
        (Weekday(3), "Çarşamba"),
        (TimeOfDay(time(15, 30)), "on beş otuz"),
        (TimeOfDay(time(15, 5)), "on beş sıfır beş"),
        (TimeOfDay(time(9)), "dokuz"),
        (TimeOfDay(time(0)), "yirmi dört"),
        (TimeOfDay(time(0, 30)), "sıfır sıfır otuz"),
        (Ordinal(21, "instalment"), "yirmi birinci taksit"),
        (Ordinal(3, "payment"), "üçüncü ödeme"),
        (Counted(0, "bill"), "sıfır fatura"),
        (Counted(1, "bill"), "bir fatura"),
        (Counted(3, "bill"), "üç fatura"),
        (Counted(5, "person"), "beş kişi"),
        (Percent(Decimal(3)), "yüzde üç"),
        (Percent(Decimal("2.5")), "yüzde iki virgül beş"),
        (Percent(Decimal("2.25")), "yüzde iki virgül yirmi beş"),
        (Percent(Decimal("2.05")), "yüzde iki virgül sıfır beş"),
    ],
)
def test_other_values(value, words):
    assert said(value) == words
