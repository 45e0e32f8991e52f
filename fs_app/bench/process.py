"""The processes of a benchmark: a server on one core, the driver on another, measured from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from fs_app.bench import machine
from fs_app.bench.plan import Plan, Seen
from fs_app.errors import FsAppError

_START_SECONDS = 30.0


class Process:
    """A process of a benchmark, on a core of its own where ``core`` is given. Use as a context manager."""

    def __init__(self, command: Sequence[str], *, core: int | None = None, log: Path | None = None) -> None:
        self._command = [sys.executable, *command]
        self._core = core
        self._log = log

    def __enter__(self) -> Self:
        out: IO[bytes] | int = self._log.open("ab") if self._log is not None else subprocess.DEVNULL
        self._process = subprocess.Popen(self._command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        if self._log is not None and not isinstance(out, int):
            out.close()
        if self._core is not None:
            os.sched_setaffinity(self._process.pid, {self._core})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def wait_for(self, port: int) -> None:
        """Wait until it listens there; FsAppError where it does not."""
        until = time.monotonic() + _START_SECONDS
        while not _listens(port):
            if self._process.poll() is not None or time.monotonic() > until:
                log = f"; see {self._log}" if self._log else ""
                raise FsAppError(f"{' '.join(self._command[1:4])} did not start{log}")
            time.sleep(0.05)

    def cpu_seconds(self) -> float:
        """The processor time it has used."""
        return machine.cpu_seconds(self.pid)

    def memory_kb(self) -> int:
        """Its own memory and its share of what is shared (PSS)."""
        return machine.memory_kb(self.pid)

    def open_files(self) -> int:
        """Its file descriptors."""
        return machine.open_files(self.pid)


class DriverProcess:
    """The driver, playing a plan. Leave the context to let go of calls that it holds."""

    def __init__(self, plan: Plan, *, core: int | None = None) -> None:
        self._plan = plan
        self._core = core

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fs_app.bench.driver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if self._core is not None:
            os.sched_setaffinity(self._process.pid, {self._core})
        assert self._process.stdin is not None
        self._process.stdin.write(self._plan.line() + "\n")
        self._process.stdin.flush()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        if error is not None:
            self._process.kill()
        self._process.wait()

    def seen(self) -> Seen:
        """Wait for the end of the plan; what was seen."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise FsAppError("the driver died; its errors are above")
        return Seen.read(line)


def drive(plan: Plan, *, core: int | None = None) -> Seen:
    """Play a plan to its end."""
    with DriverProcess(plan, core=core) as driver:
        return driver.seen()


def _listens(port: int) -> bool:
    """Whether somebody listens there, without connecting: a connection would be a call."""
    wanted = f"0100007F:{port:04X}"
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        _, local, _, state, *_ = line.split()
        if local == wanted and state == "0A":
            return True
    return False
