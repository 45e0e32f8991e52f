"""How long the prompts of a flow take: for a first-time caller, and beside it for one who has been here before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fs_app.testing.practised import Told, total, total_early
from fs_app.testing.rehearsal import Rehearsal

_HEADERS = ("step", "what is said", "keyed", "plain s", "sum", "brief s", "sum")
_TEXT, _KEYED = 1, 2
_GAP = 3  # between two columns
_SHORTEST = 20
"""A text is cut where the terminal is narrow, but not below this."""


@dataclass(frozen=True, slots=True)
class FlowTime:
    """A flow as it was heard in both manners, in one language. All times are seconds of prompts.

    The brief one is held against the limit: it is what the line says to a caller who has been here before, and
    nothing is taken off it for keys that are pressed early.
    """

    flow: str
    language: str
    limit: float
    plain: Rehearsal
    brief: Rehearsal

    @property
    def within(self) -> bool:
        """Whether a practised caller hears no more than the limit."""
        return total(self.brief.told) <= self.limit

    def as_dict(self) -> dict[str, Any]:
        """For a program."""
        return {
            "flow": self.flow,
            "language": self.language,
            "limit_seconds": self.limit,
            "within_limit": self.within,
            "plain": _as_dict(self.plain),
            "brief": _as_dict(self.brief),
        }

    def show(self, console: Console) -> None:
        """A row a prompt with the running sums, then the totals and what they are."""
        rows = [_HEADERS, *self._rows()]
        widths = [max(cell_len(row[place]) for row in rows) for place in range(len(_HEADERS))]
        rest = sum(width + _GAP for place, width in enumerate(widths) if place != _TEXT)
        widths[_TEXT] = min(widths[_TEXT], max(_SHORTEST, console.width - rest - _GAP))
        table = Table(title=f"{self.flow}, in {self.language}", title_justify="left", show_edge=False)
        for place, header in enumerate(_HEADERS):
            table.add_column(header, justify="right" if place > _KEYED else "left", width=widths[place])
        for row in rows[1:]:
            cells = [Text(cell) for cell in row]
            cells[_TEXT].truncate(widths[_TEXT], overflow="ellipsis")
            table.add_row(*cells)
        console.print(table, crop=False)
        for line in self._summary():
            console.print(line)

    def _rows(self) -> Iterator[tuple[str, ...]]:
        sums = [accumulate(each.seconds for each in heard.told) for heard in (self.plain, self.brief)]
        before = ""
        for plain, plain_sum, brief, brief_sum in zip_longest(self.plain.told, sums[0], self.brief.told, sums[1]):
            shown: Told = plain or brief
            step = shown.step if shown.step != before else ""
            before = shown.step
            yield (step, shown.text, shown.keyed, *_seconds(plain, plain_sum), *_seconds(brief, brief_sum))

    def _summary(self) -> Iterator[Text]:
        plain, brief = total(self.plain.told), total(self.brief.told)
        verdict = "within" if self.within else "above"
        style = "bold green" if self.within else "bold red"
        yield Text(f"first call (plain): {plain:.1f} s, every prompt heard out")
        yield Text(
            f"practised caller (brief): {brief:.1f} s, every prompt heard out: {verdict} the limit of"
            f" {self.limit:g} s",
            style=style,
        )
        early = total_early(self.brief.told)
        yield Text(f"the same, where a menu's key is pressed as soon as it was offered: {early:.1f} s")
        if not self.brief.paid:
            yield Text("this way through the flow led to no payment; choose another with --answer STEP=KEYS")
        if self.brief.language != self.language:
            yield Text(f"the flow went on in {self.brief.language!r}: it does not offer {self.language!r}")


def _seconds(told: Told | None, so_far: float | None) -> tuple[str, str]:
    if told is None or so_far is None:
        return "", ""
    return f"{told.seconds:.1f}", f"{so_far:.1f}"


def _as_dict(heard: Rehearsal) -> dict[str, Any]:
    so_far = accumulate(each.seconds for each in heard.told)
    return {
        "seconds": round(total(heard.told), 2),
        "seconds_keyed_early": round(total_early(heard.told), 2),
        "paid": heard.paid,
        "path": heard.path,
        "prompts": [
            {
                "step": each.step,
                "text": each.text,
                "keyed": each.keyed,
                "seconds": round(each.seconds, 2),
                "sum": round(sum_of, 2),
            }
            for each, sum_of in zip(heard.told, so_far, strict=True)
        ],
    }
