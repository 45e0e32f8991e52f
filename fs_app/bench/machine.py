"""The machine under a benchmark: which core runs what, and how much of it other tenants took meanwhile."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_TICKS = os.sysconf("SC_CLK_TCK")


def cores() -> list[int]:
    """The cores this process may use."""
    return sorted(os.sched_getaffinity(0))


def core_for(number: int) -> int:
    """A core for the n-th of several processes that should not share one."""
    usable = cores()
    return usable[number % len(usable)]


@dataclass(frozen=True, slots=True)
class Noise:
    """What disturbed a measurement: shares of all cores' time, and the run queue."""

    steal: float  # taken by the host for others
    busy: float  # used by anybody here, the measured processes included
    load: float  # over the last minute, at the end

    def words(self) -> str:
        """In a line."""
        return f"stolen by the host {self.steal:.1%}, cores busy {self.busy:.0%}, load {self.load:.1f}"

    def line(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Watch:
    """Notes the machine's counters at the beginning; `noise` is what came since."""

    def __init__(self) -> None:
        self._before = _cpu_times()

    def noise(self) -> Noise:
        """The disturbance since the beginning."""
        now = _cpu_times()
        spent = [after - before for before, after in zip(self._before, now, strict=True)]
        whole = sum(spent) or 1
        idle, steal = spent[3] + spent[4], spent[7]
        return Noise(steal / whole, (whole - idle - steal) / whole, os.getloadavg()[0])


def describe() -> dict[str, Any]:
    """What the numbers were measured on; no names of machines."""
    return {
        "cores": len(cores()),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
        "date": time.strftime("%Y-%m-%d"),
    }


def _cpu_times() -> list[int]:
    """user nice system idle iowait irq softirq steal, in ticks, of all cores."""
    first = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    return [int(each) for each in first.split()[1:9]]


def cpu_seconds(pid: int) -> float:
    """The processor time of a process, its threads included and its children not."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    fine = Path(f"/proc/{pid}/schedstat")
    threads = list(Path(f"/proc/{pid}/task").iterdir()) if fine.exists() else []
    if threads:  # nanoseconds instead of ticks; threads that have ended are missing
        seconds = sum(int((each / "schedstat").read_text(encoding="ascii").split()[0]) for each in threads) / 1e9
        return max(seconds, 0.0)
    return (int(stat[11]) + int(stat[12])) / _TICKS


def memory_kb(pid: int) -> int:
    """The proportional set size of a process: its own memory, and its share of what is shared."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def open_files(pid: int) -> int:
    """How many file descriptors a process holds."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))
