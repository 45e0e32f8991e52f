"""A call that another server had: what its caller typed for that one answers nothing here."""

from __future__ import annotations

from collections.abc import Iterator

import gevent
import pytest
from wirekit import SECONDS, Peer, SilentVoice, connect_text, eventually, tcp_pair

from fs_app.domain.keys import Verdict, menu
from fs_app.domain.prompt import say
from fs_app.telephony.channel import SwitchChannel
from fs_app.telephony.session import Session
from fs_app.telephony.timing import Timing

# Keys of one go are closer than 5 s, however busy the machine is.
TYPING = Timing(first_key=SECONDS, inter_key=15.0)
WHAT_ELSE = menu("what else", "2")
DIED = {"variable_fs_app_attempt": "2"}
LEFT = {**DIED, "variable_fs_app_moved": "true", "variable_cc_cause": "answered"}
MOVED = {**DIED, "variable_fs_app_moved": "true"}


@pytest.fixture(params=[DIED, LEFT], ids=["its server died", "its server had left it in a talk"])
def taken_over(request: pytest.FixtureRequest) -> Iterator[tuple[SwitchChannel, Peer]]:
    """A call that another server had."""
    application, switch = tcp_pair()
    session, peer = Session(application), Peer(switch, connect_text(dict(request.param)))
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


def types(channel: SwitchChannel, peer: Peer, key: str) -> None:
    """A key, and it has come."""
    before = channel._keypad.typed_at
    peer.key(key)
    eventually(lambda: channel._keypad.typed_at > before)


def test_what_is_typed_on_chooses_nothing_until_the_caller_pauses(taken_over: tuple[SwitchChannel, Peer]) -> None:
    channel, peer = taken_over
    telling = gevent.spawn(channel.play, say("one_moment"), interruptible=False)
    command = peer.expect("execute playback")
    types(channel, peer, "0")
    peer.complete(command)
    telling.get(timeout=SECONDS)
    asking = gevent.spawn(channel.ask, say("hello"), WHAT_ELSE)
    command = peer.expect("execute playback")
    for key in "020":
        types(channel, peer, key)
    channel._keypad._dropped_at -= TYPING.run  # as if that time had passed since the last
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


@pytest.mark.parametrize("taken_over", [MOVED], indirect=True, ids=["between two questions"])
def test_what_is_typed_early_as_the_call_moves_is_the_answer(taken_over: tuple[SwitchChannel, Peer]) -> None:
    channel, peer = taken_over
    types(channel, peer, "2")
    assert channel.ask(say("hello"), WHAT_ELSE).verdict is Verdict.ENTERED


@pytest.mark.parametrize(
    ("taken_over", "talked"),
    [(DIED, False), (MOVED, False), ({**DIED, "variable_cc_cause": "answered"}, True), (LEFT, True)],
    indirect=["taken_over"],
)
def test_nobody_else_comes_for_a_caller_whose_server_died_as_their_talk_ended(
    taken_over: tuple[SwitchChannel, Peer], talked: bool
) -> None:
    channel, peer = taken_over
    assert (f"api sched_del {channel.uuid}" in peer.commands) is talked
