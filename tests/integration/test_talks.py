"""Talks with people over the real protocol, by every way: payments in them, transfers, deaths, the way back."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest

from fs_app.domain.assist import AssistState
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.payment import PaymentState
from fs_app.testing.switch import Agents, What
from tests.phones import PAYING, Phone, until
from tests.talks import ASKS, WAYS, sites, to_the_end

CARD, CODE = PAYING["enter_card_number"], PAYING["enter_security_code"]


@pytest.fixture
def site(world, monkeypatch) -> Iterator:
    yield from sites(world, monkeypatch)


# --- a payment in a talk, by every way to a person ---


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("inband", [False, True])
def test_a_payment_that_an_agent_takes_on_a_telephone(site, world, way, inband) -> None:
    here = site(way)
    phone, agent = here.talk(inband=inband)
    agent.press("*71")
    phone.go_on(stop_at="assist_over")
    assert "Your payment of" in phone.heard and "is complete" in phone.heard
    assert here.paid == [PaymentState.SUBMITTED]
    assert agent.keys == "" and agent.tones == "", "no key of the caller's reached the agent"
    phone.call.hear_out()
    to_the_end(phone)
    assert phone.heard.count(world.phrase("after_agent")) == 1
    assert CARD not in here.switch.overheard


@pytest.mark.parametrize("way", WAYS)
def test_in_a_plain_talk_the_agent_hears_a_caller_and_gets_no_key(site, way) -> None:
    here = site(way)
    phone, agent = here.talk(inband=True)
    phone.call.press("5")
    until(lambda: agent.tones == "5")
    assert agent.keys == ""
    to_the_end(phone)


@pytest.mark.parametrize("way", WAYS)
def test_after_a_payment_the_agent_hears_the_caller_again(site, way) -> None:
    here = site(way)
    phone, agent = here.talk(inband=True)
    agent.press("*71")
    phone.go_on(stop_at="assist_over")
    phone.call.hear_out()
    until(lambda: not phone.call.recordings.muted and not phone.call.playing)
    phone.call.press("7")
    until(lambda: agent.tones == "7")
    to_the_end(phone)


@pytest.mark.parametrize("way", ["callcenter", "extension"])
def test_a_card_that_is_half_keyed_at_a_transfer_reaches_neither_agent(site, way) -> None:
    here = site(way)
    phone, first = here.talk(inband=True)
    first.press("*71")
    phone.go_on(stop_at="enter_expiry")
    phone.call.press("09")
    second = first.transfer("omar@default")
    phone.call.press("31")
    phone.go_on(stop_at="assist_go_on")
    gevent.sleep(0.15)  # the caller pauses as they hear that
    phone.call.hear_out()
    phone.go_on(stop_at="assist_over")
    assert here.paid == [PaymentState.SUBMITTED]
    assert phone.heard.count("Please key in your card number.") == 1
    assert (first.tones, second.tones) == ("", "")
    phone.call.hear_out()
    to_the_end(phone)


def test_a_switch_that_does_not_silence_the_caller_is_asked_for_no_card(site, world) -> None:
    here = site()
    phone, agent = here.talk(inband=True)
    phone.call.recordings.obstinate = {"mute"}
    agent.press("*71")
    phone.go_on(stop_at="assist_unprotected")
    assert "Please key in your card number." not in phone.heard
    assert here.paid == []
    phone.call.hear_out()
    to_the_end(phone)


# --- how a wait ends ---


@pytest.mark.parametrize("way", ["fifo", "extension", "trunk"])
def test_nobody_answers_and_the_caller_hears_so(site, world, way) -> None:
    here = site(way, agents=Agents(answer=False))
    phone = Phone(world, here.switch, ASKS)
    phone.go_on()
    phone.go_on()
    assert world.phrase("queue_not_answered") in phone.heard
    assert phone.call.history[-1].what is What.HUNG_UP and phone.call.history[-1].by == "application"


@pytest.mark.parametrize("way", ["extension", "trunk"])
def test_a_telephone_that_does_not_exist_is_no_end_of_the_call(site, world, way) -> None:
    here = site(way)
    here.switch.agents.clear()
    phone = Phone(world, here.switch, ASKS)
    phone.go_on()
    assert world.phrase("queue_not_answered") in phone.heard


@pytest.mark.parametrize("way", ["callcenter", "fifo"])
def test_who_waits_may_go_on_alone(site, world, way) -> None:
    here = site(way, agents=Agents(after=None), announce_seconds=10)
    phone = Phone(world, here.switch, ASKS)
    phone.go_on()
    phone.call.press("2")
    phone.go_on(stop_at="pay_full")
    assert world.phrase("on_your_own") in phone.heard
    phone.call.press("1")
    phone._answers = PAYING
    phone.go_on()
    assert here.paid == [PaymentState.SUBMITTED]


# --- what outlives what ---


@pytest.mark.parametrize("way", WAYS)
def test_a_server_that_dies_in_mid_card_takes_the_card_with_it_and_not_the_talk(site, world, way) -> None:
    here = site(way, servers=2)
    phone, agent = here.talk(inband=True)
    agent.press("*71")
    phone.go_on(stop_at="enter_security_code")
    here.kill()
    gevent.sleep(0.05)
    assert not phone.call.gone
    phone.call.agent_hangs_up()
    phone.call.hear_out()  # the question goes on to its end
    phone.call.wait_for(What.PARKED)
    phone.call.schedule.come_due()
    phone.go_on()
    assert world.phrase("after_agent") in phone.heard
    assert here.paid == []
    assert not phone.call.recordings.muted, "the next server lets whoever is next hear the caller"
    assert phone.call.history[-1].by == "application"


def test_who_is_put_through_to_somebody_else_while_no_server_has_the_call_is_let_talk(site, world) -> None:
    here = site(servers=2)
    phone, maria = here.talk()
    here.kill()
    maria.transfer("omar@default")
    phone.call.wait_for(What.TRANSFERRED)
    assert phone.call.schedule.transfers == [], "nobody comes for a caller who is not alone"
    phone.call.agent_hangs_up()
    phone.call.wait_for(What.PARKED)
    phone.call.schedule.come_due()
    phone.go_on()
    assert world.phrase("after_agent") in phone.heard


@pytest.mark.parametrize("way", WAYS)
def test_who_was_answered_while_no_server_had_the_call_has_talked(site, world, way) -> None:
    here = site(way, agents=Agents(after=None), servers=2)
    phone = Phone(world, here.switch, ASKS)
    phone.go_on()
    until(lambda: "handover" in (here.servers[1].parts.checkpoints.find(phone.call.uuid) or ""))
    here.kill()
    gevent.sleep(0.05)
    phone.call.waiting.answer()
    phone.call.wait_for(What.AGENT)
    phone.call.agent_hangs_up()
    phone.call.wait_for(What.PARKED)
    phone.call.schedule.come_due()
    phone.go_on()
    assert world.phrase("after_agent") in phone.heard
    assert phone.heard.count(world.phrase("connecting_agent")) == 1, "they are not led there once more"
    assert [each.end for each in here.desk.handovers_of(phone.call.uuid)] == [HandoverEnd.TALKED]


@pytest.mark.parametrize("way", WAYS)
def test_after_a_talk_the_call_is_in_the_dialplan_again(site, world, way) -> None:
    here = site(way, servers=2)
    phone, _ = here.talk()
    phone._answers = {**PAYING, "after_agent": "2"}
    phone.call.agent_hangs_up()
    phone.go_on(stop_at="pay_full")
    assert phone.call.schedule.transfers == [], "nobody comes for the caller"
    phone.call.press("1")
    phone.go_on()
    assert here.paid == [PaymentState.SUBMITTED]


def test_who_is_sent_elsewhere_by_the_agent_has_left_us_and_has_their_keys(site, world) -> None:
    here = site()
    here.switch.extensions["elsewhere"] = [("playback", "tone_stream://%(60000,0,440)")]
    phone, agent = here.talk()
    agent.transfer_blind("elsewhere")
    until(lambda: not any(server.server.active for server in here.servers))
    assert not phone.call.gone
    assert phone.call.variables.get("sensitive_dtmf") == "false"
    assert phone.call.schedule.transfers == []
    until(lambda: here.handover(phone).end is HandoverEnd.TALKED)


# --- what the desk knows ---


def test_the_desk_sees_the_talk_the_payment_and_the_end(site) -> None:
    here = site()
    phone, agent = here.talk()
    until(lambda: here.handover(phone).leg == agent.uuid)
    talk = here.handover(phone)
    assert agent.variables["fs_app_reference"] == talk.ticket.reference
    assert (talk.agent, talk.context.account_number) == ("maria@default", "10001")
    agent.press("*71")
    phone.go_on(stop_at="assist_over")
    until(lambda: (seen := here.assisted(phone)) is not None and seen.state is AssistState.APPROVED)
    view = here.assisted(phone)
    assert (view.last_four, view.by) == (CARD[-4:], "maria@default")
    assert CARD not in repr(view) and CODE not in repr(view.fields)
    phone.call.hear_out()
    phone.call.agent_hangs_up()
    until(lambda: here.handover(phone).end is HandoverEnd.TALKED)
    phone.go_on()
