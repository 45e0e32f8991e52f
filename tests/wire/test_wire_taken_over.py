"""A call that another server had: what its caller typed for that one answers nothing here."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from wirekit import SECONDS, Peer, SilentVoice, connect_text, tcp_pair

from fs_app.domain.keys import Verdict, menu
from fs_app.domain.prompt import say
from fs_app.telephony.channel import SwitchChannel
from fs_app.telephony.session import Session
from fs_app.telephony.timing import Timing

TYPING = Timing(first_key=SECONDS, inter_key=0.9)  # keys that are closer than 0.3 s are typed in one go
WHAT_ELSE = menu("what else", "2")


@pytest.fixture
def taken_over() -> Iterator[tuple[SwitchChannel, Peer]]:
    """A call whose server died."""
    application, switch = tcp_pair()
    session, peer = Session(application), Peer(switch, connect_text({"variable_fs_app_attempt": "2"}))
    setting_up = gevent.spawn(peer.set_up)
    info = session.connect()
    setting_up.get(timeout=SECONDS)
    channel = SwitchChannel(session, info, SilentVoice(), language="en", timing=TYPING, spawn=gevent.spawn)
    answering = gevent.spawn(channel.answer)
    command = "nothing yet"
    while "digit_action_set_realm" not in command:
        command = peer.read()
        peer.reply(command)
        if command.startswith("sendmsg"):
            peer.complete(command, "_none_")
    answering.get(timeout=SECONDS)
    yield channel, peer
    session.close()
    peer.close()


def test_what_is_typed_on_chooses_nothing_until_the_caller_pauses(taken_over: tuple[SwitchChannel, Peer]) -> None:
    channel, peer = taken_over
    telling = gevent.spawn(channel.play, say("one_moment"), interruptible=False)
    command = peer.expect("execute playback")
    peer.key("0")
    gevent.sleep(0.05)
    peer.complete(command)
    telling.get(timeout=SECONDS)
    asking = gevent.spawn(channel.ask, say("hello"), WHAT_ELSE)
    command = peer.expect("execute playback")
    for key in "020":
        gevent.sleep(0.1)
        peer.key(key)
    gevent.sleep(0.4)
    assert not asking.ready()
    peer.key("2")
    assert peer.read().startswith("api uuid_break")
    peer.complete(command)
    assert asking.get(timeout=SECONDS).verdict is Verdict.ENTERED


def test_who_typed_nothing_answers_at_once(taken_over: tuple[SwitchChannel, Peer]) -> None:
    channel, peer = taken_over
    asking = gevent.spawn(channel.ask, say("hello"), WHAT_ELSE)
    command = peer.expect("execute playback")
    peer.key("2")
    assert peer.read().startswith("api uuid_break")
    peer.complete(command)
    assert asking.get(timeout=SECONDS).verdict is Verdict.ENTERED
