"""What fails for a machine that stood still is tried again, and nothing else is."""

from __future__ import annotations

import gevent
import pytest

from tests import real_switch
from tests.real_switch import MachineStoodStillError, told_apart

FAILURES = [AssertionError("late"), gevent.Timeout(0.1), pytest.fail.Exception("did not raise")]


@pytest.mark.parametrize("failure", FAILURES, ids=["assertion", "timeout", "fail"])
def test_what_fails_on_a_machine_that_stood_still_is_told_apart(failure, monkeypatch) -> None:
    monkeypatch.setattr(real_switch, "_LATE_SECONDS", -1.0)
    with pytest.raises(MachineStoodStillError, match="the machine stood still for"), told_apart():
        raise failure


@pytest.mark.parametrize("failure", FAILURES, ids=["assertion", "timeout", "fail"])
def test_what_fails_on_a_machine_that_ran_fails(failure, monkeypatch) -> None:
    monkeypatch.setattr(real_switch, "_LATE_SECONDS", 60.0)
    with pytest.raises(type(failure)) as raised, told_apart():
        raise failure
    assert raised.value is failure


@pytest.mark.parametrize("end", [pytest.skip.Exception("skipped"), pytest.xfail.Exception("known")])
def test_what_does_not_fail_is_left_alone(end, monkeypatch) -> None:
    monkeypatch.setattr(real_switch, "_LATE_SECONDS", -1.0)
    with pytest.raises(type(end)) as raised, told_apart():
        raise end
    assert raised.value is end
