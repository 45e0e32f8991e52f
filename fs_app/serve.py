"""``fs-app serve``: every role this machine needs, one process each, watched.

A role that dies is started again after a growing pause; a role that ends because its configuration is wrong
(exit code 78, EX_CONFIG of sysexits.h) ends the whole, as another start would not help. SIGTERM and SIGINT are
passed on once; the second one kills.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import gevent
import structlog
from gevent.event import Event

from fs_app.settings import Settings

log = structlog.get_logger()

EX_CONFIG = 78
_FIRST_PAUSE, _LONGEST_PAUSE, _STEADY_SECONDS = 0.5, 30.0, 60.0


def roles(settings: Settings) -> list[str]:
    """The roles of one machine by its settings, in the order they are started."""
    return [*(["sandbox"] if settings.gateway.kind == "local" else []), "calls", "jobs", "web"]


@dataclass
class _Role:
    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    pause: float = field(default=_FIRST_PAUSE)


class Supervisor:
    """Starts the roles and keeps them up until it is asked to stop."""

    def __init__(self, names: Sequence[str], config: Path) -> None:
        command = [sys.executable, "-m", "fs_app", "--config", str(config)]
        self._roles = [_Role(name, [*command, name]) for name in names]
        self._stopping = Event()
        self._exit_code = 0

    def run(self) -> int:
        """Run until SIGTERM, SIGINT or a configuration error; the exit code for the shell."""
        for number in (signal.SIGTERM, signal.SIGINT):
            gevent.signal_handler(number, self._asked_to_stop)
        gevent.joinall([gevent.spawn(self._watch, role) for role in self._roles])
        return self._exit_code

    def _asked_to_stop(self) -> None:
        again = self._stopping.is_set()
        self._stop(signal.SIGKILL if again else signal.SIGTERM)

    def _stop(self, number: signal.Signals) -> None:
        self._stopping.set()
        for role in self._roles:
            if role.process is not None and role.process.poll() is None:
                role.process.send_signal(number)

    def _watch(self, role: _Role) -> None:
        while not self._stopping.is_set():
            started = time.monotonic()
            # A group of its own: Ctrl-C reaches us alone and is passed on once.
            role.process = subprocess.Popen(role.command, start_new_session=True)
            code = role.process.wait()
            if self._stopping.is_set():
                break
            if code == EX_CONFIG:
                self._exit_code = EX_CONFIG
                self._stop(signal.SIGTERM)
                break
            if time.monotonic() - started > _STEADY_SECONDS:
                role.pause = _FIRST_PAUSE
            log.error("role died, starting it again", role=role.name, exit_code=code, pause_seconds=role.pause)
            self._stopping.wait(role.pause)
            role.pause = min(role.pause * 2, _LONGEST_PAUSE)
