"""Payments that an agent takes on a real FreeSWITCH that logs at DEBUG: no key of a telephone that sends them as
events is left anywhere, and nobody is asked for one on a line whose keys are tones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from beside import Beside
from caller import WRONG_CODE
from canary import CARD
from house import House

from fs_app.domain.assist import AssistState, FieldState
from fs_app.domain.payment import PaymentState
from fs_app.ports import OrderKind

pytestmark = pytest.mark.freeswitch

beside = Beside()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[House]:
    chosen = {item.name for item in request.session.items}
    with House(tmp_path_factory.mktemp("house"), chosen) as house, house.server():
        house.switch.api("fsctl loglevel debug")
        yield house


@beside
def test_a_card_keyed_by_telephone_events_is_declined_then_paid_and_the_agent_gets_no_key(house: House) -> None:
    maria = house.agent()
    ann = house.caller(maria)
    ann.talks_with(maria)
    ann.orders(OrderKind.TAKE_PAYMENT)
    ann.hears("assist_start")
    ann.press(CARD[:4])
    ann.has_keyed("number", 4)
    ann.press(CARD[4:])
    ann.keys_the_rest(WRONG_CODE)
    ann.answers(confirm_payment="1")
    assert ann.sees(AssistState.DECLINED).why == "declined_security_code"
    ann.hears("declined_security_code")
    ann.answers(enter_security_code="739", confirm_payment="1")
    approved = ann.sees(AssistState.APPROVED)
    assert approved.confirmation
    ann.hears("paid")
    ann.hangs_up()
    assert [payment.state for payment in ann.paid()] == [PaymentState.DECLINED, PaymentState.SUBMITTED]
    assert maria.gets("")


@beside
def test_on_a_line_of_tones_no_digit_is_asked_for_in_a_talk(house: House) -> None:
    maria = house.agent()
    ann = house.caller(maria, tones=True)
    maria.logs_in()
    ann.hears("technical_problem", "connecting_agent")
    maria.talks()
    ann.pauses(0.5)
    ann.orders(OrderKind.TAKE_PAYMENT, account=ann.number)
    ann.hears("assist_unprotected")
    payment = ann.sees(AssistState.NOT_PROTECTED)
    assert payment.why == "log_level"
    assert ann.fields() == [FieldState.WAITING] * 4
    assert not any(phrase.startswith("enter_card") for phrase in ann.heard)
    ann.hangs_up()


def test_nothing_of_a_card_is_left_by_them(house: House) -> None:
    assert house.traces() == []
