"""How soon the next command follows: from the last byte of an event to the command on the wire, and from a new
connection to its first command."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import click
from rich.console import Console

from fs_app.bench.machine import Watch, core_for
from fs_app.bench.pauses import Pauses
from fs_app.bench.peers import script
from fs_app.bench.plan import Plan, Seen
from fs_app.bench.process import Process, drive
from fs_app.bench.report import Column, Rounds, percentile, show
from fs_app.bench.site import HANG_UP, KEYS, Site
from fs_app.testing.ports import free_port

COLUMNS = (
    Column("calls", "calls", 0),
    Column("lost", "lost", 0),
    Column("first50", "first command p50 ms", 2),
    Column("first99", "p99", 2),
    Column("p50", "next command p50 ms", 2),
    Column("p99", "p99", 2),
    Column("worst", "worst", 1),
    Column("events", "measured", 0),
    Column("paused", "cores paused %", 1),
    Column("longest_pause", "longest ms", 0),
    Column("own_first99", "without pauses: first p99 ms", 2),
    Column("own_p99", "next p99", 2),
    Column("own_worst", "worst", 1),
)

# After these the flow asks the database or the gateway before it can say anything. Whoever waits for them is not
# what is measured here; what is, is whether others wait as well.
ASKS_ELSEWHERE = frozenset(
    {"welcome", "enter_account_number", "enter_account_postal_code", "confirm_payment", "please_wait", "balance_is"}
)
_QUESTION = script.QUESTION.rpartition("/")[2].partition(".")[0]
_UP, _SECONDS_UP = 1000, 70.0  # calls at once, and how long one lasts with the pace below


@click.command("reaction")
@click.option("--seconds", default=60, show_default=True, help="How long each case is measured.")
@click.option("--rounds", default=1, show_default=True, help="How often.")
@click.option("--case", type=click.Choice(["script", "burst", "paying"]), multiple=True, help="Not all of them.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("var/bench"), show_default=True)
def reaction_command(seconds: int, rounds: int, case: Sequence[str], out: Path) -> None:
    """Reaction: 200 calls a second of the script, a burst of 2,000, and 1,000 paying calls with a slow database
    (200 ms a request) and a slow gateway (5 s)."""
    found = Rounds("reaction of one process on one core", COLUMNS)
    cases = {"script": _script, "burst": _burst, "paying": _paying}
    for _ in range(rounds):
        for name, measure in cases.items():
            if not case or name in case:
                measure(found, seconds)
    show(found, out, "reaction", Console())


def _script(found: Rounds, seconds: int) -> None:
    plan = Plan(0, 200 * seconds, rate=200.0, playback=0.2, keys={_QUESTION: script.KEYS}, warm_up=200)
    for peer, name in (("floor", "the floor, 200 calls/s"), ("channel", "script, 200 calls/s")):
        _played(found, name, plan, peer)


def _burst(found: Rounds, _seconds: int) -> None:
    plan = Plan(0, 2000, burst=True, playback=0.2, keys={_QUESTION: script.KEYS})
    _played(found, "burst of 2,000", plan, "channel")


def _played(found: Rounds, name: str, plan: Plan, peer: str) -> None:
    port = free_port()
    command = ["-m", f"fs_app.bench.peers.{peer}", str(port), "keypad"]
    with Process(command, core=core_for(0)) as server:
        server.wait_for(port)
        watch = Watch()
        with _watched() as pauses:
            seen = drive(plan.at(port), core=core_for(1))
        found.noise.append(watch.noise())
    _add(found, name, seen, pauses)


def _paying(found: Rounds, seconds: int) -> None:
    rate = _UP / _SECONDS_UP
    calls, warm_up = int(rate * (_SECONDS_UP + seconds)), 50
    plan = Plan(
        0, calls, rate=rate, playback=1.2, per_file=0.2, think=1.0, key_gap=0.25, barge=0.3,
        keys=dict(KEYS), hang_up=HANG_UP, quiet=sorted(ASKS_ELSEWHERE), warm_up=warm_up,
        limit=3 * _SECONDS_UP + seconds,
    )  # fmt: skip
    with (
        tempfile.TemporaryDirectory() as folder,
        Site(Path(folder), calls, database_delay=0.2, gateway_delay=5.0) as site,
    ):
        watch, before = Watch(), site.calls.cpu_seconds()
        with _watched() as pauses:
            seen = drive(plan.at(site.port), core=core_for(1))
        spent = site.calls.cpu_seconds() - before
        found.noise.append(watch.noise())
        paid = site.payments()
    _add(found, f"{_UP} paying calls up", seen, pauses)
    found.notes.append(
        f"paying calls: {paid} of {calls} paid, at most {seen.most_up} up, {1000 * spent / calls:.1f} ms of CPU a "
        f"call; {len(seen.elsewhere)} times the flow waited for an answer from elsewhere, in the median "
        f"{1000 * percentile(seen.elsewhere, 0.5):.0f} ms; commands after more than 50 ms: {seen.slow or 'none'}"
    )


def _watched() -> Pauses:
    """The cores of the server and of the driver: who stands still sees the other's answer late."""
    return Pauses((core_for(0), core_for(1)))


def _add(found: Rounds, name: str, seen: Seen, pauses: Pauses) -> None:
    first, reactions = seen.first, seen.reactions
    own_first, own = (
        [pauses.without(at - seconds, at) for at, seconds in zip(ends, times, strict=True)]
        for ends, times in ((seen.first_at, first), (seen.reacted_at, reactions))
    )
    found.add(
        name,
        {
            "calls": seen.calls,
            "lost": seen.lost,
            "first50": 1000 * percentile(first, 0.5),
            "first99": 1000 * percentile(first, 0.99),
            "p50": 1000 * percentile(reactions, 0.5),
            "p99": 1000 * percentile(reactions, 0.99),
            "worst": 1000 * max(reactions, default=0.0),
            "events": len(reactions),
            "paused": 100 * pauses.share(),
            "longest_pause": 1000 * pauses.longest(),
            "own_first99": 1000 * percentile(own_first, 0.99),
            "own_p99": 1000 * percentile(own, 0.99),
            "own_worst": 1000 * max(own, default=0.0),
        },
    )
