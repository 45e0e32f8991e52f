"""Calls that are recorded or listened to, and switches that log too much: what is kept of a card, what is asked."""

from __future__ import annotations

import re

import gevent
import pytest
from prometheus_client import generate_latest

from fs_app.domain.payment import PaymentState
from fs_app.telephony import recordings
from fs_app.testing.switch import SimulatedSwitch, dialplan
from fs_app.testing.switch_recordings import Recording
from tests.phones import DEADLINE, PAYING, Phone, until

FILE = "/var/rec/15551230000.wav"
CARD = PAYING["enter_card_number"]


@pytest.fixture
def switch_at(world, monkeypatch):
    """A switch that records every call from its dialplan, before our socket connects, and logs at some level."""
    monkeypatch.setattr(recordings, "UNMASK_SECONDS", 0.05)
    world.calls.start()
    switches = []

    def start(log_level: str) -> SimulatedSwitch:
        plan = [("answer", ""), ("record_session", FILE), *dialplan([f"127.0.0.1:{world.calls.server.port}"])]
        switches.append(SimulatedSwitch(plan, log_level=log_level))
        return switches[-1]

    yield start
    for switch in switches:
        switch.close()


def recording_of(phone: Phone) -> Recording:
    return phone.call.recordings.all[0]


def is_paid(world) -> bool:
    return [payment.state for payment in world.payments()] == [PaymentState.SUBMITTED]


def refusals(world) -> list[str]:
    text = generate_latest(world.calls.metrics.registry).decode()
    return re.findall(r'fs_app_secrets_refused_total\{reason="([a-z_]+)"\} [1-9]', text)


def test_a_recording_has_no_tone_of_a_secret_and_every_other(world, switch_at):
    switch = switch_at("info")
    phone = Phone(world, switch, inband=True)
    phone.go_on(stop_at="balance_is")
    recording = recording_of(phone)
    assert recording.tones == "10001#"
    until(lambda: not recording.masked)
    phone.call.press("1")
    phone.go_on(stop_at="confirm_payment")
    until(lambda: not recording.masked)
    assert recording.tones == "10001#1"
    phone.call.press("1")
    phone.go_on()
    assert is_paid(world)
    assert (recording.tones, recording.running) == ("10001#11", True)
    assert CARD[:6] not in switch.overheard


def test_the_first_digits_of_a_card_typed_early_are_not_recorded(world, switch_at):
    phone = Phone(world, switch_at("info"), {**PAYING, "enter_card_number": ""}, inband=True)
    phone.go_on(stop_at="balance_is")
    recording = recording_of(phone)
    until(lambda: not recording.masked)
    for key in f"1{CARD}":
        phone.call.press(key)
        gevent.sleep(0.02)  # nobody keys faster
    phone.go_on()
    assert is_paid(world)
    assert CARD[4:] not in recording.tones


def test_a_recording_that_cannot_be_masked_is_stopped(world, switch_at):
    phone = Phone(world, switch_at("info"), inband=True)
    phone.go_on(stop_at="enter_account_number")
    phone.call.recordings.obstinate = {"mask"}
    phone.call.press(PAYING["enter_account_number"])
    phone.go_on()
    assert is_paid(world)
    assert (recording_of(phone).tones, recording_of(phone).running) == ("10001#", False)
    assert "recording stopped: it cannot be masked" in world.log.getvalue()


@pytest.mark.parametrize(
    ("stop_at", "said"), [("enter_account_number", "technical_problem"), ("balance_is", "cards_unavailable")]
)
def test_no_secret_is_asked_for_where_a_recording_goes_on_and_a_person_takes_the_call(
    world, switch_at, stop_at, said
):
    phone = Phone(world, switch_at("debug"))
    phone.go_on(stop_at=stop_at)
    phone.call.recordings.obstinate = {"mask", "stop"}
    phone.call.press({"enter_account_number": "10001#", "balance_is": "1"}[stop_at])
    phone.go_on()
    assert world.phrase(said) in phone.heard
    assert world.phrase("enter_card_number") not in phone.heard
    assert phone.queue == "payments@default"
    assert world.payments() == []
    assert refusals(world) == ["recording"]


@pytest.mark.parametrize(("inband", "reasons"), [(True, ["log_level"]), (False, [])])
def test_a_switch_at_debug_logs_the_keys_of_lines_with_tones_so_these_are_asked_for_no_secret(
    world, switch_at, inband, reasons
):
    switch = switch_at("debug")
    phone = Phone(world, switch, inband=inband)
    phone.go_on()
    assert refusals(world) == reasons
    assert is_paid(world) is not inband
    assert (world.phrase("enter_pin") in phone.heard) is not inband
    assert CARD not in switch.overheard
    assert ("fsctl loglevel info" in world.log.getvalue()) is inband


def test_who_begins_to_listen_to_tones_in_mid_card_ends_the_question(world, switch_at):
    phone = Phone(world, switch_at("info"), {**PAYING, "enter_card_number": CARD[:6]}, inband=True)
    phone.go_on(stop_at="enter_card_number")
    phone.call.press(CARD[:6])
    phone.call.recordings.listen("eavesdrop")
    phone.go_on()
    assert world.phrase("cards_unavailable") in phone.heard
    assert phone.queue == "payments@default"
    assert refusals(world) == ["listener"]


def test_a_talk_with_an_agent_is_recorded_from_its_beginning(world, switch_at):
    phone = Phone(world, switch_at("info"), {**PAYING, "enter_card_number": "4012*0#"}, inband=True)
    phone.go_on()
    assert phone.queue == "payments@default"
    until(lambda: not recording_of(phone).masked)
    phone.call.agent_hangs_up()
    phone.go_on()
    assert world.phrase("after_agent") in phone.heard
    assert phone.call.over.wait(DEADLINE)
