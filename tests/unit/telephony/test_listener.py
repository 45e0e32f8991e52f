"""Several accept from one socket: the emptier first, nobody lost when one leaves, nobody kept when all are gone."""

import socket
from collections import Counter
from contextlib import contextmanager

import gevent
import pytest

from fs_app.telephony.listener import BACKLOG, Listener, bind

SECONDS = 5


class Worker:
    """A process of ours as the socket sees it: a copy of the descriptor, and calls that stay."""

    def __init__(self, name, bound, limit=100):
        self.calls = []
        self.limit = limit
        self.name = name.encode()
        self.listener = Listener(bound.dup(), self._accepted, spawn=gevent.spawn, load=self._load)

    def _load(self):
        return len(self.calls) / self.limit

    def _accepted(self, connection, _address):
        self.calls.append(connection)
        connection.sendall(self.name)
        connection.recv(1)


@contextmanager
def workers(*names):
    with bind(("127.0.0.1", 0)) as bound:
        bound.listen(BACKLOG)
        made = [Worker(name, bound) for name in names]
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


def test_calls_are_spread_by_how_full_each_is():
    with workers("a", "b") as (bound, made):
        for worker in made:
            worker.listener.start()
        calls = []
        for _ in range(40):
            calls.append(dial(bound))
            assert calls[-1].recv(1) in b"ab"
        shares = Counter(worker.name for worker in made for _ in worker.calls)
        assert min(shares[b"a"], shares[b"b"]) >= 10


def test_a_full_one_leaves_calls_to_the_others():
    with workers("a", "b") as (bound, (full, empty)):
        full.limit = 1
        full.calls.append(None)
        empty.limit = 1000
        for worker in (full, empty):
            worker.listener.start()
        for _ in range(10):
            assert dial(bound).recv(1) == b"b"


def test_who_waits_when_one_leaves_is_served_by_another():
    """With a queue of its own (SO_REUSEPORT) a worker would take them with it."""
    with workers("a", "b") as (bound, (leaving, fresh)):
        leaving.limit, leaving.calls = 1, [None]  # full: it hesitates
        leaving.listener.start()
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
