"""What is done to the processes of a soak while calls are up, as a table. None touches the spared worker."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gevent

from fs_app.soak.site import Site

_DOWN = (0.2, 2.0)  # seconds until a worker that died is started again
_LEAVES_WITHIN = 30.0
_BLINK, _DEAF = 3.0, 13.0  # below and above what a server waits for a switch that says nothing


@dataclass(frozen=True, slots=True)
class Fault:
    """``strike`` returns when everything is up again."""

    name: str
    share: float
    strike: Callable[[Site, random.Random], None]


def _worker_killed(site: Site, chance: random.Random) -> None:
    worker = chance.choice(site.workers[1:])
    worker.role.kill()
    worker.deaths += 1
    gevent.sleep(chance.uniform(*_DOWN))
    site.bring_up(worker)


def _worker_leaves(site: Site, chance: random.Random) -> None:
    worker = chance.choice(site.workers[1:])
    worker.role.ask_to_end()
    if not worker.role.ended(_LEAVES_WITHIN):
        worker.overstayed += 1
        worker.role.kill()
    site.bring_up(worker)


def _stalled(seconds: float) -> Callable[[Site, random.Random], None]:
    return lambda site, chance: chance.choice(site.boards).stall(seconds)


FAULTS: Sequence[Fault] = (
    Fault("worker killed", 3.0, _worker_killed),
    Fault("worker asked to end", 2.0, _worker_leaves),
    Fault("switch killed", 1.5, lambda site, chance: chance.choice(site.boards).kill()),
    Fault("switch stands still, a moment", 1.0, _stalled(_BLINK)),
    Fault("switch stands still, for long", 0.7, _stalled(_DEAF)),
    Fault("network cut", 1.0, lambda site, chance: chance.choice(site.boards).cut()),
)


def choose(chance: random.Random, faults: Sequence[Fault]) -> Fault:
    """The next one."""
    return chance.choices(faults, [fault.share for fault in faults])[0]
