"""Tests on a real FreeSWITCH (the mark ``freeswitch``): skipped where there is none, and tried again where the
machine stood still meanwhile. So are tests whose calls wait for seconds or less (the mark ``in_seconds``).

A switch that does not run for a second hears a key late, or half a tone, and a caller who does not run for one keys
too late: what fails then fails for the machine, and is tried twice more. A failure on a machine that ran is a
failure. How late the machine was stands with each.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

import gevent
import pytest
from gevent import monkey

from fs_app.testing.freeswitch import find_freeswitch

_MARKS = ("freeswitch", "in_seconds")
_TRIES = 3
_LATE_SECONDS = 0.25  # with pauses of half a second, one every four seconds, calls went well
_BEAT_SECONDS = 0.02  # a packet of audio
_start_thread = monkey.get_original("_thread", "start_new_thread")
_sleep = monkey.get_original("time", "sleep")
_now = monkey.get_original("time", "monotonic")


class MachineStoodStillError(Exception):
    """A test failed on a machine that did not run for a while."""


class Watch:
    """While the block runs: how late a thread was woken that sleeps for the length of a packet, in seconds."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._over = False

    def __enter__(self) -> Self:
        _start_thread(self._beat, ())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True

    def _beat(self) -> None:
        while not self._over:
            before = _now()
            _sleep(_BEAT_SECONDS)
            self.longest = max(self.longest, _now() - before - _BEAT_SECONDS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each of these tests its tries, or the reason why it is skipped."""
    installed = find_freeswitch() is not None
    reason = "no FreeSWITCH is installed here (FREESWITCH_HOME, /usr, /usr/local/freeswitch, /opt/freeswitch, PATH)"
    for item in items:
        if item.get_closest_marker("freeswitch"):
            item.add_marker(pytest.mark.skipif(not installed, reason=reason))
        if _is_tried_again(item):
            item.add_marker(pytest.mark.flaky(reruns=_TRIES - 1, only_rerun=MachineStoodStillError.__name__))


def _is_tried_again(item: pytest.Item) -> bool:
    return any(item.get_closest_marker(mark) for mark in _MARKS)


@contextmanager
def told_apart() -> Iterator[None]:
    """While the block runs: what fails on a machine that stood still meanwhile raises MachineStoodStillError."""
    with Watch() as watch:
        try:
            yield
        except (MachineStoodStillError, pytest.xfail.Exception):
            raise
        except (Exception, gevent.Timeout, pytest.fail.Exception) as error:
            late = f"the machine stood still for {watch.longest:.2f} s during this test"
            if watch.longest > _LATE_SECONDS:
                raise MachineStoodStillError(f"{late}; {error}") from error
            error.add_note(late)
            raise


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Tell a failure on a machine that stood still from others."""
    if not _is_tried_again(item):
        return (yield)
    with told_apart():
        return (yield)
