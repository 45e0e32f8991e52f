"""The whole paying call: what it costs the ``calls`` process, and which part of that is whose."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click
from rich.console import Console

from fs_app.bench.machine import Watch, core_for
from fs_app.bench.parts import cost_of_parts
from fs_app.bench.plan import Plan
from fs_app.bench.process import DriverProcess
from fs_app.bench.profile import record
from fs_app.bench.report import Column, Rounds, percentile, show
from fs_app.bench.site import HANG_UP, KEYS, Site

COLUMNS = (
    Column("calls", "calls", 0),
    Column("paid", "paid", 0),
    Column("lost", "lost", 0),
    Column("whole", "CPU ms a call", 1),
    Column("sdk", "of it gateway SDK", 1),
    Column("own", "ours", 1),
    Column("pin", "a PIN adds", 1),
    Column("prompts", "prompts", 1),
    Column("keys", "keys", 1),
    Column("p50", "next command p50 ms", 2),
    Column("p99", "p99 ms", 2),
)


@click.command("paying")
@click.option("--calls", default=1000, show_default=True, help="Paying calls.")
@click.option(
    "--in-flight", default=25, show_default=True, help="Calls up at once, none of them waits for anything."
)
@click.option("--rounds", default=1, show_default=True, help="How often.")
@click.option("--profile", default=0, help="Sample the stacks of the process for so many seconds.")
@click.option("--flame", type=click.Path(path_type=Path), help="And draw a flame graph there, of as many more.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("var/bench"), show_default=True)
def paying_command(calls: int, in_flight: int, rounds: int, profile: int, flame: Path | None, out: Path) -> None:
    """The CPU of a whole paying call: flow, checkpoints, ledger, log and metrics on; MariaDB and local gateway."""
    found = Rounds("a whole paying call, on one core", COLUMNS)
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder, Site(Path(folder), calls + in_flight) as site:
            parts = cost_of_parts(site)
            plan = Plan(
                site.port,
                calls + in_flight,
                in_flight=in_flight,
                warm_up=in_flight,
                keys=dict(KEYS),
                hang_up=HANG_UP,
                limit=3600.0,
            )
            watch, before = Watch(), site.calls.cpu_seconds()
            with DriverProcess(plan, core=core_for(1)) as driver:
                shares = record(site.calls.pid, profile, flame) if profile else {}
                seen = driver.seen()
            whole = 1000 * (site.calls.cpu_seconds() - before) / (calls + in_flight)
            found.noise.append(watch.noise())
            reactions = seen.reactions
            found.add(
                "paying call",
                {
                    "calls": seen.calls,
                    "paid": site.payments(),
                    "lost": seen.lost,
                    "whole": whole,
                    "sdk": parts.sdk,
                    "pin": parts.pin,
                    "own": whole - parts.sdk,
                    "prompts": seen.playbacks / max(1, seen.calls),
                    "keys": seen.keys / max(1, seen.calls),
                    "p50": 1000 * percentile(reactions, 0.5),
                    "p99": 1000 * percentile(reactions, 0.99),
                },
            )
            found.notes.append(f"commands: {seen.verbs}")
            found.notes += [f"{share:6.1%}  {name}" for name, share in shares.items()]
    show(found, out, "paying", Console())
