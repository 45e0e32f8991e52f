"""A campaign from its first call to its verdict: pay, hurt, calm down, wait until all is settled, compare."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import gevent
from gevent.pool import Pool
from sqlalchemy import update

from fs_app.app.parts import SystemClock
from fs_app.chaos.callers import Callers, Word
from fs_app.chaos.evidence import gather, unfinished
from fs_app.chaos.invariants import Evidence, Violation, violations
from fs_app.chaos.plan import Planned
from fs_app.chaos.site import Site
from fs_app.domain.payment import OPEN_STATES, PaymentState
from fs_app.ports import TaskKind
from fs_app.prompts.voice import load_voice
from fs_app.store.tables import tasks

_DRAIN_SECONDS, _DRAIN_SECONDS_EACH = 240.0, 0.15
_POLL_SECONDS = 0.5
_AT_REST_LOOKS = 3

Progress = Callable[[str, int, int], None]
"""``(what is being done, how much is done, of how much)``."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a campaign ended."""

    planned: Sequence[Planned]
    evidence: Evidence
    violations: Sequence[Violation]
    deaths: dict[str, int]
    missed: Counter[str]
    seconds: float
    drained: bool
    words: dict[int, list[Word]] = field(default_factory=dict)

    @property
    def failures(self) -> list[str]:
        """Why this is no success: rules that were broken, or too little that could have broken them."""
        tried = {payment.request.bill_id for payment in self.evidence.payments}
        return [
            *([f"{len(self.violations)} violations"] if self.violations else []),
            *([] if self.drained else ["it did not come to rest in time"]),
            *([] if len(tried) > len(self.planned) / 2 else ["not even half of the payments were attempted"]),
        ]


class Campaign:
    """Runs the payments that were planned, ``at_once`` at a time."""

    def __init__(self, folder: Path, sounds: Path, planned: Sequence[Planned], *, at_once: int) -> None:
        self._planned = planned
        self._at_once = at_once
        voice = load_voice(sounds)
        self._site = Site(folder, sounds, lambda told: self._callers.answered(told))
        self._callers = Callers(self._site, voice.text_of)
        self._done = 0

    def run(self, progress: Progress) -> Outcome:
        """Everything, in order. FsAppError where the site does not even start."""
        started = time.monotonic()
        with self._site:
            self._site.owe(self._planned)
            self._pay(progress)
            missed = self._site.missed()
            self._site.calm()
            drained = self._drained(progress)
            evidence = gather(self._site.database, self._site.control, self._site.provider, self._callers.words)
            deaths = {victim.name: victim.deaths for victim in self._site.victims}
        words = defaultdict(list)
        for word in evidence.words:
            words[word.number].append(word)
        return Outcome(
            self._planned,
            evidence,
            violations(evidence),
            deaths,
            missed,
            time.monotonic() - started,
            drained,
            dict(words),
        )

    # --- paying ---

    def _pay(self, progress: Progress) -> None:
        pool = Pool(self._at_once)
        for planned in self._planned:
            pool.spawn(self._one, planned, progress)
        pool.join()

    def _one(self, planned: Planned, progress: Progress) -> None:
        planned.fault.strike(self._site, planned.number, planned.minor)
        gevent.joinall(
            [gevent.spawn(self._callers.pay, planned, payer, name) for payer, name in planned.payer_names],
            raise_error=True,
        )
        self._done += 1
        progress("payments", self._done, len(self._planned))

    # --- coming to rest ---

    def _drained(self, progress: Progress) -> bool:
        """Wait until nothing is open; settle at the gateway; let a day pass; wait until the ledger has followed."""
        if not self._rests(progress, "still open", list(OPEN_STATES)):
            return False
        self._site.control.settle()
        self._site.database.write(
            lambda connection: connection.execute(
                update(tasks)
                .where(tasks.c.kind == TaskKind.PAYMENT, ~tasks.c.stuck)
                .values(due_at=SystemClock("UTC").now())
            )
        )
        return self._rests(progress, "not settled yet", [*OPEN_STATES, PaymentState.SUBMITTED])

    def _rests(self, progress: Progress, what: str, states: Sequence[PaymentState]) -> bool:
        seconds = _DRAIN_SECONDS + len(self._planned) * _DRAIN_SECONDS_EACH
        until, most, quiet = time.monotonic() + seconds, 0, 0
        while time.monotonic() < until:
            left = unfinished(self._site.database, states)
            most = max(most, left)
            progress(what, most - left, most)
            quiet = quiet + 1 if left == 0 else 0
            if quiet >= _AT_REST_LOOKS:
                return True
            gevent.sleep(_POLL_SECONDS)
        return False
