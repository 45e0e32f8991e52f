"""Whole calls over a real FreeSWITCH with the shipped configuration, watched by a second client at DEBUG."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from itertools import groupby

import pytest
from canary import CARD, EXPIRY, SECURITY_CODE, traces
from paymentsite import RECORDED_NUMBER, Site
from telephone import Telephone

from fs_app.app.calls import Calls
from fs_app.domain.payment import PaymentState
from fs_app.proof.tones import keys_in, loud_seconds
from fs_app.telephony.recordings import UNMASK_SECONDS
from fs_app.testing.freeswitch import INBAND_NUMBER, RealSwitch
from fs_app.testing.freeswitch_call import TestCall

pytestmark = pytest.mark.freeswitch

Eventually = Callable[[Callable[[], bool]], bool]


def test_the_configuration_loads_without_a_complaint(site: Site) -> None:
    complaints = [line for line in site.switch.log.split("\n") if "[ERR]" in line or "[CRIT]" in line]
    started = [line for line in complaints if "mod_event_socket" not in line]
    assert started == []
    assert "fs_app\tprofile" in site.switch.api("sofia status").replace(" ", "")
    assert "payments@default" in site.switch.api("callcenter_config queue list")


def test_a_caller_meets_an_apology_and_an_agent_when_no_server_runs(switch: RealSwitch) -> None:
    switch.add_agent(seconds=1)
    call = switch.dial()
    call.hears("technical_problem")
    call.hears("connecting_agent")
    call.waits_until("CHANNEL_BRIDGE")
    call.waits_for_end()


def test_a_caller_pays_with_telephone_event_keys(
    site: Site, switch: RealSwitch, server: Calls, eventually: Eventually
) -> None:
    pays_in_full(switch.dial())
    assert eventually(
        lambda: [payment.state for payment in server.parts.ledger.payments()] == [PaymentState.SUBMITTED]
    )
    assert_nothing_is_left(site)


def test_a_caller_pays_with_tones_at_the_log_level_as_shipped(
    site: Site, switch: RealSwitch, server: Calls, eventually: Eventually
) -> None:
    switch.api("fsctl loglevel info")
    before = len(server.parts.ledger.payments())
    pays_a_part(switch.dial(INBAND_NUMBER, tones=True))
    assert eventually(
        lambda: [payment.state for payment in server.parts.ledger.payments()[before:]] == [PaymentState.SUBMITTED]
    )
    assert_nothing_is_left(site)


def test_a_recording_of_a_call_with_tones_has_no_secret_key(
    site: Site, switch: RealSwitch, server: Calls, eventually: Eventually
) -> None:
    """The dialplan records before we are asked; the caller's side offers no telephone-event, on an auto line."""
    switch.api("fsctl loglevel info")
    call = switch.dial(RECORDED_NUMBER, tones=True)
    comes_to_the_balance(call, "10005")
    time.sleep(UNMASK_SECONDS + 0.2)
    call.press("2")
    call.hears("enter_amount")
    call.press("3700#")
    call.hears("amount_read_back")
    call.press("1")
    pays_by_card(call)
    (file,) = site.recordings.glob("*.wav")
    assert eventually(lambda: loud_seconds(file) > 1)
    heard, _ = keys_in(file)  # the caller's channel; a tone that a prompt tore is heard twice, or not at all
    keys = [key for key, _ in groupby(heard)]
    assert len(keys) >= 3, "the recording goes on between the secrets"
    public = iter("10005#" + "2" + "3700#" + "1" + "1")
    assert all(key in public for key in keys), heard
    assert_nothing_is_left(site)


def test_keys_that_come_both_as_tones_and_as_events_are_counted_once(switch: RealSwitch, server: Calls) -> None:
    switch.api("fsctl loglevel info")
    port = int(switch.sip_address.rpartition(":")[2])
    telephone = Telephone(port, INBAND_NUMBER)
    call = TestCall(switch.api, switch.overheard, "", telephone.call_id, tones=False)
    telephone.dial()
    telephone.wait(25)
    telephone.press("10005#")
    call.hears("enter_pin")
    telephone.press("1234", milliseconds=160)
    call.hears("balance_is")
    telephone.hang_up()
    call.waits_for_end()


def test_a_caller_reaches_an_agent_from_inside_the_card_number(
    site: Site, switch: RealSwitch, server: Calls
) -> None:
    switch.add_agent(seconds=1)
    call = switch.dial()
    comes_to_the_card(call)
    call.press(CARD[:9] + "*")
    call.hears("enter_card_number")
    call.press("0#")
    call.waits_until("CHANNEL_EXECUTE", "callcenter")
    call.waits_until("CHANNEL_BRIDGE")
    call.waits_for_end()
    assert_nothing_is_left(site)


def test_a_call_goes_on_at_the_second_server_when_the_first_is_killed(
    site: Site, switch: RealSwitch, server_process: subprocess.Popen[bytes], second_server: Calls
) -> None:
    call = switch.dial()
    comes_to_the_card(call)
    call.press(CARD[:9])
    killed = time.monotonic()
    server_process.kill()
    call.hears("one_moment")
    assert time.monotonic() - killed < 2.0
    call.hears("enter_card_number_again")  # what was keyed after the death is no whole card
    call.press("0#")  # the private keypad works for the second server
    call.hears("connecting_agent")
    call.hang_up()
    assert_nothing_is_left(site)


def test_no_secret_is_asked_for_with_tones_while_the_switch_logs_at_debug(
    switch: RealSwitch, server: Calls
) -> None:
    switch.add_agent(seconds=1)
    call = switch.dial(INBAND_NUMBER, tones=True)
    call.hears("welcome")
    call.press("10005#")
    call.hears("technical_problem")
    call.waits_until("CHANNEL_BRIDGE")
    call.waits_for_end()


def comes_to_the_balance(call: TestCall, account: str) -> None:
    """Answers up to the balance; the keys are pressed into the prompts, as people do."""
    call.hears("welcome")
    call.press(f"{account}#")
    call.hears("enter_pin")
    call.press("1234")
    call.hears("balance_is")


def comes_to_the_card(call: TestCall) -> None:
    comes_to_the_balance(call, "10005")
    call.press("1")
    call.hears("enter_card_number")


def pays_in_full(call: TestCall) -> None:
    comes_to_the_balance(call, "10001")
    call.press("1")
    pays_by_card(call)


def pays_a_part(call: TestCall) -> None:
    comes_to_the_balance(call, "10005")
    call.press("2")
    call.hears("enter_amount")
    call.press("3500#")
    call.hears("amount_read_back")
    call.press("1")
    pays_by_card(call)


def pays_by_card(call: TestCall) -> None:
    """From the card number to the hang-up after the confirmation number."""
    for question, answer in (
        ("enter_card_number", CARD),
        ("enter_expiry", EXPIRY),
        ("enter_security_code", SECURITY_CODE),
        ("enter_postal_code", "94107"),
        ("confirm_payment", "1"),
    ):
        call.hears(question)
        call.press(answer)
    call.hears("please_wait")
    call.hears("paid")
    call.hang_up()


def assert_nothing_is_left(site: Site) -> None:
    """No card, expiry or security code in any event, log line or call record of the whole run so far."""
    overheard = site.switch.overheard_of_lines()
    assert "PLAYBACK_START" in overheard  # the listener did hear
    records = [path.read_text(encoding="utf-8") for path in sorted(site.cdr.glob("*.xml"))]
    lines = [record for record in records if "fs_app_flow" in record]
    assert lines and all("<digits_dialed>none</digits_dialed>" in record for record in lines)
    for name, text in (
        ("event or log", overheard),
        ("log file", site.switch.log_of_lines()),
        ("CDR", "\n".join(lines)),
    ):
        assert list(traces(text)) == [], name
