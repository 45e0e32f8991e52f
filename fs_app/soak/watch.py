"""What a process holds: memory and file descriptors by the kernel, greenlets and calls as it tells itself."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"^((?:fs_app|process)_\w+)(?:\{.*\})? ([0-9.e+-]+)$", re.MULTILINE)
_FIELD = re.compile(r"^(\w+):\s+(\d+)(?: kB)?$", re.MULTILINE)
_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at one process. ``at`` in seconds since the start; memory in kB; None where it is not told.

    ``own_kb`` are the pages that are no file's: heap and stacks, where a leak is. The kernel tells it of any
    process (RssAnon), also of one that may not be dumped.
    """

    at: float
    process: str
    pid: int
    phase: str
    rss_kb: int
    own_kb: int
    threads: int
    fds: int | None = None
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
    proc = Path(f"/proc/{pid}")
    try:
        status = {name: int(value) for name, value in _FIELD.findall((proc / "status").read_text())}
        memory = status["VmRSS"], status["RssAnon"], status["Threads"]
    except (OSError, KeyError):  # gone, or about to be: it has no memory any more
        return None
    fds = _fds(proc)
    told = metrics(process.metrics) if process.metrics else {}
    return Sample(
        at, process.name, pid, phase, *memory,
        fds=_count(told, "process_open_fds") if fds is None else fds,
        greenlets=_count(told, "fs_app_greenlets"),
        sessions=_count(told, "fs_app_calls_active"),
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


def _fds(proc: Path) -> int | None:
    """How many are open; None where the kernel tells only root, as of a process that may not be dumped."""
    with suppress(OSError):
        return sum(1 for _ in (proc / "fd").iterdir())
    return None


def _count(told: dict[str, float], name: str) -> int | None:
    return int(told[name]) if name in told else None
