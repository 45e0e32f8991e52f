"""The last gate for digits: whatever is logged, a card number does not come out."""

import io
import logging

import structlog
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain.card import luhn_ok
from fs_app.log import configure_logging, mask_card_numbers


def masked(value):
    return mask_card_numbers(None, "info", {"value": value})["value"]


def test_a_card_number_is_masked_to_its_last_four():
    assert masked("paid with 4111111111111111 today") == "paid with [card 1111] today"
    assert masked("4111 1111-1111 1111") == "[card 1111]"
    assert masked(["378282246310005"]) == ["[card 0005]"]
    assert masked({"deep": {"er": ("5555555555554444",)}}) == {"deep": {"er": ["[card 4444]"]}}


def test_other_digits_stay_readable():
    for text in ("4111111111111112", "15551230001", "56cb0fa7-0c08-40d9-871d-3f899f110d47", "2026-11-23"):
        assert masked(text) == text


@given(st.text("0123456789", min_size=11, max_size=18))
def test_no_luhn_valid_run_of_card_length_survives(body):
    number = next(body + str(check) for check in range(10) if luhn_ok(body + str(check)))
    assert number not in masked(f"x {number} y")


def test_library_records_and_tracebacks_pass_the_same_gate():
    stream = io.StringIO()
    configure_logging("info", "json", stream)
    card = "4111111111111111"
    logging.getLogger("urllib3.connectionpool").warning("body %s", card)
    try:
        raise ValueError(card)
    except ValueError:
        structlog.get_logger().exception("went wrong", note=card)
    text = stream.getvalue()
    assert card not in text
    assert text.count("[card 1111]") == 3
    assert "ValueError" in text
