"""What the application takes of a machine beside its FreeSWITCH: paying callers on two real switches.

One switch takes the payments; the other is where the callers' telephones are, and is no part of the product. Both
share the cores with everything else, so what is compared is the processor time of each process, whoever waits for
whom.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path

import click
import gevent
from rich.console import Console
from sqlalchemy import select

from fs_app.bench.machine import Watch
from fs_app.bench.people import Crowd, Ended, learn, owed
from fs_app.bench.report import Column, Rounds, percentile, show
from fs_app.domain.payment import PaymentState
from fs_app.log import configure_logging
from fs_app.proof.site import PIN, Site
from fs_app.serve.control import ask
from fs_app.store.pins import hash_pin
from fs_app.store.tables import payments
from fs_app.testing.freeswitch import RealSwitch

SWITCH, CALLS = "switch", "calls"
_TICKS = os.sysconf("SC_CLK_TCK")
_SHORTEST_CALL = 40.0  # seconds; so many bills are made that nobody runs out of them
_LAST_SECONDS = 120.0
_HASHES = 20
_COLUMNS = (
    Column("switch", "switch, % of a core", 1),
    Column("calls", "calls, % of a core", 1),
    Column("ratio", "calls / switch", 3),
    Column("switch_ms", "switch, ms a call", 0),
    Column("calls_ms", "calls, ms a call", 0),
    Column("sandbox_ms", "gateway, ms", 0),
    Column("database_ms", "database, ms", 0),
    Column("ended", "ended", 0),
    Column("paid", "paid", 0),
    Column("finish", "last key to end, s", 1),
    Column("finish_p99", "p99, s", 1),
    Column("busy", "machine, % busy", 0),
)
_WIDTH = 150  # of what goes to a file


@click.command("switch")
@click.option("--up", multiple=True, type=int, default=(25, 50, 100), show_default=True, help="Calls at once.")
@click.option("--ramp", default=20.0, show_default=True, help="Seconds to get from one number to the next.")
@click.option("--window", default=75.0, show_default=True, help="Seconds to measure; best as long as a call is.")
@click.option("--seed", default=1, show_default=True, help="How long callers think.")
@click.option("--sounds", type=click.Path(path_type=Path, exists=True), default=Path("sounds"), hidden=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("var/bench"), show_default=True)
def switch_command(up: Sequence[int], ramp: float, window: float, seed: int, sounds: Path, out: Path) -> None:
    """The processor time of the application beside that of a real FreeSWITCH, with so many paying calls up."""
    configure_logging("warning", "console")
    bills = owed(sum(int(number * (2 + (ramp + window) / _SHORTEST_CALL)) for number in up))
    found = Rounds(f"paying calls on a real FreeSWITCH, {window:g} s each", _COLUMNS)
    with Site(out / "switch-site", sounds, bills, debug=False, documents={}) as site:
        left = iter(bills)
        crowd = Crowd(site, learn(site, next(left)), left, seed=seed)
        for number in sorted(up):
            crowd.grow(number, ramp)
            _measure(found, site, crowd, number, window)
        crowd.go_home(_LAST_SECONDS)
        unpaid = {call.account for call in crowd.ended} - _paid(site)
    found.notes.append(f"{len(crowd.ended)} calls in all, {len(unpaid)} of them without a payment")
    found.notes.append(f"of `calls`, the hash of a PIN alone: {_pin_milliseconds():.0f} ms a call on an idle core")
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH
    show(found, out, "switch", console)
    plot(found.figures, out / "switch.svg")


def _measure(found: Rounds, site: Site, crowd: Crowd, number: int, window: float) -> None:
    """Let them call for so long; what every process spent is told for each call, as if exactly so many had been
    up: their number times the window's length, divided by how long a call takes."""
    meters, watch, before = Meters(site), Watch(), len(crowd.ended)
    begun = time.monotonic()
    gevent.sleep(window)
    spent, took, noise = meters.spent(), time.monotonic() - begun, watch.noise()
    ended, paid = crowd.ended[before:], _paid(site)
    seconds = sum(call.seconds for call in ended) / max(1, len(ended))
    calls = number * took / seconds if seconds else float("nan")
    finishes = [call.finish for call in ended if call.finish]
    found.noise.append(noise)
    found.add(
        f"{number} up",
        {
            "up": float(number),
            **{name: 100 * spent[name] / took for name in spent},
            **{f"{name}_ms": 1000 * spent[name] / calls for name in spent},
            "ratio": spent[CALLS] / spent[SWITCH],
            "ended": float(len(ended)),
            "paid": float(sum(call.account in paid for call in ended)),
            "seconds": seconds,
            "packets": sum(call.packets for call in ended) / max(1, len(ended)),
            "finish": percentile(finishes, 0.5),
            "finish_p99": percentile(finishes, 0.99),
            "busy": 100 * noise.busy,
        },
    )
    _tell_odd(found, number, ended)


def _tell_odd(found: Rounds, number: int, ended: Iterable[Ended]) -> None:
    causes = [call.cause for call in ended if call.cause != "NORMAL_CLEARING"]
    found.notes.extend(f"{number} up: {causes.count(each)} calls ended by {each}" for each in sorted(set(causes)))


def _pin_milliseconds() -> float:
    """Comparing a PIN burns as much as making its hash, and is meant to."""
    before = time.process_time()
    for _ in range(_HASHES):
        hash_pin(PIN)
    return 1000 * (time.process_time() - before) / _HASHES


def _paid(site: Site) -> set[str]:
    """The accounts whose bill is paid."""
    chosen = select(payments.c.account_id).where(payments.c.state == PaymentState.SUBMITTED)
    return {name.removeprefix("a") for name in site.database.read(lambda open_: open_.scalars(chosen).all())}


class Meters:
    """The processor time of every process of a site since this was made."""

    def __init__(self, site: Site) -> None:
        roles: dict[str, list[int]] = {}
        for view in ask(site.folder / "site.sock", "status"):
            roles.setdefault(view["role"].split()[0], []).append(view["pid"])
        self._processes: Mapping[str, Sequence[int]] = {
            SWITCH: [_pid_of(site.lines)],
            **roles,
            "database": [int((site.mariadb.folder / "pid").read_text())],
            "telephones": [_pid_of(site.telephones)],
            "people": [os.getpid()],
        }
        self._before = self._now()

    def spent(self) -> dict[str, float]:
        """Seconds of a core, by the name of a process."""
        now = self._now()
        return {name: now[name] - before for name, before in self._before.items()}

    def _now(self) -> dict[str, float]:
        return {name: sum(map(_cpu_seconds, pids)) for name, pids in self._processes.items()}


def _cpu_seconds(pid: int) -> float:
    """Of all its threads, those that have ended included: a switch has some for every call."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(stat[11]) + int(stat[12])) / _TICKS


def _pid_of(switch: RealSwitch) -> int:
    return int((switch.folder / "run" / "freeswitch.pid").read_text())


def plot(figures: Mapping[str, Sequence[Mapping[str, float]]], path: Path) -> None:
    """Shares of a core by the number of calls; written as SVG."""
    from matplotlib.figure import Figure

    rows = sorted(chain.from_iterable(figures.values()), key=lambda row: row["up"])
    ups = [row["up"] for row in rows]
    figure = Figure(figsize=(8.0, 5.0), layout="constrained")
    axes = figure.subplots()
    for name, label in ((SWITCH, "the switch"), (CALLS, "the calls process"), ("database", "the database")):
        axes.plot(ups, [row[name] for row in rows], marker="o", label=label)
    axes.plot(ups, [row[SWITCH] / 10 for row in rows], linestyle=":", color="gray", label="a tenth of the switch")
    axes.set_xlabel("paying calls up at once")
    axes.set_ylabel("processor time, % of a core")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left")
    figure.savefig(path, format="svg", metadata={"Date": None})
