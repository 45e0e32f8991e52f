"""Arabic, the standard language with its vowels: a voice needs them, and so does whoever records.

Own numbers, because num2words neither turns the gender of 3 to 10 around nor knows cases. Values stand in the
nominative: a phrase is worded so that it asks for it ("وَهُوَ {amount}", never "بِمَبْلَغِ {amount}").

The rules (Ryding, A Reference Grammar of Modern Standard Arabic, chapter 15): one follows its noun; two is the
noun's dual; 3 to 10 stand in the other gender, before a genitive plural; 11 to 99 before an accusative singular;
hundreds, thousands and millions before a genitive singular. A noun goes with the last two digits, so that 101
dollars are "a hundred dollars and a dollar". "And" is one letter, said with the word that follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from fs_app.prompts.spoken import WordGrammar, Words

_AND = "وَ"
_FATHA, _DAMMA, _KASRA, _SHADDA = "\u064e", "\u064f", "\u0650", "\u0651"
_AN, _UN, _IN = "\u064b", "\u064c", "\u064d"  # the endings of an indefinite noun: accusative, nominative, genitive
_SUN_LETTERS = "تثدذرزسشصضطظلن"
_MASCULINE = ("", *"وَاحِدٌ اِثْنَانِ ثَلَاثَةٌ أَرْبَعَةٌ خَمْسَةٌ سِتَّةٌ سَبْعَةٌ ثَمَانِيَةٌ تِسْعَةٌ عَشَرَةٌ".split())
_FEMININE = ("", *"وَاحِدَةٌ اِثْنَتَانِ ثَلَاثٌ أَرْبَعٌ خَمْسٌ سِتٌّ سَبْعٌ ثَمَانٍ تِسْعٌ عَشْرٌ".split())
_MASCULINE_TEENS = ("أَحَدَ", "اِثْنَا", "ثَلَاثَةَ", "أَرْبَعَةَ", "خَمْسَةَ", "سِتَّةَ", "سَبْعَةَ", "ثَمَانِيَةَ", "تِسْعَةَ")
_FEMININE_TEENS = ("إِحْدَى", "اِثْنَتَا", "ثَلَاثَ", "أَرْبَعَ", "خَمْسَ", "سِتَّ", "سَبْعَ", "ثَمَانِيَ", "تِسْعَ")
_TENS = ("", "", *"عِشْرُونَ ثَلَاثُونَ أَرْبَعُونَ خَمْسُونَ سِتُّونَ سَبْعُونَ ثَمَانُونَ تِسْعُونَ".split())
_HUNDREDS = ("", *"مِئَةٌ مِئَتَانِ ثَلَاثُمِئَةٍ أَرْبَعُمِئَةٍ خَمْسُمِئَةٍ سِتُّمِئَةٍ سَبْعُمِئَةٍ ثَمَانِمِئَةٍ تِسْعُمِئَةٍ".split())
_ZERO = "صِفْرٌ"
_ORDINALS = ("", *"أَوَّل ثَانِي ثَالِث رَابِع خَامِس سَادِس سَابِع ثَامِن تَاسِع عَاشِر".split())
_MONTHS = ("", *"يَنَايِر فِبْرَايِر مَارِس أَبْرِيل مَايُو يُونْيُو يُولْيُو أُغُسْطُس سِبْتَمْبِر أُكْتُوبَر نُوفَمْبِر دِيسَمْبِر".split())
_WEEKDAYS = ("", *"الِاثْنَيْن الثُّلَاثَاء الْأَرْبِعَاء الْخَمِيس الْجُمُعَة السَّبْت الْأَحَد".split())


@dataclass(frozen=True, slots=True)
class Noun:
    """The forms of a noun beside numbers."""

    one: str  # nominative singular
    two: str  # nominative dual
    few: str  # genitive plural, with 3 to 10
    many: str  # accusative singular, with 11 to 99
    hundred: str  # genitive singular, with hundreds and thousands
    stem: str
    feminine: bool = False


def _noun(stem: str, plural: str) -> Noun:
    """A noun by its stem, and its plural in the genitive. One that ends in tāʾ marbūṭa is feminine."""
    if stem.endswith("ة"):
        dual = f"{stem[:-1]}تَانِ"
        return Noun(stem + _UN, dual, plural, stem + _AN, stem + _IN, stem, feminine=True)
    return Noun(stem + _UN, f"{stem}َانِ", plural, f"{stem}{_AN}ا", stem + _IN, stem)


def _foreign(stem: str, dual: str, plural: str) -> Noun:
    """A loan word whose singular does not change."""
    return Noun(stem, dual, plural, stem, stem, stem)


_THOUSAND = _noun("أَلْف", "آلَافٍ")
_MILLION = _noun("مِلْيُون", "مَلَايِينَ")
_MINUTE = _noun("دَقِيقَة", "دَقَائِقَ")
_DOLLAR, _CENT = _noun("دُولَار", "دُولَارَاتٍ"), _noun("سِنْت", "سِنْتَاتٍ")
_DINAR, _FILS = _noun("دِينَار", "دَنَانِيرَ"), _noun("فِلْس", "فُلُوسٍ")
_POUND, _PIASTRE = _noun("جُنَيْه", "جُنَيْهَاتٍ"), _noun("قِرْش", "قُرُوشٍ")


class Arabic(WordGrammar[Noun]):
    """See `fs_app.prompts.spoken.WordGrammar`."""

    digits = tuple("صِفْر وَاحِد اِثْنَان ثَلَاثَة أَرْبَعَة خَمْسَة سِتَّة سَبْعَة ثَمَانِيَة تِسْعَة".split())
    nouns = {
        "bill": _noun("فَاتُورَة", "فَوَاتِيرَ"),
        "payment": _noun("دَفْعَة", "دَفَعَاتٍ"),
        "instalment": _noun("قِسْط", "أَقْسَاطٍ"),
        "day": _noun("يَوْم", "أَيَّامٍ"),
        "week": _noun("أُسْبُوع", "أَسَابِيعَ"),
        "month": _noun("شَهْر", "أَشْهُرٍ"),
        "year": _noun("سَنَة", "سَنَوَاتٍ"),
        "minute": _MINUTE,
        "key": _noun("زِرّ", "أَزْرَارٍ"),
        "person": _noun("شَخْص", "أَشْخَاصٍ"),
        "caller": _noun("مُتَّصِل", "مُتَّصِلِينَ"),
        "card": _noun("بِطَاقَة", "بِطَاقَاتٍ"),
        "project": _noun("مَشْرُوع", "مَشَارِيعَ"),
    }
    units = {
        "USD": (_DOLLAR, _CENT),
        "EUR": (_foreign("يُورُو", "اِثْنَانِ يُورُو", "يُورُو"), _CENT),
        "GBP": (_POUND, _noun("بِنْس", "بِنْسَاتٍ")),
        "CAD": (_DOLLAR, _CENT),
        "AUD": (_DOLLAR, _CENT),
        "MXN": (_foreign("بِيزُو", "اِثْنَانِ بِيزُو", "بِيزُوَاتٍ"), _CENT),
        "JPY": (_noun("يِنّ", "يِنَّاتٍ"), _CENT),
        "KWD": (_DINAR, _FILS),
        "TRY": (_noun("لِيرَة", "لِيرَاتٍ"), _PIASTRE),
        "SAR": (_noun("رِيَال", "رِيَالَاتٍ"), _noun("هَلَلَة", "هَلَلَاتٍ")),
        "AED": (_noun("دِرْهَم", "دَرَاهِمَ"), _FILS),
        "BHD": (_DINAR, _FILS),
        "JOD": (_DINAR, _FILS),
        "EGP": (_POUND, _PIASTRE),
    }

    def number(self, number: int) -> Words:
        return _with_and(_parts(number)) if number else [_ZERO]

    def counted(self, number: int, noun: Noun) -> Words:
        if number == 1:
            return [noun.one, _MASCULINE[1] if not noun.feminine else _FEMININE[1]]
        return _counted(number, noun)

    def money(self, whole: Words, minor: Words) -> Words:
        return _with_and([whole, minor])

    def ordinal(self, number: int, noun: Noun | None) -> Words:
        words = _ordinal(number, feminine=noun is not None and noun.feminine)
        return [_definite(noun.stem) + _DAMMA, *words] if noun else words

    def date(self, day: date) -> Words:
        return [*_ordinal(day.day, feminine=False), f"مِنْ {_MONTHS[day.month]}", *_year(day.year)]

    def month(self, year: int, month: int) -> Words:
        return [_MONTHS[month], *_year(year)]

    def weekday(self, number: int) -> Words:
        return [_WEEKDAYS[number]]

    def time(self, at: time) -> Words:
        """The hours are ordinals; their endings are left out, so that they fit "at" and "until" alike."""
        number = (at.hour - 1) % 12 + 1
        hour = self.pausal(_ordinal(number, feminine=True)[0]) if number > 1 else "الْوَاحِدَة"
        spare = {0: [], 15: ["وَالرُّبْع"], 30: ["وَالنِّصْف"]}.get(at.minute)
        if spare is None:
            minutes = self.counted(at.minute, _MINUTE)
            spare = [_AND + minutes[0], *minutes[1:]]
        return [f"السَّاعَة {hour}", *spare, _part_of_day(at.hour)]

    def percent(self, whole: int, decimals: str) -> Words:
        point = ["فَاصِلَة", *(self.digits[int(digit)] for digit in decimals)] if decimals else []
        return [*self.number(whole), *point, "فِي الْمِئَة"]

    def pausal(self, word: str) -> str:
        """At a pause short endings fall away, and "-an" becomes a long "ā"."""
        if word.endswith(f"{_AN}ا"):
            return f"{word[:-2]}{_FATHA}ا"
        if word.endswith("ةً"):
            return word[:-1]
        return word.rstrip(_UN + _IN + _DAMMA + _KASRA + _FATHA)


def _counted(number: int, noun: Noun) -> Words:
    """A number before its noun. Thousands and millions are nouns as well, so 3000 is three of a "thousand"."""
    if number <= 2:
        return [[_construct(_ZERO), noun.hundred], [noun.one], [noun.two]][number]
    last = number % 100
    if last in (1, 2):  # "a hundred dollars and a dollar"
        rest = [noun.one] if last == 1 else [noun.two]
        return _with_and([_counted(number - last, noun), rest])
    words = _with_and(_parts(number, feminine=noun.feminine))
    if last > 10:
        return [*words, noun.many]
    return [*words[:-1], _construct(words[-1]), noun.few if last else noun.hundred]


def _parts(number: int, *, feminine: bool = False) -> list[Words]:
    """What "and" stands between: millions, thousands, hundreds, ones, tens."""
    millions, rest = divmod(number, 1_000_000)
    thousands, rest = divmod(rest, 1000)
    hundreds, rest = divmod(rest, 100)
    parts = [_counted(group, noun) for group, noun in ((millions, _MILLION), (thousands, _THOUSAND)) if group]
    parts += [[_HUNDREDS[hundreds]]] if hundreds else []
    ones = _FEMININE if feminine else _MASCULINE
    tens, one = divmod(rest, 10)
    if rest <= 10:
        return [*parts, [ones[rest]]] if rest else parts
    if tens == 1:
        return [*parts, [f"{_FEMININE_TEENS[one - 1]} عَشْرَةَ" if feminine else f"{_MASCULINE_TEENS[one - 1]} عَشَرَ"]]
    if feminine and one == 1:
        return [*parts, ["إِحْدَى"], [_TENS[tens]]]
    return [*parts, *([[ones[one]]] if one else []), [_TENS[tens]]]


def _with_and(parts: list[Words]) -> Words:
    first, *others = parts
    return [*first, *(word for part in others for word in (_and(part[0]), *part[1:]))]


def _and(word: str) -> str:
    """The alif of "two" is not spoken after "and"."""
    return _AND + ("ا" + word[2:] if word.startswith("اِ") else word)


def _construct(word: str) -> str:
    """A noun right before its genitive: no "-n"."""
    if word.endswith("ثَمَانٍ"):
        return f"{word[:-1]}{_KASRA}ي"
    if word.endswith("َانِ"):
        return word[:-2]
    if word.endswith(f"{_AN}ا"):
        return word[:-2] + _FATHA
    if word.endswith("ينَ"):  # a plural without "-n" of its own: "malāyīna"
        return word[:-1] + _KASRA
    return word[:-1] + {_UN: _DAMMA, _IN: _KASRA}[word[-1]]


def _definite(word: str) -> str:
    """With its article, whose "l" becomes like the sun letter that follows it."""
    if word[0] in _SUN_LETTERS:
        return f"ال{word[0]}{_SHADDA}{word[1:]}"
    return f"الْ{word}"


def _ordinal(number: int, *, feminine: bool) -> Words:
    """Definite and nominative: "the third"."""
    tens, one = divmod(number, 10)
    if number <= 10:
        return [_ordinal_one(number, feminine=feminine)]
    if not one:
        return [_definite(_TENS[tens])]
    first = _definite("حَادِيَة" if feminine else "حَادِي") if one == 1 else _ordinal_one(one, feminine=feminine)
    if tens == 1:  # both words end in "-a", whatever the case
        return [f"{first.rstrip(_DAMMA)}{_FATHA} {'عَشْرَةَ' if feminine else 'عَشَرَ'}"]
    if one == 1 and feminine:
        first += _DAMMA
    return [first, _AND + _definite(_TENS[tens])]


def _ordinal_one(number: int, *, feminine: bool) -> str:
    if number == 1:
        return "الْأُولَى" if feminine else "الْأَوَّلُ"
    word = _definite(_ORDINALS[number])
    if feminine:
        return f"{word}{_FATHA}ةُ"
    return word if word.endswith("ي") else word + _DAMMA


def _year(year: int) -> Words:
    """In the genitive, after "year": "of the year two thousand and thirty-one"."""
    words = []
    for part in _parts(year % 100):
        word = _and(part[0])
        if word.endswith("ونَ"):
            word = f"{word[:-4]}{_KASRA}ينَ"
        elif word.endswith("ثْنَانِ"):
            word = word.removesuffix("َانِ") + "َيْنِ"
        elif word.endswith(_UN):
            word = word[:-1] + _IN
        words.append(word.replace("ثْنَا عَشَرَ", "ثْنَيْ عَشَرَ"))
    return ["عَامَ أَلْفَيْنِ", *words]


def _part_of_day(hour: int) -> str:
    parts = {0: "لَيْلًا", 1: "صَبَاحًا", 12: "ظُهْرًا", 13: "بَعْدَ الظُّهْر", 17: "مَسَاءً"}
    return next(part for first, part in reversed(parts.items()) if hour >= first)


GRAMMAR = Arabic()
