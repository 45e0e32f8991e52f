"""A soak from its first call to its verdict: load and quiet in turn, faults meanwhile, the money at the end."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import gevent
from gevent.event import Event

from fs_app.chaos.callers import Told, Word
from fs_app.chaos.evidence import gather, unfinished
from fs_app.chaos.invariants import Violation, violations
from fs_app.domain.payment import OPEN_STATES
from fs_app.soak import faults
from fs_app.soak.caller import LOST, Ended
from fs_app.soak.site import Site
from fs_app.soak.verdict import Quiet, growths, quiet
from fs_app.soak.watch import Sample, look
from fs_app.soak.ways import Errand, Twist, Way, choose

_SAMPLE_SECONDS, _LOOK_SECONDS = 3.0, 1.0
_LEAST = 2  # quiet points: one to compare with
_STUCK_SECONDS = 120.0  # the slowest caller there is, in silence, and a server that leaves
_DRAIN_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How long what takes, in seconds. ``settle``: what is half closed is closed by then; ``thinks``: the longest
    that a caller thinks."""

    load: float = 75.0
    settle: float = 15.0
    looks: int = 5  # at a quiet point, one a second
    gap: tuple[float, float] = (4.0, 12.0)  # between two faults
    thinks: float = 0.6
    faults: Sequence[faults.Fault] = faults.FAULTS


@dataclass(slots=True)
class Outcome:
    """Everything a soak found out."""

    seconds: float = 0.0
    samples: list[Sample] = field(default_factory=list)
    points: dict[str, list[Quiet]] = field(default_factory=dict)
    strikes: list[tuple[float, float, str]] = field(default_factory=list)  # from, to, what
    ended: list[tuple[Errand, Ended]] = field(default_factory=list)
    violations: Sequence[Violation] = ()
    attempts: int = 0
    drained: bool = False
    left_steps: Counter[str] = field(default_factory=Counter)  # where callers hung up, by the workers' logs
    steps: Sequence[str] = ()  # of the flow
    overstayed: int = 0
    stuck: int = 0

    @property
    def not_left(self) -> set[str]:
        """The steps at which nobody hung up."""
        return set(self.steps) - set(self.left_steps)

    @property
    def lost(self) -> list[tuple[Errand, Ended]]:
        """Calls that were cut off, or went silent, with the switch up."""
        return [each for each in self.ended if each[1].end in LOST]

    @property
    def failures(self) -> list[str]:
        """Why this is no success."""
        found = [line for name, points in self.points.items() for line in growths(name, points)]
        if self.lost:
            ends = Counter(ended.end.value for _, ended in self.lost)
            found.append("calls lost: " + ", ".join(f"{count} {end}" for end, count in ends.items()))
        if self.stuck:
            found.append(f"{self.stuck} callers did not come to an end")
        if self.overstayed:
            found.append(f"{self.overstayed} workers did not end when they were asked to")
        if self.violations:
            found.append(f"{len(self.violations)} violations of the rules of money")
        if not self.drained:
            found.append("payments did not come to rest in time")
        return found


Tell = Callable[[str], None]
"""Is told what goes on."""


class Soak:
    """Runs on a site that is up. ``at_once`` callers, each followed by another."""

    def __init__(self, site: Site, *, seed: int, at_once: int, pace: Pace, tell: Tell) -> None:
        self._site = site
        self._chance = random.Random(seed)
        self._striking = random.Random(seed)
        self._faults = faults.shuffled(self._striking, pace.faults)
        self._at_once = at_once
        self._pace = pace
        self._tell = tell
        self._outcome = Outcome()
        self._ids = itertools.count(1)
        self._loading = Event()
        self._phase = "start"
        self._started = time.monotonic()

    def run(self, seconds: float) -> Outcome:
        """Load and quiet in turn for so long, at least twice, then the money."""
        sampling = gevent.spawn(self._sample)
        try:
            until = time.monotonic() + seconds
            for done in itertools.count():
                if done >= _LEAST and time.monotonic() >= until:
                    break
                self._load(self._pace.load)
                self._rest()
        finally:
            sampling.kill()
        self._compare()
        self._outcome.seconds = self._now
        self._outcome.left_steps, self._outcome.steps = self._site.left_steps(), self._site.steps
        self._outcome.overstayed = sum(worker.overstayed for worker in self._site.workers)
        return self._outcome

    @property
    def _now(self) -> float:
        return time.monotonic() - self._started

    # --- load ---

    def _load(self, seconds: float) -> None:
        self._phase = "load"
        self._loading.set()
        striking = gevent.spawn(self._strike)
        callers = [gevent.spawn(self._keep_calling) for _ in range(self._at_once)]
        gevent.sleep(seconds)
        self._loading.clear()
        striking.get()
        for caller in gevent.joinall(callers, timeout=_STUCK_SECONDS):
            caller.get()
        stuck = [caller for caller in callers if not caller.dead]
        self._outcome.stuck += len(stuck)
        gevent.killall(stuck)

    def _keep_calling(self) -> None:
        while self._loading.is_set():
            way, twist, at = choose(self._chance)
            number = next(self._ids)
            dollars = self._chance.randint(*way.dollars)
            self._site.owe(number, way, dollars * 100 + number % 100)
            calls = [self._errand(number, way, twist, at) for _ in range(way.callers)]
            gevent.joinall([gevent.spawn(self._call, errand) for errand in calls], raise_error=True)

    def _errand(self, number: int, way: Way, twist: Twist, at: int) -> Errand:
        hosts = [worker.host for worker in self._site.workers]
        self._chance.shuffle(hosts)
        seed = self._chance.randrange(2**32)
        return Errand(next(self._ids), number, way.name, twist, at, tuple(hosts), self._pace.thinks, seed)

    def _call(self, errand: Errand) -> None:
        board = self._site.boards[errand.id % len(self._site.boards)]
        self._outcome.ended.append((errand, board.call(errand)))

    def _strike(self) -> None:
        while True:
            if self._wait(self._striking.uniform(*self._pace.gap)):
                return
            fault = next(self._faults)
            began = self._now
            fault.strike(self._site, self._striking)
            self._outcome.strikes.append((began, self._now, fault.name))

    def _wait(self, seconds: float) -> bool:
        """Wait so long; True where the load has ended meanwhile."""
        until = time.monotonic() + seconds
        while self._loading.is_set() and time.monotonic() < until:
            gevent.sleep(0.1)
        return not self._loading.is_set()

    # --- quiet ---

    def _rest(self) -> None:
        """Give everything time to end, then look."""
        self._phase = "settling"
        gevent.sleep(self._pace.settle)
        self._phase = "quiet"
        looks: dict[str, list[Sample]] = {}
        for number in range(self._pace.looks):
            gevent.sleep(min(number, _LOOK_SECONDS))
            for sample in self._look():
                looks.setdefault(sample.process, []).append(sample)
        spared = self._site.spared.name
        calls = max((each.calls or 0 for each in looks[spared]), default=0)
        for name in (spared, "jobs"):
            self._outcome.points.setdefault(name, []).append(quiet(looks[name], calls))
        self._tell(self._line(self._outcome.points[spared][-1]))

    def _line(self, point: Quiet) -> str:
        return (
            f"{self._now:6.0f} s  {len(self._outcome.ended):6} calls, {len(self._outcome.lost)} lost,"
            f" {len(self._outcome.strikes)} faults; the spared worker: {point.calls} calls,"
            f" {point.own_kb / 1024:.1f} MB, {point.fds} fds, {point.greenlets} greenlets"
        )

    def _sample(self) -> None:
        while True:
            if self._phase != "quiet":  # those looks are kept anyway
                self._look()
            gevent.sleep(_SAMPLE_SECONDS)

    def _look(self) -> list[Sample]:
        found = [look(process, self._now, self._phase) for process in self._site.watched]
        samples = [sample for sample in found if sample is not None]
        self._outcome.samples += samples
        return samples

    # --- the end ---

    def _compare(self) -> None:
        """Wait until no payment is open, then let the campaign's rules look at what there is."""
        until = time.monotonic() + _DRAIN_SECONDS
        while (left := unfinished(self._site.database, list(OPEN_STATES))) and time.monotonic() < until:
            self._tell(f"{left} payments and receipts are still open")
            gevent.sleep(1.0)
        self._outcome.drained = left == 0
        evidence = gather(self._site.database, self._site.control, self._site.provider, self._words())
        self._outcome.violations = violations(evidence)
        self._outcome.attempts = len(evidence.payments)

    def _words(self) -> list[Word]:
        return [
            Word(errand.number, ended.uuid, Told(told), datetime.fromisoformat(at), number, str(errand.id))
            for errand, ended in self._outcome.ended
            for told, number, at in ended.words
        ]
