"""Flat or not: a rule over the quiet points of a soak that noise cannot fool and a leak cannot pass.

A quiet point is when all calls are over and everything has been given time to end. There:

* no call is up, and there are exactly as many greenlets, file descriptors and threads as at the first quiet point
  after warm-up, or fewer: one that stays behind is a leak, whatever the load was;
* memory may breathe. It grows where the median of the slopes between all pairs of quiet points (Theil and Sen: no
  outlier moves it) is above a limit per 1000 calls, three of four pairs agree that it does, and it adds up to more
  than what an allocator touches of its own free space by and by.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from fs_app.soak.watch import Sample

GROWTH_KB = 256.0  # per 1000 calls: a quarter of a kB a call, less than anything that is kept of a call takes
BREATH_KB = 2048.0  # measured: with what is in use the same to 60 kB, the pages grew by half a MB in 1000 calls
_AGREE = 0.75
_POINTS = 4  # fewer say nothing of a trend
_PER = 1000.0


@dataclass(frozen=True, slots=True)
class Quiet:
    """A process at a quiet point, after it has served so many calls."""

    at: float
    calls: int
    own_kb: float
    fds: int | None
    threads: int
    greenlets: int | None
    sessions: int | None


@dataclass(frozen=True, slots=True)
class Trend:
    """How memory went: kB per 1000 calls, the share of pairs of quiet points that grew, and kB in all."""

    slope_kb: float
    agree: float
    sum_kb: float

    @property
    def grows(self) -> bool:
        """Whether that is a leak."""
        return self.slope_kb > GROWTH_KB and self.agree >= _AGREE and self.sum_kb > BREATH_KB


def quiet(samples: Sequence[Sample], calls: int) -> Quiet:
    """One quiet point from the samples taken there: the least of what is counted (what passes is no leak), the
    median of memory."""
    return Quiet(
        at=samples[-1].at,
        calls=calls,
        own_kb=statistics.median(each.own_kb for each in samples),
        fds=_least(each.fds for each in samples),
        threads=min(each.threads for each in samples),
        greenlets=_least(each.greenlets for each in samples),
        sessions=_least(each.sessions for each in samples),
    )


def _least(values: Iterable[int | None]) -> int | None:
    return min((value for value in values if value is not None), default=None)


def trend(points: Sequence[Quiet]) -> Trend | None:
    """The trend of memory; None for too few points."""
    pairs = [(a, b) for a, b in itertools.combinations(points, 2) if b.calls > a.calls]
    if len(points) < _POINTS or not pairs:
        return None
    slopes = [(b.own_kb - a.own_kb) / (b.calls - a.calls) * _PER for a, b in pairs]
    slope = statistics.median(slopes)
    agree = sum(each > 0 for each in slopes) / len(slopes)
    return Trend(slope, agree, slope * (points[-1].calls - points[0].calls) / _PER)


_COUNTS: Mapping[str, Callable[[Quiet], int | None]] = {
    "greenlets": lambda point: point.greenlets,
    "file descriptors": lambda point: point.fds,
    "threads": lambda point: point.threads,
}


def growths(name: str, points: Sequence[Quiet]) -> list[str]:
    """Everything in which a process was not flat, in words; the first point is the one after warm-up."""
    if len(points) < 2:
        return [f"{name}: not one quiet point after the first, nothing can be said"]
    found = []
    for what, count in _COUNTS.items():
        values = [value for point in points if (value := count(point)) is not None]
        if values and max(values) > values[0]:
            found.append(f"{name}: {what} {' '.join(map(str, values))}")
    left = [point.sessions for point in points if point.sessions]
    if left:
        found.append(f"{name}: calls that never ended: {' '.join(map(str, left))}")
    memory = trend(points)
    if memory is not None and memory.grows:
        found.append(f"{name}: memory grows, {memory.slope_kb:.0f} kB per 1000 calls ({memory.agree:.0%} agree)")
    return found
