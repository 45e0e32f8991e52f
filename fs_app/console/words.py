"""Every word of the console, in four languages: ``words/<language>.yaml``, one key a text, gaps in braces.

Templates and scripts hold no words: a page asks for a key, and what changes while it is shown comes from here, too,
in the snapshots of the feed. Numbers, money and dates are written as people of that language write them, with the
digits that are on a telephone's keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, get_timezone_name
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit

from fs_app import yamlfile
from fs_app.domain.gaps import fill, gaps
from fs_app.domain.money import Money
from fs_app.errors import ConfigError, Problem
from fs_app.yamlfile import Document, Place

LANGUAGES = ("en", "es", "tr", "ar")
"""The languages of the interface, as in the lists that choose one."""

FOLDER = Path(__file__).with_name("words")
_RIGHT_TO_LEFT = frozenset({"ar"})
_MINUTE, _HOUR = 60, 3600
_UNIVERSAL = frozenset({"UTC", "Etc/UTC", "Etc/Universal", "Zulu"})  # in no country, and so without a name in CLDR
# Invisible marks (Unicode UAX 9): what stands between one of the first three and the last is laid out by itself,
# from left to right, from right to left, or as its own first letter wants. Without them a name or a date within
# Arabic text takes its neighbours along.
_LTR, _RTL, _OWN, _END, _RLM = "\u2066", "\u2067", "\u2068", "\u2069", "\u200f"


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language. ``zone`` is where the operator is: times of day are told as they are there."""

    language: str
    texts: Mapping[str, str]
    zone: tzinfo

    @property
    def direction(self) -> str:
        """``rtl`` or ``ltr``, for the page's ``dir``."""
        return "rtl" if self.language in _RIGHT_TO_LEFT else "ltr"

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, its gaps filled. KeyError for a key, or a gap, that nothing is known of."""
        return fill(self.texts[key], {name: self._apart(str(value), _OWN) for name, value in values.items()})

    def of(self, group: str, name: str) -> str:
        """The text of a name of a closed set, e.g. ``of("reason", "asked")``. An operator's own flow may use names
        of its own: one that no catalog has is shown as it is."""
        return self.texts.get(f"{group}.{name}", name.replace("_", " ")) if name else ""

    def names_in(self, group: str) -> list[str]:
        """The names that a group has, in the catalogs' order."""
        return [key.partition(".")[2] for key in self.texts if key.startswith(f"{group}.")]

    def money(self, amount: Money) -> str:
        """``$42.50``, ``42,50 US$``: never rounded."""
        text: str = format_currency(
            amount.decimal(), amount.currency, locale=self.language, decimal_quantization=False
        )
        return self._apart(text.replace(_RLM, ""), _LTR)

    def number(self, number: int) -> str:
        """``1,234``."""
        text: str = format_decimal(number, locale=self.language)
        return text

    def moment(self, moment: datetime) -> str:
        """A day and a time of day, where the operator is."""
        text: str = format_datetime(moment.astimezone(self.zone), "short", locale=self.language)
        return self._apart(text, _RTL)

    @property
    def zone_name(self) -> str:
        """Where those times of day are, e.g. ``Pacific Time``."""
        if str(self.zone) in _UNIVERSAL:
            return "UTC"
        text: str = get_timezone_name(self.zone, locale=self.language)
        return text

    def day(self, day: date) -> str:
        """A day."""
        text: str = format_date(day, "medium", locale=self.language)
        return self._apart(text, _RTL)

    def duration(self, seconds: float) -> str:
        """About how long: seconds below a minute, else minutes, else hours."""
        count, unit = _rounded(seconds)
        text: str = format_unit(count, f"duration-{unit}", length="long", locale=self.language)
        return text

    def list_of(self, items: Sequence[str]) -> str:
        """``a, b and c``."""
        text: str = format_list(items, locale=self.language) if items else ""
        return text

    def language_name(self, code: str) -> str:
        """What a language is called in this one, e.g. ``Spanish``; the code where nobody knows."""
        try:
            return str(Locale.parse(code).get_display_name(self.language) or code)
        except (UnknownLocaleError, ValueError):
            return code

    def _apart(self, text: str, mark: str) -> str:
        """The text laid out by itself, where that of the page runs from right to left."""
        return f"{mark}{text}{_END}" if self.direction == "rtl" and text else text


def _rounded(seconds: float) -> tuple[int, str]:
    if seconds < _MINUTE:
        return max(0, round(seconds)), "second"
    if seconds < _HOUR:
        return round(seconds / _MINUTE), "minute"
    return round(seconds / _HOUR), "hour"


@cache
def catalogs() -> Mapping[str, Mapping[str, str]]:
    """Every catalog, read once a process; ConfigError with every mistake in them."""
    documents = {language: yamlfile.read(FOLDER / f"{language}.yaml") for language in LANGUAGES}
    texts = {language: dict(_flat(document)) for language, document in documents.items()}
    problems = [
        problem
        for language, document in documents.items()
        for problem in _differences(document, texts[language], texts[LANGUAGES[0]])
    ]
    if problems:
        raise ConfigError(problems)
    return texts


def words_in(language: str, zone: tzinfo) -> Words:
    """The words of a language, English where it has none."""
    known = language if language in LANGUAGES else LANGUAGES[0]
    return Words(known, catalogs()[known], zone)


def _flat(document: Document) -> Iterator[tuple[str, str]]:
    """``group.key`` and its text, for each. ConfigError where the file is anything else than groups of texts."""

    def walk(data: object, place: Place) -> Iterator[tuple[str, str]]:
        if isinstance(data, dict):
            for key, value in data.items():
                yield from walk(value, (*place, key))
        elif isinstance(data, str) and place:
            yield ".".join(map(str, place)), data
        else:
            raise ConfigError([document.problem(place, "this should be text, or groups of texts")])

    yield from walk(document.data, ())


def _differences(document: Document, texts: Mapping[str, str], first: Mapping[str, str]) -> Iterator[Problem]:
    """What a catalog lacks, has too much, or fills otherwise than the first one."""
    for key in sorted(set(first) | set(texts)):
        place: Place = tuple(key.split("."))
        if key not in texts:
            yield document.problem(place, f"{key!r} is missing here")
        elif key not in first:
            yield document.problem(place, f"{key!r} is in no other catalog", at_key=True)
        elif gaps(texts[key]) != gaps(first[key]):
            known = ", ".join(sorted(gaps(first[key]))) or "none"
            yield document.problem(place, f"{key!r} should have these gaps: {known}")
