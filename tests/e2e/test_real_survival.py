"""Calls on a real FreeSWITCH go on when their worker is killed, or replaced: the proof in its short form."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
from gevent.pool import Group

from fs_app.proof.callers import Line, Script
from fs_app.proof.silence import silences
from fs_app.proof.site import PIN, Site
from fs_app.proof.survival import bills

pytestmark = pytest.mark.freeswitch

_SOUNDS = Path(__file__).resolve().parents[2] / "sounds"
_CALLS = 6


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("proof")
    with Site(folder, _SOUNDS, bills(2 * _CALLS), debug=False, documents={}) as site:
        yield site


def test_every_call_goes_on_when_its_worker_is_killed(site: Site) -> None:
    lines, people = come_up(site, 0)
    victim, had = max(site.workers().items(), key=lambda worker: worker[1])
    struck = time.time()
    os.kill(victim, signal.SIGKILL)
    people.join(25)
    announced = [line for line in lines if "one_moment" in line.phrases]
    assert len(announced) == had  # those of the dead worker and nobody else
    assert_all_went_on(lines, struck)


def test_nobody_is_cut_off_when_every_worker_is_replaced(site: Site) -> None:
    lines, people = come_up(site, _CALLS)
    before, struck = site.workers(), time.time()
    site.restart()
    people.join(25)
    assert not before.keys() & site.workers().keys()
    assert not any("one_moment" in line.phrases for line in lines)  # nobody noticed
    assert_all_went_on(lines, struck)


def come_up(site: Site, first: int) -> tuple[list[Line], Group]:
    """Callers who key their account and PIN, and hang up when they hear their balance."""
    lines, people = [], Group()
    for number in range(_CALLS):
        line = site.exchange.dial()
        lines.append(line)
        replies = {"enter_account_number": [f"{20_000 + first + number}#"], "enter_pin": [PIN]}
        people.spawn(line.follow, Script(replies, until=("balance_is",), careful=True, think=(0.2, 1.2, 0.6)))
    with gevent.Timeout(15):
        while not all(line.sayings for line in lines) or sum(site.workers().values()) < _CALLS:
            gevent.sleep(0.05)
    return lines, people


def assert_all_went_on(lines: list[Line], struck: float) -> None:
    for line in lines:
        assert "balance_is" in line.phrases, line.phrases
        assert max(silences(line.sayings, since=struck)) < 3.0
