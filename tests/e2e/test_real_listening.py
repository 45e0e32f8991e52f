"""Supervisors who listen in on a talk, by their own telephone, on a real FreeSWITCH. Calls ring side by side."""

from __future__ import annotations

import pytest
from beside import beside
from canary import CARD
from house import House

from fs_app.domain.assist import AssistState
from fs_app.ports import OrderKind
from fs_app.ports.listening import ListenAnswer
from fs_app.proof.tones import keys_in
from fs_app.telephony.listening import EventSocketListening

pytestmark = pytest.mark.freeswitch


@beside
def test_a_supervisor_hears_a_talk_and_is_hung_up_before_a_card_is_typed(house: House) -> None:
    maria, sam, eve = house.agent(), house.agent(), house.agent()
    sam.logs_in()
    eve.logs_in()
    ann = house.caller(maria, tones=True)
    ann.talks_with(maria)
    ears = listening(house)
    assert ears.begin(ann.line, maria.leg, sam.agent, lambda: True) is ListenAnswer.RINGS
    sam.answers()
    ann.pauses()
    ann.press("69")
    ann.pauses()
    sam.presses("3")  # would let her talk with both
    ann.pauses(0.5)
    ann.orders(OrderKind.TAKE_PAYMENT)
    sam.is_alone()
    ann.hears("enter_card_number")
    assert keys_in(sam.heard) == ["69"]
    ann.press(CARD[:4])
    assert ears.begin(ann.line, maria.leg, eve.agent, lambda: False) is ListenAnswer.RINGS
    eve.answers()
    eve.is_alone()
    ann.press(CARD[4:])
    ann.keys_the_rest()
    ann.answers(confirm_payment="1")
    ann.sees(AssistState.APPROVED)
    ann.hangs_up()
    maria.is_alone()
    assert keys_in(eve.heard) == [""]
    assert keys_in(maria.heard) == ["69"]


@beside
def test_whose_telephone_is_not_there_is_told_so(house: House) -> None:
    maria, sam = house.agent(), house.agent()
    ann = house.caller(maria)
    ann.talks_with(maria)
    ears = listening(house)
    assert ears.begin(ann.line, maria.leg, sam.agent, lambda: True) is ListenAnswer.NO_TELEPHONE
    sam.logs_in()
    house.switch.api(f"callcenter_config agent set contact {sam.agent} user/nobody@pbx")
    assert ears.begin(ann.line, maria.leg, sam.agent, lambda: True) is ListenAnswer.REFUSED
    maria.hangs_up()
    ann.hears("after_agent")
    assert ears.begin(ann.line, maria.leg, sam.agent, lambda: True) is ListenAnswer.NO_TALK
    ann.hangs_up()


def listening(house: House) -> EventSocketListening:
    """What the console has."""
    return EventSocketListening([("127.0.0.1", house.switch.event_socket_port)], house.switch.password)
