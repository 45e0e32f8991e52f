"""The soak in its short form: some seconds of everything, and nothing is left behind, lost or doubled."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from fs_app.soak.caller import End
from fs_app.soak.faults import FAULTS
from fs_app.soak.report import report
from fs_app.soak.site import Site
from fs_app.soak.soak import Outcome, Pace, Soak
from fs_app.soak.verdict import growths

SOUNDS = Path(__file__).parents[2] / "sounds"
SEED = 179  # a worker dies in the first round; in the second the network is cut
QUICK = [fault for fault in FAULTS if fault.name in ("worker killed", "switch killed", "network cut")]


def test_some_seconds_of_everything_leave_nothing_behind(tmp_path: Path) -> None:
    pace = Pace(load=1.5, settle=0.5, looks=4, gap=(0.3, 0.6), thinks=0.05, faults=QUICK)
    with Site(tmp_path, SOUNDS, workers=2, switches=1, mariadb=False, threads=1) as site:
        outcome = Soak(site, seed=SEED, at_once=6, pace=pace, tell=lambda line: None).run(0.0)
    told = _told(outcome)
    assert not outcome.lost and not outcome.violations and not outcome.stuck and outcome.drained, told
    grown = growths("calls-0", outcome.points["calls-0"])
    # The pool of threads that compare PINs may still fill up in so short a time.
    assert [growth for growth in grown if "threads" not in growth] == [], told
    assert [name for _, _, name in outcome.strikes][:2] == ["worker killed", "network cut"], told
    assert {ended.end for _, ended in outcome.ended} >= {End.FAREWELL, End.HUNG_UP}, told
    assert any(ended.servers > 1 for _, ended in outcome.ended), told
    assert outcome.left_steps and outcome.attempts >= 5, told


def _told(outcome: Outcome) -> str:
    console = Console(file=io.StringIO(), width=130)
    report(outcome, console, seed=SEED)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]
