"""Each question by itself: bad input and what it gets, within a call of the shipped flow."""

from datetime import date

import pytest
from dialogue import BILL, CARD, CODE, EXPIRY, FULL, IDENTIFY, PAY, VISA, WHOLE_CALL, ZIP, dial

from fs_app.domain.bill import Bill
from fs_app.domain.money import Money
from fs_app.domain.prompt import Manner
from fs_app.domain.rules import Rules

PAID_PATH = "charge:approved result:paid goodbye:ended"


def usd(minor: int) -> Money:
    return Money(minor, "USD")


# --- who is calling ------------------------------------------------------------------------------------------


def test_a_wrong_account_and_a_wrong_pin_sound_the_same() -> None:
    wrong_account = dial(["99999999#", "2468", "0"])
    wrong_pin = dial(["12345678#", "1111", "0"])
    assert wrong_account.phone.said == wrong_pin.phone.said
    assert wrong_account.path == wrong_pin.path
    assert "identity:agent" in wrong_pin.path


def test_the_third_mismatch_leads_to_a_person_whatever_account_was_tried() -> None:
    call = dial(["12345678#", "1111", "87654321#", "1111", "99999999#", "1111"])
    assert call.path.endswith("identity:too_many_mismatches operator:talked goodbye:ended")
    assert call.said.count("We could not find an account with those numbers.") == 3


def test_a_closed_account_is_told_to_its_holder_only() -> None:
    assert "This account is closed." in dial(["87654321#", "1357"]).said
    assert "closed" not in dial(["87654321#", "1111", "0"]).said


@pytest.mark.parametrize(
    ("bad", "complaint"),
    [
        ("", "We did not hear any keys."),
        ("12#", "That was too short."),
    ],
)
def test_an_unusable_account_number_is_asked_again_slower_and_longer(bad: str, complaint: str) -> None:
    call = dial([bad, *WHOLE_CALL])
    assert call.path.endswith(PAID_PATH)
    assert f"{complaint} Your account number is printed on your bill." in call.said
    first, second = call.phone.fields[:2]
    assert first.name == second.name == "account number"
    assert second.patience > first.patience


def test_a_doubled_pound_key_costs_nothing() -> None:
    call = dial(["12345678##", "2468", *WHOLE_CALL[2:]])
    assert "We did not hear any keys. Please key in the digits of your PIN" not in call.said
    assert "Please key in your PIN." in call.said
    assert call.path.endswith(PAID_PATH)


def test_a_third_pound_key_brings_help_and_costs_no_try() -> None:
    call = dial(["12345678###", "2468", *WHOLE_CALL[2:]])
    assert "or 0 for a person. Please key in the digits of your PIN" in call.said
    assert "We did not hear any keys. Please" not in call.said
    assert call.path.endswith(PAID_PATH)


def test_8_is_slow_for_the_rest_of_the_call_until_the_next_8() -> None:
    call = dial(["8#", "12345678#", *IDENTIFY[1:], "8", *WHOLE_CALL[2:]])
    assert "More slowly, then. Please key in your account number" in call.said
    assert "Back to normal speed." in call.said
    assert call.phone.manner is Manner.PLAIN
    assert call.path.endswith(PAID_PATH)


def test_a_pound_key_after_a_complete_field_costs_nothing() -> None:
    call = dial([*IDENTIFY, *FULL, VISA + "#", EXPIRY + "#", CODE + "#", ZIP + "#", *PAY])
    assert "We did not hear any keys." not in call.said.removesuffix("you can hang up.")
    assert call.path.endswith(PAID_PATH)


def test_star_clears_what_was_typed_and_9_repeats() -> None:
    call = dial(["99*12345678#", "9", *WHOLE_CALL[1:]])
    assert call.path.endswith(PAID_PATH)
    assert call.said.count("Please key in your PIN.") == 2


def test_star_on_an_empty_answer_goes_back_one_question() -> None:
    call = dial([*IDENTIFY, "*", *WHOLE_CALL])
    assert "amount:back identity:identified balance:due amount:chosen" in call.path
    assert call.path.endswith(PAID_PATH)


# --- how much ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keyed", "said"),
    [
        ("000#", "The amount cannot be zero."),
        ("99#", "The smallest payment is 1.00 USD."),
        ("50001#", "The largest payment is 500.00 USD."),
        ("1234567890", "The largest payment is 500.00 USD."),
        ("8121#", "That is more than your balance of 81.20 USD."),
    ],
)
def test_an_amount_that_cannot_be_paid_is_said_plainly_and_asked_again(keyed: str, said: str) -> None:
    rules = Rules(maximum_minor=50_000)
    call = dial([*IDENTIFY, "2", keyed, "4250#", "1", *CARD, *PAY], rules=rules)
    assert f"{said} Please key in the amount one digit at a time. For 42.50 USD, press 4 2 5 0" in call.said
    assert call.cashier.payments[0].request.amount == usd(4250)


def test_an_overpayment_is_taken_where_the_operator_allows_it() -> None:
    call = dial([*IDENTIFY, "2", "9000#", "1", *CARD, *PAY], rules=Rules(overpayment=True))
    assert call.cashier.payments[0].request.amount == usd(9000)


def test_an_amount_is_read_back_and_can_be_changed() -> None:
    call = dial([*IDENTIFY, "2", "4250#", "2", "4520#", "1", *CARD, *PAY])
    assert "You chose 42.50 USD." in call.said
    assert call.cashier.payments[0].request.amount == usd(4520)


def test_star_leads_from_the_amount_back_to_the_offers() -> None:
    call = dial([*IDENTIFY, "2", "*", "1", *CARD, *PAY])
    assert call.cashier.payments[0].request.amount == usd(8120)


def test_star_leads_from_the_read_back_to_the_amount() -> None:
    call = dial([*IDENTIFY, "2", "4250#", "*", "4520#", "1", *CARD, *PAY])
    assert call.cashier.payments[0].request.amount == usd(4520)


@pytest.mark.parametrize("answers", [["2", "0"], ["2", "4250#", "0"]])
def test_0_within_the_amount_is_a_person(answers: list[str]) -> None:
    assert dial([*IDENTIFY, *answers]).path.endswith("amount:agent operator:talked goodbye:ended")


def test_star_at_an_amount_without_offers_goes_back_a_question() -> None:
    call = dial([*IDENTIFY, "*", *IDENTIFY, "0"], rules=Rules(maximum_minor=5000))
    assert call.path.endswith(
        "amount:back identity:identified balance:due amount:agent operator:talked goodbye:ended"
    )


def test_a_minimum_is_offered_where_the_bill_has_one() -> None:
    bill = Bill("b1", "a1", usd(8120), date(2026, 2, 15), minimum=usd(2500))
    call = dial([*IDENTIFY, "3", *CARD, *PAY], bill=bill)
    assert "To pay the minimum of 25.00 USD, press 3." in call.said
    assert call.cashier.payments[0].request.amount == usd(2500)


def test_a_bill_above_the_maximum_is_paid_in_part() -> None:
    call = dial([*IDENTIFY, "4000#", "1", *CARD, *PAY], rules=Rules(maximum_minor=5000))
    assert "You can pay up to 50.00 USD in one call. Please key in the amount" in call.said
    assert "in full" not in call.said
    assert call.cashier.payments[0].request.amount == usd(4000)


def test_a_bill_above_the_maximum_can_have_its_minimum_paid() -> None:
    bill = Bill("b1", "a1", usd(8120), minimum=usd(2500))
    call = dial([*IDENTIFY, "3", *CARD, *PAY], rules=Rules(maximum_minor=5000), bill=bill)
    assert "up to 50.00 USD in one call. To pay another amount, press 2. To pay the minimum" in call.said
    assert call.cashier.payments[0].request.amount == usd(2500)


def test_a_bill_below_the_minimum_can_be_paid_in_full() -> None:
    call = dial([*IDENTIFY, "2", "49#", "50#", "1", *CARD, *PAY], bill=Bill("b1", "a1", usd(50)))
    assert "The smallest payment is 0.50 USD." in call.said
    assert call.cashier.payments[0].request.amount == usd(50)


def test_a_currency_without_decimals_is_keyed_in_whole_units() -> None:
    bill = Bill("b1", "a1", Money(9000, "JPY"))
    call = dial([*IDENTIFY, "2", "4250#", "1", *CARD, *PAY], bill=bill)
    assert "without a decimal point" not in call.said
    assert call.cashier.payments[0].request.amount == Money(4250, "JPY")


def test_a_wrong_key_in_a_menu_is_told() -> None:
    call = dial([*IDENTIFY, "7", *FULL, *CARD, *PAY])
    assert "That is not one of the choices. To pay 81.20 USD in full, press 1." in call.said
    assert call.path.endswith(PAID_PATH)


# --- the card ------------------------------------------------------------------------------------------------

WRONG_NUMBER = "That card number is not right."


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ("4111111111111112", WRONG_NUMBER),  # check digit
        ("44111111111111111", WRONG_NUMBER),  # a doubled digit
        ("411111111111#", WRONG_NUMBER),  # no Visa is that short
        ("41111#", "That was too short."),
        ("9999999999999995#", "We do not accept that kind of card."),  # nobody's
        ("", "We did not hear any keys."),
    ],
)
def test_only_the_card_number_is_asked_again(keys: str, complaint: str) -> None:
    call = dial([*IDENTIFY, *FULL, keys, VISA, EXPIRY, CODE, ZIP, *PAY])
    assert f"{complaint} Please key in all the digits of your card number" in call.said
    assert call.path.endswith(PAID_PATH)
    assert call.seen.numbers == [VISA]


def test_a_brand_that_is_not_accepted_is_told_before_the_rest_is_typed() -> None:
    call = dial([*IDENTIFY, *FULL, "36227206271667#", VISA, EXPIRY, CODE, ZIP, *PAY])
    refusal = call.phone.said.index("We do not accept that kind of card.")
    assert call.phone.said[refusal + 1].startswith("Please key in all the digits of your card number")
    assert call.seen.numbers == [VISA]


def test_a_brand_that_is_refused_at_each_try_leads_to_a_person() -> None:
    call = dial([*IDENTIFY, *FULL, "36", "36", "36"])
    assert call.phone.said.count("We do not accept that kind of card.") == 3
    assert "gave_up" in call.path


def test_a_key_after_a_good_number_spoils_one_try_of_the_next_field_only() -> None:
    call = dial([*IDENTIFY, *FULL, VISA + "1", EXPIRY, CODE, ZIP, *PAY])
    assert "That was too short. Please key in four digits for the expiration date." in call.said
    assert (call.seen.numbers, call.seen.expiries) == ([VISA], [EXPIRY])


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ("1328", "That is not a month and a year."),
        ("0028", "That is not a month and a year."),
        ("1225", "That date has passed."),
        ("122#", "That was too short."),
    ],
)
def test_only_the_expiry_is_asked_again(keys: str, complaint: str) -> None:
    call = dial([*IDENTIFY, *FULL, VISA, keys, EXPIRY, CODE, ZIP, *PAY])
    assert f"{complaint} Please key in four digits for the expiration date." in call.said
    assert call.seen.expiries == [EXPIRY]
    assert call.said.count("Please key in your card number.") == 1


def test_the_month_of_expiry_itself_is_still_good() -> None:
    assert dial([*IDENTIFY, *FULL, VISA, "0126", CODE, ZIP, *PAY]).path.endswith(PAID_PATH)


def test_american_express_ends_after_15_digits_and_has_a_code_of_four() -> None:
    call = dial([*IDENTIFY, *FULL, "378282246310005", EXPIRY, "1234", ZIP, *PAY])
    assert call.seen.codes == ["1234"]
    assert "American Express card ending in 0 0 0 5" in call.said


def test_star_goes_back_within_the_card() -> None:
    call = dial([*IDENTIFY, *FULL, VISA, "*", "5555555555554444", EXPIRY, CODE, ZIP, *PAY])
    assert call.seen.numbers == ["5555555555554444"]


def test_star_at_the_card_number_goes_back_to_the_amount() -> None:
    call = dial([*IDENTIFY, *FULL, "*", *FULL, *CARD, *PAY])
    assert "card:back amount:chosen card:collected" in call.path


def test_three_wrong_numbers_lead_to_a_person() -> None:
    call = dial([*IDENTIFY, *FULL, *["4111111111111112#"] * 3])
    assert call.path.endswith("card:gave_up operator:talked goodbye:ended")


def test_secret_fields_are_asked_as_secret() -> None:
    secret = {field.name for field in dial(WHOLE_CALL).phone.fields if field.secret}
    assert secret == {"pin", "card number", "expiry", "security code", "postal code"}


def test_the_bill_without_a_due_date_is_told_without_one() -> None:
    call = dial(WHOLE_CALL, bill=Bill("b1", "a1", BILL.due))
    assert "Your balance is 81.20 USD." in call.phone.said
