"""The call server: limit, refusal, faults that stay in their call, an orderly stop, and no leak."""

from __future__ import annotations

import gc
import struct
import time
import weakref
from functools import partial
from pathlib import Path

import gevent
import pytest
from gevent import socket
from gevent.event import Event
from shieldkit import CARD
from structlog.testing import capture_logs
from wirekit import SECONDS, UUID, Peer, SilentVoice, connect_text, event_text, eventually

from fs_app.domain.destination import callcenter
from fs_app.domain.keys import menu
from fs_app.domain.prompt import SILENCE, say
from fs_app.ports import Answered, Over
from fs_app.telephony import recordings
from fs_app.telephony import server as server_module
from fs_app.telephony.server import CallServer
from fs_app.telephony.timing import Timing

HELLO = say("hello")
CHOICE = menu("m", "1")
MUTE = "<media-bug><function>audio</function>\n<target>mute</target></media-bug>\n"


class Count:
    def __init__(self) -> None:
        self.started = self.refused = 0
        self.outcomes: list[str] = []
        self.reactions: list[float] = []

    def call_started(self) -> None:
        self.started += 1

    def call_ended(self, outcome: str) -> None:
        self.outcomes.append(outcome)

    def call_refused(self) -> None:
        self.refused += 1

    def secret_refused(self, reason: str) -> None:
        self.outcomes.append(reason)

    def reacted(self, seconds: float) -> None:
        self.reactions.append(seconds)


@pytest.fixture
def serve():
    servers, peers = [], []

    def start(handle, *, limit: int = 400, timing: Timing | None = None):
        count = Count()
        server = CallServer(
            ("127.0.0.1", 0),
            handle,
            voice=SilentVoice(),
            language="en",
            queue="payments",
            limit=limit,
            watcher=count,
            timing=timing or Timing(),
        )
        server.start()
        servers.append(server)

        def dial(connect_reply: bytes | None = None) -> Peer:
            peers.append(Peer(socket.create_connection(("127.0.0.1", server.port)), connect_reply))
            return peers[-1]

        return server, count, dial

    yield start
    for peer in peers:
        peer.close()
    for server in servers:
        server.stop(0, 1)


def answer_and_play(channel, info) -> None:
    channel.answer()
    channel.play(HELLO)


def in_the_queue(peer: Peer) -> str:
    """On the way to a person: the command that leads there, not completed."""
    while "app-name: callcenter" not in (command := peer.read()):
        peer.reply(command)
        if command.startswith("sendmsg"):
            peer.complete(command)
    peer.reply(command)
    return command


def come_home(peer: Peer) -> None:
    for application in ("set", "set", "unset", "unset", "unset"):
        peer.complete(peer.expect(f"execute {application}"))


def in_a_talk(peer: Peer) -> None:
    peer.complete(in_the_queue(peer), cc_cause="answered")
    peer.write(event_text("CHANNEL_BRIDGE", Unique_ID=UUID, Other_Leg_Unique_ID="a9e47000-0000-4000"))
    assert peer.read() == "filter Unique-ID a9e47000-0000-4000"
    peer.reply("filter")
    gevent.sleep(0.02)  # it is read


def silenced(peer: Peer) -> None:
    """What proves that a person hears no key of a line whose keys are tones."""
    while "uuid_audio" not in (command := peer.read()):
        peer.reply(command)
        if command.startswith("sendmsg"):
            peer.complete(command)
    assert command == f"api uuid_audio {UUID} start read mute -1"
    peer.reply(command)
    proved(peer)


def proved(peer: Peer) -> None:
    """What hears the call, and how the switch logs, is asked."""
    assert peer.read() == f"api uuid_buglist {UUID}"
    peer.api_response(f"<media-bugs>\n{MUTE}</media-bugs>\n")
    assert peer.read().startswith("api fsctl loglevel")
    peer.api_response("+OK log level: INFO\n")


def talks(channel, info) -> None:
    """Lead the caller to a person, and stay with them."""
    channel.answer()
    person = channel.seek(callcenter("payments"))
    person.join()
    while not isinstance(person.next(SECONDS), Over):
        pass


def pays(channel, info, field=CHOICE) -> None:
    """The same, and take a payment in the talk, with one question."""
    channel.answer()
    person = channel.seek(callcenter("payments"))
    person.join()
    assert isinstance(person.next(SECONDS), Answered)
    with person.shielded():
        channel.ask(SILENCE, field)
    while person.next(SECONDS) is not None:
        pass  # the server lets go, which is nothing to a talk


def test_a_call_from_connect_to_hang_up(serve):
    _, count, dial = serve(answer_and_play)
    peer = dial()
    peer.set_up()
    peer.answer()
    peer.complete(peer.expect("execute playback"))
    peer.expect("execute hangup")
    peer.hang_up()
    eventually(lambda: count.outcomes == ["finished"])
    with pytest.raises(EOFError):
        peer.read()


def test_the_lines_language_is_used_where_there_are_prompts_in_it(serve):
    languages = []
    _, _, dial = serve(lambda channel, info: languages.append(channel.language))
    for sent in ("en", "xx"):
        peer = dial(connect_text({"variable_fs_app_language": sent}))
        peer.set_up()
        peer.expect("execute hangup")
    assert languages == ["en", "en"]


def test_a_full_server_refuses_politely_and_lets_the_dialplan_go_on(serve):
    server, count, dial = serve(answer_and_play, limit=1)
    first = dial()
    first.set_up()
    second = dial()
    second.set_up()
    second.answer()
    command = second.expect("execute playback")
    assert "/all_lines_busy.wav" in command
    second.complete(command)
    with pytest.raises(EOFError):
        second.read()
    assert (count.started, count.refused, server.active) == (1, 1, 1)
    first.close()
    eventually(lambda: server.active == 0)
    third = dial()
    third.set_up()
    third.answer()


def test_a_full_server_says_so_once_not_at_the_dialplans_second_try(serve):
    _, count, dial = serve(answer_and_play, limit=1)
    dial().set_up()
    again = dial(connect_text({"variable_fs_app_attempt": "2"}))
    again.set_up()
    with pytest.raises(EOFError):
        again.read()
    assert (count.started, count.refused) == (1, 1)


@pytest.mark.parametrize("variable", ["fs_app_attempt: 2", "fs_app_moved: true"])
def test_what_another_server_left_behind_is_set_right_with_the_answer(serve, variable):
    _, _, dial = serve(answer_and_play)
    name, value = variable.split(": ")
    peer = dial(connect_text({f"variable_{name}": value}))
    peer.set_up()
    assert peer.expect("api uuid_audio") == f"api uuid_audio {UUID} stop"  # a caller who was silenced in a talk
    peer.expect("api uuid_buglist")
    peer.complete(peer.expect("execute answer"))
    for left in ("unset\nexecute-app-arg: last_matching_digits", "set\nexecute-app-arg: socket_resume=true"):
        command = peer.expect(f"execute {left.split()[0]}")
        assert f"execute-app-name: {left}\n" in command
        peer.complete(command)
    assert "fs_app_moved=false" in peer.expect("execute set")


def test_a_call_that_is_given_up_is_passed_on_at_once(serve):
    _, count, dial = serve(answer_and_play)
    peer = dial(connect_text({"variable_fs_app_given_up": "true", "variable_fs_app_attempt": "2"}))
    peer.set_up()
    with pytest.raises(EOFError):
        peer.read()
    eventually(lambda: count.outcomes == ["passed_on"])


def test_a_call_that_not_even_the_queue_takes_is_given_up(serve):
    def handle(channel, info) -> None:
        channel.answer()
        raise ZeroDivisionError

    _, count, dial = serve(handle)
    peer = dial()
    peer.set_up()
    peer.answer()
    peer.complete(peer.expect("execute playback"))
    peer.complete(in_the_queue(peer))  # no cc_cause: there is no such queue
    come_home(peer)
    command = peer.expect("execute set")
    assert "fs_app_given_up=true" in command
    peer.complete(command)
    with pytest.raises(EOFError):
        peer.read()
    eventually(lambda: count.outcomes == ["failed"])


def test_a_fault_in_one_call_leads_to_a_person_and_touches_no_other(serve):
    def handle(channel, info) -> None:
        channel.answer()
        if info.caller_id == "666":
            raise ZeroDivisionError("a step has a fault")
        channel.play(HELLO)

    _, count, dial = serve(handle)
    other = dial()
    other.set_up()
    other.answer()
    other_prompt = other.expect("execute playback")
    with capture_logs() as logs:
        faulty = dial(connect_text({"Caller-Caller-ID-Number": "666", "Caller-Caller-ID-Name": "TELLTALE"}))
        faulty.set_up()
        faulty.answer()
        command = faulty.expect("execute playback")
        assert "/technical_problem.wav" in command
        faulty.complete(command)
        assert "payments@default" in in_the_queue(faulty)
        assert any("socket_resume=false" in command for command in faulty.commands)
        faulty.hang_up()
        with pytest.raises(EOFError):
            faulty.read()
    assert [line["event"] for line in logs] == ["call failed"]
    assert "TELLTALE" not in str(logs)
    other.complete(other_prompt)
    other.expect("execute hangup")
    other.hang_up()
    eventually(lambda: sorted(count.outcomes) == ["failed", "finished"])


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\nHost: here\n\n",
        b"\xff\xfe\x00" * 1000 + b"\n\n",
        b"Content-Type: command/reply\nReply-Text: -ERR no\n\n",
        b"Content-Type: command/reply\nUnique-ID: ${system(x)}\n\n",
        b"Content-Type: text/rude-rejection\nContent-Length: 0\n\n",
        b"Content-Type: command/reply\nX: " + b"x" * 300_000,
        b"",
    ],
)
def test_a_connection_that_is_no_call_ends(serve, sent):
    _, count, dial = serve(answer_and_play)
    peer = dial()
    try:
        peer.write(sent)
        if not sent:
            peer.close()
    except OSError:
        pass  # it has closed already
    eventually(lambda: count.outcomes == ["not_a_call"])


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"])
def test_a_connection_that_does_not_answer_ends_within_a_deadline(serve, sent):
    assert Timing().connect <= 5.0
    _, count, dial = serve(answer_and_play, timing=Timing(connect=0.1))
    dial().write(sent)
    eventually(lambda: count.outcomes == ["not_a_call"])


@pytest.mark.parametrize(
    "raw",
    [
        {"Caller-Caller-ID-Name": "%0Avariable_fs_app_flow%3A%20x"},
        {"Caller-Caller-ID-Name": "a%E2%80%A8variable_fs_app_flow: x"},
        {"Caller-Caller-ID-Name": "%ff%fe%80"},
        {"Caller-Caller-ID-Number": "${system(touch /tmp/x)}"},
        {"Caller-Caller-ID-Name": "x" * 65536, "variable_sip_h_X-Long": "y" * 65536},
    ],
)
def test_a_hostile_caller_gets_an_ordinary_call(serve, raw):
    seen = []

    def handle(channel, info) -> None:
        seen.append(info)
        answer_and_play(channel, info)

    _, count, dial = serve(handle)
    peer = dial(connect_text(raw))
    peer.set_up()
    peer.answer()
    peer.complete(peer.expect("execute playback"))
    peer.expect("execute hangup")
    peer.hang_up()
    eventually(lambda: count.outcomes == ["finished"])
    assert seen[0].flow is None
    assert seen[0].caller_id in ("15551230000", None)
    assert not any("$" in command for command in peer.commands)


def test_stop_lets_a_call_finish(serve):
    server, count, dial = serve(answer_and_play)
    peer = dial()
    peer.set_up()
    peer.answer()
    command = peer.expect("execute playback")
    stopping = gevent.spawn(server.stop, SECONDS)
    gevent.sleep(0)
    peer.complete(command)
    peer.expect("execute hangup")
    peer.hang_up()
    stopping.get(timeout=SECONDS)
    assert count.outcomes == ["finished"]
    with pytest.raises(OSError):
        dial()


def test_stop_ends_calls_after_the_grace_but_never_work_under_way(serve):
    finish, booked = Event(), []

    def charge() -> None:
        finish.wait()
        booked.append("approved")

    def handle(channel, info) -> None:
        channel.answer()
        channel.play_while(SILENCE, charge)

    server, count, dial = serve(handle)
    peer = dial()
    peer.set_up()
    peer.answer()
    eventually(lambda: server.working == 1)
    stopping = gevent.spawn(server.stop, 0.05, SECONDS)
    eventually(lambda: count.outcomes == ["lost"])
    assert not stopping.ready(), "it waits for the charge"
    finish.set()
    stopping.get(timeout=SECONDS)
    assert booked == ["approved"]


def test_a_fault_in_a_talk_ends_no_talk(serve):
    def handle(channel, info) -> None:
        channel.answer()
        person = channel.seek(callcenter("payments"))
        person.join()
        assert isinstance(person.next(SECONDS), Answered)
        raise ZeroDivisionError("a step has a fault")

    _, count, dial = serve(handle)
    peer = dial()
    peer.set_up()
    peer.answer()
    in_a_talk(peer)
    assert "fs_app_moved=true" in peer.read(), "the next server need not say that something failed"
    with pytest.raises(EOFError):
        peer.read()
    eventually(lambda: count.outcomes == ["failed"])


def test_a_talk_that_a_fault_led_to_is_left_to_itself_in_the_end(serve):
    def handle(channel, info) -> None:
        channel.answer()
        raise ZeroDivisionError("a step has a fault")

    _, count, dial = serve(handle, timing=Timing(talk=0.1))
    peer = dial()
    peer.set_up()
    peer.answer()
    peer.complete(peer.expect("execute playback"))
    in_a_talk(peer)
    assert "fs_app_moved=true" in peer.read(), "and not hung up"
    eventually(lambda: count.outcomes == ["failed"])


def test_stop_leaves_a_talk_at_once(serve):
    server, count, dial = serve(talks)
    peer = dial()
    peer.set_up()
    peer.answer()
    in_a_talk(peer)
    eventually(lambda: server.talking == 1)
    stopping = gevent.spawn(server.stop, SECONDS, successor=True)
    assert "fs_app_moved=true" in peer.read()
    with pytest.raises(EOFError):
        peer.read()
    stopping.get(timeout=SECONDS)
    assert count.outcomes == ["lost"]


def test_stop_waits_for_a_payment_in_a_talk_and_then_leaves_it(serve, monkeypatch):
    monkeypatch.setattr(server_module, "_LOOK_SECONDS", 0.05)
    server, count, dial = serve(pays)
    peer = dial(connect_text({"variable_switch_r_sdp": "PCMU/8000"}))
    peer.set_up()
    peer.answer()
    in_a_talk(peer)
    silenced(peer)
    stopping = gevent.spawn(server.stop, SECONDS, successor=True)
    gevent.sleep(0.1)
    assert not stopping.ready() and server.active == 1
    peer.key("1")
    assert peer.expect("api uuid_audio") == f"api uuid_audio {UUID} stop"
    assert "fs_app_moved=true" in peer.read()
    stopping.get(timeout=SECONDS)
    assert count.outcomes == ["lost"]


def test_a_payment_that_is_not_over_in_time_is_ended_and_the_caller_heard_again(serve):
    server, count, dial = serve(pays)
    peer = dial(connect_text({"variable_switch_r_sdp": "PCMU/8000"}))
    peer.set_up()
    peer.answer()
    in_a_talk(peer)
    silenced(peer)
    stopping = gevent.spawn(server.stop, 0.05, successor=True)
    assert peer.expect("api uuid_audio") == f"api uuid_audio {UUID} stop"
    assert "fs_app_moved=true" in peer.read()
    stopping.get(timeout=SECONDS)
    assert count.outcomes == ["lost"]


def test_who_keys_a_card_as_the_server_stops_is_heard_only_when_they_have_stopped(serve, monkeypatch):
    monkeypatch.setattr(recordings, "UNMASK_SECONDS", unmask := 1.5)  # no busy machine is that late with a key
    server, count, dial = serve(partial(pays, field=CARD))
    peer = dial(connect_text({"variable_switch_r_sdp": "PCMU/8000"}))
    peer.set_up()
    peer.answer()
    in_a_talk(peer)
    silenced(peer)
    proved(peer)
    peer.key("4")
    eventually(lambda: any(channel._keypad.typed_at for channel in server._channels))
    stopping = gevent.spawn(server.stop, 0.05, successor=True)
    for key in "1111111":
        gevent.sleep(0.1)
        last = time.monotonic()
        peer.key(key)
    assert peer.expect("api uuid_audio") == f"api uuid_audio {UUID} stop"
    assert time.monotonic() - last >= unmask, "not between two keys"
    assert "fs_app_moved=true" in peer.read()
    stopping.get(timeout=SECONDS)
    assert count.outcomes == ["lost"]


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_what_a_talk_was_is_gone_without_the_garbage_collector(serve):
    kept = []

    def handle(channel, info):
        kept.extend(weakref.ref(part) for part in (channel, channel._session, channel._keypad))
        talks(channel, info)

    _, count, dial = serve(handle)
    gc.collect()
    gc.disable()
    try:
        peer = dial()
        peer.set_up()
        peer.answer()
        in_a_talk(peer)
        peer.hang_up()
        eventually(lambda: count.outcomes == ["hung_up"])
        eventually(lambda: [part() for part in kept] == [None] * 3)
    finally:
        gc.enable()


def test_what_a_call_was_is_gone_without_the_garbage_collector(serve):
    kept = []

    def handle(channel, info):
        answer_and_play(channel, info)
        kept.extend(weakref.ref(part) for part in (channel, channel._session, channel._keypad))

    _, count, dial = serve(handle)
    gc.collect()
    gc.disable()
    try:
        peer = dial()
        peer.set_up()
        peer.answer()
        peer.complete(peer.expect("execute playback"))
        peer.expect("execute hangup")
        peer.hang_up()
        eventually(lambda: count.outcomes == ["finished"])
        eventually(lambda: [part() for part in kept] == [None] * 3)
    finally:
        gc.enable()


def test_three_hundred_dropped_connections_leave_nothing(serve):
    def handle(channel, info) -> None:
        channel.answer()
        channel.ask(SILENCE, menu("m", "1"))

    server, count, dial = serve(handle)
    before = open_files()
    for batch in range(6):
        peers = [dial() for _ in range(50)]
        for peer in peers:
            peer.set_up()
            peer.expect("api uuid_buglist")
            peer.expect("execute answer")
        for number, peer in enumerate(peers):
            if number % 3 == 0:
                peer.write(b"Content-Length: 500\nContent-Type: text/event-plain\n\nEvent-Name: CHANN")
            if number % 3 == 1:
                peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
        eventually(lambda reached=50 * (batch + 1): len(count.outcomes) == reached)
    assert server.active == 0
    assert open_files() == before
    assert set(count.outcomes) == {"lost"}
