"""A switch that is stopped, but whose kernel still answers, is noticed; one that is only quiet is not disturbed."""

from __future__ import annotations

import time

import gevent
import pytest
from wirekit import SECONDS, UUID, Peer, event_text, eventually, tcp_pair

from fs_app.errors import CallEnded
from fs_app.telephony import pulse
from fs_app.telephony.pulse import NOTICED_SECONDS, Pulse, feel
from fs_app.telephony.session import Session


class Heart:
    def __init__(self, heard_at: float, asked_at: float | None = None, switch: str | None = None) -> None:
        self.heard_at, self.asked_at, self.switch = heard_at, asked_at, switch
        self.done: list[str] = []

    def ask_pulse(self) -> None:
        self.done.append("ask")

    def end(self, reason: str) -> None:
        self.done.append(reason)


NOW = 1000.0
GONE = "the switch does not answer"


@pytest.mark.parametrize(
    ("heard", "asked", "done"),
    [
        (0.1, None, []),  # so many seconds ago
        (3.9, None, []),
        (4.1, None, ["ask"]),
        (3600, None, ["ask"]),  # we stood still ourselves: it is asked first
        (8.0, 3.9, []),
        (8.0, 4.1, [GONE]),
        (1.0, 9.0, []),  # it talks, and will answer
        (4.1, 9.0, [GONE]),
    ],
)
def test_when_it_is_asked_and_when_it_is_over(heard: float, asked: float | None, done: list[str]) -> None:
    heart = Heart(NOW - heard, None if asked is None else NOW - asked)
    feel(heart, NOW, heart.heard_at)
    assert heart.done == done


@pytest.mark.parametrize(
    ("switches", "asked"),
    [
        (("a", "a", "a"), ["no", "no", "no"]),  # one of them was heard of just now: the switch is well
        (("a", "b", "b"), ["no", "yes", "yes"]),
        (("a", None, None), ["no", "yes", "yes"]),  # nobody knows yet whose they are
    ],
)
def test_a_session_is_not_asked_while_another_of_its_switch_talks(switches, asked: list[str], monkeypatch) -> None:
    monkeypatch.setattr(pulse, "TICK_SECONDS", 0.02)
    hearts = [
        Heart(time.monotonic() - ago, switch=switch) for ago, switch in zip((0.1, 5.0, 20.0), switches, strict=True)
    ]
    felt = Pulse(hearts)
    felt.start()
    gevent.sleep(0.1)
    felt.stop()
    assert ["yes" if heart.done else "no" for heart in hearts] == asked


def test_a_session_that_is_quiet_for_long_is_asked_though_its_switch_is_well() -> None:
    heart = Heart(NOW - 30.1, switch="a")
    feel(heart, NOW, NOW)
    assert heart.done == ["ask"]


def test_a_stop_is_noticed_within_ten_seconds() -> None:
    assert NOTICED_SECONDS < 10


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch):
    """A connected session with a quick pulse, and the switch's end."""
    for name, seconds in (("QUIET_SECONDS", 0.1), ("PATIENCE_SECONDS", 0.2), ("TICK_SECONDS", 0.02)):
        monkeypatch.setattr(pulse, name, seconds)
    application, switch = tcp_pair()
    session, peer = Session(application), Peer(switch)
    setting_up = gevent.spawn(peer.set_up)
    session.connect()
    setting_up.get(timeout=SECONDS)
    felt = Pulse({session})
    felt.start()
    yield session, peer
    felt.stop()
    session.close()
    peer.close()


def answer(peer: Peer, body: str) -> None:
    assert peer.read() == f"api uuid_exists {UUID}"
    peer.write(f"Content-Type: api/response\nContent-Length: {len(body)}\n\n{body}".encode())


def test_a_switch_that_says_nothing_more_ends_the_call_and_wakes_who_waits(line) -> None:
    session, peer = line
    talk = gevent.spawn(session.execute, "callcenter", "payments@default", seconds=3600)
    peer.read()
    with pytest.raises(CallEnded):
        talk.get(timeout=SECONDS)
    assert (session.ended, session.hung_up) == (GONE, False)


def test_half_an_event_and_then_nothing_is_a_stop_like_any_other(line) -> None:
    session, peer = line
    peer.write(b"Content-Length: 500\nContent-Type: text/event-plain\n\nEvent-Name: CHANN")
    eventually(lambda: session.ended == GONE)


@pytest.mark.parametrize("body", ["true", "-ERR uuid_exists command not found\n"])
def test_a_quiet_switch_that_answers_is_left_alone(line, body: str) -> None:
    session, peer = line
    for _ in range(4):
        answer(peer, body)
    assert session.ended is None


def test_a_switch_that_talks_is_not_asked(line, monkeypatch) -> None:
    monkeypatch.setattr(pulse, "QUIET_SECONDS", 0.5)  # far from how often it talks, and shorter than all of it
    session, peer = line
    for _ in range(40):
        peer.write(event_text("CHANNEL_UNBRIDGE", Unique_ID=UUID))
        gevent.sleep(0.02)
    session.start("unset", "x")
    assert "unset" in peer.read(), "nothing was asked before"


def test_a_hang_up_that_was_lost_is_found(line) -> None:
    session, peer = line
    answer(peer, "false")
    eventually(lambda: session.ended is not None)
    assert session.hung_up
