"""What the proof has to say: tables for people, and everything that does not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from fs_app.proof.privacy import Round
from fs_app.proof.search import Find
from fs_app.proof.survival import Survival

_SEARCHES = ("keys", "windows", "tracks", "words", "tones")
_BAR = 40
_EDGES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_MOST_SHOWN = 8
_WIDEST = 160


@dataclass(slots=True)
class Outcome:
    """What was seen. ``rounds`` are pairs of the canary and the other card; ``careless`` are controls by name."""

    rounds: list[tuple[Round, Round]] = field(default_factory=list)
    careless: list[Round] = field(default_factory=list)
    records: Mapping[str, bool] = field(default_factory=dict)
    survivals: list[Survival] = field(default_factory=list)
    most_silence: float = 5.0

    def failures(self) -> list[str]:
        """Everything that does not hold; none is what everybody hopes for."""
        found = []
        for canary, other in self.rounds:
            found += canary.problems + other.problems
            found += [
                f"{canary.name}: {find.search} in {find.where}: {find.what[:_WIDEST]}"
                for find in finds(canary, other)
            ]
            found += [
                f"{canary.name}: nothing was written to {where}" for where, text in canary.texts.items() if not text
            ]
            if len(canary.recordings) < len(canary.lines) or not all(
                loud for loud, _ in canary.recordings.values()
            ):
                found.append(f"{canary.name}: not every call has a recording that holds something")
        for control in self.careless:
            blind = {"keys", "windows"} - {find.search for find in finds(control, None)}
            found += [f"the search is blind: {control.name}, nothing was found by {search}" for search in blind]
        for survival in self.survivals:
            found += [f"{survival.title}: {problem}" for problem in survival.problems]
            found += [f"{survival.title}: {each.rule}: {each.what}" for each in survival.violations]
            found += [
                f"{survival.title}: a call that was {fate.was} ended as {fate.ending}" for fate in survival.lost
            ]
            if survival.up < survival.calls:
                found.append(f"{survival.title}: {survival.up} of {survival.calls} calls were up")
            if survival.captured != survival.endings["paid"]:
                found.append(
                    f"{survival.title}: {survival.endings['paid']} were told paid, {survival.captured} captures"
                )
            found += [
                f"{survival.title}: a call that was {fate.was} was silent for {fate.longest:.2f} s"
                for fate in survival.fates
                if fate.longest > self.most_silence
            ]
        return found


def report(outcome: Outcome, console: Console) -> None:
    """Tables, the distribution of silences, and what does not hold."""
    if outcome.rounds:
        console.print(_privacy(outcome))
        console.print(_notes(outcome), highlight=False, markup=False)
    for survival in outcome.survivals:
        console.print(_survival(survival))
        console.print(histogram([fate.longest for fate in survival.fates]), highlight=False, markup=False)
    failures = outcome.failures()
    for failure in failures:
        console.print(failure, style="red", highlight=False, markup=False)
    console.print("everything holds" if not failures else f"{len(failures)} things do not hold", style="bold")


def finds(canary: Round, other: Round | None) -> Sequence[Find]:
    """What gives the canary away; looked for once."""
    key = id(canary), id(other)
    if key not in _FOUND:
        _FOUND[key] = list(canary.finds(other))
    return _FOUND[key]


_FOUND: dict[tuple[int, int], Sequence[Find]] = {}


def histogram(values: Sequence[float]) -> str:
    """How many values lie below each edge, as bars."""
    edges = [*_EDGES, float("inf")]
    counts = Counter(next(edge for edge in edges if value <= edge) for value in values)
    most = max(counts.values(), default=1)
    rows = [
        f"  up to {edge:>5g} s {counts[edge]:>4} {'█' * round(_BAR * counts[edge] / most)}"
        for edge in edges
        if counts[edge]
    ]
    return "\n".join(["longest silence of each call:", *rows])


def quantile(values: Sequence[float], share: float) -> float:
    """The value that so large a share is not above; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _privacy(outcome: Outcome) -> Table:
    table = Table(
        "where", "calls", "lines", "single keys seen", *_SEARCHES, title="Traces of the card", title_justify="left"
    )
    for canary, other in outcome.rounds:
        found = Counter((find.where, find.search) for find in finds(canary, other))
        for where, text in canary.texts.items():
            keys = " ".join("".join(each) for each in canary.keys(where) if each) or "none"
            lines = sum(map(len, text.values()))
            table.add_row(f"{canary.name}: {where}", str(len(text) - ("" in text)), str(lines), keys,
                          *(_count(found[where, search]) for search in _SEARCHES[:-1]), "")  # fmt: skip
        heard = " ".join(keys for _, channels in canary.recordings.values() for keys in channels if keys) or "none"
        seconds = sum(loud for loud, _ in canary.recordings.values())
        table.add_row(f"{canary.name}: recordings", str(len(canary.recordings)), f"{seconds:.0f} s", heard,
                      *[""] * 4, _count(found["recordings", "tones"]))  # fmt: skip
    for control in outcome.careless:
        total = Counter(find.search for find in finds(control, None))
        searched = sum(len(each) for text in control.texts.values() for each in text.values())
        counts = [str(total[search]) for search in _SEARCHES]
        table.add_row(f"control: {control.name}", "1", str(searched), "", *counts, style="dim")
    return table


def _count(found: int) -> str:
    return f"[bold red]{found}[/]" if found else "0"


_LEGEND = """\
keys: two neighbours of the card among the keys that others could see one after the other; windows: four in a row;
tracks: two or more that change with the card; words: four as names of recordings, but for the last four, which are
told to the caller; tones: two in a row in a recording. Single keys are those of account numbers, menus and so on.
call detail records: """


def _notes(outcome: Outcome) -> str:
    loaded = ", ".join(module for module, there in outcome.records.items() if there)
    missing = ", ".join(module for module, there in outcome.records.items() if not there)
    return f"{_LEGEND}{loaded}" + (f"; not installed, so not shown: {missing}" if missing else "")


def _survival(survival: Survival) -> Table:
    table = Table("", "", title=survival.title, title_justify="left", show_header=False)
    announced = [fate.longest for fate in survival.fates if fate.announced]
    silent = [fate.longest for fate in survival.fates]
    places = [fate.was for fate in survival.fates]
    rows = {
        "calls up": f"{survival.up} of {survival.calls}",
        "went on": f"{survival.up - len(survival.lost)}",
        "ended as": ", ".join(f"{ending} {count}" for ending, count in survival.endings.most_common()),
        "heard \"one moment\"": str(len(announced)),
        "talking to an agent": str(sum(fate.talking for fate in survival.fates)),
        "captures at the gateway": str(survival.captured),
        "rules broken (ledger, gateway)": str(len(survival.violations)),
        "longest silence": f"median {quantile(silent, 0.5):.2f} s, of 95 % below {quantile(silent, 0.95):.2f} s, "
        f"most {max(silent, default=0):.2f} s",
        "most were": ", ".join(f"{was} {count}" for was, count in Counter(places).most_common(_MOST_SHOWN)),
        "seconds": f"{survival.seconds:.0f}",
    }  # fmt: skip
    for name, value in rows.items():
        table.add_row(name, value)
    return table
