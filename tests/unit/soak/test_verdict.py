"""The verdict finds a leak of one thing in a hundred calls, and is not fooled by memory that breathes."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from fs_app.soak.verdict import BREATH_KB, GROWTH_KB, Quiet, growths, quiet, trend
from fs_app.soak.watch import Sample

CALLS = [500 * number for number in range(1, 11)]


def soaked(
    own_kb: Callable[[int], float] = lambda calls: 90_000.0,
    fds: Callable[[int], int] = lambda calls: 12,
    greenlets: Callable[[int], int] = lambda calls: 7,
    threads: Callable[[int], int] = lambda calls: 9,
    sessions: Callable[[int], int] = lambda calls: 0,
) -> list[Quiet]:
    """The quiet points of a process after so many calls each."""
    return [
        Quiet(calls / 5, calls, own_kb(calls), fds(calls), threads(calls), greenlets(calls), sessions(calls))
        for calls in CALLS
    ]


def breathing(seed: int, kb: float = 1500.0) -> Callable[[int], float]:
    """Memory that goes up and down by so much, by no rule."""
    chance = random.Random(seed)
    noise = {calls: chance.uniform(-kb, kb) for calls in CALLS}
    return lambda calls: 90_000.0 + noise[calls]


def test_what_stays_the_same_is_flat() -> None:
    assert growths("worker", soaked()) == []


@pytest.mark.parametrize("seed", range(20))
def test_memory_that_breathes_is_flat(seed: int) -> None:
    assert growths("worker", soaked(own_kb=breathing(seed))) == []


@pytest.mark.parametrize("seed", range(20))
def test_a_leak_of_memory_is_found_in_noise(seed: int) -> None:
    noise = breathing(seed, 500.0)
    [found] = growths("worker", soaked(own_kb=lambda calls: noise(calls) + calls))  # a kB a call
    assert "memory grows" in found


def test_memory_that_grew_once_and_stays_is_flat() -> None:
    assert growths("worker", soaked(own_kb=lambda calls: 90_000.0 if calls < 1_500 else 97_000.0)) == []


def test_one_wild_point_moves_nothing() -> None:
    wild = trend(soaked(own_kb=lambda calls: 200_000.0 if calls == 2_500 else 90_000.0))
    assert wild is not None and wild.slope_kb == 0 and not wild.grows


def test_growth_below_the_limit_is_told_and_no_leak() -> None:
    slow = trend(soaked(own_kb=lambda calls: 90_000.0 + calls * GROWTH_KB / 2_000))
    assert slow is not None and slow.slope_kb == pytest.approx(GROWTH_KB / 2) and not slow.grows


def test_growth_within_the_breath_of_an_allocator_is_no_leak_until_it_goes_on() -> None:
    def steep(calls: int) -> float:
        return 90_000.0 + calls * 2 * GROWTH_KB / 1_000

    short, long = trend(soaked(own_kb=steep)[:4]), trend(soaked(own_kb=steep))
    assert short is not None and short.slope_kb == pytest.approx(2 * GROWTH_KB) and not short.grows
    assert long is not None and long.sum_kb > BREATH_KB and long.grows


@pytest.mark.parametrize("what", ["fds", "greenlets", "threads"])
def test_one_thing_left_behind_in_a_hundred_calls_is_found(what: str) -> None:
    leaking: Callable[[int], int] = lambda calls: 12 + calls // 100  # noqa: E731
    [found] = growths("worker", soaked(**{what: leaking}))  # type: ignore[arg-type]
    assert "17 22 27" in found


def test_one_thing_left_behind_in_the_whole_soak_is_found() -> None:
    assert growths("worker", soaked(fds=lambda calls: 12 + (calls == CALLS[-1])))


def test_calls_that_never_end_are_found() -> None:
    assert growths("worker", soaked(sessions=lambda calls: 1 if calls > 2_000 else 0))


def test_a_soak_of_one_quiet_point_is_no_proof() -> None:
    assert growths("worker", soaked()[:1])


def test_too_few_points_make_no_trend() -> None:
    assert trend(soaked(own_kb=lambda calls: calls * 1000.0)[:3]) is None


def sample(**changes: int) -> Sample:
    values = {"rss_kb": 110_000, "own_kb": 90_000, "fds": 12, "threads": 9, "greenlets": 7,
              "sessions": 0, "calls": 500} | changes  # fmt: skip
    return Sample(100.0, "worker", 4711, "quiet", **values)  # type: ignore[arg-type]


def test_what_passes_during_a_quiet_point_is_not_counted() -> None:
    looks = [sample(), sample(fds=13, greenlets=9), sample(own_kb=95_000), sample(), sample()]
    assert quiet(looks, 500) == Quiet(100.0, 500, 90_000, 12, 9, 7, 0)
