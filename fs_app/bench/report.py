"""What a benchmark found: rounds of figures, medians and spread, ratios within each round, as JSON and tables."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from fs_app.bench import machine
from fs_app.bench.machine import Noise


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so large a share does not exceed; 0 where there are none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True, slots=True)
class Column:
    """A figure of every subject: its name in JSON, its heading, how many decimals, and whether ratios are shown."""

    name: str
    heading: str
    decimals: int = 1
    ratio: bool = False


@dataclass
class Rounds:
    """The figures of several subjects, measured one after the other in each of several rounds."""

    title: str
    columns: Sequence[Column]
    baseline: str | None = None
    figures: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    noise: list[Noise] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, subject: str, figures: Mapping[str, float]) -> None:
        """What one round gave for a subject."""
        self.figures.setdefault(subject, []).append(dict(figures))

    def median(self, subject: str, column: str) -> float:
        """Over the rounds."""
        return statistics.median(row[column] for row in self.figures[subject])

    def ratio(self, subject: str, column: str) -> float | None:
        """The median over the rounds of subject to baseline in the same round."""
        if self.baseline is None or self.baseline not in self.figures:
            return None
        pairs = zip(self.figures[subject], self.figures[self.baseline], strict=False)
        ratios = [one[column] / other[column] for one, other in pairs if other[column]]
        return statistics.median(ratios) if ratios else None

    def table(self) -> Table:
        """For people: median (least to most), and the ratio to the baseline."""
        table = Table(title=self.title, title_justify="left")
        table.add_column("")
        for column in self.columns:
            table.add_column(column.heading, justify="right")
        for subject in self.figures:
            table.add_row(subject, *(self._cell(subject, column) for column in self.columns))
        return table

    def _cell(self, subject: str, column: Column) -> str:
        values = [row[column.name] for row in self.figures[subject] if column.name in row]
        if not values:
            return ""
        text = f"{statistics.median(values):.{column.decimals}f}"
        if len(values) > 1:
            text += f" ({min(values):.{column.decimals}f}-{max(values):.{column.decimals}f})"
        ratio = self.ratio(subject, column.name) if column.ratio else None
        return text if ratio is None or subject == self.baseline else f"{text} x{ratio:.2f}"

    def line(self) -> dict[str, Any]:
        """For JSON: every figure of every round, the medians and the ratios."""
        return {
            "title": self.title,
            "machine": machine.describe(),
            "noise": [each.line() for each in self.noise],
            "baseline": self.baseline,
            "medians": {
                subject: {
                    each.name: self.median(subject, each.name)
                    for each in self.columns
                    if all(each.name in row for row in rows)
                }
                for subject, rows in self.figures.items()
            },
            "ratios": {
                subject: {each.name: self.ratio(subject, each.name) for each in self.columns if each.ratio}
                for subject in self.figures
            },
            "rounds": self.figures,
            "notes": self.notes,
        }


def show(rounds: Rounds, folder: Path, name: str, console: Console | None = None) -> None:
    """Print the table, its noise and its notes; write ``name.json``."""
    console = console or Console()
    console.print(rounds.table())
    if rounds.noise:
        worst = max(rounds.noise, key=lambda each: each.steal)
        console.print(f"{len(rounds.noise)} runs; the noisiest: {worst.words()}")
    for note in rounds.notes:
        console.print(note)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(rounds.line(), indent=1) + "\n", encoding="utf-8")
    console.print(f"written to {path}")
