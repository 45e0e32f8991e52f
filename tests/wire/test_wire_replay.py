"""The channel against what a real switch said."""

from __future__ import annotations

import time

import gevent
import pytest
from wirekit import SECONDS, Replay, SilentVoice, tcp_pair

from fs_app.domain.destination import callcenter
from fs_app.domain.keys import Field, Verdict, menu
from fs_app.domain.prompt import SILENCE, say
from fs_app.errors import CallEnded
from fs_app.ports import Answered, Parted
from fs_app.telephony.channel import SwitchChannel
from fs_app.telephony.session import Session
from fs_app.telephony.timing import Timing


@pytest.fixture
def replayed(request):
    sessions = []

    def start(name: str, timing: Timing | None = None, last_command: str = ""):
        application, switch = tcp_pair()
        replay = Replay(switch, name, last_command=last_command)
        greenlet = gevent.spawn(replay.run)
        session = Session(application)
        sessions.append((session, switch, greenlet))
        info = session.connect()
        channel = SwitchChannel(
            session, info, SilentVoice(), language="en", timing=timing or Timing(), spawn=gevent.spawn
        )
        return channel, replay

    yield start
    for session, switch, greenlet in sessions:
        session.close()
        greenlet.join(SECONDS)
        switch.close()
        assert greenlet.ready() and greenlet.exception is None


def test_keys_break_a_prompt_and_make_an_answer(replayed):
    channel, replay = replayed("private_keys_bargein")
    channel.answer()
    heard = channel.ask(say("enter_account_number"), Field("account", min_length=2, max_length=12))
    assert (heard.verdict, heard.digits) == (Verdict.ENTERED, "42")
    assert f"api uuid_break {replay.uuid}" in replay.peer.commands
    channel.hang_up()
    with pytest.raises(CallEnded, match="hung up"):
        channel.play(say("thanks"))


def test_keys_typed_early_are_kept_for_the_next_question(replayed):
    channel, _ = replayed("typeahead")
    channel.answer()
    until = time.monotonic() + SECONDS
    while len(channel._keypad) < 4 and time.monotonic() < until:
        gevent.sleep(0.002)
    heard = channel.ask(say("enter_pin"), Field("account", min_length=4, max_length=4))
    assert (heard.verdict, heard.digits) == (Verdict.ENTERED, "1234")


def test_the_callers_hang_up_ends_a_prompt_at_once(replayed):
    channel, _ = replayed("caller_hangup_mid_prompt")
    channel.answer()
    started = time.monotonic()
    with pytest.raises(CallEnded, match="hung up"):
        channel.play(say("a_long_one"))
    assert time.monotonic() - started < SECONDS


def test_a_switch_that_closes_without_linger_ends_the_call(replayed):
    channel, _ = replayed("caller_hangup_no_linger")
    with pytest.raises(CallEnded, match="hung up"):
        channel.answer()
        channel.ask(SILENCE, menu("nothing", "1"))


def test_a_talk_is_told_as_a_real_switch_tells_it(replayed):
    channel, _ = replayed("bridge_callcenter_return", last_command="callcenter")
    channel.answer()
    person = channel.seek(callcenter("payments"))
    person.join()
    answered = person.next(SECONDS)
    assert answered == Answered("", "9feff086-ef0d-4055-836b-cc2c15bfb88b")
    assert channel.talking
    with pytest.raises(CallEnded, match="hung up"):
        while True:
            assert person.next(SECONDS) == Parted()
    assert channel.hung_up


def test_a_hostile_caller_name_is_only_a_name(replayed):
    channel, replay = replayed("caller_id_hostile")
    assert channel.uuid == replay.uuid
    channel._session.execute("answer", seconds=SECONDS)
    channel.play(say("welcome"))
    channel.hang_up()


def test_a_call_whose_first_server_died_goes_on_at_the_next(replayed):
    channel, _ = replayed("server_death_2_next_server", Timing(inter_key=0.05))
    heard = channel.ask(say("welcome"), Field("number", min_length=1, max_length=4))
    assert heard.verdict is Verdict.ENTERED
    assert heard.digits == "7"
