"""Every fault of greenswitch 0.0.19 that the session cures, one test each, and what it adds."""

from __future__ import annotations

import logging
import struct
import time

import gevent
import pytest
from gevent import socket
from structlog.testing import capture_logs
from wirekit import SECONDS, UUID, Peer, connect_text, event_text, eventually, reply_text, tcp_pair

from fs_app.errors import CallEnded, CommandRefused, SwitchTimeout, UnsafeArgument
from fs_app.telephony.session import Session
from fs_app.telephony.wire import KeepAlive

PROMPT = "/sounds/en/welcome.wav"


@pytest.fixture
def ends():
    """A session before its connect, and the switch's end."""
    application, switch = tcp_pair()
    session, peer = Session(application), Peer(switch)
    yield session, peer
    session.close()
    peer.close()


@pytest.fixture
def line(ends):
    """A connected session, and the switch's end."""
    session, peer = ends
    setting_up = gevent.spawn(peer.set_up)
    session.connect()
    setting_up.get(timeout=SECONDS)
    return session, peer


def running(session: Session, application: str = "playback", argument: str = PROMPT) -> gevent.Greenlet:
    return gevent.spawn(session.execute, application, argument, seconds=SECONDS)


# --- the faults of greenswitch ---


def test_header_forging(ends):
    session, peer = ends
    peer.connect_reply = connect_text(
        {
            "Caller-Caller-ID-Name": "J%0Avariable_fs_app_flow%3A%20free%E2%80%A8variable_fs_app_queue%3A%20vip",
            "variable_sip_from_display": "%ff%fe%0A%0AContent-Type: text/disconnect-notice",
        }
    )
    gevent.spawn(peer.set_up)
    info = session.connect()
    assert (info.uuid, info.flow, info.queue) == (UUID, None, None)


def test_hub_freeze_on_end_of_file_inside_a_body(line):
    session, peer = line
    beats = []

    def beat() -> None:
        while session.ended is None or len(beats) < 20:
            beats.append(time.monotonic())
            gevent.sleep(0.001)

    other = gevent.spawn(beat)
    waiter = running(session)
    peer.expect("execute playback")
    peer.write(b"Content-Length: 500\nContent-Type: text/event-plain\n\nEvent-Name: CHANNEL_EXEC")
    peer.close()
    other.get(timeout=SECONDS)
    with pytest.raises(CallEnded):
        waiter.get(timeout=SECONDS)


@pytest.mark.parametrize("how", ["end of file", "reset", "notice", "hang-up", "garbage", "too long"])
def test_waiters_that_never_wake(line, how):
    session, peer = line
    waiters = [running(session), running(session, "answer", ""), gevent.spawn(session.api, "uuid_break", UUID)]
    for _ in waiters:
        peer.read()
    started = time.monotonic()
    if how == "end of file":
        peer.close()
    elif how == "reset":
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
    elif how == "notice":
        peer.write(b"Content-Type: text/disconnect-notice\nContent-Disposition: linger\nContent-Length: 0\n\n")
    elif how == "hang-up":
        peer.hang_up()
    elif how == "garbage":
        peer.write(b"HTTP/1.1 200 OK\n\n")
    else:
        peer.write(b"Content-Type: text/event-plain\nContent-Length: 99999999\n\n")
    for waiter in waiters:
        with pytest.raises(CallEnded):
            waiter.get(timeout=SECONDS)
    assert time.monotonic() - started < SECONDS
    with pytest.raises(CallEnded):
        session.execute("answer", seconds=SECONDS)


def test_stale_waiters_of_completions(line):
    session, peer = line
    with pytest.raises(SwitchTimeout):
        session.execute("playback", PROMPT, seconds=0.05)
    late = peer.expect("execute playback")
    waiter = running(session)
    current = peer.expect("execute playback")
    peer.complete(late, "the late one")
    peer.complete(current, "the right one")
    assert waiter.get(timeout=SECONDS).event("Application-Response") == "the right one"


def test_stale_waiters_of_replies(line):
    session, peer = line
    with pytest.raises(SwitchTimeout):
        session.api("uuid_break", UUID, seconds=0.05)
    peer.read()
    waiter = gevent.spawn(session.api, "uuid_break", UUID)
    peer.read()
    for body in (b"the late one", b"the right one"):
        peer.write(b"Content-Type: api/response\nContent-Length: %d\n\n%s" % (len(body), body))
    assert waiter.get(timeout=SECONDS) == "the right one"


def test_matching_by_application_name(line):
    session, peer = line
    waiters = [running(session), running(session)]
    first, second = peer.expect("execute playback"), peer.expect("execute playback")
    peer.complete(second, "second")
    peer.complete(first, "first")
    assert [w.get(timeout=SECONDS).event("Application-Response") for w in waiters] == ["first", "second"]


def test_partial_sends(ends):
    session, peer = ends
    session.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    steps = [("playback", f"/sounds/{number:04}{'x' * 480}.wav") for number in range(800)]
    executions = session.start_all(steps)
    assert session._wire._unsent, "it went out in one piece: the test shows nothing"
    read = [peer.read() for _ in steps]
    assert [f"execute-app-arg: {argument}" in command for (_, argument), command in zip(steps, read, strict=True)]
    assert len({command.rpartition("Event-UUID: ")[2] for command in read}) == len(executions) == 800


def test_partial_sends_to_a_switch_that_does_not_read(ends, monkeypatch):
    monkeypatch.setattr("fs_app.telephony.session.COMMAND_SECONDS", 0.1)
    application, switch = tcp_pair()
    session = Session(application)
    try:
        session.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        execution = session.start_all([("playback", f"/sounds/{'x' * 480}.wav")] * 10_000)[0]
        with pytest.raises(CallEnded, match="does not read"):
            execution.wait(SECONDS)
    finally:
        session.close()
        switch.close()


def test_missing_deadlines(line):
    session, _ = line
    for wait in (
        lambda: session.execute("playback", PROMPT, seconds=0.02),
        lambda: session.command("divert_events", "off", seconds=0.02),
        lambda: session.api("uuid_break", UUID, seconds=0.02),
    ):
        with pytest.raises(SwitchTimeout):
            wait()


def test_a_missing_connect_reply_has_a_deadline(ends):
    session, _ = ends
    with pytest.raises(SwitchTimeout):
        session.connect(seconds=0.05)


def test_headers_in_logs(line, caplog):
    session, peer = line
    caplog.set_level(logging.DEBUG)
    with capture_logs() as logs:
        session.on_keys(lambda keys: [][1])  # a handler that fails
        peer.write(event_text("CHANNEL_UNBRIDGE", Unique_ID=UUID, variable_note="TELLTALE"))
        peer.write(b"Content-Length: 27\nContent-Type: text/event-plain\n\nkey: TELLTALE\ndigits: 4\n\n\n\n")
        eventually(lambda: session.ended is not None)
    assert logs, "the failure itself is told"
    assert "TELLTALE" not in str(logs) + caplog.text


# --- what it does beside that ---


def test_a_refused_command(line):
    session, peer = line
    waiter = gevent.spawn(session.command, "divert_events", "off")
    peer.read()
    peer.write(reply_text("-ERR command not found"))
    with pytest.raises(CommandRefused, match="divert_events: -ERR command not found"):
        waiter.get(timeout=SECONDS)


@pytest.mark.parametrize("body", [b"-ERR No such channel!\n", b"-USAGE: <uuid>\n"])
def test_a_refused_api(line, body):
    session, peer = line
    waiter = gevent.spawn(session.api, "uuid_break", UUID)
    peer.read()
    peer.write(b"Content-Type: api/response\nContent-Length: %d\n\n%s" % (len(body), body))
    with pytest.raises(CommandRefused):
        waiter.get(timeout=SECONDS)


def test_a_refused_execution_is_not_waited_for(line):
    session, peer = line
    waiter = running(session)
    peer.read()
    peer.write(reply_text("-ERR invalid session"))
    with pytest.raises(CommandRefused):
        waiter.get(timeout=SECONDS)


def test_another_channels_hang_up_is_not_ours(line):
    session, peer = line
    peer.write(event_text("CHANNEL_HANGUP", Unique_ID="99999999-0000-0000-0000-000000000000"))
    waiter = running(session)
    peer.complete(peer.expect("execute playback"))
    assert waiter.get(timeout=SECONDS).event("Application-Response") == "FILE PLAYED"
    assert session.ended is None


def test_the_set_up_is_narrow_and_filtered_first(line):
    _, peer = line
    assert peer.commands == [
        "connect",
        "linger 10",
        f"filter Unique-ID {UUID}",
        "event plain CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_UNBRIDGE MEDIA_BUG_START",
        "divert_events on",
    ]


def test_greenswitchs_own_methods_pass_the_gate(line):
    session, peer = line
    waiter = gevent.spawn(session.linger, 5)
    assert peer.expect("linger") == "linger 5"
    waiter.get(timeout=SECONDS)
    session.hangup()
    assert "Event-UUID: " in peer.expect("execute hangup")
    for forbidden in (
        lambda: session.bridge("user/1"),
        lambda: session.call_command("system", "x"),
        session.myevents,
    ):
        with pytest.raises(UnsafeArgument):
            forbidden()
    with pytest.raises(NotImplementedError):
        session.playback(PROMPT)
    assert (session.uuid, session.caller_id_number) == (UUID, "15551230000")


def test_a_half_open_socket_is_noticed_within_ten_seconds(ends):
    session, _ = ends
    assert KeepAlive().seconds < 10

    def option(level: int, name: int) -> int:
        return session.sock.getsockopt(level, name)

    assert option(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    idle, interval, probes, user_timeout, nodelay = (
        option(socket.IPPROTO_TCP, name)
        for name in (
            socket.TCP_KEEPIDLE,
            socket.TCP_KEEPINTVL,
            socket.TCP_KEEPCNT,
            socket.TCP_USER_TIMEOUT,
            socket.TCP_NODELAY,
        )
    )
    assert idle + interval * probes < 10
    assert user_timeout < 10_000
    assert nodelay


def test_the_time_from_an_answer_to_the_next_command_is_measured():
    application, switch = tcp_pair()
    seconds: list[float] = []
    session, peer = Session(application, on_reaction=seconds.append), Peer(switch)
    gevent.spawn(peer.set_up)
    session.connect()
    waiter = running(session)
    peer.complete(peer.expect("execute playback"))
    waiter.get(timeout=SECONDS)
    assert seconds == []
    session.reacting()
    session.start("answer")
    session.start("answer")
    assert len(seconds) == 1
    assert 0 <= seconds[0] < 1
    session.close()
    peer.close()
