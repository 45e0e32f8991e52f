"""Garbage is collected while few calls are up, and beside many only where memory grew as it should not."""

from __future__ import annotations

import gc

import gevent
import pytest

from fs_app.app import garbage
from fs_app.app.garbage import Collector


class Process:
    """What the collector asks."""

    def __init__(self, calls: int) -> None:
        self.calls, self.kb = calls, 100_000
        self.collector = Collector(lambda: self.calls, memory_kb=lambda: self.kb)


class Circle:
    """Refers to itself."""

    left = 0

    def __init__(self) -> None:
        self.me = self
        Circle.left += 1

    def __del__(self) -> None:
        Circle.left -= 1


@pytest.fixture
def process(request):
    process = Process(request.param)
    process.collector.start()
    yield process
    process.collector.stop()
    assert gc.isenabled()


def circles(process: Process) -> int:
    """How many are left of one, after a look."""
    Circle()
    process.collector.look()
    return Circle.left


def test_python_collects_again_where_looking_fails(monkeypatch) -> None:
    def gone() -> int:
        raise OSError("no /proc")

    monkeypatch.setattr(garbage, "_LOOK_SECONDS", 0.01)
    failing = Collector(lambda: 0, memory_kb=iter([1]).__next__)
    failing.start()
    assert not gc.isenabled()
    failing._memory_kb = gone
    gevent.sleep(0.05)
    assert gc.isenabled()


@pytest.mark.parametrize("process", [0, 20], indirect=True)
def test_circles_are_collected_while_few_calls_are_up(process) -> None:
    assert not gc.isenabled()
    assert circles(process) == 0


@pytest.mark.parametrize("process", [21, 1000], indirect=True)
def test_many_calls_are_not_kept_waiting(process) -> None:
    assert circles(process) == 1
    process.calls = 3
    process.collector.look()
    assert Circle.left == 0


@pytest.mark.parametrize("process", [1000], indirect=True)
def test_memory_that_calls_do_not_explain_is_looked_for_beside_them(process) -> None:
    process.kb += 64 * 1024 + 40 * 1000 - 1
    assert circles(process) == 1
    process.kb += 1
    assert circles(process) == 0
    assert circles(process) == 1, "what it has by now is what it is measured from"
    gc.collect()
