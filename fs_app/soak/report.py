"""What a soak has to say: for people tables, for machines the exit code, for both a file of samples."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fs_app.soak.caller import Ended
from fs_app.soak.soak import Outcome
from fs_app.soak.verdict import Quiet, trend
from fs_app.soak.watch import Sample
from fs_app.soak.ways import Twist

_STORIES = 10


def report(outcome: Outcome, console: Console, *, seed: int) -> None:
    """Everything that was seen, the verdict last."""
    for name, points in outcome.points.items():
        console.print(_quiet_points(name, points))
    console.print(_processes(outcome.samples))
    console.print(_calls(outcome))
    for line in (*_numbers(outcome, seed), *_lost(outcome)):
        console.print(line, markup=False, highlight=False)
    for violation in outcome.violations:
        console.print(f"{violation.rule}: {violation.what}", style="bold red", markup=False, highlight=False)
    if outcome.failures:
        for failure in outcome.failures:
            console.print(failure, style="bold red", markup=False, highlight=False)
    else:
        console.print("flat, no call lost, ledger and gateway agree to the cent", style="bold green")


def save_samples(samples: Sequence[Sample], path: Path) -> None:
    """Every sample, a line each."""
    with path.open("w", newline="", encoding="ascii") as file:
        writer = csv.DictWriter(file, [each.name for each in fields(Sample)])
        writer.writeheader()
        writer.writerows(asdict(sample) for sample in samples)


def _quiet_points(name: str, points: Sequence[Quiet]) -> Table:
    memory = trend(points)
    told = "too few points for a trend of memory"
    if memory is not None:
        told = f"memory {memory.slope_kb:+.0f} kB per 1000 calls, {memory.agree:.0%} of pairs grow"
    table = Table(title=f"{name} at its quiet points: {told}", title_justify="left")
    for column in ("at, s", "calls", "own, MB", "fds", "threads", "greenlets", "sessions"):
        table.add_column(column, justify="right")
    for point in points:
        values = (point.fds, point.threads, point.greenlets, point.sessions)
        counts = ("-" if value is None else str(value) for value in values)
        table.add_row(f"{point.at:.0f}", str(point.calls), f"{point.own_kb / 1024:.2f}", *counts)
    return table


def _processes(samples: Sequence[Sample]) -> Table:
    table = Table(title="Every process, least and most over the whole time", title_justify="left")
    columns = ("process", "started", "own, MB", "RSS, MB", "fds", "threads", "greenlets", "sessions")
    for column in columns:
        table.add_column(column, justify="left" if column == "process" else "right")
    for name in dict.fromkeys(sample.process for sample in samples):
        own = [sample for sample in samples if sample.process == name]
        table.add_row(
            name,
            str(len({sample.pid for sample in own})),
            _span([sample.own_kb / 1024 for sample in own], 1),
            _span([sample.rss_kb / 1024 for sample in own], 1),
            *(_span([value for sample in own if (value := getattr(sample, column)) is not None])
              for column in ("fds", "threads", "greenlets", "sessions")),
        )  # fmt: skip
    return table


def _span(values: Sequence[float], decimals: int = 0) -> str:
    return f"{min(values):.{decimals}f} - {max(values):.{decimals}f}" if values else "-"


def _calls(outcome: Outcome) -> Table:
    table = Table(title="Calls by way and twist", title_justify="left")
    table.add_column("way")
    for twist in Twist:
        table.add_column(twist.value, justify="right")
    counts = Counter((errand.way, errand.twist if ended.left_at else Twist.NONE) for errand, ended in outcome.ended)
    for way in dict.fromkeys(errand.way for errand, _ in outcome.ended):
        table.add_row(way, *(str(counts[way, twist]) for twist in Twist))
    return table


def _numbers(outcome: Outcome, seed: int) -> Iterator[str]:
    ended = [each for _, each in outcome.ended]
    died = [each for each in ended if each.deaths]
    yield f"{len(ended)} calls in {outcome.seconds:.0f} s, {outcome.attempts} attempts to pay; seed {seed}"
    yield f"calls ended: {_counts(Counter(each.end.value for each in ended))}"
    yield f"faults: {_counts(Counter(name for _, _, name in outcome.strikes))}"
    yield f"callers who hung up, by the step: {_counts(outcome.left_steps)}"
    if outcome.not_left:
        yield f"steps at which nobody hung up: {', '.join(sorted(outcome.not_left))}"
    yield (
        f"calls whose server was gone: {len(died)}, of which lost {sum(each in _bad(outcome) for each in died)};"
        f" moved or taken over {sum(each.servers > 1 for each in ended)}; in the dialplan's own queue at last"
        f" {sum(each.fell_through for each in ended)}; longest time to the next word"
        f" {max((each.gap for each in died), default=0.0):.2f} s"
    )


def _bad(outcome: Outcome) -> list[Ended]:
    return [ended for _, ended in outcome.lost]


def _lost(outcome: Outcome) -> Iterator[str]:
    for errand, ended in outcome.lost[:_STORIES]:
        yield f"lost: {ended.uuid} {errand.way}, {errand.twist} at {errand.at}: {ended.end}: {ended.story}"


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
