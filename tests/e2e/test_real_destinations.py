"""A person who is no agent of mod_callcenter, on a real FreeSWITCH: a telephone of the directory, a number behind a
trunk, whoever takes callers from a fifo. The calls ring side by side."""

from __future__ import annotations

import pytest
from beside import beside
from canary import CARD
from house import House

from fs_app.domain.assist import AssistState
from fs_app.domain.handover import HandoverEnd, HandoverState
from fs_app.domain.payment import PaymentState
from fs_app.ports import OrderKind

pytestmark = pytest.mark.freeswitch


@beside
def test_a_telephone_of_the_directory_rings_with_the_reference_and_takes_a_payment(house: House) -> None:
    maria = house.numbered_agent("201")
    ann = house.caller("extension")
    ann.wants_a_person()
    assert maria.shows() == ann.handover.ticket.reference
    maria.talks()
    ann.is_at(HandoverState.TALKING)
    ann.is_with(maria)
    maria.presses("*71")
    ann.hears("assist_start")
    ann.press(CARD)
    ann.keys_the_rest()
    ann.answers(confirm_payment="1")
    ann.sees(AssistState.APPROVED)
    maria.hangs_up()
    ann.hears("after_agent", seconds=30)
    ann.hangs_up()
    assert [payment.state for payment in ann.paid()] == [PaymentState.SUBMITTED]


@beside
def test_a_number_behind_a_trunk_sends_the_caller_back_to_pay(house: House) -> None:
    jane = house.numbered_agent("202")
    ann = house.caller("trunk", tones=True)
    ann.wants_a_person()
    jane.talks()
    ann.is_at(HandoverState.TALKING)
    assert jane.shows() == ann.handover.ticket.reference
    ann.orders(OrderKind.SEND_TO, target="pay")
    ann.hears("sent_to_pay", "pay_full")
    jane.is_alone()
    ann.is_over(HandoverEnd.SENT_BACK)
    ann.hangs_up()


@beside
def test_a_trunk_that_does_not_answer_is_told_with_what_else_there_is(house: House) -> None:
    ann = house.caller("nowhere")
    ann.wants_a_person()
    ann.hears("queue_not_answered")
    ann.press("2")
    ann.hears("on_your_own", "pay_full")
    ann.hangs_up()


@beside
def test_who_waits_in_a_fifo_pays_with_whoever_takes_them_and_pays_alone_after_it(house: House) -> None:
    rose = house.numbered_agent("203")
    ann = house.caller("fifo")
    ann.wants_a_person()
    ann.hears("queue_options")
    rose.takes_from("support")
    rose.talks()
    ann.is_at(HandoverState.TALKING)
    ann.orders(OrderKind.TAKE_PAYMENT)
    ann.hears("assist_start")
    ann.press(CARD)
    ann.hears("enter_expiry")
    ann.orders(OrderKind.CANCEL)
    ann.hears("assist_stopped")
    ann.pauses(3)
    rose.hangs_up()
    ann.hears("after_agent")
    ann.press("2")
    ann.answers(pay_full="1")
    ann.keys_the_card()
    ann.answers(confirm_payment="1")
    ann.hears("paid")
    ann.hangs_up()
    assert [payment.state for payment in ann.paid()] == [PaymentState.SUBMITTED]
