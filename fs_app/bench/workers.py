"""Two workers on one port against one: throughput, how evenly calls are spread, and how soon each is spoken to.

On a machine with as few cores as there are workers, the driver takes from them what it needs itself. So where the
kernel's control groups may be written, each worker is held to a third of a core: what is compared is then what the
workers do with the same time, not who gets it. Where they may not, only the processor time of a call says anything,
and the table says that.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from fs_app.bench import machine
from fs_app.bench.machine import Watch
from fs_app.bench.peers import script
from fs_app.bench.plan import Plan, Seen
from fs_app.bench.process import drive
from fs_app.bench.report import Column, Rounds, percentile, show
from fs_app.errors import FsAppError
from fs_app.serve.plan import CALLS
from fs_app.serve.sockets import for_child
from fs_app.telephony.board import new_board
from fs_app.telephony.listener import BACKLOG, bind

_GROUPS = Path("/sys/fs/cgroup/cpu")
_PERIOD_US, _SHARE = 10_000, 1 / 3
_KEYS = {script.QUESTION.rpartition("/")[2].partition(".")[0]: script.KEYS}
_PLAYBACK_SECONDS = 0.1

SATURATED = (
    Column("calls", "calls/s", 0, ratio=True),
    Column("cpu_ms", "CPU ms a call", 3, ratio=True),
    Column("share", "most of one worker %", 1),
    Column("lost", "lost", 0),
)
PACED = (
    Column("share", "most of one worker %", 1),
    Column("p50", "first command p50 ms", 2),
    Column("p99", "p99 ms", 2),
    Column("worst", "worst ms", 1),
    Column("cpu_ms", "CPU ms a call", 3),
    Column("lost", "lost", 0),
)


@click.command("workers")
@click.option("--rounds", default=5, show_default=True, help="How often each number of workers is measured.")
@click.option("--calls", default=1000, show_default=True, help="Calls for each worker, as fast as they go.")
@click.option("--seconds", default=60, show_default=True, help="How long calls arrive one by one.")
@click.option("--rate", default=100.0, show_default=True, help="So many a second.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("var/bench"), show_default=True)
def workers_command(rounds: int, calls: int, seconds: int, rate: float, out: Path) -> None:
    """Throughput and balance of two workers on one port against one."""
    held = os.access(_GROUPS, os.W_OK)
    how = "a third of a core each" if held else "unbounded: on fewer than three cores compare the processor time"
    saturated = Rounds(f"as fast as they go; {how}", SATURATED, baseline="1 worker")
    for number in range(rounds):
        for count in (1, 2) if number % 2 else (2, 1):
            plan = {"calls": calls * count, "in_flight": 50 * count, "limit": 120.0}
            _measure(saturated, count, plan, held=held)
    paced = Rounds(f"{rate:g} calls a second for {seconds} s", PACED)
    for count in (1, 2):
        plan = {
            "calls": int(rate * seconds),
            "rate": rate,
            "playback": _PLAYBACK_SECONDS,
            "limit": 2.0 * seconds + 60,
        }
        _measure(paced, count, plan, held=False)
    show(saturated, out, "workers", Console())
    show(paced, out, "workers-paced", Console())


def _measure(found: Rounds, count: int, wanted: dict[str, float], *, held: bool) -> None:
    watch = Watch()
    with _Workers(count, held=held) as workers:
        before = workers.cpu_seconds()
        seen = drive(Plan(port=workers.port, keys=_KEYS, **wanted))  # type: ignore[arg-type]
        spent = workers.cpu_seconds() - before
        taken = workers.taken()
    found.noise.append(watch.noise())
    found.add(f"{count} worker{'s' if count > 1 else ''}", _figures(seen, spent, taken))


def _figures(seen: Seen, spent: float, taken: Sequence[int]) -> dict[str, float]:
    return {
        "calls": seen.calls / seen.seconds,
        "cpu_ms": 1000 * spent / max(1, seen.calls),
        "share": 100 * max(taken) / max(1, sum(taken)),
        "lost": float(seen.lost),
        "p50": 1000 * percentile(seen.first, 0.5),
        "p99": 1000 * percentile(seen.first, 0.99),
        "worst": 1000 * max(seen.first, default=0.0),
        "driver": seen.driver_cpu / seen.seconds,
    }


@dataclass
class _Worker:
    process: subprocess.Popen[str]
    group: Path | None

    def line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise FsAppError("a worker died; its errors are above")
        return line


class _Workers:
    """Processes that accept from one socket, as `fs-app serve` has them. Use as a context manager."""

    def __init__(self, count: int, *, held: bool) -> None:
        self._count = count
        self._held = held
        self._undo = ExitStack()
        self._workers: list[_Worker] = []
        self.port = 0

    def __enter__(self) -> _Workers:
        bound = self._undo.enter_context(bind(("127.0.0.1", 0)))
        self.port = bound.getsockname()[1]
        board = new_board()
        self._undo.callback(os.close, board)
        descriptors = {CALLS: bound.fileno(), "board": board}
        for slot in range(self._count):
            group = self._undo.enter_context(_group(slot)) if self._held else None
            process = subprocess.Popen(
                [sys.executable, "-m", "fs_app.bench.peers.worker", str(slot)],
                env={**os.environ, **for_child(descriptors)},
                pass_fds=tuple(descriptors.values()),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            self._undo.callback(process.wait)
            self._undo.callback(process.kill)
            self._workers.append(_Worker(process, group))
        for worker in self._workers:
            worker.line()
            if worker.group is not None:
                (worker.group / "cgroup.procs").write_text(str(worker.process.pid), encoding="ascii")
        bound.listen(BACKLOG)
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def cpu_seconds(self) -> float:
        """The processor time of all."""
        return sum(machine.cpu_seconds(worker.process.pid) for worker in self._workers)

    def taken(self) -> list[int]:
        """End them; how many calls each took."""
        for worker in self._workers:
            assert worker.process.stdin is not None
            worker.process.stdin.close()
        return [int(worker.line()) for worker in self._workers]


@contextmanager
def _group(slot: int) -> Iterator[Path]:
    """A control group that holds who is in it to their share of a core."""
    group = _GROUPS / f"fs_app_bench_{os.getpid()}_{slot}"
    group.mkdir()
    try:
        (group / "cpu.cfs_period_us").write_text(str(_PERIOD_US), encoding="ascii")
        (group / "cpu.cfs_quota_us").write_text(str(int(_PERIOD_US * _SHARE)), encoding="ascii")
        yield group
    finally:
        group.rmdir()
