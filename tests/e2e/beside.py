"""Calls that are up at the same time: each test is one call, and those of a module ring together.

A call waits most of its time: for prompts, for keys, for people. So the first test of a module starts the calls of
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


class Group:
    """The calls of one module, in the order of its tests."""

    def __init__(self) -> None:
        self._acts: dict[str, Act] = {}
        self._running: dict[str, Greenlet[..., Exception | None]] = {}
        self._begun = False

    def add(self, act: Act) -> None:
        """One more test of the module."""
        self._acts[act.__name__] = act

    def wait_for(self, name: str, house: House) -> None:
        """The end of one call; what it raised is raised here."""
        if not self._begun:
            self._begun = True
            self._begin(house.chosen, house)
        running = self._running.pop(name, None)
        if running is None:
            running = Greenlet.spawn(_call, self._acts[name], house)
        if (error := running.get()) is not None:
            raise error

    def _begin(self, chosen: Iterable[str], house: House) -> None:
        pool = Pool(_AT_ONCE)
        names = [name for name in self._acts if name in chosen]
        self._running = {name: Greenlet(_call, self._acts[name], house) for name in names}
        Greenlet.spawn(_start_all, pool, tuple(self._running.values()))


_groups: dict[str, Group] = {}


def beside(act: Act) -> Act:
    """A test that is a call beside those of the other tests of its module."""
    group = _groups.setdefault(act.__module__, Group())
    group.add(act)

    @wraps(act)
    def test(house: House) -> None:
        group.wait_for(act.__name__, house)

    return test


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
