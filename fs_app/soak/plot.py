"""The soak as a picture: what was held over time, with the quiet points and the faults."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fs_app.soak.faults import FAULTS
from fs_app.soak.soak import Outcome
from fs_app.soak.verdict import Quiet
from fs_app.soak.watch import Sample

_SIZE = 12.0, 14.0
_COLOURS = tuple(f"C{number}" for number in range(10))

_PANELS: Sequence[tuple[str, Callable[[Sample], float | None], Callable[[Quiet], float | None]]] = (
    ("own memory, MB", lambda sample: sample.own_kb / 1024, lambda point: point.own_kb / 1024),
    ("file descriptors", lambda sample: sample.fds, lambda point: point.fds),
    ("greenlets", lambda sample: sample.greenlets, lambda point: point.greenlets),
    ("calls up", lambda sample: sample.sessions, lambda point: point.sessions),
)


def plot(outcome: Outcome, path: Path) -> None:
    """Write it as SVG. Dots are quiet points: these have to be flat."""
    figure = Figure(figsize=_SIZE, layout="constrained")
    panels: Sequence[Axes] = figure.subplots(len(_PANELS) + 1, 1, sharex=True)
    for axes, (title, of_sample, of_point) in zip(panels, _PANELS, strict=False):
        for colour, name in zip(_COLOURS, dict.fromkeys(each.process for each in outcome.samples), strict=False):
            _line(axes, [each for each in outcome.samples if each.process == name], of_sample, colour, name)
            points = [(each.at, of_point(each)) for each in outcome.points.get(name, [])]
            dots = [(at, value) for at, value in points if value is not None]
            axes.plot(*_columns(dots), "o", color=colour)
        axes.set_title(title, loc="left", fontsize="medium")
        axes.grid(alpha=0.3)
    panels[0].legend(loc="upper left", ncols=3, fontsize="small")
    _faults(panels[-1], outcome.strikes)
    figure.savefig(path, format="svg", metadata={"Date": None})


def _line(
    axes: Axes, samples: Sequence[Sample], value: Callable[[Sample], float | None], colour: str, name: str
) -> None:
    found = [(each.at, told) for each in samples if (told := value(each)) is not None]
    axes.plot(*_columns(found), color=colour, linewidth=0.8, label=name)


def _columns(pairs: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [at for at, _ in pairs], [value for _, value in pairs]


def _faults(axes: Axes, strikes: Sequence[tuple[float, float, str]]) -> None:
    names = [fault.name for fault in FAULTS]
    for row, name in enumerate(names):
        spans = [(begin, max(end - begin, 1.0)) for begin, end, what in strikes if what == name]
        axes.broken_barh(spans, (row - 0.3, 0.6), color="C3")
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(-0.7, len(names) - 0.3)
    axes.set_title("faults", loc="left", fontsize="medium")
    axes.set_xlabel("seconds")
