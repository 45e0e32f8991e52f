"""What a held call takes, and what calls leave behind."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console

from fs_app.bench.machine import Watch, core_for
from fs_app.bench.peers import script
from fs_app.bench.plan import Plan
from fs_app.bench.process import DriverProcess, Process, drive
from fs_app.bench.report import Column, Rounds, show
from fs_app.bench.site import KEYS, Site
from fs_app.testing.ports import free_port

COLUMNS = (
    Column("calls", "calls", 0),
    Column("before", "MB before", 1),
    Column("held", "MB held", 1),
    Column("kb", "kB a call", 1),
    Column("after", "MB after", 1),
    Column("files", "files after", 0),
)
_HELD_AT = 4  # prompts: the caller is known by number and is asked who they are
_SETTLE_SECONDS = 3.0
_QUESTION = script.QUESTION.rpartition("/")[2].partition(".")[0]


@click.command("memory")
@click.option("--held", default=5000, show_default=True, help="Calls held in one process.")
@click.option("--after", default=100_000, show_default=True, help="Calls after which nothing may be left.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("var/bench"), show_default=True)
def memory_command(held: int, after: int, out: Path) -> None:
    """Memory: calls held in the middle of the shipped flow, and a process after many calls of the script."""
    found = Rounds("memory of one process (PSS)", COLUMNS)
    watch = Watch()
    if held:
        _held(found, held)
    if after:
        _after(found, after)
    found.noise.append(watch.noise())
    show(found, out, "memory", Console())


def _held(found: Rounds, calls: int) -> None:
    """Twice: what the first load of calls makes Python's allocator and the databases' threads take stays."""
    with tempfile.TemporaryDirectory() as folder, Site(Path(folder), calls, limit=calls + 100) as site:
        plan = Plan(site.port, 200, in_flight=20, keys=dict(KEYS), hang_up="hear_it_again")
        drive(plan, core=core_for(1))  # every part of the flow has been used
        for _ in range(2):
            before = site.calls.memory_kb()
            plan = Plan(site.port, calls, rate=250.0, keys=dict(KEYS), hold_after=_HELD_AT, limit=120.0)
            with DriverProcess(plan, core=core_for(1)) as driver:
                seen = driver.seen()
                time.sleep(_SETTLE_SECONDS)
                holding = site.calls.memory_kb()
            _until(lambda: site.calls_up() == 0)
            time.sleep(_SETTLE_SECONDS)
            found.add(
                f"{calls:,} held in the flow",
                {
                    "calls": seen.held,
                    "before": before / 1000,
                    "held": holding / 1000,
                    "kb": (holding - before) / max(1, seen.held),
                    "after": site.calls.memory_kb() / 1000,
                    "files": site.calls.open_files(),
                },
            )


def _after(found: Rounds, calls: int) -> None:
    port = free_port()
    with Process(["-m", "fs_app.bench.peers.channel", str(port), "keypad"], core=core_for(0)) as server:
        server.wait_for(port)
        keys = {_QUESTION: script.KEYS}
        drive(Plan(port, 5000, keys=keys), core=core_for(1))
        before = server.memory_kb()
        seen = drive(Plan(port, calls, keys=keys, limit=1800.0), core=core_for(1))
        time.sleep(_SETTLE_SECONDS)
        after = server.memory_kb()
        found.add(
            f"after {calls:,} calls",
            {"calls": seen.calls, "before": before / 1000, "after": after / 1000, "files": server.open_files()},
        )
        found.notes.append(f"after {seen.calls:,} calls: {100 * (after - before) / before:+.2f} % of memory")


def _until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.2)
