"""Everything a campaign runs on: real processes on loopback, a database of its own, and the ways to hurt them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import gevent
import yaml
from sqlalchemy import Connection, insert, update

from fs_app.chaos.child import Nursery, Role, Victim
from fs_app.chaos.control import GatewayControl
from fs_app.chaos.outages import Outages
from fs_app.chaos.plan import Planned
from fs_app.chaos.points import Point
from fs_app.chaos.provider import Mishap, Provider
from fs_app.chaos.proxy import AtCommit
from fs_app.errors import StoreUnavailable
from fs_app.store.engine import Database
from fs_app.store.schema import migrate
from fs_app.store.tables import accounts, bills, tasks
from fs_app.testing.mariadb import PrivateMariaDB
from fs_app.testing.ports import free_ports

POSTAL_CODE = "94107"
READ_SECONDS = 3.0  # so long the product waits for the gateway
_DATABASE_SECONDS = 3.0  # and for the database
PROVIDER_SECONDS = 1.5  # so long for the provider of messages
_LAG_SECONDS = 8.0
_SERVERS, _JOBS = 2, 2
_REQUESTS = {"authorise": "POST /transactions$", "submit": "PUT /transactions/[^/]+/submit_for_settlement$"}
_ROWS_AT_ONCE = 500


class Site:
    """The site of a campaign; a context manager. ``told`` is given what the page's process says."""

    def __init__(self, folder: Path, sounds: Path, told: Callable[[dict[str, Any]], None]) -> None:
        self.folder = folder.resolve()
        self._sounds = sounds.resolve()
        self._told = told
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
        self.mariadb = PrivateMariaDB(durable=True)
        undo.callback(self.mariadb.stop)
        self.mariadb.start()
        root = self.mariadb.new_database()
        self.mariadb.execute("CREATE USER fs_app@localhost")  # without SUPER: read_only holds for it
        self.mariadb.execute("GRANT ALL ON *.* TO fs_app@localhost")
        self.mariadb.execute("REVOKE SUPER, READ_ONLY ADMIN ON *.* FROM fs_app@localhost")
        self.database = Database(root, 2, 30.0)
        undo.callback(self.database.close)
        migrate(self.database)
        self.outages = Outages(self.mariadb)
        undo.callback(self.outages.proxy.stop)
        self.outages.proxy.start()
        self.provider = Provider(2 * PROVIDER_SECONDS)
        undo.callback(self.provider.stop)
        self.provider.start()
        self._start_processes(undo, self.database.url.database or "")

    def _start_processes(self, undo: ExitStack, database: str) -> None:
        count = _SERVERS + _JOBS
        self._gateway_port, *ports = free_ports(1 + _SERVERS + count)
        url = f"mysql+mysqldb://fs_app@127.0.0.1:{self.outages.proxy.port}/{database}?charset=utf8mb4"
        common = common_settings(url, self._gateway_port, self.provider, self._sounds)
        common |= {"line": {"flow": "chaos"}, "flows": str(Path(__file__).parent / "flows")}
        listen, metrics = ports[:_SERVERS], ports[_SERVERS:]
        self._nursery = Nursery(self.folder / "nursery.log")
        undo.callback(self._nursery.stop)
        self._nursery.start()
        self.control = GatewayControl(self._gateway_port)
        gateway = Role("sandbox", self._config("gateway", common), self.folder / "gateway.log")
        undo.callback(gateway.stop)
        gateway.start()
        self.servers = [
            self._victim("calls", index, common, calls={"listen": local(port)}, metrics=local(metrics.pop()))
            for index, port in enumerate(listen)
        ]
        self.jobs = [
            self._victim("jobs", index, common, jobs={**common["jobs"], "metrics": local(metrics.pop())})
            for index in range(_JOBS)
        ]
        self.web = self._victim("web", 0, common)
        self._hosts = [local(port) for port in listen]
        self.control.wait_ready()
        for victim in self.victims:
            undo.callback(victim.stop)
            victim.start()
        for victim in self.victims:
            victim.wait_ready()

    def _config(self, name: str, settings: dict[str, Any]) -> Path:
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(settings), encoding="utf-8")
        return path

    def _victim(self, role: str, index: int, common: dict[str, Any], **own: Any) -> Victim:
        config = self._config(f"{role}-{index}", {**common, **own})
        return Victim(
            self._nursery, f"{role}-{index}", role, config, self.folder / f"{role}-{index}.log", self._told
        )

    # --- what callers meet ---

    @property
    def victims(self) -> Sequence[Victim]:
        """Every process that may die."""
        return [*self.servers, *self.jobs, self.web]

    def hosts(self, number: int) -> list[str]:
        """The servers in the order in which a call of that payment is offered to them."""
        first = number % len(self._hosts)
        return [*self._hosts[first:], *self._hosts[:first]]

    def owe(self, planned: Sequence[Planned]) -> None:
        """Make the accounts and bills."""
        for start in range(0, len(planned), _ROWS_AT_ONCE):
            some = planned[start : start + _ROWS_AT_ONCE]
            self.database.write(lambda connection, some=some: _insert(connection, some))  # type: ignore[misc]

    # --- faults (see `fs_app.chaos.faults.Target`) ---

    def gateway(self, minor: int, request: str, kind: str, **more: object) -> None:
        """The gateway fails at that request."""
        self.control.plan(kind=kind, path=_REQUESTS[request], amount=f"{minor / 100:.2f}", **more)

    def kill_server(self, point: Point, number: int, minor: int) -> None:
        """The server that takes the call dies."""
        self.servers[number % len(self.servers)].arm(point, minor)

    def kill_web(self, point: Point, minor: int) -> None:
        """The page's process dies."""
        self.web.arm(point, minor)

    def kill_jobs(self, point: Point) -> None:
        """Whichever jobs process passes the point."""
        for victim in self.jobs:
            victim.arm(point)

    def commit(self, what: AtCommit) -> None:
        """At the next commit."""
        self.outages.proxy.at_commit(what)

    def receipt(self, mishap: Mishap) -> None:
        """At the next receipt."""
        self.provider.plan(mishap)

    def search_lags(self) -> None:
        """The index of the gateway falls behind, and catches up."""

        def lag() -> None:
            self.control.search_lag(_LAG_SECONDS)
            gevent.sleep(_LAG_SECONDS)
            self.control.search_lag(0)

        gevent.spawn(lag)

    def claims_lost(self) -> None:
        """Whoever works on a task works on it no longer alone."""
        claimed = update(tasks).where(tasks.c.claim != "").values(claim="", claimed_until=None)
        with suppress(StoreUnavailable):
            self.database.write(lambda connection: connection.execute(claimed))

    def missed(self) -> Counter[str]:
        """The faults of the gateway that nothing has met."""
        return Counter(fault["kind"] for fault in self.control.planned())

    def calm(self) -> None:
        """End of all faults: everything is up and nothing is planned any more."""
        self.outages.end()
        self.control.clear()
        self.control.search_lag(0)
        self.provider.calm()
        for victim in self.victims:
            victim.disarm()
        for victim in self.victims:
            victim.wait_ready()


def common_settings(url: str, gateway_port: int, provider: Provider, sounds: Path) -> dict[str, Any]:
    """Settings that all roles share: a gateway, a provider of mail, no limits, and times that are short."""
    unlimited = {trait: {"attempts": None, "declines": None} for trait in ("caller_id", "account", "card", "bin")}
    body = {name: f"{{{name}}}" for name in ("to", "text", "subject", "key")}
    mail = {"kind": "http", "url": provider.url, "body": body, "read_seconds": PROVIDER_SECONDS}
    return {
        "database": {"url": url, "deadline_seconds": _DATABASE_SECONDS},
        "gateway": {"listen": local(gateway_port), "connect_seconds": 1, "read_seconds": READ_SECONDS},
        "payments": {"recheck_seconds": [0.5, 1.5], "velocity": unlimited, "lockout": {"failures": 1_000_000}},
        "callers": {"keep_days": 0},  # the same words in every call
        "sounds": str(sounds),
        "messages": {"templates": str(sounds.parent / "conf" / "messages.yaml"), "mail": mail},
        "jobs": {
            "poll_seconds": 0.5,
            "lease_seconds": 10,
            "charging_seconds": 12,
            "proof_seconds": 20,
            "adopt_seconds": 40,
            "unresolved_pauses": [0.5, 1, 2, 4, 8, 8, 8, 8, 8, 8, 8, 8],
            "settlement_pauses": [3600] * 3,
            "receipt_pauses": [0.5, 1, 2, 4, 8],
        },
    }


def local(port: int) -> str:
    """A port of loopback as settings have it."""
    return f"127.0.0.1:{port}"


def _insert(connection: Connection, planned: Sequence[Planned]) -> None:
    connection.execute(
        insert(accounts),
        [{"id": f"a{each.number}", "number": each.account, "closed": False, "postal_code": POSTAL_CODE,
          "receipt_to": f"mail:payer{each.number}@example.org"}
         for each in planned],
    )  # fmt: skip
    connection.execute(
        insert(bills),
        [{"id": f"b{each.number}", "account_id": f"a{each.number}", "amount_minor": each.minor, "currency": "USD"}
         for each in planned],
    )  # fmt: skip
