"""Calls that are up at the same time: each test is one call, and those of a house ring together.

A call waits most of its time: for prompts, for keys, for people. So the first test of a house starts the calls of
all of its tests that were chosen, some at once, and each test waits for the end of its own. One that is tried
again, as the machine stood still, is alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps

from gevent import Greenlet
from gevent.pool import Pool
from house import House

from tests.real_switch import told_apart

Act = Callable[[House], None]

_AT_ONCE = 8  # each has four telephones and more


class Beside:
    """Makes tests of one house calls that ring together, in the order in which they are written."""

    def __init__(self) -> None:
        self._acts: dict[str, Act] = {}
        self._running: dict[str, Greenlet[..., Exception | None]] = {}
        self._begun = False

    def __call__(self, act: Act) -> Act:
        """A test that is a call beside the others."""
        self._acts[act.__name__] = act

        @wraps(act)
        def test(house: House) -> None:
            self._wait_for(act.__name__, house)

        return test

    def _wait_for(self, name: str, house: House) -> None:
        """The end of one call; what it raised is raised here."""
        if not self._begun:
            self._begun = True
            self._begin(house)
        running = self._running.pop(name, None)
        if running is None:
            running = Greenlet.spawn(_call, self._acts[name], house)
        if (error := running.get()) is not None:
            raise error

    def _begin(self, house: House) -> None:
        names = [name for name in self._acts if name in house.chosen]
        self._running = {name: Greenlet(_call, self._acts[name], house) for name in names}
        Greenlet.spawn(_start_all, Pool(_AT_ONCE), tuple(self._running.values()))


beside = Beside()
"""For the calls of the house of this session (`conftest.house`)."""


def _start_all(pool: Pool, calls: Iterable[Greenlet[..., Exception | None]]) -> None:
    """Each as soon as there is room."""
    for call in calls:
        pool.start(call)


def _call(act: Act, house: House) -> Exception | None:
    """What went wrong."""
    try:
        with told_apart():
            act(house)
    except Exception as error:  # noqa: BLE001 - raised where the test waits
        return error
    return None
