"""What the proof runs on: the roles of ``fs-app`` as they are, a private MariaDB, and two switches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import gevent
import yaml
from sqlalchemy import Connection, insert

from fs_app.app.parts import SystemClock
from fs_app.chaos.child import Role
from fs_app.chaos.control import GatewayControl
from fs_app.chaos.provider import Provider
from fs_app.chaos.site import PROVIDER_SECONDS, common_settings, local
from fs_app.errors import FsAppError
from fs_app.proof.callers import Exchange
from fs_app.serve.control import ask
from fs_app.store.engine import Database
from fs_app.store.pins import hash_pin
from fs_app.store.schema import migrate
from fs_app.store.tables import accounts, bills
from fs_app.testing.freeswitch import RealSwitch
from fs_app.testing.mariadb import PrivateMariaDB
from fs_app.testing.ports import free_ports

PIN = "1234"
QUEUE = "payments@default"
_WORKERS = 2
_GRACE_SECONDS = 30
_START_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Bill:
    """An account with one bill."""

    account: str
    minor: int


class Site:
    """Use as a context manager. ``bills`` are owed; ``documents`` go to the payment switch's configuration."""

    def __init__(
        self, folder: Path, sounds: Path, bills: Sequence[Bill], *, debug: bool, documents: Mapping[str, str]
    ) -> None:
        self.folder = folder.resolve()
        self._sounds = sounds.resolve()
        self._bills = bills
        self._debug = debug
        self._documents = documents
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
        self.mariadb = PrivateMariaDB()
        undo.callback(self.mariadb.stop)
        self.mariadb.start()
        url = self.mariadb.new_database()
        self.database = Database(url, 2, 30.0)
        undo.callback(self.database.close)
        migrate(self.database)
        self.database.write(self._owe)
        self.provider = Provider(2 * PROVIDER_SECONDS)
        undo.callback(self.provider.stop)
        self.provider.start()
        self._start_product(undo, url)
        self.lines = self._switch(undo, "lines", documents=self._documents)
        self.telephones = self._switch(undo, "telephones", documents={})
        self.exchange = Exchange(self.telephones, self.lines)
        undo.callback(self.exchange.close)

    def _start_product(self, undo: ExitStack, url: str) -> None:
        gateway, calls, metrics, jobs, web, console = free_ports(6)
        settings = common_settings(url, gateway, self.provider, self._sounds)
        settings |= {
            "flows": str(self._sounds.parent / "conf" / "flows"),
            "run": str(self.folder),
            "calls": {"listen": local(calls), "workers": _WORKERS, "limit": 400, "grace_seconds": _GRACE_SECONDS},
            "metrics": local(metrics),
            "jobs": {**settings["jobs"], "metrics": local(jobs)},
            "web": {"listen": local(web)},
            "console": {"listen": local(console)},
        }
        config = self.folder / "site.yaml"
        config.write_text(yaml.safe_dump(settings), encoding="utf-8")
        self._host = local(calls)
        self._server = Role("serve", config, self.folder / "serve.log")
        undo.callback(self._server.stop)
        self._server.start()
        self.control = GatewayControl(gateway)
        self.control.wait_ready(_START_SECONDS)
        with gevent.Timeout(_START_SECONDS, FsAppError(f"the server did not start, see {self.log}")):
            while len(self.workers()) < _WORKERS:
                gevent.sleep(0.1)

    @property
    def log(self) -> Path:
        """The log of all roles."""
        return self.folder / "serve.log"

    @property
    def switch_log(self) -> Path:
        """The log file of the payment switch."""
        return self.lines.folder / "log" / "freeswitch.log"

    def workers(self) -> dict[int, int]:
        """Calls up, by the process id of each worker that is ready."""
        try:
            views = list(ask(self.folder / "site.sock", "status"))
        except FsAppError:
            return {}
        return {
            view["pid"]: view["calls"] or 0
            for view in views
            if view["role"].startswith("calls") and view["state"] == "ready"
        }

    def restart(self) -> None:
        """``fs-app restart``: returns when every process is replaced. RestartFailed."""
        for _ in ask(self.folder / "site.sock", "restart"):
            pass

    def _switch(self, undo: ExitStack, name: str, *, documents: Mapping[str, str]) -> RealSwitch:
        switch = RealSwitch(
            self.folder / name,
            [self._host],
            self._sounds,
            debug=self._debug and bool(documents),
            overhear=self._debug and bool(documents),
            documents=documents,
        )
        undo.enter_context(switch)
        return switch

    def _owe(self, connection: Connection) -> None:
        pin, due = hash_pin(PIN), SystemClock("UTC").today() + timedelta(days=14)
        people = [
            {"id": f"a{bill.account}", "number": bill.account, "closed": False, "postal_code": "94107",
             "pin_hash": pin, "receipt_to": f"mail:{bill.account}@example.org"}
            for bill in self._bills
        ]  # fmt: skip
        owed = [
            {"id": f"b{bill.account}", "account_id": f"a{bill.account}", "amount_minor": bill.minor,
             "currency": "USD", "due_date": due}
            for bill in self._bills
        ]  # fmt: skip
        connection.execute(insert(accounts), people)
        connection.execute(insert(bills), owed)

    # --- people who answer ---

    def add_agents(self, count: int, *, seconds: int) -> None:
        """Agents who take every call of the queue and talk for so many seconds."""
        sip = self.lines.sip_address.partition("@")[2]
        for number in range(count):
            agent = f"agent{number}@default"
            contact = f"[leg_timeout=5]sofia/fs_app/test_agent_{seconds * 1000}@{sip}"
            for words in (
                f"agent add {agent} callback",
                f"agent set contact {agent} {contact}",
                f"agent set busy_delay_time {agent} 1",
                f"agent set reject_delay_time {agent} 1",
                f"agent set status {agent} Available",
                f"tier add {QUEUE} {agent} 1 1",
            ):
                self.lines.api(f"callcenter_config {words}")
