"""What protects the keys of a payment in a talk holds while they are keyed, and until none can be heard."""

from __future__ import annotations

import time

import gevent
import pytest
from personkit import LEG, PLACE, TONES
from shieldkit import MUTE, ONE, RECORDED, START, STOP, UNMASK, Payment, ask, binds, dialling, refused
from wirekit import SECONDS, UUID, eventually

from fs_app.domain.keys import menu
from fs_app.errors import CallEnded, NotProtected
from fs_app.telephony import recordings


@pytest.fixture
def dial(monkeypatch):
    yield from dialling(monkeypatch)


# --- what holds while a field is keyed ---


def test_each_secret_is_proved_again(dial) -> None:
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call), ask(call), ask(call))
    payment.puts_up(MUTE)
    for keys in ("4111", "1228"):
        payment.proves(MUTE)
        call.keys(keys)
    payment.proves()
    with pytest.raises(NotProtected) as caught:
        payment.greenlet.get(timeout=SECONDS)
    assert caught.value.reason == "not_silenced"
    assert [heard.digits for heard in payment.answers] == ["4111", "1228"]


@pytest.mark.parametrize("raw", [PLACE, PLACE | TONES])
def test_whoever_begins_to_listen_in_mid_entry_ends_it(dial, raw) -> None:
    call = dial(raw)
    bugs = [MUTE] if call.inband else []
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up(*bugs)
    payment.proves(*bugs)
    call.keys("41")
    eventually(lambda: not len(call.channel._keypad))
    call.event("MEDIA_BUG_START", Media_Bug_Function="eavesdrop", Media_Bug_Target="supervisor")
    assert refused(payment) == "listener"


def test_who_lifts_the_silence_in_mid_entry_ends_it(dial) -> None:
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up(MUTE)
    payment.proves(MUTE)
    call.keys("41")
    call.event("MEDIA_BUG_STOP", Media_Bug_Function="audio", Media_Bug_Target="mute")
    assert refused(payment) == "not_silenced"


def test_what_ends_on_a_line_that_is_not_silenced_is_nothing(dial) -> None:
    call = dial()
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up()
    payment.proves()
    call.event("MEDIA_BUG_STOP", Media_Bug_Function="audio", Media_Bug_Target="mute")
    call.keys("4111")
    assert [heard.digits for heard in payment.ends()] == ["4111"]


def test_what_hears_the_agents_own_leg_is_none_of_ours(dial) -> None:
    """A recording of the agent's leg has what the agent hears: nothing of the keys."""
    call = dial()
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up()
    payment.proves()
    call.event("MEDIA_BUG_START", of=LEG, Media_Bug_Function="session_record", Media_Bug_Target="/rec/agent.wav")
    call.event("MEDIA_BUG_START", of=LEG, Media_Bug_Function="eavesdrop", Media_Bug_Target="coach")
    call.event("RECORD_STOP", of=LEG, Record_File_Path=ONE)
    call.keys("4111")
    assert [heard.digits for heard in payment.ends()] == ["4111"]
    call.nothing_was_sent()


# --- recordings ---


def test_recordings_are_silent_from_the_proof_to_the_end_of_the_payment(dial) -> None:
    call = dial()
    pause = gevent.event.Event()
    asks = (ask(call), pause.wait, ask(call), ask(call, menu("consent", "1")), lambda: gevent.sleep(1.5 * UNMASK))
    payment = Payment(call, call.talk(), *asks)
    payment.puts_up(RECORDED)
    call.api(f"uuid_record {UUID} mask {ONE}")
    for keys in ("4111", "1228"):
        payment.proves(RECORDED)
        call.api(f"uuid_record {UUID} mask {ONE}")
        call.keys(keys)
        eventually(lambda: not call.channel._privacy.recordings._secret)
        gevent.sleep(1.5 * UNMASK)  # an ordinary secret would be over now
        pause.set()
    call.keys("1")
    payment.ends()
    call.api(f"uuid_record {UUID} unmask {ONE}")
    call.nothing_was_sent()


def test_a_recording_that_begins_in_mid_entry_is_silent_at_once(dial) -> None:
    call = dial()
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up()
    payment.proves()
    call.event("MEDIA_BUG_START", Media_Bug_Function="session_record", Media_Bug_Target=ONE)
    call.api(f"uuid_record {UUID} mask {ONE}")
    call.keys("4111")
    payment.ends()
    call.api(f"uuid_record {UUID} unmask {ONE}")


def test_a_recording_that_begins_between_two_fields_is_silent_at_once(dial) -> None:
    """The caller may key the next field already."""
    call = dial()
    pause = gevent.event.Event()
    payment = Payment(call, call.talk(), ask(call), pause.wait)
    payment.puts_up()
    payment.proves()
    call.keys("4111")
    eventually(lambda: len(payment.answers) == 1)
    call.event("MEDIA_BUG_START", Media_Bug_Function="session_record", Media_Bug_Target=ONE)
    call.api(f"uuid_record {UUID} mask {ONE}")
    pause.set()
    payment.ends()
    call.api(f"uuid_record {UUID} unmask {ONE}")


def test_recordings_hear_again_where_the_proof_failed(dial) -> None:
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    binds(call)
    call.api(START)
    payment.proves(RECORDED)
    call.api(f"uuid_record {UUID} mask {ONE}")
    assert refused(payment) == "not_silenced"
    call.api(STOP)
    call.api(f"uuid_record {UUID} unmask {ONE}")


# --- the end ---


def test_who_types_on_after_the_end_is_not_heard(dial, monkeypatch) -> None:
    monkeypatch.setattr(recordings, "UNMASK_SECONDS", unmask := 1.5)  # no busy machine is that late with a key
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up(MUTE)
    payment.proves(MUTE)
    call.keys("41")
    eventually(lambda: not len(call.channel._keypad))
    call.agent_keys("*70")
    payment.ends()
    call.nothing_was_sent()
    for _ in range(3):
        gevent.sleep(0.15)
        typed_at = time.monotonic()
        call.keys("1")
        call.nothing_was_sent()
    call.api(STOP)
    assert time.monotonic() - typed_at >= unmask, "it counts from the last key"


def test_another_payment_that_begins_meanwhile_is_not_laid_open(dial, monkeypatch) -> None:
    monkeypatch.setattr(recordings, "UNMASK_SECONDS", 1.0)
    call = dial(PLACE | TONES)
    person = call.talk()
    first = Payment(call, person, ask(call))
    first.puts_up(MUTE)
    first.proves(MUTE)
    call.keys("4111")
    first.ends()
    wait = gevent.event.Event()
    second = Payment(call, person, wait.wait)
    binds(call)
    call.api(START)
    second.proves(MUTE)
    gevent.sleep(1.2)
    call.nothing_was_sent()
    wait.set()
    second.ends()
    call.api(STOP)


def test_a_talk_that_is_left_in_mid_entry_stays_silent_for_who_types_on(dial) -> None:
    """As where we die: the next server lets the caller be heard again, after the talk."""
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up(MUTE, RECORDED)
    call.api(f"uuid_record {UUID} mask {ONE}")
    payment.proves(MUTE, RECORDED)
    call.api(f"uuid_record {UUID} mask {ONE}")
    call.keys("41")
    eventually(lambda: not len(call.channel._keypad))
    call.channel.leave_with_agent()
    assert "fs_app_moved=true" in call.switch.read()
    with pytest.raises(CallEnded):
        payment.greenlet.get(timeout=SECONDS)
    gevent.sleep(1.5 * UNMASK)
    call.session.close()
    with pytest.raises((EOFError, ConnectionResetError)):
        call.switch.read()


def test_who_types_on_where_no_server_will_have_them_is_heard_by_the_switchs_own_clock(dial) -> None:
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up(MUTE, RECORDED)
    call.api(f"uuid_record {UUID} mask {ONE}")
    payment.proves(MUTE, RECORDED)
    call.api(f"uuid_record {UUID} mask {ONE}")
    call.channel._privacy.leave(for_good=True)
    call.api(f"sched_api +5 none uuid_record {UUID} unmask {ONE}")
    call.api(f"sched_api +5 none {STOP}")
    payment.greenlet.kill()


def test_a_talk_that_is_left_while_no_secret_is_keyed_is_not_left_silent(dial) -> None:
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), lambda: gevent.sleep(SECONDS))
    payment.puts_up(MUTE, RECORDED)
    call.api(f"uuid_record {UUID} mask {ONE}")
    eventually(lambda: call.channel._privacy.calm)
    call.channel.leave_with_agent()
    read = [call.switch.read() for _ in range(3)]
    assert read[:2] == [f"api uuid_record {UUID} unmask {ONE}", f"api {STOP}"]
    assert "fs_app_moved=true" in read[2]
    payment.greenlet.kill()


def test_a_fault_in_mid_entry_waits_for_who_types_on(dial) -> None:
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), lambda: gevent.sleep(SECONDS))
    payment.puts_up(MUTE)
    call.keys("41")
    eventually(lambda: len(call.channel._keypad) == 2)
    call.channel.leave_with_agent(patience=SECONDS)
    read = [call.switch.read() for _ in range(2)]
    assert read[0] == f"api {STOP}"
    assert "fs_app_moved=true" in read[1]
    payment.greenlet.kill()


def test_who_hangs_up_in_mid_entry_is_gone_and_nothing_is_sent_any_more(dial) -> None:
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up(MUTE)
    payment.proves(MUTE)
    call.keys("41")
    call.switch.hang_up()
    with pytest.raises(CallEnded):
        payment.greenlet.get(timeout=SECONDS)
    gevent.sleep(1.5 * UNMASK)
    call.session.close()
    with pytest.raises(EOFError):
        call.switch.read()
