"""Which processes one machine needs, by its settings."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fs_app.settings import Settings

Address = tuple[str, int]

CALLS, METRICS, JOBS_METRICS = "calls.listen", "metrics", "jobs.metrics"
WEB, CONSOLE = "web.listen", "console.listen"
"""Names of the sockets that a process is handed: the keys of their addresses in the settings."""

_UNWIND_SECONDS = 20.0
_TALKS_SECONDS = 25.0  # to where a call can be let go, and to end payments in talks (`CallServer.stop`)


@dataclass(frozen=True)
class Seat:
    """A place for one process, whoever sits on it.

    ``addresses`` are bound by the supervisor and handed to each process on this seat, by name. ``leave_seconds`` is
    how long one that was told to leave may need for what it has begun.
    """

    role: str
    slot: int = 0
    addresses: Mapping[str, Address] = field(default_factory=dict, hash=False)
    leave_seconds: float = _UNWIND_SECONDS
    lasts: bool = False
    """Its process holds what a fresh one would not know: a restart leaves it in peace."""
    ahead: bool = False
    """It is taken before all others when the whole is started."""

    @property
    def name(self) -> str:
        """For people: ``calls 0``, ``jobs``."""
        return f"{self.role} {self.slot}" if self.role == "calls" else self.role

    @property
    def words(self) -> list[str]:
        """Its command, after ``fs-app --config FILE``."""
        return [self.role, "--slot", str(self.slot)] if self.role == "calls" else [self.role]


def seats(settings: Settings, only: Sequence[str] = ()) -> list[Seat]:
    """The seats in the order in which they are taken; ``only`` those roles, or all that the settings need.

    Calls come first, as many of their workers at once as there are cores: each process more would keep the first
    call waiting.
    """
    cores = len(os.sched_getaffinity(0))
    charge = 2 * settings.gateway.limit_seconds + _UNWIND_SECONDS
    grace = settings.calls.grace_seconds
    calls = [
        Seat(
            "calls",
            slot,
            {CALLS: settings.calls.listen, METRICS: settings.metrics_of(slot)},
            grace + _TALKS_SECONDS + charge,
            ahead=slot < cores,
        )
        for slot in range(settings.calls.workers)
    ]
    jobs = Seat("jobs", addresses={JOBS_METRICS: settings.jobs.metrics}, leave_seconds=charge)
    web = Seat("web", addresses={WEB: settings.web.listen})
    console = Seat("console", addresses={CONSOLE: settings.console.listen})
    sandbox = [Seat("sandbox", lasts=True)] if settings.gateway.kind == "local" else []
    return [seat for seat in (*sandbox, *calls, jobs, web, console) if not only or seat.role in only]
