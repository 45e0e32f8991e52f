"""A place for one demo: the settings of conf/fs_app.yaml with a database and ports of its own, and the server."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import gevent
import yaml

from fs_app.app.parts import SystemClock, open_database
from fs_app.errors import FsAppError
from fs_app.settings import Settings, load_settings
from fs_app.store.demo_data import insert_demo_data
from fs_app.store.schema import migrate
from fs_app.testing.ports import free_row

_START_SECONDS = 60.0
_UP = b"everything is up"
_STOP_SECONDS = 10.0
_PAGE = "https://pay.example.org/{account}?bill={bill}"  # nobody is there


class Workspace:
    """Fresh database with the demo accounts; ``fs-app serve`` in processes of its own. Use as a context manager.

    ``roles`` are those it starts, all by default; ``workers`` is how many of them take calls.
    """

    def __init__(self, config: Path, folder: Path, *, roles: Sequence[str] = (), workers: int = 1) -> None:
        self.folder = folder.resolve()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.config = self.folder / "fs_app.yaml"
        self.log = self.folder / "server.log"
        self.config.write_text(yaml.safe_dump(_demo_settings(config, self.folder, workers)), encoding="utf-8")
        self.settings, _ = load_settings(self.config)
        self.database = open_database(self.settings)
        self._roles = roles
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            undo.callback(self._stop)
            migrate(self.database)
            insert_demo_data(self.database, SystemClock(self.settings.timezone).today())
            self._start()
            undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def hosts(self) -> list[str]:
        """Where the switch connects."""
        host, port = self.settings.calls.listen
        return [f"{host}:{port}"]

    def _start(self) -> None:
        command = [sys.executable, "-m", "fs_app", "--config", str(self.config), "serve", *self._roles]
        with self.log.open("wb") as log:
            self._server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + _START_SECONDS
        while _UP not in self.log.read_bytes():
            if self._server.poll() is not None or time.monotonic() > until:
                raise FsAppError(f"the server did not start; {self.log} says:\n{self._last_lines()}")
            gevent.sleep(0.1)

    def _stop(self) -> None:
        self.database.close()
        if self._server is None or self._server.poll() is not None:
            return
        self._server.terminate()
        try:
            self._server.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._server.terminate()  # the second one ends it at once

    def _last_lines(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:])


def _demo_settings(config: Path, folder: Path, workers: int) -> dict[str, Any]:
    """The shipped settings, with what two demos at once would fight about replaced."""
    settings: Settings = load_settings(config)[0]
    first = free_row(5 + workers)
    calls, gateway, jobs, web, console, metrics = range(first, first + 6)  # metrics: one for each worker
    return {
        "calls": {"listen": f"127.0.0.1:{calls}", "grace_seconds": 20, "workers": workers},
        "gateway": {"kind": "local", "listen": f"127.0.0.1:{gateway}"},
        "metrics": f"127.0.0.1:{metrics}",
        "jobs": {"metrics": f"127.0.0.1:{jobs}"},
        "web": {"listen": f"127.0.0.1:{web}"},
        "console": {"listen": f"127.0.0.1:{console}", "secure_cookies": False, "trusted_proxies": 0},
        "database": {"url": f"sqlite:///{folder}/fs_app.sqlite"},
        "payments": {"maximum_minor": 500_000},
        "callers": {"keep_days": 0},  # the same words in every call
        "messages": {"templates": str(settings.messages.templates), "pay_link": _PAGE},
        "flows": str(settings.flows),
        "sounds": str(settings.sounds),
        "run": str(folder),
    }
