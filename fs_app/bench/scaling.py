"""What so many calls at once need, computed from measured figures: a model of a page, `docs/scaling.md`.

A figure stands in `docs/figures/scaling.json` with its unit and where it comes from; whatever is measured anew is
changed there, and ``scripts/bench scaling --write`` writes the tables of the page again. What saturates first is
what has the greatest part of one of its kind: one server, one account, one space of numbers.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

_DOCS = Path(__file__).resolve().parents[2] / "docs"
FIGURES, PAGE = _DOCS / "figures" / "scaling.json", _DOCS / "scaling.md"
SIZES = (100, 1_000, 10_000, 1_000_000)
_DAY = 86_400

Figures = Mapping[str, float]
Compute = Callable[[float, Figures], float]


def figures(path: Path = FIGURES) -> dict[str, float]:
    """Every figure by its name."""
    parts = json.loads(path.read_text(encoding="utf-8"))
    return {name: float(value) for part in parts.values() for name, (value, _unit, _source) in part.items()}


# --- what follows from so many calls that are up, each of which pays ---


def rate(calls: float, f: Figures) -> float:
    """Calls that begin and end in a second."""
    return calls / f["call_seconds"]


def workers(calls: float, f: Figures) -> int:
    """Processes of the ``calls`` role, each with a core; never fewer than two, as one goes on where one dies."""
    cores = rate(calls, f) * f["calls_cpu_ms"] / 1000 / f["busy"]
    return max(2, math.ceil(cores), math.ceil(calls / f["worker_calls"]))


def switches(calls: float, f: Figures) -> int:
    """FreeSWITCHes: by their limits and by their processors."""
    cores = rate(calls, f) * f["switch_cpu_ms"] / 1000 / f["busy"]
    by_rate = rate(calls, f) / f["switch_rate"]
    return math.ceil(max(cores / f["switch_cores"], calls / f["switch_calls"], by_rate))


def checkpoint_commits(calls: float, f: Figures) -> float:
    """Transactions a second that write checkpoints: one each while there is room, grouped beyond it."""
    return min(rate(calls, f) * (f["steps"] + 1), workers(calls, f) * f["writes_a_second"])


def commits(calls: float, f: Figures) -> float:
    """Transactions a second, of calls, their checkpoints and jobs."""
    return rate(calls, f) * (f["call_commits"] + f["job_commits"]) + checkpoint_commits(calls, f)


def rows(calls: float, f: Figures) -> float:
    """Rows written a second; each checkpoint is written, and deleted with its call."""
    return rate(calls, f) * (f["call_rows"] + f["job_rows"] + f["steps"] + 1)


def tasks(calls: float, f: Figures) -> float:
    """Tasks a second for jobs."""
    return rate(calls, f) * f["job_tasks"]


def digits(calls: float, f: Figures) -> int:
    """Of a confirmation number after ten years: eight, the last one checks, and more when those are used up."""
    return max(8, 2 + math.ceil(math.log10(rate(calls, f) * _DAY * 3650 / 9)))


def connections(calls: float, f: Figures) -> float:
    """Connections to the database that workers may have open."""
    return workers(calls, f) * f["worker_connections"]


@dataclass(frozen=True, slots=True)
class Need:
    """A line of the first table."""

    name: str
    compute: Compute
    decimals: int = 0


NEEDS: Sequence[Need] = (
    Need("calls that begin, a second", rate, 1),
    Need("switches", switches),
    Need("cores of switches, at work", lambda n, f: rate(n, f) * f["switch_cpu_ms"] / 1000, 1),
    Need("workers, a core each", workers),
    Need("nodes", lambda n, f: max(2, math.ceil(workers(n, f) / f["node_cores"]))),
    Need("cores of workers, at work", lambda n, f: rate(n, f) * f["calls_cpu_ms"] / 1000, 1),
    Need(
        "memory of workers, GB", lambda n, f: (workers(n, f) * f["worker_mb"] + n * f["call_kb"] / 1000) / 1000, 1
    ),
    Need("event sockets, Mbit/s", lambda n, f: rate(n, f) * f["socket_kb"] * 8 / 1000, 1),
    Need("transactions a second", commits),
    Need("of these, for checkpoints", checkpoint_commits),
    Need("rows written a second", rows),
    Need("round trips a second", lambda n, f: rate(n, f) * f["round_trips"] + 2 * checkpoint_commits(n, f)),
    Need("text of checkpoints, kB/s", lambda n, f: rate(n, f) * f["steps"] * f["checkpoint_bytes"] / 1000),
    Need("redo log of payments, GB a day", lambda n, f: rate(n, f) * f["call_log_bytes"] * _DAY / 1e9, 1),
    Need("connections to the database, at most", connections),
    Need("of these, at work", lambda n, f: rate(n, f) * f["lookup_seconds"], 1),
    Need("tasks of jobs a second", tasks),
    Need("gateway requests a second", lambda n, f: rate(n, f) * f["gateway_requests"], 1),
    Need("SIP messages a second", lambda n, f: rate(n, f) * f["sip_messages"]),
    Need("RTP each way, Gbit/s", lambda n, f: n * f["rtp_kbit"] / 1e6, 2),
    Need("RTP packets a second, both ways", lambda n, f: 100 * n),
    Need("digits of most confirmation numbers after ten years", digits),
)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """One of a kind: its engine, and the part of it that is used; above 1 one is not enough."""

    name: str
    engine: str
    used: Compute


CEILINGS: Sequence[Ceiling] = (
    Ceiling("a switch", "FreeSWITCH", lambda n, f: n / f["switch_calls"]),
    Ceiling("claims of tasks, four jobs processes", "our jobs", lambda n, f: tasks(n, f) / f["claims_of_four"]),
    Ceiling("transactions of one database", "MariaDB, Galera", lambda n, f: commits(n, f) / f["mariadb_commits"]),
    Ceiling(
        "connections of one database", "MariaDB, Galera", lambda n, f: connections(n, f) / f["mariadb_connections"]
    ),
    Ceiling("calls a second of one proxy", "Kamailio", lambda n, f: rate(n, f) / f["kamailio_rate"]),
    Ceiling("dialogs of one proxy that keeps them", "Kamailio", lambda n, f: n / f["kamailio_calls"]),
    Ceiling("connections a second of one balancer", "HAProxy", lambda n, f: rate(n, f) / f["haproxy_rate"]),
    Ceiling("connections of one balancer with 16 GB", "HAProxy", lambda n, f: n / f["haproxy_connections"] / 16),
)


def first(calls: float, f: Figures) -> list[Ceiling]:
    """Every ceiling, the most used one first."""
    return sorted(CEILINGS, key=lambda ceiling: ceiling.used(calls, f), reverse=True)


# --- the page ---


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    return "\n".join([_row(*heads), "|" + "---|" * len(heads), *(_row(*line) for line in lines)])


def _spelled(value: float) -> str:
    """Two figures that count, as a part of one."""
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"


def tables(f: Figures, path: Path = FIGURES) -> dict[str, str]:
    """The tables of the page by the names of their markers."""
    sizes = [f"{size:,}" for size in SIZES]
    needs = [[need.name, *(f"{need.compute(size, f):,.{need.decimals}f}" for size in SIZES)] for need in NEEDS]
    ceilings = [[each.name, each.engine, *(_spelled(each.used(size, f)) for size in SIZES)] for each in CEILINGS]
    parts = json.loads(path.read_text(encoding="utf-8"))
    sources = [
        [f"`{name}`", f"{value:,} {unit}".strip(), source]
        for part in parts.values()
        for name, (value, unit, source) in part.items()
    ]
    return {
        "needs": _table(["calls at once", *sizes], needs),
        "ceilings": _table(["one of its kind", "whose", *sizes], ceilings),
        "figures": _table(["figure", "value", "from"], sources),
    }


def rewritten(page: str, made: Mapping[str, str]) -> str:
    """The page with its tables between their markers. KeyError for a marker that names no table."""
    pattern = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
    return pattern.sub(lambda found: f"{found[1]}{made[found[2]]}\n{found[3]}", page)


@click.command("scaling")
@click.option("--write", is_flag=True, help="Write the tables of docs/scaling.md.")
def scaling_command(write: bool) -> None:
    """What 100 to 1,000,000 calls at once need, and what saturates first, from docs/figures/scaling.json."""
    made = tables(figures())
    if write:
        PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8"), made), encoding="utf-8")
    for name in ("needs", "ceilings"):
        click.echo(made[name] + "\n")
    for size in SIZES:
        click.echo(f"{size:>9,}: first {', then '.join(each.name for each in first(size, figures())[:3])}")
