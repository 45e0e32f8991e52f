"""What a soak runs on: the roles of ``fs-app`` as they are, a database of their own, and switches with callers."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import gevent
import yaml
from sqlalchemy import Connection, insert

from fs_app.app.parts import SystemClock
from fs_app.chaos.child import Role, last_lines
from fs_app.chaos.control import GatewayControl
from fs_app.chaos.provider import Provider
from fs_app.chaos.site import PROVIDER_SECONDS, common_settings, local
from fs_app.errors import FsAppError
from fs_app.flow.loader import load_flows
from fs_app.prompts.voice import load_voice
from fs_app.soak.boards import Switchboard
from fs_app.soak.watch import Watched, metrics
from fs_app.soak.ways import ACCOUNT_BASE, FLOW, PIN, Way
from fs_app.steps import STEPS
from fs_app.store.engine import Database
from fs_app.store.pins import hash_pin
from fs_app.store.schema import migrate
from fs_app.store.tables import accounts, bills
from fs_app.testing.mariadb import PrivateMariaDB
from fs_app.testing.ports import free_ports

_START_SECONDS = 60.0
_DUE_DAYS = 14


class Worker:
    """A process of the ``calls`` role."""

    def __init__(self, name: str, role: Role, port: int, metrics_port: int) -> None:
        self.name = name
        self.role = role
        self.host = local(port)
        self.metrics_port = metrics_port
        self.overstayed = 0  # how often it was asked to end and did not

    def wait_ready(self, log: Path) -> None:
        """Wait until it answers; FsAppError with the end of its log where it does not."""
        until = time.monotonic() + _START_SECONDS
        while not metrics(self.metrics_port):
            if time.monotonic() > until or self.role.ended(0):
                raise FsAppError(f"{self.name} did not start; {log} says:\n{last_lines(log)}")
            gevent.sleep(0.1)


class Site:
    """Use as a context manager. The first worker is never hurt: it is the one that is measured.

    ``threads`` are each worker's connections to the database: so few that all of them are up after a minute, as
    what comes later would look like a leak.
    """

    def __init__(
        self,
        folder: Path,
        sounds: Path,
        *,
        workers: int,
        switches: int,
        mariadb: bool,
        threads: int = 4,
    ) -> None:
        self.folder = folder.resolve()
        self._sounds = sounds.resolve()
        self._counts = workers, switches
        self._mariadb = mariadb
        self._threads = threads
        self._pin_hash = hash_pin(PIN)
        self._flows = self._sounds.parent / "conf" / "flows"
        self._flow = load_flows(self._flows, STEPS, load_voice(self._sounds))[FLOW]
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as undo:
            self._start(undo)
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def _start(self, undo: ExitStack) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in (*self.folder.glob("*.log"), *self.folder.glob("soak.sqlite*")):
            old.unlink()  # of an earlier soak in this folder
        self.database = Database(self._url(undo), 2, 30.0)
        undo.callback(self.database.close)
        migrate(self.database)
        self.provider = Provider(2 * PROVIDER_SECONDS)
        undo.callback(self.provider.stop)
        self.provider.start()
        workers, switches = self._counts
        gateway_port, jobs_port, *ports = free_ports(2 + 2 * workers)
        common = self._settings(gateway_port)
        self.control = GatewayControl(gateway_port)
        self.gateway = self._role(undo, "gateway", "sandbox", common)
        jobs = {
            "jobs": {**common["jobs"], "metrics": local(jobs_port)},
            "database": {**common["database"], "threads": 1},  # it is seldom busy
        }
        self.jobs = self._role(undo, "jobs", "jobs", common | jobs)
        self.jobs_port = jobs_port
        self.workers = [
            self._worker(undo, number, common, *ports[2 * number : 2 * number + 2]) for number in range(workers)
        ]
        self.boards = [
            Switchboard(f"switch-{number}", self._sounds, self.folder / f"switch-{number}.log")
            for number in range(switches)
        ]
        for board in self.boards:
            undo.callback(board.stop)
            board.start()
        self.control.wait_ready()
        for worker in self.workers:
            worker.wait_ready(self.log_of(worker.name))

    def _url(self, undo: ExitStack) -> str:
        if not self._mariadb:
            return f"sqlite:///{self.folder}/soak.sqlite"
        server = PrivateMariaDB()
        undo.callback(server.stop)
        server.start()
        return server.new_database()

    def _settings(self, gateway_port: int) -> dict[str, Any]:
        url = self.database.url.render_as_string(hide_password=False)
        common = common_settings(url, gateway_port, self.provider, self._sounds)
        common["flows"] = str(self._flows)
        common["database"]["threads"] = self._threads
        return common

    def _role(self, undo: ExitStack, name: str, role: str, settings: dict[str, Any]) -> Role:
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(settings), encoding="utf-8")
        made = Role(role, path, self.log_of(name))
        undo.callback(made.kill)
        made.start()
        return made

    def _worker(self, undo: ExitStack, number: int, common: dict[str, Any], port: int, metrics_port: int) -> Worker:
        name = f"calls-{number}"
        own = {
            "listen": local(port),
            "limit": 400,
            "grace_seconds": 5,
            "first_key_seconds": 0.8,
            "inter_key_seconds": 0.4,
        }
        role = self._role(undo, name, "calls", {**common, "calls": own, "metrics": local(metrics_port)})
        return Worker(name, role, port, metrics_port)

    def log_of(self, name: str) -> Path:
        """Where a process writes."""
        return self.folder / f"{name}.log"

    def bring_up(self, worker: Worker) -> None:
        """Start a worker that has ended; it takes calls when this returns."""
        worker.role.start()
        worker.wait_ready(self.log_of(worker.name))

    @property
    def spared(self) -> Worker:
        """The worker that lives through all of it."""
        return self.workers[0]

    @property
    def steps(self) -> Sequence[str]:
        """The steps of the flow."""
        return list(self._flow.nodes)

    def left_steps(self) -> Counter[str]:
        """At which step callers hung up, as the workers logged it."""
        lines = (json.loads(line) for worker in self.workers for line in self.log_of(worker.name).open("rb")
                 if b'"caller_hung_up"' in line)  # fmt: skip
        return Counter(line["path"].split()[-1].partition(":")[0] for line in lines if line["path"])

    @property
    def watched(self) -> Sequence[Watched]:
        """Every process that is looked at."""
        return [
            *(Watched(each.name, lambda each=each: each.role.pid, each.metrics_port) for each in self.workers),  # type: ignore[misc]
            Watched("jobs", lambda: self.jobs.pid, self.jobs_port),
            Watched("gateway", lambda: self.gateway.pid),
            *(Watched(each.name, lambda each=each: each.pid) for each in self.boards),  # type: ignore[misc]
        ]

    def owe(self, number: int, way: Way, minor: int) -> None:
        """Make the account and the bill of a caller."""
        self.database.write(lambda connection: self._insert(connection, number, way, minor))

    def _insert(self, connection: Connection, number: int, way: Way, minor: int) -> None:
        connection.execute(
            insert(accounts).values(
                id=f"a{number}",
                number=str(ACCOUNT_BASE + number),
                telephone=f"1555{number:07d}" if way.known else None,
                closed=way.closed,
                pin_hash=self._pin_hash,
                receipt_to=f"mail:payer{number}@example.org",
            )
        )
        if way.owes:
            due = SystemClock("UTC").today() + timedelta(days=_DUE_DAYS)
            connection.execute(
                insert(bills).values(
                    id=f"b{number}", account_id=f"a{number}", amount_minor=minor, currency="USD", due_date=due
                )
            )
