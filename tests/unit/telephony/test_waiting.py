"""How a call waits: woken by what it waits for, by its deadline, and by nothing else."""

from __future__ import annotations

import time

import gevent
import pytest
from gevent import monkey

from fs_app.errors import CallEnded, SwitchTimeout
from fs_app.telephony.headers import Frame
from fs_app.telephony.pending import Pending
from fs_app.telephony.waiting import Seat, Stir

FRAME = Frame(b"Content-Type: command/reply\nReply-Text: +OK", b"")


def in_hub(act, seconds: float = 0.01) -> None:
    """Have the hub itself call that, as it does when bytes arrive."""
    timer = gevent.get_hub().loop.timer(seconds)
    timer.start(act)


def test_a_wait_ends_at_its_deadline():
    began = time.monotonic()
    assert not Stir(Seat()).wait(lambda: False, 0.03)
    assert 0.02 < time.monotonic() - began < 1


@pytest.mark.parametrize("tell", [in_hub, lambda act: gevent.spawn_later(0.01, act)], ids=["hub", "a greenlet"])
def test_a_wait_ends_when_what_it_waits_for_holds(tell):
    happened = []
    stir = Stir(Seat())
    tell(lambda: (happened.append(1), stir.set()))
    assert stir.wait(lambda: bool(happened), 5)


def test_what_is_not_waited_for_wakes_nobody(monkeypatch):
    wakes, happened = [], []
    monkeypatch.setattr(Seat, "wake", lambda seat: wakes.append(seat))
    stir = Stir(Seat())
    for after in (0.005, 0.01):
        in_hub(stir.set, after)
    assert not stir.wait(lambda: bool(happened), 0.03)
    assert not wakes


def test_a_deadline_that_is_nearer_than_the_one_before_is_kept():
    seat = Seat()
    in_hub(seat.wake)
    seat.sit(60)  # woken early: its timer is still running
    began = time.monotonic()
    seat.sit(0.03)
    assert 0.02 < time.monotonic() - began < 1


def test_a_deadline_that_is_farther_than_the_one_before_is_kept():
    seat = Seat()
    in_hub(seat.wake, 0.005)
    seat.sit(0.02)
    began = time.monotonic()
    seat.sit(0.06)
    assert 0.05 < time.monotonic() - began < 1


def test_a_deadline_is_put_off_once_where_the_process_stands_still_again_and_again():
    stood = []

    def stand_still() -> None:
        if len(stood) < 20:
            stood.append(monkey.get_original("time", "sleep")(0.25))
            in_hub(stand_still, 0)

    seat = Seat()
    in_hub(stand_still, 0)
    seat.sit(0.05)
    assert len(stood) <= 3, "overdue, put off by a moment, and over"


def test_two_greenlets_of_a_call_wait_for_different_answers():
    """A recording is silenced by a greenlet of its own, which may come first and sit in nobody's way."""
    seat = Seat()
    ours, theirs = Pending("ours", seat), Pending("theirs", seat)
    stir = Stir(seat)
    other = gevent.spawn(theirs.wait, 5)
    gevent.idle()
    in_hub(lambda: ours.resolve(FRAME), 0.01)
    in_hub(lambda: theirs.resolve(FRAME), 0.02)
    assert ours.wait(5) is FRAME
    assert not stir.wait(lambda: False, 0.03), "the other greenlet's answer is not ours"
    assert other.get(timeout=1) is FRAME


def test_a_wake_that_comes_late_ends_no_other_wait():
    """Told by a greenlet, the hub wakes us in its next turn: we may wait for something else by then."""
    seat = Seat()
    first, second = Pending("first", seat), Pending("second", seat)
    in_hub(lambda: (seat.wake_later(), first.resolve(FRAME)))
    assert first.wait(5) is FRAME
    with pytest.raises(SwitchTimeout):
        second.wait(0.03)


def test_who_waits_when_the_call_ends_is_woken():
    seat = Seat()
    pending = Pending("playback", seat)
    in_hub(lambda: pending.fail(CallEnded("the caller hung up")))
    with pytest.raises(CallEnded):
        pending.wait(5)
    stir = Stir(seat)
    in_hub(stir.close)
    assert not stir.wait(lambda: False, 5)
    assert not stir.wait(lambda: False, 5), "and whoever waits later does not wait"


@pytest.mark.parametrize(("first", "then"), [(0.03, 0.1), (60, 0.1)], ids=["longer", "shorter"])
def test_a_wait_can_be_given_another_deadline_by_who_looks(first, then):
    stir, looks = Stir(Seat()), []

    def look() -> bool:
        looks.append(time.monotonic())
        if len(looks) == 2:
            stir.extend(then)
        return False

    in_hub(stir.set)
    assert not stir.wait(look, first)
    assert len(looks) == 3, "once at first, once stirred, once at the end: nobody was woken in between"
    assert 0.09 < time.monotonic() - looks[1] < 1


def test_a_deadline_that_was_given_before_anybody_waited_is_kept():
    stir, looks = Stir(Seat()), []

    def look() -> bool:
        if not looks:
            stir.extend(0.05)
        looks.append(1)
        return False

    began = time.monotonic()
    assert not stir.wait(look, 60)
    assert 0.04 < time.monotonic() - began < 1
