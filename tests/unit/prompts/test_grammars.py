"""What holds in every language: all that can be said is recorded, and the text is what is heard."""

import re
from datetime import date, time
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fs_app.domain.money import Money, exponent
from fs_app.domain.prompt import Count, Counted, Digits, Month, Ordinal, Percent, TimeOfDay, Weekday
from fs_app.prompts.languages import GRAMMARS
from fs_app.prompts.phrasebook import Gap, Words, load_phrases
from fs_app.prompts.repertoire import LARGEST, LARGEST_ORDINAL
from fs_app.prompts.spoken import NOUNS, PAUSE, file_name

SOUNDS = Path(__file__).parents[3] / "sounds"
CURRENCIES = list(GRAMMARS["en"].units)
FRAGMENTS = {
    language: {fragment.name: fragment for fragment in grammar.fragments()}
    for language, grammar in GRAMMARS.items()
}

numbers = st.one_of(st.integers(0, LARGEST), st.integers(0, 2000), st.integers(0, 999).map(lambda n: n * 1_000_000))
nouns = st.sampled_from(NOUNS)
decimals = st.decimals(0, 100, places=2)


@st.composite
def amounts(draw):
    currency = draw(st.sampled_from(CURRENCIES))
    one = 10 ** exponent(currency)
    return Money(draw(numbers) * one + draw(st.integers(0, one - 1)), currency)


values = st.one_of(
    amounts(),
    numbers.map(Count),
    st.builds(Counted, numbers, nouns),
    st.builds(Ordinal, st.integers(1, LARGEST_ORDINAL), st.one_of(st.none(), nouns)),
    st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    st.builds(Month, st.integers(2000, 2099), st.integers(1, 12)),
    st.builds(Weekday, st.integers(1, 7)),
    st.times().map(lambda at: TimeOfDay(time(at.hour, at.minute))),
    decimals.map(Percent),
)


@pytest.mark.parametrize("language", GRAMMARS)
@settings(max_examples=400)
@given(value=values)
def test_every_value_is_joined_from_what_is_recorded_and_its_text_is_what_is_heard(language, value):
    joined = GRAMMARS[language].join(value)
    fragments = [FRAGMENTS[language][name] for name in joined.names]
    assert fragments[-1].ends, f"{joined.text} has no recording for a sentence's end"
    assert " ".join(fragment.text for fragment in fragments) == joined.text.replace(",", "")


@pytest.mark.parametrize("language", GRAMMARS)
@given(digits=st.text("0123456789", min_size=1, max_size=20))
def test_every_digit_is_said_once_in_order(language, digits):
    joined = GRAMMARS[language].join(Digits(digits))
    assert joined.text.replace(" ", "").replace(",", "") == digits
    spoken = [file_name(word) for word in GRAMMARS[language].digits]
    assert [name for name in joined.names if name != PAUSE] == [spoken[int(digit)] for digit in digits]
    assert all(FRAGMENTS[language][name].ends for name in spoken)


@pytest.mark.parametrize("language", GRAMMARS)
def test_each_fragment_has_a_file_of_its_own(language):
    fragments = GRAMMARS[language].fragments()
    assert len({fragment.name for fragment in fragments}) == len({fragment.text for fragment in fragments})
    assert len(FRAGMENTS[language]) == len(fragments)
    assert all(re.fullmatch("[a-z0-9_]+", fragment.name) for fragment in fragments)
    assert PAUSE not in FRAGMENTS[language]


@pytest.mark.parametrize("language", GRAMMARS)
def test_the_same_can_be_said_in_every_language(language):
    assert list(GRAMMARS[language].units) == CURRENCIES
    assert list(GRAMMARS[language].nouns) == list(GRAMMARS["en"].nouns)
    assert set(GRAMMARS[language].nouns) == set(NOUNS)


# --- the texts -------------------------------------------------------------------------------------------------

BOOKS, PROBLEMS = load_phrases(SOUNDS)
OTHERS = [language for language in GRAMMARS if language != "en"]


def gaps(language):
    return {name: BOOKS[language].gaps(name) for name in BOOKS[language].phrases}


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_each_phrase_of_english_with_its_gaps(language):
    assert PROBLEMS == []
    ours, english = gaps(language), gaps("en")
    missing = sorted(english.keys() - ours.keys())
    assert not missing, f"add to sounds/{language}/phrases.yaml: {', '.join(missing)}"
    unknown = sorted(ours.keys() - english.keys())
    assert not unknown, f"only in sounds/{language}/phrases.yaml: {', '.join(unknown)}"
    assert ours == english


NAMES = re.compile("brand_|bank_(?!accounts)")  # brands and banks are called the same everywhere


@pytest.mark.parametrize("language", OTHERS)
def test_nothing_was_left_in_english(language):
    english = {recording.text for recording in BOOKS["en"].recordings() if len(recording.text.split()) > 1}
    left = [
        recording.file
        for recording in BOOKS[language].recordings()
        if recording.text in english and not NAMES.match(recording.file)
    ]
    assert left == []
    words = {word.lower() for text in texts(language) for word in re.findall(r"\w+", text)}
    assert not words & {"please", "press", "the", "your", "with", "thank", "and", "dollars", "cents"}


def texts(language):
    return [recording.text for recording in BOOKS[language].recordings()]


def test_no_letter_of_arabic_is_missing_its_vowel_where_a_voice_could_not_guess_it():
    """Two consonants in a row without any sign are read as a cluster that Arabic does not have."""
    bare = re.compile("[بتثجحخدذرزسشصضطظعغفقكلمنه]{2}")
    article = re.compile("ل[تثدذرزسشصضطظلن][\u064e-\u0650]?\u0651|لل")
    for text in texts("ar"):
        assert not bare.search(article.sub("", text)), text


WITHOUT_CASE = {"digits", "brand", "bank", "name", "key", "phone"}  # digits and names are said without endings
GENITIVE = re.compile("\\b(في|من|إلى|على|حتى|عن|قبل|بعد|ب\\w+\u0650) $")  # a preposition, alone or before a noun


def test_what_leads_into_an_arabic_value_asks_for_the_nominative():
    for name, pieces in BOOKS["ar"].phrases.items():
        for words, gap in pairwise(pieces):
            if isinstance(words, Words) and isinstance(gap, Gap) and gap.name not in WITHOUT_CASE:
                letters = re.sub("[\u064b-\u064f\u0651\u0652]", "", words.text)
                bare = re.sub("\u0650(?!\\s)", "", letters)
                assert not GENITIVE.search(bare), f"{name}: {{{gap.name}}} is nominative, e.g. after وَهُوَ"


@pytest.mark.parametrize("language", GRAMMARS)
def test_nothing_is_glued_to_a_value(language):
    """A recorded value cannot take a suffix ("3 Mayıs'ta") or a prefix."""
    for name, pieces in BOOKS[language].phrases.items():
        for piece, after in pairwise(pieces):
            if isinstance(piece, Gap) and not isinstance(after, Gap):
                assert not re.match(r"['’\w]", after.text), name
            if isinstance(after, Gap) and isinstance(piece, Words):
                assert piece.text.endswith(" "), name


@pytest.mark.parametrize("value", [Decimal("0.01"), Decimal("99.99"), Decimal(0)])
def test_a_share_keeps_its_zeros_apart(value):
    for grammar in GRAMMARS.values():
        shares = {grammar.join(Percent(each)).text for each in (value, value + Decimal("0.1"), value + 1)}
        assert len(shares) == 3
