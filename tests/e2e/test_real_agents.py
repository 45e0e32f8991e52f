"""Callers and agents on a real FreeSWITCH: a payment that an agent takes while both stay on the line.

Their telephones record what they hear, and the keys of a card are looked for there. The calls ring side by side.
"""

from __future__ import annotations

import pytest
from beside import beside
from caller import POSTAL_CODE, WRONG_CODE
from canary import CARD, EXPIRY, SECURITY_CODE
from house import PAST, RECORDED, House

from fs_app.domain.assist import AssistState
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.payment import PaymentState
from fs_app.ports import OrderKind
from fs_app.proof.tones import keys_in, loud_seconds

pytestmark = pytest.mark.freeswitch


@beside
def test_a_card_keyed_by_tones_is_declined_then_paid_and_the_agent_hears_none_of_it(house: House) -> None:
    """Her queue records the talk: that has no key of it either."""
    maria = house.agent(RECORDED)
    ann = house.caller(maria, tones=True)
    ann.talks_with(maria)
    ann.pauses()
    ann.press("58")  # in the plain talk: she hears these, so that her telephone could have heard the others
    ann.pauses()
    ann.orders(OrderKind.TAKE_PAYMENT)
    ann.hears("assist_start")
    ann.press(CARD)  # into the first prompt
    ann.keys_the_rest(WRONG_CODE)
    ann.answers(confirm_payment="1")
    assert ann.sees(AssistState.DECLINED).why == "declined_security_code"
    ann.hears("declined_security_code")
    ann.answers(enter_security_code=SECURITY_CODE, confirm_payment="1")
    approved = ann.sees(AssistState.APPROVED)
    assert (approved.number, approved.brand, approved.last_four) == (2, "visa", "1881")
    ann.hears("paid")
    ann.hears("assist_over", seconds=40)
    ann.pauses()
    ann.press("69")
    ann.pauses()
    ann.hangs_up()
    maria.is_alone()
    assert [payment.state for payment in ann.paid()] == [PaymentState.DECLINED, PaymentState.SUBMITTED]
    assert keys_in(maria.heard) == ["5869"]
    (recording,) = house.office.line_recordings(maria.name)
    assert loud_seconds(recording) > 1
    assert set("".join(keys_in(recording))) <= set("5869"), keys_in(recording)


@beside
def test_nothing_is_asked_before_a_silence_that_somebody_lifted_is_proved_again(house: House) -> None:
    maria = house.agent()
    ann = house.caller(maria, tones=True)
    ann.talks_with(maria)
    ann.orders(OrderKind.TAKE_PAYMENT)
    ann.answers(enter_card_number=CARD)
    ann.hears("enter_expiry")
    house.switch.api(f"uuid_audio {ann.line} stop")
    ann.hears("assist_paused")
    assert ann.sees(AssistState.PAUSED).why == "not_silenced"
    ann.press("09")  # all the same: she may hear it, in whole or in part, but nobody asked for it
    ann.hears("assist_go_on")
    ann.keeps("number")
    ann.answers(enter_expiry=EXPIRY)
    ann.hears("enter_security_code")
    recording = house.office.folder / "on_demand.wav"
    house.switch.api(f"uuid_record {ann.line} start {recording}")
    ann.press(SECURITY_CODE)
    ann.answers(enter_postal_code=POSTAL_CODE, confirm_payment="1")
    ann.sees(AssistState.APPROVED)
    ann.hears("paid")
    ann.pauses(4)
    ann.hangs_up()
    maria.is_alone()
    assert loud_seconds(recording) > 1, "what was said after the payment is in it"
    assert set("".join(keys_in(recording))) == set(), "begun in the middle of the code"
    assert keys_in(maria.heard)[0] in ("", "0", "9", "09")


@beside
def test_a_line_that_leads_talks_past_the_switch_does_not_lead_ours_there(house: House) -> None:
    maria = house.agent(PAST)
    ann = house.caller(maria)
    ann.talks_with(maria)
    ann.pauses()
    ann.press("58")
    ann.pauses()
    maria.holds()
    ann.pauses()
    maria.goes_on()
    ann.pauses()
    ann.press("69")
    ann.pauses()
    assert maria.gets(""), "the switch would have passed by"
    ann.orders(OrderKind.TAKE_PAYMENT)
    ann.keys_the_card()
    ann.answers(confirm_payment="1")
    ann.sees(AssistState.APPROVED)
    ann.hears("paid")
    ann.hangs_up()
    maria.is_alone()
    assert maria.gets("")
    assert [payment.state for payment in ann.paid()] == [PaymentState.SUBMITTED]


@beside
def test_a_caller_who_hangs_up_in_the_middle_of_a_card_is_gone_from_the_page(house: House) -> None:
    maria = house.agent()
    ann = house.caller(maria)
    ann.talks_with(maria)
    ann.orders(OrderKind.TAKE_PAYMENT)
    ann.hears("enter_card_number")
    ann.press(CARD[:6])
    ann.has_keyed("number", 6)
    ann.hangs_up()
    maria.is_alone()
    ann.sees(AssistState.ENDED)
    ann.is_over(HandoverEnd.TALKED)
    assert ann.paid() == []


@beside
def test_an_agent_takes_stops_and_sends_back_by_the_keys_of_her_telephone(house: House) -> None:
    maria = house.agent()
    ann = house.caller(maria)
    ann.talks_with(maria)
    maria.presses("*71")
    ann.hears("assist_start", "enter_card_number")
    ann.press(CARD[:6])
    maria.presses("*70")
    ann.hears("assist_stopped")
    assert ann.sees(AssistState.CANCELLED, "agent").by == maria.agent
    maria.presses("*72")
    ann.hears("sent_to_pay", "pay_full")
    maria.is_alone()
    ann.is_over(HandoverEnd.SENT_BACK)
    ann.press("1")
    ann.keys_the_card()
    ann.answers(confirm_payment="1")
    ann.hears("paid")
    ann.hangs_up()
    assert [payment.state for payment in ann.paid()] == [PaymentState.SUBMITTED]


@beside
def test_a_caller_whose_agent_hangs_up_in_the_middle_of_a_card_pays_alone(house: House) -> None:
    maria = house.agent()
    ann = house.caller(maria)
    ann.talks_with(maria)
    ann.orders(OrderKind.TAKE_PAYMENT)
    ann.hears("enter_card_number")
    ann.press(CARD[:6])
    maria.hangs_up()
    ann.hears("after_agent")
    ann.pauses(5)  # what is typed on of the card answers nothing
    ann.sees(AssistState.CANCELLED, "talk_over")
    ann.is_over(HandoverEnd.TALKED)
    ann.press("2")
    ann.hears("on_your_own")
    ann.answers(pay_full="1")
    ann.keys_the_card()
    ann.answers(confirm_payment="1")
    ann.hears("paid")
    ann.hangs_up()
    assert [payment.state for payment in ann.paid()] == [PaymentState.SUBMITTED]


@beside
def test_an_agent_sends_a_caller_to_a_step_and_to_the_survey(house: House) -> None:
    maria = house.agent()
    ann = house.caller(maria, flow="pay_bills")
    maria.logs_in()
    ann.hears("welcome")
    ann.press("1234")
    ann.answers(pay_or_manage="0")
    maria.talks()
    context = ann.handover.context
    assert "bills" in context.steps and "card" not in context.steps
    order = ann.orders(OrderKind.SEND_TO, target="nowhere")
    house.waits_for(lambda: ann.told(order) == "no_such_place", lambda: ann.told(order))
    order = ann.orders(OrderKind.SEND_TO, target="bills")
    ann.hears("sent_back", "pay_full")
    assert ann.told(order) == "done"
    maria.is_alone()
    ann.press("0")
    maria.talks()
    ann.orders(OrderKind.SEND_TO, target="survey")
    ann.hears("sent_back", "survey_offer")
    ann.hangs_up()
    assert [one.end for one in house.view.handovers_of(ann.line)] == [HandoverEnd.SENT_BACK] * 2


@beside
def test_an_agent_sends_a_caller_to_another_queue_with_all_that_is_known(house: House) -> None:
    maria, jane = house.agent(), house.agent()
    jane.logs_in(answers=2.0)
    ann = house.caller(maria)
    ann.talks_with(maria)
    ann.orders(OrderKind.TRANSFER, target=jane.name)
    maria.is_alone()
    ann.hears("transferring")
    reference = jane.shows()
    first, second = house.view.handovers_of(ann.line)
    assert (first.end, second.queue) == (HandoverEnd.TRANSFERRED, jane.name)
    assert second.context.account_id == first.context.account_id == ann.account
    assert second.ticket.reference == reference != first.ticket.reference
    jane.talks()
    ann.hangs_up()
    jane.is_alone()
