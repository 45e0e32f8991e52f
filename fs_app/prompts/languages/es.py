"""Spanish as spoken in America. num2words spells the numbers below a hundred, Babel names months and weekdays.

Own rules where num2words knows no noun: "uno" becomes "un" or "una", hundreds agree ("quinientas libras"), and "de"
follows a round million. Numbers below a hundred are recorded whole, as one says them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from babel.dates import get_day_names, get_month_names
from num2words import num2words

from fs_app.prompts.spoken import WordGrammar, Words

_MONTHS = dict(get_month_names("wide", locale="es"))
_WEEKDAYS = dict(get_day_names("wide", locale="es"))  # 0 for Monday
_SMALL = tuple(str(num2words(number, lang="es")) for number in range(100))
_HUNDREDS = ("", "ciento", *(str(num2words(hundred, lang="es")) for hundred in range(200, 1000, 100)))
_ORDINALS = ("", *"primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo".split())


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun with its plural and its gender."""

    one: str
    many: str
    feminine: bool = False


_CENTAVO = Noun("centavo", "centavos")
_FILS = Noun("fils", "fils")
_SEN = Noun("sen", "sen")


class Spanish(WordGrammar[Noun]):
    """See `fs_app.prompts.spoken.WordGrammar`."""

    digits = _SMALL[:10]
    nouns = {
        "bill": Noun("factura", "facturas", feminine=True),
        "payment": Noun("pago", "pagos"),
        "instalment": Noun("cuota", "cuotas", feminine=True),
        "day": Noun("día", "días"),
        "week": Noun("semana", "semanas", feminine=True),
        "month": Noun("mes", "meses"),
        "year": Noun("año", "años"),
        "minute": Noun("minuto", "minutos"),
        "key": Noun("tecla", "teclas", feminine=True),
        "person": Noun("persona", "personas", feminine=True),
        "caller": Noun("persona", "personas", feminine=True),
        "card": Noun("tarjeta", "tarjetas", feminine=True),
        "project": Noun("proyecto", "proyectos"),
    }
    units = {
        "USD": (Noun("dólar", "dólares"), _CENTAVO),
        "EUR": (Noun("euro", "euros"), Noun("céntimo", "céntimos")),
        "GBP": (Noun("libra", "libras", feminine=True), Noun("penique", "peniques")),
        "CAD": (Noun("dólar", "dólares"), _CENTAVO),
        "AUD": (Noun("dólar", "dólares"), _CENTAVO),
        "MXN": (Noun("peso", "pesos"), _CENTAVO),
        "JPY": (Noun("yen", "yenes"), _SEN),
        "KWD": (Noun("dinar kuwaití", "dinares kuwaitíes"), _FILS),
        "TRY": (Noun("lira turca", "liras turcas", feminine=True), Noun("kurus", "kurus")),
        "SAR": (Noun("riyal saudí", "riyales saudíes"), Noun("halala", "halalas", feminine=True)),
        "AED": (Noun("dírham", "dírhams"), _FILS),
        "BHD": (Noun("dinar bareiní", "dinares bareiníes"), _FILS),
        "JOD": (Noun("dinar jordano", "dinares jordanos"), _FILS),
        "EGP": (
            Noun("libra egipcia", "libras egipcias", feminine=True),
            Noun("piastra", "piastras", feminine=True),
        ),
    }

    def number(self, number: int) -> Words:
        return _spell(number, "uno", feminine=False)

    def counted(self, number: int, noun: Noun) -> Words:
        round_million = ["de"] if number and not number % 1_000_000 else []
        spelled = _spell(number, "una" if noun.feminine else "un", feminine=noun.feminine)
        return [*spelled, *round_million, noun.one if number == 1 else noun.many]

    def money(self, whole: Words, minor: Words) -> Words:
        return [*whole, "con", *minor]

    def ordinal(self, number: int, noun: Noun | None) -> Words:
        """Above ten one says the number: "pago número doce", hardly anybody "duodécimo pago"."""
        if number > 10:
            return [*([noun.one] if noun else []), "número", *self.number(number)]
        word = _ORDINALS[number]
        if noun is None:
            return [word]
        if noun.feminine:
            return [f"{word[:-1]}a", noun.one]
        return [word[:-1] if number in (1, 3) else word, noun.one]  # "primer pago", "tercer pago"

    def date(self, day: date) -> Words:
        first = "primero" if day.day == 1 else _SMALL[day.day]
        return [first, f"de {_MONTHS[day.month]}", *_year(day.year)]

    def month(self, year: int, month: int) -> Words:
        return [_MONTHS[month], *_year(year)]

    def weekday(self, number: int) -> Words:
        return [_WEEKDAYS[number - 1]]

    def time(self, at: time) -> Words:
        hour = (at.hour - 1) % 12 + 1
        spoken = "la una" if hour == 1 else f"las {_SMALL[hour]}"
        spare = {0: [], 15: ["y cuarto"], 30: ["y media"]}.get(at.minute, ["y", _SMALL[at.minute]])
        return [spoken, *spare, _part_of_day(at)]

    def percent(self, whole: int, decimals: str) -> Words:
        zero = [_SMALL[0]] if decimals.startswith("0") else []
        fraction = ["punto", *zero, _SMALL[int(decimals)]] if decimals else []
        return [*self.number(whole), *fraction, "por ciento"]


def _spell(number: int, one: str, *, feminine: bool) -> Words:
    """``one`` is what 1 becomes at the end: "uno", "un" or "una". Millions are masculine, hundreds of thousands are
    not; before "mil" it is always "un" ("treinta y un mil libras")."""
    millions, rest = divmod(number, 1_000_000)
    thousands, rest = divmod(rest, 1000)
    words: Words = []
    if millions:
        words += [*_below_a_thousand(millions, "un", feminine=False), "millón" if millions == 1 else "millones"]
    if thousands:
        words += [*(_below_a_thousand(thousands, "un", feminine=feminine) if thousands > 1 else []), "mil"]
    return [*words, *_below_a_thousand(rest, one, feminine=feminine)] if rest or not words else words


def _below_a_thousand(number: int, one: str, *, feminine: bool) -> Words:
    hundreds, rest = divmod(number, 100)
    if number == 100:
        return ["cien"]
    hundred = _HUNDREDS[hundreds]
    if feminine and hundreds > 1:
        hundred = f"{hundred[:-2]}as"
    word = _SMALL[rest]
    if rest % 10 == 1 and rest != 11:
        word = "veintiún" if (rest, one) == (21, "un") else word.removesuffix("uno") + one
    return [*([hundred] if hundred else []), *([word] if rest or not hundreds else [])]


def _year(year: int) -> Words:
    return ["de dos mil", *([_SMALL[year % 100]] if year % 100 else [])]


def _part_of_day(at: time) -> str:
    if at.hour == 12 and not at.minute:
        return "del mediodía"
    parts = {0: "de la noche", 1: "de la madrugada", 6: "de la mañana", 12: "de la tarde", 20: "de la noche"}
    return next(part for hour, part in reversed(parts.items()) if at.hour >= hour)


GRAMMAR = Spanish()
