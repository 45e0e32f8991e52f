"""Calls on their way to a person, for the tests that play the switch by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from personkit import OnTheWay

from fs_app.telephony import speech


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here waits for tenths of a second: it is tried again where the machine stood still for as long."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.in_seconds)


@pytest.fixture(autouse=True)
def a_break_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who plays the switch by hand reads what comes next: a busy machine must not be told again meanwhile."""
    monkeypatch.setattr(speech, "_BREAK_SECONDS", 2.0)


@pytest.fixture
def dial() -> Iterator[Callable[..., OnTheWay]]:
    """Any number of calls; arguments as `OnTheWay` has them."""
    calls: list[OnTheWay] = []

    def start(*arguments, **named) -> OnTheWay:
        calls.append(OnTheWay(*arguments, **named))
        return calls[-1]

    yield start
    for call in calls:
        call.close()


@pytest.fixture
def call(dial: Callable[..., OnTheWay]) -> OnTheWay:
    """One call, as most are."""
    return dial()
