"""The shipped flow from welcome to goodbye: each test is a call."""

from dialogue import BILL, CARD, CODE, EXPIRY, FULL, IDENTIFY, PAY, VISA, WHOLE_CALL, ZIP, Dialogue, dial

from fs_app.domain.bill import Bill
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, Declined, PaymentState, TransactionId, Unavailable, Unknown
from fs_app.domain.rules import Rules
from fs_app.errors import BillBusy, StoreUnavailable
from fs_app.testing.fakes import in_turn
from fs_app.testing.fakes_person import nobody
from fs_app.testing.phone import HANG_UP


def approved() -> Approved:
    return Approved(TransactionId("t1"), BILL.due)


def assert_wiped(dialogue: Dialogue) -> None:
    assert dialogue.call.facts.known() == frozenset()
    assert all(card.wiped for card in dialogue.seen.cards)


def test_a_whole_call_is_paid() -> None:
    call = dial(WHOLE_CALL)
    assert call.path == (
        "welcome:done identity:identified balance:due amount:chosen "
        "card:collected confirm:confirmed charge:approved result:paid goodbye:ended"
    )
    assert "Your payment of 81.20 USD is complete. Your confirmation number is 9 0 0 0 0 0 0 1." in call.said
    assert [payment.state for payment in call.cashier.payments] == [PaymentState.SUBMITTED]
    request = call.cashier.payments[0].request
    assert (request.account_id, request.bill_id, request.amount) == ("a1", "b1", Money(8120, "USD"))
    assert (request.brand, request.last_four) == ("visa", "1111")
    assert (call.seen.numbers, call.seen.expiries, call.seen.codes) == ([VISA], [EXPIRY], [CODE])
    assert call.ended == "finished"
    assert call.journal.notes == {"payment": 1, "ending": "paid", "brand": "visa"}
    assert_wiped(call)


def test_a_known_telephone_number_needs_the_second_factor_only() -> None:
    call = dial(["2468", *FULL, *CARD, *PAY], caller_id="+15550100")
    assert call.path.startswith("welcome:done identity:identified balance:due")
    assert call.cashier.payments[0].state is PaymentState.SUBMITTED


def test_star_at_the_pin_of_a_known_number_leads_to_another_account() -> None:
    call = dial(["*", *WHOLE_CALL], caller_id="+15550100")
    assert call.said.count("Please key in your account number") == 1
    assert call.cashier.payments[0].request.account_id == "a1"


def test_an_unknown_payment_is_never_told_as_paid_or_not_charged() -> None:
    call = dial(WHOLE_CALL, gate=in_turn([Unknown("timeout")]))
    assert "charge:unknown result:being_checked goodbye:ended" in call.path
    assert "Your payment is being checked. Please do not pay again." in call.said
    assert "not charged" not in call.said
    assert "complete" not in call.said


def test_an_authorisation_that_was_not_submitted_is_being_checked() -> None:
    call = dial(WHOLE_CALL, submits=False)
    assert call.cashier.payments[0].state is PaymentState.AUTHORISED
    assert "charge:unknown result:being_checked" in call.path


def test_a_gateway_that_cannot_be_reached_is_not_paid_and_leads_to_a_person() -> None:
    call = dial(WHOLE_CALL, gate=in_turn([Unavailable("no connection")]))
    assert "charge:unavailable result:not_paid operator:talked" in call.path
    assert "Your payment was not made. Your card was not charged." in call.said
    assert call.ended == "agent"


def test_a_database_that_fails_at_the_charge_says_nothing_of_the_money() -> None:
    """An earlier attempt, of a call that was cut off, may be under way: nobody can look."""
    call = dial(WHOLE_CALL, gate=in_turn([StoreUnavailable("down")]))
    assert "charge:trouble operator:talked" in call.path
    assert "not charged" not in call.said
    assert call.journal.notes == {"trouble": "charge: StoreUnavailable"}
    assert_wiped(call)


def test_a_bill_that_is_being_paid_is_not_paid_twice() -> None:
    call = dial(WHOLE_CALL, gate=in_turn([BillBusy("open")]))
    assert "charge:busy busy:done operator:talked" in call.path
    assert "already being processed. Please do not pay again now." in call.said


def test_the_confirmation_number_is_said_again_with_1_and_with_9() -> None:
    call = dial([*WHOLE_CALL, "1", "9", ""])
    assert call.said.count("Your confirmation number is") == 3
    assert call.path.endswith("result:paid goodbye:ended")


def test_a_key_that_cut_the_result_short_has_it_said_again() -> None:
    for key in "*5":
        call = dial([*WHOLE_CALL, key])
        assert call.said.count("Your confirmation number is") == 2
        assert call.path.endswith("result:paid goodbye:ended")


def test_the_result_is_not_said_for_ever() -> None:
    assert dial([*WHOLE_CALL, *["1"] * 9]).said.count("Your confirmation number is") == 5


def test_0_after_the_result_is_a_person() -> None:
    assert dial([*WHOLE_CALL, "0"]).path.endswith("result:agent operator:talked goodbye:ended")


def test_no_card_is_asked_for_while_the_gateway_is_down() -> None:
    call = dial([*IDENTIFY, *FULL], ready=False)
    assert "card:unavailable operator:talked" in call.path
    assert "card number" not in call.said


def test_no_card_is_asked_for_while_the_database_is_down() -> None:
    call = dial(WHOLE_CALL[:1], database_down=True)
    assert call.path == "welcome:done identity:trouble operator:talked goodbye:ended"
    assert "We are sorry. We have a technical problem." in call.phone.said
    assert call.phone.handed_over == ["payments"]


def test_an_agent_who_does_not_answer_is_apologised_for() -> None:
    for end, outcome in ((HandoverEnd.NOT_ANSWERED, "not_answered"), (HandoverEnd.FAILED, "failed")):
        call = dial(["0"], people=[nobody(end)])
        assert call.path.endswith(f"operator:{outcome} nobody:done goodbye:ended")
        assert "No representative can take your call right now." in call.said
        assert call.ended == "finished"


def test_0_at_every_question_is_a_person() -> None:
    whole = WHOLE_CALL
    for position in range(len(whole)):
        call = dial([*whole[:position], "0"])
        assert call.path.endswith(":agent operator:talked goodbye:ended"), (position, call.path)
        assert call.cashier.payments == []
        assert_wiped(call)


def test_hanging_up_at_every_question_wipes_what_the_call_knew() -> None:
    for position, answer in enumerate(WHOLE_CALL):
        call = dial([*WHOLE_CALL[:position], answer[:2] + HANG_UP])
        assert call.ended == "caller_hung_up"
        assert call.path.endswith(":caller_hung_up")
        assert call.cashier.payments == []
        assert_wiped(call)


def test_hanging_up_while_the_charge_begins_leaves_no_card() -> None:
    call = dial(WHOLE_CALL, hang_up_while="Please wait while we process")
    assert call.path.endswith("charge:caller_hung_up")
    assert_wiped(call)


def test_silence_at_every_question_leads_to_a_person_after_three_tries() -> None:
    for position in range(len(WHOLE_CALL)):
        call = dial(WHOLE_CALL[:position])
        assert call.path.endswith(":gave_up operator:talked goodbye:ended"), (position, call.path)
        assert call.said.count("We did not hear any keys.") == 2


def test_keys_typed_early_answer_the_questions_to_come_but_not_across_the_charge() -> None:
    keys = "12345678#" + "2468" + "1" + VISA + EXPIRY + CODE + ZIP + "1"
    call = dial([keys + "1111"])
    assert call.cashier.payments[0].state is PaymentState.SUBMITTED
    assert call.said.count("Your confirmation number is") == 1


# --- declines ------------------------------------------------------------------------------------------------


def test_a_wrong_security_code_asks_for_that_alone() -> None:
    call = dial([*WHOLE_CALL, "999", *PAY], gate=in_turn([Declined("2010"), approved()]))
    assert "charge:ask_security_code fix_security_code:corrected confirm:confirmed charge:approved" in call.path
    assert call.seen.codes == [CODE, "999"]
    assert call.seen.numbers == [VISA, VISA]
    assert call.said.count("Please key in your card number.") == 1
    assert_wiped(call)


def test_every_field_at_fault_is_asked_for_alone() -> None:
    for code, step, answer in [
        ("2059", "fix_postal_code", "10001"),
        ("2004", "fix_expiry", "0930"),
        ("2005", "fix_number", "5555555555554444"),
    ]:
        call = dial([*WHOLE_CALL, answer, *PAY], gate=in_turn([Declined(code), approved()]))
        assert f"{step}:corrected confirm:confirmed charge:approved" in call.path
    assert call.seen.numbers == [VISA, "5555555555554444"]
    assert call.cashier.payments[1].request.brand == "mastercard"


def test_a_field_the_gateway_calls_invalid_is_asked_for_alone() -> None:
    call = dial([*WHOLE_CALL, "999", *PAY], gate=in_turn([Unavailable("cvv", "security_code"), approved()]))
    assert "charge:ask_security_code fix_security_code:corrected confirm:confirmed charge:approved" in call.path


def test_a_new_number_with_another_length_of_code_asks_for_the_code_too() -> None:
    amex = "378282246310005"
    call = dial([*WHOLE_CALL, amex, "1234", *PAY], gate=in_turn([Declined("2005"), approved()]))
    assert call.seen.codes == [CODE, "1234"]
    assert "the four digits of the security code on the front" in call.said


def test_too_little_money_offers_another_amount_with_the_same_card() -> None:
    call = dial([*WHOLE_CALL, "1", "2", "4250#", "1", *PAY], gate=in_turn([Declined("2001"), approved()]))
    assert "charge:offer_amount_or_card amount_or_card:amount change_amount:chosen confirm:confirmed" in call.path
    assert [payment.request.amount.minor for payment in call.cashier.payments] == [8120, 4250]
    assert call.seen.numbers == [VISA, VISA]


def test_a_card_that_must_not_be_tried_again_is_wiped_and_another_offered() -> None:
    call = dial([*WHOLE_CALL, "1", "5555555555554444", "1128", "321", "10001", "1"],
                gate=in_turn([Declined("2000"), approved()]))  # fmt: skip
    assert "charge:offer_other_card other_card:card card:collected confirm:confirmed charge:approved" in call.path
    assert call.seen.numbers == [VISA, "5555555555554444"]


def test_a_decline_only_the_bank_can_help_with_leads_to_a_person() -> None:
    call = dial(WHOLE_CALL, gate=in_turn([Declined("2014")]))
    assert call.path.endswith("charge:agent operator:talked goodbye:ended")
    assert "Please speak to your bank about this card." in call.said


def test_the_third_decline_of_a_call_is_the_last() -> None:
    answers = [*WHOLE_CALL, "999", *PAY, "998", *PAY]
    call = dial(answers, gate=in_turn([Declined("2010")] * 3))
    assert call.path.endswith("charge:too_many_declines too_many_declines:done operator:talked goodbye:ended")
    assert len(call.cashier.payments) == 3
    assert_wiped(call)


def test_typing_errors_do_not_count_as_declines() -> None:
    card = ["4111111111111112#", "4111111111111112#", VISA, "1325", "1225", EXPIRY, "12#", CODE, ZIP]
    call = dial([*IDENTIFY, *FULL, *card, *PAY], rules=Rules(declines=1))
    assert "charge:approved" in call.path


def test_star_after_a_decline_does_not_lead_back_past_the_charge() -> None:
    call = dial([*WHOLE_CALL, "*", "999", *PAY], gate=in_turn([Declined("2010"), approved()]))
    assert "fix_security_code:back fix_security_code:corrected confirm:confirmed charge:approved" in call.path


def test_a_bill_of_nothing_offers_a_person_or_the_end() -> None:
    nothing = Bill(id="b1", account_id="a1", due=Money(0, "USD"))
    assert dial([*IDENTIFY, "1"], bill=nothing).path.endswith(
        "balance:nothing_due goodbye_or_agent:person operator:talked goodbye:ended"
    )
    call = dial([*IDENTIFY, "2"], bill=nothing)
    assert call.path.endswith("goodbye_or_agent:end goodbye:ended")
    assert "You have nothing to pay on this account." in call.said


def test_consent_is_asked_again_after_the_amount_or_the_card_changed() -> None:
    call = dial([*IDENTIFY, *FULL, *CARD, "2", "2", "4250#", "1", "3", *CARD, "1"])
    assert (
        "confirm:change_amount change_amount:chosen confirm:change_means card:collected confirm:confirmed"
        in call.path
    )
    assert call.cashier.payments[0].request.amount == Money(4250, "USD")


def test_nothing_a_caller_heard_or_a_log_saw_holds_card_digits() -> None:
    call = dial(WHOLE_CALL, gate=in_turn([Declined("2001")]))
    shown = call.phone.transcript() + repr(call.call) + repr(call.journal) + repr(call.cashier)
    for secret in (VISA, VISA[:12], EXPIRY, CODE + " ", "90210 "):
        assert secret not in shown
