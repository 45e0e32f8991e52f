"""What a process holds: memory and file descriptors by the kernel, greenlets and calls as it tells itself."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"^(fs_app_\w+)(?:\{.*\})? ([0-9.e+-]+)$", re.MULTILINE)
_ROLLUP = re.compile(r"^(Rss|Pss|Private_Clean|Private_Dirty):\s+(\d+) kB$", re.MULTILINE)
_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at one process. ``at`` in seconds since the start; memory in kB; None where it does not tell.

    ``uss_kb`` is what would be free if it ended: its own pages, shared with nobody.
    """

    at: float
    process: str
    pid: int
    phase: str
    rss_kb: int
    pss_kb: int
    uss_kb: int
    fds: int
    threads: int
    greenlets: int | None = None
    sessions: int | None = None
    calls: int | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """A process to look at; ``metrics`` is the port of its metrics, where it has one."""

    name: str
    pid: Callable[[], int]
    metrics: int | None = None


def look(process: Watched, at: float, phase: str) -> Sample | None:
    """One sample; None where it is not there, or dies meanwhile."""
    pid = process.pid()
    if not pid:
        return None
    try:
        kernel = _kernel(pid)
    except OSError:
        return None
    told = metrics(process.metrics) if process.metrics else {}
    return Sample(
        at, process.name, pid, phase, *kernel,
        greenlets=_count(told, "fs_app_greenlets"),
        sessions=_count(told, "fs_app_sessions", "fs_app_calls_active"),
        calls=_count(told, "fs_app_calls_total"),
    )  # fmt: skip


def metrics(port: int) -> dict[str, float]:
    """Our own metrics by name, labels summed up; empty where nobody answers."""
    with suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
        try:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        finally:
            connection.close()
        sums: dict[str, float] = {}
        for name, value in _LINE.findall(text):
            sums[name] = sums.get(name, 0.0) + float(value)
        return sums
    return {}


def _kernel(pid: int) -> tuple[int, int, int, int, int]:
    """Rss, Pss, Uss in kB, file descriptors, threads. OSError where it is not there, or not ours to read."""
    proc = Path(f"/proc/{pid}")
    kb = {name: int(value) for name, value in _ROLLUP.findall((proc / "smaps_rollup").read_text())}
    fds, threads = (sum(1 for _ in (proc / each).iterdir()) for each in ("fd", "task"))
    return kb["Rss"], kb["Pss"], kb["Private_Clean"] + kb["Private_Dirty"], fds, threads


def _count(told: dict[str, float], *names: str) -> int | None:
    return next((int(told[name]) for name in names if name in told), None)
