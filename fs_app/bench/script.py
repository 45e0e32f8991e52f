"""The call of 24 commands: our session and our channel beside stock greenswitch and the floors, alternating."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from fs_app.bench.machine import Watch, core_for
from fs_app.bench.peers import script
from fs_app.bench.plan import Plan
from fs_app.bench.process import Process, drive
from fs_app.bench.report import Column, Rounds, percentile, show
from fs_app.testing.ports import free_port

_QUESTION = script.QUESTION.rpartition("/")[2].partition(".")[0]


@dataclass(frozen=True, slots=True)
class Peer:
    """A server that plays the script."""

    name: str
    module: str
    calls: int  # a share of the calls asked for, in percent: slow ones play fewer


GATHER = (
    Peer("floor", "floor", 100),
    Peer("floor, callbacks", "floor_callbacks", 100),
    Peer("our session", "session", 100),
    Peer("greenswitch 0.0.19", "stock", 25),
)
KEYPAD = (
    Peer("floor", "floor", 100),
    Peer("floor, callbacks", "floor_callbacks", 100),
    Peer("our channel", "channel", 100),
)
COLUMNS = (
    Column("cpu_ms", "CPU ms a call", 3, ratio=True),
    Column("calls", "calls/s", 0, ratio=True),
    Column("p50", "next command p50 ms", 2),
    Column("p99", "p99 ms", 2),
    Column("lost", "lost", 0),
)


@click.command("script")
@click.option("--rounds", default=5, show_default=True, help="How often each server is measured.")
@click.option("--calls", default=3000, show_default=True, help="Calls in each measurement.")
@click.option("--in-flight", default=100, show_default=True, help="Calls up at once.")
@click.option("--kind", type=click.Choice(script.KINDS), multiple=True, default=script.KINDS, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("var/bench"), show_default=True)
def script_command(rounds: int, calls: int, in_flight: int, kind: Sequence[str], out: Path) -> None:
    """The cost of the event socket: a call of 24 commands, saturated on one core."""
    for each in kind:
        peers = GATHER if each == "gather" else KEYPAD
        title = {
            "gather": "24 commands, digits by play_and_get_digits",
            "keypad": "the same call with the private keypad",
        }
        found = Rounds(f"{title[each]}; {in_flight} in flight, one core", COLUMNS, baseline="floor")
        for number in range(rounds):
            for peer in random.Random(number).sample(peers, len(peers)):
                _measure(found, peer, each, calls * peer.calls // 100, in_flight)
        show(found, out, f"script-{each}", Console())


def _measure(found: Rounds, peer: Peer, kind: str, calls: int, in_flight: int) -> None:
    port = free_port()
    keys = {_QUESTION: script.KEYS} if kind == "keypad" else {}
    plan = Plan(port, calls + in_flight, in_flight=in_flight, warm_up=in_flight, keys=keys, limit=120.0)
    module = f"fs_app.bench.peers.{peer.module}"
    with Process(["-m", module, str(port), kind], core=core_for(0)) as server:
        server.wait_for(port)
        watch, before = Watch(), server.cpu_seconds()
        seen = drive(plan, core=core_for(1))
        spent = server.cpu_seconds() - before
        found.noise.append(watch.noise())
    reactions = seen.reactions
    found.add(
        peer.name,
        {
            "cpu_ms": 1000 * spent / (calls + in_flight),
            "calls": seen.calls / seen.seconds,
            "p50": 1000 * percentile(reactions, 0.5),
            "p99": 1000 * percentile(reactions, 0.99),
            "lost": float(seen.lost),
            "driver": seen.driver_cpu / seen.seconds,
            "commands": seen.commands / max(1, seen.calls),
        },
    )
