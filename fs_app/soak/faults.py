"""What is done to the processes of a soak while calls are up, as a table. None touches the spared worker."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import gevent

from fs_app.soak.site import Site

_DOWN = (0.2, 2.0)  # seconds until a worker that died is started again
_LEAVES_WITHIN = 30.0
_BETWEEN_SIGNALS = 0.2  # so that they are two
_BLINK, _DEAF = 3.0, 13.0  # below and above what a server waits for a switch that says nothing


@dataclass(frozen=True, slots=True)
class Fault:
    """``strike`` returns when everything is up again; ``times``: how often, of a round of all of them."""

    name: str
    times: int
    strike: Callable[[Site, random.Random], None]


def _worker_killed(site: Site, chance: random.Random) -> None:
    worker = chance.choice(site.workers[1:])
    worker.role.kill()
    gevent.sleep(chance.uniform(*_DOWN))
    site.bring_up(worker)


def _worker_leaves(*signals: signal.Signals) -> Callable[[Site, random.Random], None]:
    def strike(site: Site, chance: random.Random) -> None:
        worker = chance.choice(site.workers[1:])
        for number in signals:
            worker.role.ask_to_end(number)
            gevent.sleep(_BETWEEN_SIGNALS)
        if not worker.role.ended(_LEAVES_WITHIN):
            worker.overstayed += 1
            worker.role.kill()
        site.bring_up(worker)

    return strike


def _stalled(seconds: float) -> Callable[[Site, random.Random], None]:
    return lambda site, chance: chance.choice(site.boards).stall(seconds)


FAULTS: Sequence[Fault] = (
    Fault("worker killed", 3, _worker_killed),
    Fault("worker asked to end", 1, _worker_leaves(signal.SIGTERM)),
    Fault("worker asked twice", 1, _worker_leaves(signal.SIGTERM, signal.SIGTERM)),
    Fault("worker makes way", 1, _worker_leaves(signal.SIGUSR1)),
    Fault("switch killed", 2, lambda site, chance: chance.choice(site.boards).kill()),
    Fault("switch stands still, a moment", 1, _stalled(_BLINK)),
    Fault("switch stands still, for long", 1, _stalled(_DEAF)),
    Fault("network cut", 1, lambda site, chance: chance.choice(site.boards).cut()),
)


def shuffled(chance: random.Random, faults: Sequence[Fault]) -> Iterator[Fault]:
    """One after the other without end: round after round, each in an order of its own."""
    while True:
        one_round = [fault for fault in faults for _ in range(fault.times)]
        chance.shuffle(one_round)
        yield from one_round
