"""From the start of ``fs-app serve`` to the first command of its first call, and where that time goes."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import yaml
from rich.console import Console

from fs_app.bench.machine import Watch
from fs_app.bench.report import Column, Rounds, show
from fs_app.errors import FsAppError
from fs_app.settings import Settings, load_settings
from fs_app.store.engine import Database
from fs_app.store.schema import migrate
from fs_app.testing.mariadb import PrivateMariaDB
from fs_app.testing.ports import free_port

_SECONDS, _LOOK_SECONDS = 60.0, 0.002
_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)")
_READY = "ready for calls"

WHOLE = (
    Column("first", "first command ms", 0),
    Column("supervisor", "until a worker starts", 0),
    Column("worker", "until it listens", 0),
    Column("accept", "until it speaks", 1),
    Column("up", "everything is up", 0),
)
LOADED = (Column("ms", "loading, ms", 1), Column("modules", "modules", 0))


@click.command("start")
@click.option("--rounds", default=10, show_default=True, help="How often each database is started with.")
@click.option("--workers", default=2, show_default=True, help="Processes that take calls.")
@click.option("--config", type=click.Path(path_type=Path), default=Path("conf/fs_app.yaml"), show_default=True)
@click.option("--out", type=click.Path(path_type=Path), default=Path("var/bench"), show_default=True)
def start_command(rounds: int, workers: int, config: Path, out: Path) -> None:
    """Start the whole and connect as a switch would, until somebody speaks."""
    found = Rounds(f"fs-app serve with {workers} workers", WHOLE)
    loaded = Rounds("what a worker loads before its first call", LOADED)
    with _sites(load_settings(config)[0], workers) as sites:
        for site in sites:
            site.start()  # byte code is compiled, files are in the page cache
        for _ in range(rounds):
            for site in sites:
                watch = Watch()
                found.add(site.name, site.start())
                found.noise.append(watch.noise())
        for _ in range(min(rounds, 3)):
            for package, figures in sites[0].imports():
                loaded.add(package, figures)
    console = Console()
    show(found, out, "start", console)
    show(loaded, out, "start-imports", console)


@dataclass(frozen=True)
class _Site:
    """Settings that can be started; the port for calls is ``port``."""

    name: str
    config: Path
    port: int

    def start(self) -> dict[str, float]:
        """Milliseconds of each phase of one start."""
        log = self.config.with_suffix(".log")
        with log.open("wb") as out:
            began = time.monotonic()
            server = subprocess.Popen(self._command("serve"), stdout=out, stderr=out)
        try:
            _until(server, lambda: bool(_children(server.pid)))
            started = time.monotonic()
            with _connected(server, self.port) as line:
                listened = time.monotonic()
                line.settimeout(_SECONDS)
                if line.recv(7) != b"connect":
                    raise FsAppError("the first command is not connect")
                spoke = time.monotonic()
            _until(server, lambda: b"everything is up" in log.read_bytes())
            up = time.monotonic()
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(_SECONDS)
        phases = {"supervisor": started - began, "worker": listened - started, "accept": spoke - listened}
        return {
            name: 1000 * seconds for name, seconds in {**phases, "first": spoke - began, "up": up - began}.items()
        }

    def imports(self) -> Iterator[tuple[str, dict[str, float]]]:
        """What a worker alone loads until it is ready: milliseconds and modules of the dearest packages."""
        spent: Counter[str] = Counter()
        count: Counter[str] = Counter()
        command = self._command("calls")
        command[1:1] = ["-X", "importtime"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as worker:
            assert worker.stderr is not None
            for line in worker.stderr:
                if _READY in line:
                    worker.terminate()
                elif match := _IMPORT.match(line):
                    package = ".".join(match[2].split(".")[: 2 if match[2].startswith("fs_app.") else 1])
                    spent[package] += int(match[1])
                    count[package] += 1
        for package, microseconds in spent.most_common(15):
            yield package, {"ms": microseconds / 1000, "modules": float(count[package])}
        yield "everything", {"ms": spent.total() / 1000, "modules": float(count.total())}

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "fs_app", "--config", str(self.config), *words]


@contextmanager
def _sites(shipped: Settings, workers: int) -> Iterator[list[_Site]]:
    with ExitStack() as undo:
        folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="fs_app_start_")))
        server = PrivateMariaDB()
        undo.callback(server.stop)
        server.start()
        yield [
            _site("SQLite", folder, shipped, workers, f"sqlite:///{folder}/fs_app.sqlite"),
            _site("MariaDB", folder, shipped, workers, server.new_database()),
        ]


def _site(name: str, folder: Path, shipped: Settings, workers: int, url: str) -> _Site:
    database = Database(url)
    migrate(database)
    database.close()
    site = _Site(name, folder / f"{name.lower()}.yaml", free_port())
    anywhere = "127.0.0.1:0"
    settings = {
        "calls": {"listen": f"127.0.0.1:{site.port}", "workers": workers},
        "gateway": {"kind": "local", "listen": f"127.0.0.1:{free_port()}"},
        "metrics": anywhere,
        "jobs": {"metrics": anywhere},
        "web": {"listen": anywhere},
        "console": {"listen": anywhere},
        "database": {"url": url},
        "messages": {"templates": str(shipped.messages.templates)},
        "flows": str(shipped.flows),
        "sounds": str(shipped.sounds),
        "run": str(folder),
    }
    site.config.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return site


def _children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


@contextmanager
def _connected(server: subprocess.Popen[bytes], port: int) -> Iterator[socket.socket]:
    """The first connection that is not refused."""
    line = socket.socket()

    def taken() -> bool:
        nonlocal line
        if line.connect_ex(("127.0.0.1", port)) == 0:
            return True
        line.close()
        line = socket.socket()
        return False

    _until(server, taken)
    with line:
        yield line


def _until(server: subprocess.Popen[bytes], condition: Callable[[], bool]) -> None:
    until = time.monotonic() + _SECONDS
    while not condition():
        if server.poll() is not None or time.monotonic() > until:
            raise FsAppError("fs-app serve did not start; is the configuration in order?")
        time.sleep(_LOOK_SECONDS)
