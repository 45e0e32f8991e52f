"""Properties of every question: whatever is keyed, there is a verdict, and no digit is shown."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain import fields, keys
from fs_app.domain.card import BRANDS, brand_of, luhn_ok, number_complete, number_ok
from fs_app.domain.keys import Entry, Field, KeyBuffer, Verdict
from fs_app.domain.rules import Rules

FIELDS = [
    fields.card_number(),
    fields.expiry(),
    fields.security_code(3),
    fields.security_code(4),
    fields.postal_code(5),
    fields.account_number(4, 12),
    fields.pin(4),
    fields.amount(),
]
MENUS = [keys.menu("menu", "123"), keys.menu("one", "1")]

any_field = st.sampled_from(FIELDS)
any_question = st.sampled_from(FIELDS + MENUS)
any_keys = st.text(alphabet="0123456789*#", max_size=40)


def take(field: Field, pressed: str) -> tuple[Entry, Verdict]:
    """Press keys until a verdict is final; a pause ends the rest."""
    entry = Entry(field)
    for key in pressed:
        verdict = entry.press(key)
        if verdict not in (None, Verdict.CLEARED):
            return entry, verdict
    return entry, entry.pause()


@given(any_question, any_keys)
def test_any_keys_come_to_a_verdict_and_never_to_more_than_the_field_holds(field: Field, pressed: str) -> None:
    entry, verdict = take(field, pressed)
    assert len(entry.secret) <= field.max_length
    if verdict is Verdict.ENTERED:
        assert field.min_length <= len(entry.secret)
        assert not field.choices or entry.secret.reveal() in field.choices


@given(any_question, st.sampled_from(["0", "0#"]))
def test_a_lone_0_is_always_a_person(field: Field, pressed: str) -> None:
    assert take(field, pressed)[1] is Verdict.AGENT


@given(any_field, any_keys.map(lambda typed: typed.replace("#", "").replace("*", "")))
def test_star_clears_and_a_0_after_it_is_still_a_person(field: Field, typed: str) -> None:
    entry = Entry(field)
    for key in typed[: field.min_length - 1]:
        entry.press(key)
    if len(entry.secret):
        assert entry.press("*") is Verdict.CLEARED
    assert entry.press("*") is Verdict.BACK
    assert take(field, "0")[1] is Verdict.AGENT


@given(any_question, any_keys)
def test_no_key_is_shown(field: Field, pressed: str) -> None:
    entry, _ = take(field, pressed)
    buffer = KeyBuffer()
    for key in pressed:
        buffer.feed(key)
    shown = repr(entry).replace(field.name, "") + repr(entry.secret) + str(entry.secret) + f"{entry.secret}"
    assert shown == f"<Entry  {len(entry.secret)} keys><Secret><Secret><Secret>"
    assert repr(buffer) == f"<KeyBuffer {len(buffer)} keys>"


@given(any_question, st.text(min_size=1, max_size=1).filter(lambda key: key not in keys.KEYS))
def test_what_is_no_telephone_key_is_refused_without_being_shown(field: Field, key: str) -> None:
    with pytest.raises(ValueError, match=r"^not a telephone key$"):
        Entry(field).press(key)


@given(st.text(alphabet="0123456789*#", max_size=200))
def test_early_keys_are_bounded(pressed: str) -> None:
    buffer = KeyBuffer()
    for key in pressed:
        buffer.feed(key)
    assert len(buffer) == min(len(pressed), KeyBuffer.LIMIT)


def test_a_later_try_waits_longer() -> None:
    field = replace(fields.pin(4), patience=2.0)
    assert [field.slower(attempt).patience for attempt in range(3)] == [2.0, 3.0, 4.0]


# --- card numbers --------------------------------------------------------------------------------------------


def with_check_digit(digits: str) -> str:
    return next(digits + str(check) for check in range(10) if luhn_ok(digits + str(check)))


card_numbers = st.builds(
    lambda start, rest: with_check_digit((start + rest)[:15]),
    st.sampled_from(["4", "51", "55", "2221", "2720", "6011", "65"]),
    st.text(alphabet="0123456789", min_size=15, max_size=15),
)


@given(card_numbers)
def test_a_good_number_of_16_digits_ends_by_itself(number: str) -> None:
    entry, verdict = take(fields.card_number(), number + "7")
    assert verdict is Verdict.ENTERED
    assert entry.secret.reveal() == number
    assert number_ok(number)


@given(card_numbers, st.integers(0, 15), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(number: str, place: int, by: int) -> None:
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    assert not luhn_ok(wrong)
    assert not number_complete(wrong)
    assert not number_ok(wrong)


@given(card_numbers, st.integers(0, 14))
def test_a_doubled_key_is_never_taken_for_the_number(number: str, place: int) -> None:
    doubled = number[: place + 1] + number[place:]
    entry, verdict = take(fields.card_number(), doubled + "#")
    assert verdict is Verdict.ENTERED
    keyed = entry.secret.reveal()
    assert not number_ok(keyed) or keyed == doubled[:16]


def test_american_express_ends_after_15_digits() -> None:
    assert number_complete("378282246310005")
    assert not number_complete("37828224631000")


@pytest.mark.parametrize("brand", BRANDS, ids=lambda brand: brand.name)
def test_every_brand_is_found_by_its_own_ranges(brand) -> None:  # type: ignore[no-untyped-def]
    for low, high in brand.ranges:
        assert brand_of(low.ljust(16, "0")) == brand
        assert brand_of(high.ljust(16, "0")) == brand


# --- keys that come early ------------------------------------------------------------------------------------


def test_a_pound_key_that_comes_after_a_complete_field_is_dropped_once() -> None:
    buffer = KeyBuffer()
    buffer.answered()
    assert not buffer.feed("#")
    assert buffer.feed("#")
    assert buffer.take() == "#"


def test_a_pound_key_that_is_there_already_is_dropped_too() -> None:
    buffer = KeyBuffer()
    for key in "#5":
        buffer.feed(key)
    buffer.answered()
    assert (buffer.take(), buffer.take()) == ("5", None)


def test_another_key_ends_the_wait_for_a_late_pound_key() -> None:
    buffer = KeyBuffer()
    buffer.answered()
    assert [buffer.feed(key) for key in "5#"] == [True, True]


# --- universal keys, and what is refused before it is whole -----------------------------------------------------


@given(any_field)
def test_8_and_9_alone_are_no_answer_unless_they_are_values(field: Field) -> None:
    assert take(field, "8")[1] is Verdict.SLOWER
    assert take(field, "9#")[1] is Verdict.REPEAT
    months = replace(field, min_length=1, max_length=2, complete=None, refuses=None, values=frozenset("89"))
    assert take(months, "8#")[1] is take(months, "9")[1] is Verdict.ENTERED


@given(any_question)
def test_a_hash_on_nothing_is_help(field: Field) -> None:
    assert take(field, "#")[1] is Verdict.HELP
    assert take(field, "")[1] is Verdict.SILENCE


RULES = Rules(brands=frozenset({"visa", "mastercard"}), blocked_bins=(("400000", "400099"),))
ONLY_THESE = fields.card_number(RULES.refuses)


@pytest.mark.parametrize(
    ("pressed", "needed", "reason"),
    [
        ("371449635398431", 2, "brand"),
        ("30569309025904", 3, "brand"),
        ("6011000990139424", 4, "brand"),
        ("4000551234567890", 6, "blocked"),
    ],
)
def test_a_card_that_is_not_accepted_is_refused_by_its_first_digits(pressed: str, needed: int, reason: str) -> None:
    entry = Entry(ONLY_THESE)
    verdicts = [entry.press(key) for key in pressed[:needed]]
    assert verdicts == [None] * (needed - 1) + [Verdict.REFUSED]
    assert entry.reason == reason


def test_digits_of_no_brand_are_a_slip_and_heard_to_the_end() -> None:
    assert take(ONLY_THESE, "1234#")[1] is Verdict.TOO_SHORT
