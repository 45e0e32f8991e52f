"""The silences as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from fs_app.proof.survival import Survival


def plot(survivals: Sequence[Survival], path: Path) -> None:
    """The longest silence of each call, as shares of all calls; written as SVG."""
    figure = Figure(figsize=(8.0, 5.0), layout="constrained")
    axes = figure.subplots()
    for survival in survivals:
        values = sorted(max(fate.longest, 0.001) for fate in survival.fates)
        axes.step(values, [(at + 1) / len(values) for at in range(len(values))], where="post", label=survival.title)
    axes.set_xscale("log")
    axes.set_xlabel("longest silence of a call after it struck, seconds")
    axes.set_ylabel("share of the calls")
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.savefig(path, format="svg", metadata={"Date": None})
