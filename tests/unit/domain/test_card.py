"""The one object that holds a card's digits."""

import copy
import pickle
from datetime import date

import pytest

from fs_app.domain.card import Card, Expiry
from fs_app.domain.secret import Secret

DIGITS = ("4111111111111111", "1228", "123", "90210")


def make_card() -> Card:
    number, expiry, code, postal = (Secret(digits) for digits in DIGITS)
    return Card(number, expiry, code, postal, brand="visa", last_four="1111")


def test_a_copy_outlives_the_wiping_of_its_original() -> None:
    card = make_card()
    mine = card.copy()
    card.wipe()
    assert card.wiped
    assert (mine.number.reveal(), mine.expiry.reveal()) == DIGITS[:2]
    assert (mine.security_code.reveal(), mine.postal_code.reveal()) == DIGITS[2:]
    assert (mine.brand, mine.last_four) == ("visa", "1111")


def test_wiping_leaves_what_a_receipt_may_say() -> None:
    card = make_card()
    card.wipe()
    assert [len(s) for s in (card.number, card.expiry, card.security_code, card.postal_code)] == [0] * 4
    assert (card.brand, card.last_four) == ("visa", "1111")


def test_a_card_is_neither_shown_nor_pickled_nor_deep_copied() -> None:
    card = make_card()
    assert repr(card) == "Card(brand='visa', last_four='1111')"
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(card)
    with pytest.raises(TypeError, match="never pickled"):
        copy.deepcopy(card)


@pytest.mark.parametrize(
    ("digits", "expiry"),
    [("0126", Expiry(1, 2026)), ("1299", Expiry(12, 2099)), ("0026", None), ("1326", None), ("126", None)],
)
def test_an_expiry_is_a_month_and_a_year(digits: str, expiry: Expiry | None) -> None:
    assert Expiry.parse(digits) == expiry


def test_a_card_is_good_through_its_last_month() -> None:
    assert not Expiry(1, 2026).passed(date(2026, 1, 31))
    assert Expiry(1, 2026).passed(date(2026, 2, 1))
