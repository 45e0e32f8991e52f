"""Spanish: the gender of numbers, "de" after millions, and what people say of dates and times."""

from datetime import date, time
from decimal import Decimal

import pytest

from fs_app.domain.money import Money
from fs_app.domain.prompt import Count, Counted, Month, Ordinal, Percent, TimeOfDay, Weekday
from fs_app.prompts.languages.es import GRAMMAR as spanish


def said(value):
    return spanish.join(value).text


TO_THIRTY = """
    cero uno dos tres cuatro cinco seis siete ocho nueve
    diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve
    veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve
""".split()
TENS = "treinta cuarenta cincuenta sesenta setenta ochenta noventa".split()


def test_numbers_to_a_hundred():
    tens = [word for ten in TENS for word in (ten, *(f"{ten} y {one}" for one in TO_THIRTY[1:10]))]
    assert [said(Count(number)) for number in range(101)] == [*TO_THIRTY, *tens, "cien"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (101, "ciento uno"),
        (121, "ciento veintiuno"),
        (200, "doscientos"),
        (500, "quinientos"),
        (555, "quinientos cincuenta y cinco"),
        (700, "setecientos"),
        (900, "novecientos"),
        (1000, "mil"),
        (1001, "mil uno"),
        (2021, "dos mil veintiuno"),
        (21_000, "veintiún mil"),
        (31_031, "treinta y un mil treinta y uno"),
        (100_000, "cien mil"),
        (101_000, "ciento un mil"),
        (1_000_000, "un millón"),
        (1_000_001, "un millón uno"),
        (21_000_000, "veintiún millones"),
        (100_000_000, "cien millones"),
        (
            999_999_999,
            "novecientos noventa y nueve millones novecientos noventa y nueve mil novecientos noventa y nueve",
        ),
    ],
)
def test_larger_numbers(number, words):
    assert said(Count(number)) == words


@pytest.mark.parametrize(
    ("minor", "currency", "words"),
    [
        (0, "USD", "cero dólares"),
        (1, "USD", "un centavo"),
        (100, "USD", "un dólar"),
        (101, "USD", "un dólar con un centavo"),
        (2100, "USD", "veintiún dólares"),
        (2121, "USD", "veintiún dólares con veintiún centavos"),
        (3150, "USD", "treinta y un dólares con cincuenta centavos"),
        (10100, "USD", "ciento un dólares"),
        (100_000_000, "USD", "un millón de dólares"),
        (200_000_000, "USD", "dos millones de dólares"),
        (100_000_100, "USD", "un millón un dólares"),
        (120_000_000, "USD", "un millón doscientos mil dólares"),
        (4250, "EUR", "cuarenta y dos euros con cincuenta céntimos"),
        (100, "GBP", "una libra"),
        (2101, "GBP", "veintiuna libras con un penique"),
        (3100, "GBP", "treinta y una libras"),
        (50_000, "GBP", "quinientas libras"),
        (20_000_000, "GBP", "doscientas mil libras"),
        (3_100_000, "GBP", "treinta y un mil libras"),
        (20_000_000_000, "GBP", "doscientos millones de libras"),
        (4250, "CAD", "cuarenta y dos dólares con cincuenta centavos"),
        (100, "AUD", "un dólar"),
        (100, "MXN", "un peso"),
        (4_200_000, "MXN", "cuarenta y dos mil pesos"),
        (1, "JPY", "un yen"),
        (4250, "JPY", "cuatro mil doscientos cincuenta yenes"),
        (1000, "KWD", "un dinar kuwaití"),
        (2251, "KWD", "dos dinares kuwaitíes con doscientos cincuenta y un fils"),
        (2001, "BHD", "dos dinares bareiníes con un fils"),
        (1500, "JOD", "un dinar jordano con quinientos fils"),
        (10_100, "TRY", "ciento una liras turcas"),
        (121, "SAR", "un riyal saudí con veintiuna halalas"),
        (250, "AED", "dos dírhams con cincuenta fils"),
        (20_021, "EGP", "doscientas libras egipcias con veintiuna piastras"),
    ],
)
def test_money(minor, currency, words):
    assert said(Money(minor, currency)) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (date(2026, 11, 30), "treinta de noviembre de dos mil veintiséis"),
        (date(2031, 5, 1), "primero de mayo de dos mil treinta y uno"),
        (date(2000, 2, 29), "veintinueve de febrero de dos mil"),
        (date(2021, 1, 21), "veintiuno de enero de dos mil veintiuno"),
        (Month(2031, 9), "septiembre de dos mil treinta y uno"),
        (Weekday(3), "miércoles"),
        (TimeOfDay(time(15, 30)), "las tres y media de la tarde"),
        (TimeOfDay(time(13)), "la una de la tarde"),
        (TimeOfDay(time(12)), "las doce del mediodía"),
        (TimeOfDay(time(12, 15)), "las doce y cuarto de la tarde"),
        (TimeOfDay(time(0)), "las doce de la noche"),
        (TimeOfDay(time(5, 5)), "las cinco y cinco de la madrugada"),
        (TimeOfDay(time(9, 45)), "las nueve y cuarenta y cinco de la mañana"),
        (TimeOfDay(time(21, 21)), "las nueve y veintiuno de la noche"),
        (Ordinal(1), "primero"),
        (Ordinal(1, "payment"), "primer pago"),
        (Ordinal(3, "payment"), "tercer pago"),
        (Ordinal(5, "payment"), "quinto pago"),
        (Ordinal(1, "instalment"), "primera cuota"),
        (Ordinal(3, "instalment"), "tercera cuota"),
        (Ordinal(10, "bill"), "décima factura"),
        (Ordinal(21, "payment"), "pago número veintiuno"),
        (Counted(0, "bill"), "cero facturas"),
        (Counted(1, "bill"), "una factura"),
        (Counted(1, "payment"), "un pago"),
        (Counted(21, "day"), "veintiún días"),
        (Counted(21, "week"), "veintiuna semanas"),
        (Counted(31, "card"), "treinta y una tarjetas"),
        (Counted(2, "month"), "dos meses"),
        (Counted(1_000_000, "person"), "un millón de personas"),
        (Percent(Decimal(3)), "tres por ciento"),
        (Percent(Decimal("2.5")), "dos punto cinco por ciento"),
        (Percent(Decimal("2.25")), "dos punto veinticinco por ciento"),
        (Percent(Decimal("2.05")), "dos punto cero cinco por ciento"),
    ],
)
def test_other_values(value, words):
    assert said(value) == words
