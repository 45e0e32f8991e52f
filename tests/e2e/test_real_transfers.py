"""A payment that an agent takes goes on, or waits, when the talk changes: transfers, hold, somebody who listens, on
a real FreeSWITCH. Agents transfer as telephones do, by SIP REFER. The calls ring side by side."""

from __future__ import annotations

import pytest
from beside import beside
from caller import POSTAL_CODE, Caller
from canary import CARD, EXPIRY, SECURITY_CODE
from house import RECORDED, House

from fs_app.domain.assist import AssistState
from fs_app.domain.handover import HandoverEnd
from fs_app.ports import OrderKind
from fs_app.proof.tones import keys_in

pytestmark = pytest.mark.freeswitch


@beside
def test_a_card_by_tones_goes_on_with_another_agent_who_was_asked_first(house: House) -> None:
    maria, jane = house.agent(), house.agent()
    ann = house.caller(maria, tones=True)
    ann.talks_with(maria)
    is_at_the_expiry(ann)
    ann.press(EXPIRY[:2])
    ann.has_keyed("expiry", 2)
    maria.calls(jane)
    maria.transfers_to(jane)
    ann.hears("assist_go_on")
    ann.keeps("number")
    goes_on(ann)
    ann.is_with(jane)
    ann.pauses(3)  # while a prompt is heard, nobody hears the caller
    ann.press("69")
    ann.pauses()
    ann.hangs_up()
    jane.is_alone()
    assert keys_in(maria.heard) == [""]
    assert keys_in(jane.heard) == ["69"]


@beside
def test_a_card_goes_on_with_another_agent_who_was_not_asked(house: House) -> None:
    maria, jane = house.agent(), house.agent()
    ann = house.caller(maria)
    ann.talks_with(maria)
    is_at_the_expiry(ann)
    maria.sends_to(jane)
    jane.talks()
    ann.hears("assist_go_on")
    ann.keeps("number")
    goes_on(ann)
    jane.hangs_up()
    ann.hears("after_agent")
    ann.hangs_up()


@beside
def test_a_result_that_a_transfer_or_a_hold_breaks_off_is_told_again(house: House) -> None:
    maria, jane = house.agent(), house.agent()
    ann = house.caller(maria)
    ann.talks_with(maria)
    is_at_the_expiry(ann)
    ann.press(EXPIRY)
    ann.answers(enter_security_code=SECURITY_CODE, enter_postal_code=POSTAL_CODE)
    ann.hears("confirm_payment")
    maria.calls(jane)
    ann.press("1")
    ann.hears("paid")
    ann.pauses()
    maria.transfers_to(jane)
    ann.hears("paid")
    ann.pauses()
    jane.holds()
    ann.pauses()
    jane.goes_on()
    ann.hears("paid")
    ann.hears("assist_over", seconds=40)
    ann.is_with(jane)
    jane.hangs_up()
    ann.hears("after_agent")
    ann.hangs_up()


@beside
def test_a_caller_who_types_on_until_somebody_answers_is_heard_by_nobody(house: House) -> None:
    types_on(house, tones=False)


@beside
def test_a_caller_who_types_on_by_tones_until_somebody_answers_is_heard_by_nobody(house: House) -> None:
    types_on(house, tones=True)


def types_on(house: House, *, tones: bool) -> None:
    """The one who was not asked lets her telephone ring for longer than we wait without asking the switch."""
    maria, jane = house.agent(RECORDED), house.agent()
    ann = house.caller(maria, tones=tones)
    ann.talks_with(maria)
    ann.begins_a_card()
    maria.sends_to(jane, answers=7)
    ann.pauses(4)
    ann.press(CARD[6:9])
    jane.talks()
    ann.press(CARD[9:])
    ann.hears("assist_go_on", "enter_card_number")
    ann.pauses(3)
    ann.press(CARD)
    goes_on(ann)
    jane.hangs_up()
    ann.hears("after_agent")
    ann.hangs_up()
    jane.is_alone()
    assert jane.gets("")
    assert keys_in(jane.heard) == [""]
    for path in house.office.line_recordings(maria.name):
        assert set("".join(keys_in(path))) <= {"0"}, "the one that is no secret"


@beside
def test_a_caller_who_is_sent_to_a_machine_has_their_keys_again(house: House) -> None:
    """We have nothing to do with them any more."""
    maria = house.agent()
    ann = house.caller(maria)
    ann.talks_with(maria)
    maria.sends_to_extension("machine")
    ann.is_over(HandoverEnd.TALKED)
    house.switch.knows_its_keys(ann.line)  # from here on
    ann.press("5")
    ann.call.waits_for_end()


@beside
def test_who_types_on_when_they_are_sent_to_a_machine_is_heard_there_a_little_later(house: House) -> None:
    """We let go of them once they have typed the rest: neither the queue's recording nor the log is to have it."""
    maria = house.agent(RECORDED)
    ann = house.caller(maria, tones=True)
    ann.talks_with(maria)
    ann.begins_a_card()
    maria.sends_to_extension("deaf")
    ann.press(CARD[6:])
    ann.pauses(0.5)
    assert is_silenced(house, ann)
    ann.is_over(HandoverEnd.TALKED)
    assert not is_silenced(house, ann), "nobody would ever hear them again"
    ann.hangs_up()
    for path in house.office.line_recordings(maria.name):
        assert "".join(keys_in(path)) == ""


@beside
def test_a_caller_whom_the_agent_transfers_to_the_payment_line_itself_is_back_there(house: House) -> None:
    """The server that had the talk has let go of them before the next one has them."""
    maria = house.agent()
    ann = house.caller(maria)
    ann.talks_with(maria)
    house.switch.api(f"uuid_setvar {ann.line} force_transfer_context fs_app")
    maria.sends_to_extension("fs_app")
    ann.hears("after_agent")
    ann.is_over(HandoverEnd.TALKED)
    ann.press("2")
    ann.hears("on_your_own", "pay_full")
    assert "technical_problem" not in ann.heard and ann.heard.count("after_agent") == 1
    ann.hangs_up()


@beside
def test_a_card_waits_while_the_agent_holds_and_goes_on_after_it(house: House) -> None:
    maria = house.agent()
    ann = house.caller(maria)
    ann.talks_with(maria)
    is_at_the_expiry(ann)
    maria.holds()
    ann.sees(AssistState.PAUSED, "hold")
    maria.goes_on()
    ann.hears("assist_go_on")
    ann.keeps("number")
    ann.keys_the_rest()
    ann.hears("confirm_payment")
    maria.holds()
    ann.sees(AssistState.PAUSED, "hold")
    maria.hangs_up()
    ann.hears("after_agent")
    ann.sees(AssistState.CANCELLED, "talk_over")
    ann.hangs_up()


@beside
def test_a_card_waits_until_nobody_listens_any_more(house: House) -> None:
    maria, boss = house.agent(), house.agent()
    ann = house.caller(maria)
    ann.talks_with(maria)
    is_at_the_expiry(ann)
    boss.listens_to(ann.line)
    ann.hears("assist_paused")
    ann.sees(AssistState.PAUSED, "listener")
    boss.rings()
    ann.press(EXPIRY)
    ann.pauses()
    boss.hangs_up()
    ann.hears("assist_go_on")
    ann.answers(enter_expiry=EXPIRY)
    ann.hears("enter_security_code")
    boss.joins(ann.line)
    ann.hears("assist_paused")
    boss.rings()
    boss.hangs_up()
    ann.hears("assist_go_on")
    ann.answers(enter_security_code=SECURITY_CODE, enter_postal_code=POSTAL_CODE, confirm_payment="1")
    ann.sees(AssistState.APPROVED)
    ann.hangs_up()


def is_silenced(house: House, ann: Caller) -> bool:
    return "<function>audio</function>" in house.switch.api(f"uuid_buglist {ann.line}")


def is_at_the_expiry(ann: Caller) -> None:
    ann.orders(OrderKind.TAKE_PAYMENT)
    ann.answers(enter_card_number=CARD)
    ann.hears("enter_expiry")


def goes_on(ann: Caller) -> None:
    ann.keys_the_rest()
    ann.answers(confirm_payment="1")
    ann.sees(AssistState.APPROVED)
    ann.hears("paid")
    ann.press("0")  # heard well, thank you: on a line of tones the shield is down again
    ann.hears("assist_over")
