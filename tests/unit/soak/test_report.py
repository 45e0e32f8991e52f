"""What is reported is what was found; a soak that found something fails."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from rich.console import Console

from fs_app.chaos.invariants import Violation
from fs_app.soak.caller import End, Ended
from fs_app.soak.report import report, save_samples
from fs_app.soak.soak import Outcome
from fs_app.soak.verdict import Quiet
from fs_app.soak.watch import Sample
from fs_app.soak.ways import Errand, Twist

SAMPLES = [Sample(at, "calls-0", 17, "load", 110_000, 90_000, 9, 12, 7, 3, int(at)) for at in (3.0, 6.0, 9.0)] + [
    Sample(9.0, "gateway", 18, "load", 110_000, 90_000, 9, 12)
]
POINTS = {"calls-0": [Quiet(at, int(at), 90_000.0, 12, 9, 7, 0) for at in (60.0, 120.0)]}


def soaked(end: End = End.FAREWELL) -> Outcome:
    errand = Errand(1, 1, "pays", Twist.NONE, 3, ("127.0.0.1:1",), 0.5, 7)
    return Outcome(
        samples=list(SAMPLES), points=dict(POINTS), drained=True, strikes=[(4.0, 7.5, "worker killed")],
        ended=[(errand, Ended(1, end, "some-uuid", 9, servers=2, deaths=1, gap=0.25, story="rang, was cut"))],
    )  # fmt: skip


def told(outcome: Outcome) -> str:
    text = io.StringIO()
    report(outcome, Console(file=text, width=140), seed=7)
    return text.getvalue()


def test_a_flat_soak_says_so() -> None:
    assert soaked().failures == []
    words = told(soaked())
    assert "flat, no call lost, ledger and gateway agree to the cent" in words
    assert "calls whose server was gone: 1, of which lost 0" in words
    assert "longest time to the next word 0.25 s" in " ".join(words.split())
    assert "worker killed 1" in words


@pytest.mark.parametrize("end", [End.CUT_OFF, End.SILENCE])
def test_a_lost_call_is_a_failure_and_its_story_is_told(end: End) -> None:
    words = told(soaked(end))
    assert f"calls lost: 1 {end}" in words and "rang, was cut" in words and "agree to the cent" not in words


@pytest.mark.parametrize("end", [End.HUNG_UP, End.AGENT, End.NO_AGENT, End.SWITCH_DIED])
def test_a_call_that_ended_by_itself_or_with_its_switch_is_not_lost(end: End) -> None:
    assert soaked(end).lost == [] and soaked(end).failures == []


def test_everything_else_that_fails_is_told() -> None:
    outcome = soaked()
    outcome.violations = [Violation("paid_once", "bill b1 was paid 2 times", "b1")]
    outcome.drained, outcome.stuck, outcome.overstayed = False, 2, 1
    outcome.points["calls-0"].append(Quiet(180.0, 180, 90_000.0, 13, 9, 7, 0))
    words = told(outcome)
    failures = (
        "file descriptors 12 12 13", "bill b1 was paid 2 times", "1 violations", "2 callers", "1 workers",
        "not come to rest",
    )  # fmt: skip
    for failure in failures:
        assert failure in words


def test_samples_are_kept(tmp_path: Path) -> None:
    save_samples(SAMPLES, tmp_path / "samples.csv")
    rows = list(csv.DictReader((tmp_path / "samples.csv").open()))
    assert [row["process"] for row in rows] == ["calls-0"] * 3 + ["gateway"]
    assert rows[0]["own_kb"] == "90000" and rows[-1]["greenlets"] == ""


def test_the_picture_is_drawn(tmp_path: Path) -> None:
    from fs_app.soak.plot import plot

    plot(soaked(), tmp_path / "soak.svg")
    picture = (tmp_path / "soak.svg").read_text()
    assert picture.startswith("<?xml") and "calls-0" in picture and "worker killed" in picture
