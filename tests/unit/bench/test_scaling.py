"""docs/scaling.md says what its model computes, and the model is about the product that is there."""

from __future__ import annotations

import inspect
import json
import re
from itertools import pairwise

import pytest

from fs_app.bench import scaling
from fs_app.settings import load_settings
from tests.world import ROOT

FIGURES = scaling.figures()


def test_the_page_has_the_tables_that_the_model_computes() -> None:
    page = scaling.PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"<!-- table: (\w+) -->", page)) == set(scaling.tables(FIGURES))
    assert scaling.rewritten(page, scaling.tables(FIGURES)) == page, "scripts/bench scaling --write"


def test_another_figure_makes_another_page() -> None:
    page = scaling.PAGE.read_text(encoding="utf-8")
    other = scaling.tables({**FIGURES, "calls_cpu_ms": 10 * FIGURES["calls_cpu_ms"]})
    assert scaling.rewritten(page, other) != page


def test_every_figure_has_a_source_and_is_used() -> None:
    source = inspect.getsource(scaling)
    for part in json.loads(scaling.FIGURES.read_text(encoding="utf-8")).values():
        for name, (value, _unit, origin) in part.items():
            assert value > 0 and len(origin) > 10, name
            assert f'f["{name}"]' in source or name == "claims", name  # what four are compared with


@pytest.mark.parametrize("need", scaling.NEEDS, ids=lambda need: need.name)
def test_more_calls_need_no_less(need: scaling.Need) -> None:
    found = [need.compute(size, FIGURES) for size in scaling.SIZES]
    more = [b >= a for a, b in pairwise(found)]
    assert all(more) or (not any(more) and need.name.startswith("days"))


def test_what_follows_from_figures_that_can_be_computed_by_hand() -> None:
    f = {**FIGURES, "call_seconds": 100, "calls_cpu_ms": 60, "busy": 0.6, "worker_calls": 1000, "steps": 9}
    assert scaling.rate(100_000, f) == 1000
    assert scaling.workers(100_000, f) == 100  # 60 cores at work, six tenths of each; as many by the limit
    assert scaling.workers(1, f) == 2
    assert (
        scaling.checkpoint_commits(100_000, f) == 100 * f["writes_a_second"]
    )  # grouped: 10,000 a second would come
    assert scaling.checkpoint_commits(100, f) == 10  # alone


def test_limits_of_the_model_are_those_of_the_product() -> None:
    settings, _ = load_settings(ROOT / "conf" / "fs_app.yaml")
    switch = (ROOT / "conf" / "freeswitch" / "autoload_configs" / "switch.conf.xml").read_text(encoding="utf-8")
    limits = dict(re.findall(r'name="(max-sessions|sessions-per-second)" value="(\d+)"', switch))
    assert (FIGURES["switch_calls"], FIGURES["switch_rate"]) == tuple(map(float, limits.values()))
    assert FIGURES["worker_connections"] == 2 * settings.database.threads


def test_confirmation_numbers_grow_by_a_digit_for_ten_times_the_calls() -> None:
    lengths = [scaling.digits(calls, FIGURES) for calls in (1, 100, 1_000, 10_000, 1_000_000)]
    assert lengths[0] == 8
    assert [lengths[2] - lengths[1], lengths[3] - lengths[2], lengths[4] - lengths[3]] == [1, 1, 2]
