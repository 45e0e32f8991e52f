"""The coaching table."""

from pathlib import Path

import pytest

from fs_app import yamlfile
from fs_app.domain.decline import ADVICE, ALL_ADVICE, FIELD_ADVICE, Coaching, advise
from fs_app.domain.payment import Declined

PHRASES = yamlfile.read(Path(__file__).resolve().parents[3] / "sounds" / "phrases.yaml").data["en"]


@pytest.mark.parametrize(
    ("code", "coaching"),
    [
        ("2010", Coaching.SECURITY_CODE),
        ("gateway_cvv", Coaching.SECURITY_CODE),
        ("2059", Coaching.POSTAL_CODE),
        ("gateway_avs", Coaching.POSTAL_CODE),
        ("2004", Coaching.EXPIRY),
        ("2005", Coaching.CARD_NUMBER),
        ("2001", Coaching.AMOUNT_OR_CARD),
        ("2000", Coaching.OTHER_CARD),
        ("2014", Coaching.AGENT),
        ("2999", Coaching.OTHER_CARD),  # a processor's code we do not know
        ("3000", Coaching.AGENT),
        ("gateway_something_new", Coaching.AGENT),
        ("verification_2061", Coaching.BANK_ACCOUNT),
        ("verification_2092", Coaching.BANK_ACCOUNT),
        ("verification_2046", Coaching.OTHER_CARD),
        ("verification_pending", Coaching.OTHER_CARD),
        ("", Coaching.AGENT),
    ],
)
def test_every_code_has_advice(code: str, coaching: Coaching) -> None:
    assert advise(Declined(code)).coaching is coaching


@pytest.mark.parametrize("advice", ["03", "21"])
def test_a_do_not_retry_advice_wins_over_the_code(advice: str) -> None:
    assert advise(Declined("2001", advice=advice)).coaching is Coaching.AGENT


def test_every_advice_has_a_phrase_that_says_it_was_not_paid() -> None:
    for advice in ALL_ADVICE:
        assert PHRASES[advice.phrase].startswith("Your payment did not go through.")


def test_cards_that_must_not_be_tried_again_are_never_asked_for_a_field() -> None:
    again = {Coaching.SECURITY_CODE, Coaching.POSTAL_CODE, Coaching.EXPIRY, Coaching.CARD_NUMBER}
    for advice in (*ADVICE.values(), *FIELD_ADVICE.values()):
        assert advice.retry_same_card or advice.coaching not in again
