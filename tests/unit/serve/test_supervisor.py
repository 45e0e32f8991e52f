"""The supervisor with processes that do what a test says: who is started, who is told to leave, and when."""

import os
import signal
import socket
from contextlib import contextmanager, suppress

import gevent
import pytest
from gevent.event import Event

from fs_app.errors import ConfigError, Problem, RestartFailed
from fs_app.serve import EX_CONFIG, keeper, supervisor
from fs_app.serve.plan import CALLS, Seat
from fs_app.serve.supervisor import Supervisor
from fs_app.telephony.listener import bind
from fs_app.testing.ports import free_port

SECONDS = 5


class FakeProcess:
    """Notes what it is told. A test has it become ready or end."""

    def __init__(self, site, seat, descriptors, ended):
        self.seat, self.pid, self.since = seat, 1000 + len(site.started), 0.0
        self.descriptors = descriptors
        self.ready, self.ended = Event(), Event()
        self.exit_code, self.calls, self.silent, self.problems, self.leaving = None, 0, 0, (), False
        self.told = []
        self._site, self._on_end = site, ended
        site.started.append(self)

    def hear(self, words):
        self.silent = 0
        self.calls = int(words.get("CALLS", self.calls))
        if "READY" in words:
            self.ready.set()

    def becomes_ready(self):
        self._site.supervisor.heard(self.pid, {"READY": "1"})

    def ends(self, code=0):
        self.exit_code = code
        self._on_end(self)
        self.ended.set()

    def leave(self):
        if not self.leaving:
            self.leaving = True
            self.told.append("leave")

    def make_way(self):
        if not self.leaving:
            self.leaving = True
            self.told.append("make way")

    def end(self):
        self.told.append("end")
        self.ends(-15)

    def kill(self):
        self.told.append("kill")
        if not self.ended.is_set():
            self.ends(-9)


class Site:
    """A supervisor of fakes, and what was seen of a restart."""

    def __init__(self, *seats, at_once=None):
        self.seats = seats
        self.started, self.said = [], []
        self.supervisor = Supervisor(self._plan, self._start)
        self.running = gevent.spawn(self.supervisor.run)
        self.wait(lambda: len(self.started) == (at_once or len(seats)))

    def _plan(self):
        if isinstance(self.seats, Exception):
            raise self.seats
        return self.seats

    def _start(self, seat, environment, descriptors, ended):
        return FakeProcess(self, seat, descriptors, ended)

    def up(self):
        for process in self.started:
            process.becomes_ready()
        return self.started

    def restart(self):
        return gevent.spawn(self.supervisor.restart, self.said.append)

    def next(self, after=None):
        """The next process that is started, from now on or after so many."""
        count = len(self.started) if after is None else after
        self.wait(lambda: len(self.started) > count)
        return self.started[count]

    @staticmethod
    def wait(condition):
        with gevent.Timeout(SECONDS):
            while not condition():
                gevent.sleep(0.005)


@contextmanager
def site(*seats, at_once=None):
    made = Site(*seats, at_once=at_once)
    try:
        yield made
    finally:
        made.supervisor.stop()
        made.supervisor.stop()
        made.running.get(timeout=SECONDS)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(keeper, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(keeper, "_LOOK_SECONDS", 0.01)


JOBS, WEB, SANDBOX = Seat("jobs"), Seat("web"), Seat("sandbox", lasts=True)
CALLS_0, CALLS_1 = Seat("calls", 0), Seat("calls", 1)


AHEAD = (Seat("calls", 0, ahead=True), Seat("calls", 1, ahead=True))


def test_those_that_are_ahead_are_ready_before_the_others_start():
    with site(SANDBOX, *AHEAD, JOBS, at_once=2) as running:
        first, second = running.started
        first.becomes_ready()
        gevent.sleep(0.02)
        assert [process.seat for process in running.started] == list(AHEAD)
        second.becomes_ready()
        running.wait(lambda: len(running.started) == 4)
        assert {process.seat for process in running.started[2:]} == {SANDBOX, JOBS}


def test_one_that_is_ahead_and_does_not_get_ready_keeps_nobody_waiting_for_ever(monkeypatch):
    monkeypatch.setattr(supervisor, "_AHEAD_SECONDS", 0.05)
    with site(AHEAD[0], JOBS, at_once=1) as running:
        assert running.next().seat == JOBS


def test_a_wrong_configuration_of_one_that_is_ahead_starts_nobody_else():
    with site(AHEAD[0], JOBS, at_once=1) as running:
        running.started[0].ends(EX_CONFIG)
        assert running.running.get(timeout=SECONDS) == EX_CONFIG
        assert len(running.started) == 1


def test_one_that_dies_is_started_again_on_its_seat():
    with site(CALLS_0, CALLS_1) as running:
        _, second = running.up()
        second.ends(-9)
        assert running.next().seat == CALLS_1


def test_a_wrong_configuration_ends_the_whole_while_it_is_being_started():
    with site(CALLS_0, JOBS) as running:
        calls, jobs = running.started
        jobs.becomes_ready()
        calls.ends(EX_CONFIG)
        running.wait(lambda: jobs.told == ["leave"])
        jobs.ends()
        assert running.running.get(timeout=SECONDS) == EX_CONFIG
        assert len(running.started) == 2


def test_a_wrong_configuration_does_not_end_what_was_up():
    with site(CALLS_0, CALLS_1) as running:
        first, second = running.up()
        second.ends(EX_CONFIG)
        assert running.next().seat == CALLS_1
        assert first.told == []


def test_an_old_one_leaves_when_its_fresh_one_is_ready_and_before_the_next_is_started():
    with site(SANDBOX, CALLS_0, JOBS) as running:
        sandbox, calls, jobs = running.up()
        restart = running.restart()
        fresh = running.next()
        assert fresh.seat == CALLS_0
        gevent.sleep(0.02)
        assert (calls.told, len(running.started)) == ([], 4)
        fresh.becomes_ready()
        fresh_jobs = running.next()
        assert calls.told == ["make way"]
        calls.calls = 3
        running.wait(lambda: running.said[-1]["calls"] == 3)
        assert jobs.told == []
        fresh_jobs.becomes_ready()
        running.wait(lambda: jobs.told == ["make way"])
        jobs.ends()
        gevent.sleep(0.02)
        assert not restart.ready()  # somebody leaves still
        calls.ends()
        restart.get(timeout=SECONDS)
        assert sandbox.told == []  # it holds what a fresh one would not know
        assert len(running.started) == 5
        for process in (fresh, fresh_jobs):
            assert [view["state"] for view in running.said if view["pid"] == process.pid] == ["starting", "ready"]
        for process in (calls, jobs):
            states = [view["state"] for view in running.said if view["pid"] == process.pid]
            assert (set(states[:-1]), states[-1]) == ({"leaving"}, "gone")


@pytest.mark.parametrize("how", ["wrong settings", "silent"])
def test_a_fresh_one_that_does_not_become_ready_leaves_everything_as_it_was(how, monkeypatch):
    with site(CALLS_0, CALLS_1) as running:
        running.up()
        monkeypatch.setattr(keeper, "_READY_SECONDS", 0.05)
        restart = running.restart()
        fresh = running.next()
        if how == "wrong settings":
            fresh.problems = ["flow.yaml:22:9: no step is called 'colect_card'"]
            fresh.ends(EX_CONFIG)
        with pytest.raises(RestartFailed, match=r"calls 0 was not replaced: .*(colect_card|not ready within)"):
            restart.get(timeout=SECONDS)
        assert fresh.ended.is_set()
        assert [process.told for process in running.started[:2]] == [[], []]
        assert len(running.started) == 3


def test_settings_that_cannot_be_read_start_nobody():
    with site(CALLS_0) as running:
        running.up()
        running.seats = ConfigError([Problem("fs_app.yaml", 1, 1, "not YAML")])
        with pytest.raises(ConfigError):
            running.restart().get(timeout=SECONDS)
        assert len(running.started) == 1


def test_one_restart_at_a_time():
    with site(CALLS_0) as running:
        (calls,) = running.up()
        first = running.restart()
        fresh = running.next()
        with pytest.raises(RestartFailed, match="under way already"):
            running.restart().get(timeout=SECONDS)
        fresh.becomes_ready()
        running.wait(lambda: calls.told)
        calls.ends()
        first.get(timeout=SECONDS)


def test_a_fresh_one_that_dies_while_the_old_one_leaves_is_started_again():
    with site(CALLS_0) as running:
        (calls,) = running.up()
        restart = running.restart()
        fresh = running.next()
        fresh.becomes_ready()
        running.wait(lambda: calls.told)
        fresh.ends(-9)
        running.next().becomes_ready()
        calls.ends()
        restart.get(timeout=SECONDS)
        assert len(running.started) == 3


def test_one_that_does_not_leave_in_its_time_is_told_to_end_at_once():
    with site(Seat("calls", 0, leave_seconds=0.05)) as running:
        (calls,) = running.up()
        restart = running.restart()
        running.next().becomes_ready()
        restart.get(timeout=SECONDS)
        assert calls.told == ["make way", "end"]


def test_settings_with_another_number_of_workers_are_followed():
    with site(CALLS_0, CALLS_1) as running:
        first, second = running.up()
        running.seats = (CALLS_0, JOBS)
        restart = running.restart()
        running.next().becomes_ready()
        jobs = running.next()
        assert jobs.seat == JOBS
        jobs.becomes_ready()
        running.wait(lambda: first.told and second.told)
        for process in (first, second):
            process.ends()
        restart.get(timeout=SECONDS)
        gevent.sleep(0.02)
        assert len(running.started) == 4


def test_a_stop_is_passed_on_once_also_to_one_that_leaves_already():
    with site(CALLS_0) as running:
        (calls,) = running.up()
        restart = running.restart()
        fresh = running.next()
        fresh.becomes_ready()
        running.wait(lambda: calls.told)
        os.kill(os.getpid(), signal.SIGTERM)
        running.wait(lambda: fresh.told)
        assert (calls.told, fresh.told) == (["make way"], ["leave"])
        calls.ends()
        fresh.ends()
        assert running.running.get(timeout=SECONDS) == 0
        restart.get(timeout=SECONDS)
        with pytest.raises(RestartFailed, match="stops"):
            running.restart().get(timeout=SECONDS)


def test_a_hang_up_of_its_own_terminal_is_a_stop_and_no_restart(monkeypatch):
    terminals = {0}
    monkeypatch.setattr(os, "isatty", lambda number: number in terminals)
    with site(CALLS_0) as running:
        (calls,) = running.up()
        terminals.clear()
        os.kill(os.getpid(), signal.SIGHUP)
        running.wait(lambda: calls.told)
        assert len(running.started) == 1


def test_a_hang_up_by_somebody_is_a_restart():
    with site(CALLS_0) as running:
        (calls,) = running.up()
        os.kill(os.getpid(), signal.SIGHUP)
        running.next().becomes_ready()
        running.wait(lambda: calls.told)


def test_a_second_stop_kills():
    with site(CALLS_0) as running:
        (calls,) = running.up()
        for told in (["leave"], ["leave", "kill"]):
            os.kill(os.getpid(), signal.SIGINT)
            running.wait(lambda told=told: calls.told == told)
        assert running.running.get(timeout=SECONDS) == 0


def test_one_whose_hub_does_not_turn_is_killed_and_started_again(monkeypatch):
    monkeypatch.setattr(supervisor, "_LOOK_SECONDS", 0.01)
    with site(CALLS_0, CALLS_1) as running:
        stuck, alive = running.up()
        while not stuck.told:
            running.supervisor.heard(alive.pid, {"WATCHDOG": "1"})
            gevent.sleep(0.005)
        assert running.next().seat == CALLS_0
        assert (stuck.told, alive.told) == (["kill"], [])


def test_the_address_for_calls_is_open_while_somebody_accepts():
    """The switch tries its next host instead of waiting for nobody."""
    address = ("127.0.0.1", free_port())
    with site(Seat("calls", 0, {CALLS: address}), Seat("calls", 1, {CALLS: address})) as running:
        first, second = running.started
        assert first.descriptors == second.descriptors  # one socket, one queue
        assert not _answers(address)
        first.becomes_ready()
        assert _answers(address)
        second.becomes_ready()
        first.ends(-9)
        assert _answers(address)
        second.ends(-9)
        assert not _answers(address)
        running.next(after=2).becomes_ready()
        assert _answers(address)
    assert not _answers(address)


def test_an_address_that_another_server_has_is_refused_by_its_key():
    with bind(("127.0.0.1", 0)) as taken:
        taken.listen()
        with pytest.raises(OSError, match="in use") as caught:
            Supervisor(lambda: [Seat("calls", 0, {CALLS: taken.getsockname()})], lambda *_: None)
    assert caught.value.filename == "calls.listen"


def _answers(address):
    with suppress(OSError):
        socket.create_connection(address, timeout=SECONDS).close()
        return True
    return False
