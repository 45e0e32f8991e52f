"""Several accept from one socket: the emptier first, nobody lost when one leaves, nobody kept when all are gone."""

import os
import socket
from collections import Counter
from contextlib import contextmanager

import gevent
import pytest

from fs_app.telephony import board as boards
from fs_app.telephony import listener as listeners
from fs_app.telephony.board import Board, new_board
from fs_app.telephony.listener import BACKLOG, Listener, bind

SECONDS = 5


class Worker:
    """A process of ours as the socket sees it: a copy of the descriptor, and calls that stay."""

    def __init__(self, name, bound, board, limit=100):
        self.calls = []
        self.limit = limit
        self.name = name.encode()
        self.board = board
        self.listener = Listener(bound.dup(), self._accepted, spawn=gevent.spawn, load=self._load, board=board)

    def _load(self):
        return len(self.calls) / self.limit

    def _accepted(self, connection, _address):
        self.calls.append(connection)
        connection.sendall(self.name)
        connection.recv(1)


@contextmanager
def workers(*names):
    descriptor = new_board()
    with bind(("127.0.0.1", 0)) as bound:
        bound.listen(BACKLOG)
        made = [Worker(name, bound, Board(descriptor, slot)) for slot, name in enumerate(names)]
        os.close(descriptor)
        try:
            yield bound, made
        finally:
            for worker in made:
                worker.listener.stop()


def dial(bound):
    return socket.create_connection(bound.getsockname(), timeout=SECONDS)


def dial_at_once(bound):
    """Without a turn of the hub: nobody has accepted it when this returns."""
    caller = socket.socket()
    caller.setblocking(False)
    caller.connect_ex(bound.getsockname())
    return caller


def heard(caller):
    caller.settimeout(SECONDS)
    return caller.recv(1)


@pytest.fixture
def hesitations(monkeypatch):
    """How long each hesitation would have been; nobody comes first in that time but who is there already."""
    seen = []

    def sleep(seconds=0):
        if seconds in (listeners._HESITATION_SECONDS, listeners._FULL_SECONDS):
            seen.append(seconds)
        return _sleep(seconds)

    _sleep = gevent.sleep
    monkeypatch.setattr(listeners.gevent, "sleep", sleep)
    return seen


def test_calls_are_spread_evenly_over_those_who_carry_least():
    with workers("a", "b", "c") as (bound, made):
        for worker in made:
            worker.listener.start()
        calls = []
        for _ in range(30):
            calls.append(dial(bound))
            assert calls[-1].recv(1) in b"abc"
        assert max(Counter(worker.name for worker in made for _ in worker.calls).values()) <= 12


def test_who_carries_no_more_than_another_accepts_at_once(hesitations):
    with workers("a", "b") as (bound, (here, _)):
        here.listener.start()
        here.board.leave()  # the beat comes later than the call
        for _ in range(5):  # alone
            assert dial(bound).recv(1) == b"a"
    with workers("a", "b") as (bound, (here, other)):
        other.board.carry(5)
        here.listener.start()
        for _ in range(6):
            assert dial(bound).recv(1) == b"a"
    assert hesitations == []


def test_in_a_burst_nobody_hesitates_at_each_call(hesitations):
    with workers("a", "b") as (bound, (here, other)):
        other.board.carry(0)
        callers = [dial_at_once(bound) for _ in range(100)]
        here.listener.start()
        assert {heard(caller) for caller in callers} == {b"a"}
    assert len(hesitations) <= 100 / listeners._AT_ONCE + 1


def test_a_worker_that_is_stuck_or_dead_or_gone_is_not_waited_for(hesitations, monkeypatch):
    monkeypatch.setattr(boards, "_ALIVE_SECONDS", 0.02)
    with workers("a", "b", "c") as (bound, (here, gone, stuck)):
        stuck.board.carry(0)
        gevent.sleep(0.03)
        gone.board.carry(0)
        gone.board.leave()
        here.listener.start()
        for _ in range(5):
            assert dial(bound).recv(1) == b"a"
    assert hesitations == []


def test_what_a_worker_carries_is_what_is_up():
    with workers("a", "b") as (bound, (here, other)):
        here.listener.start()
        callers = [dial(bound) for _ in range(3)]
        assert {heard(caller) for caller in callers} == {b"a"}
        assert other.board.least() == 3
        for caller in callers:
            caller.sendall(b".")
        with gevent.Timeout(SECONDS):
            while other.board.least():
                gevent.sleep(0.001)
        here.listener.stop()
        assert other.board.least() == float("inf")


def test_a_full_one_leaves_calls_to_the_others():
    with workers("a", "b") as (bound, (full, empty)):
        full.limit = 3
        full.listener.start()
        callers = [dial(bound) for _ in range(3)]
        assert {heard(caller) for caller in callers} == {b"a"}
        empty.listener.start()
        for _ in range(3):
            assert dial(bound).recv(1) == b"b"


def test_who_waits_when_one_leaves_is_served_by_another():
    """With a queue of its own (SO_REUSEPORT) a worker would take them with it."""
    with workers("a", "b") as (bound, (leaving, fresh)):
        leaving.limit = 1
        leaving.listener.start()
        caller = dial(bound)
        assert caller.recv(1) == b"a"
        fresh.board.carry(0)  # it hesitates
        waiting = [dial_at_once(bound) for _ in range(5)]
        leaving.listener.stop()
        fresh.listener.start()
        assert [heard(each) for each in waiting] == [b"b"] * 5


def test_a_call_that_is_up_goes_on_after_its_worker_accepts_nothing_more():
    with workers("a") as (bound, (worker,)):
        worker.listener.start()
        caller = dial(bound)
        assert caller.recv(1) == b"a"
        worker.listener.stop()
        with pytest.raises(BlockingIOError):
            worker.calls[0].setblocking(False)
            worker.calls[0].recv(1)


def test_a_socket_that_was_shut_listens_again():
    """The supervisor shuts it while no worker is there: the switch tries its next host instead of waiting."""
    with workers("a") as (bound, (worker,)):
        bound.shutdown(socket.SHUT_RDWR)
        worker.listener.start()
        with pytest.raises(ConnectionRefusedError):
            dial(bound)
        bound.listen(BACKLOG)
        assert dial(bound).recv(1) == b"a"


def test_an_address_of_its_own_is_refused_to_a_second_one():
    first = Listener(("127.0.0.1", 0), print, spawn=gevent.spawn, load=float)
    first.start()
    second = Listener(("127.0.0.1", first.port), print, spawn=gevent.spawn, load=float)
    with pytest.raises(OSError, match="in use"):
        second.start()
    first.stop()
    second.start()
    second.stop()
