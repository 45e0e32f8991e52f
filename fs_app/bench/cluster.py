"""Several machines on one: nodes of ``fs-app serve`` on cables of their own, a database and a gateway they share.

A node is a network namespace with one cable to the namespace that the switches are in, so that its power can fail
and its cable be pulled; nobody sends a reset then, which is what a process that is killed does not show. Everything
is in a namespace of its own (`isolated`), so the machine's network is neither seen nor changed. The database is
reached by a socket in the file system, which no namespace hides: a node whose cable is pulled still writes, the
worst that can be. Where namespaces are not permitted, nodes are ports of loopback, and can only be killed.
"""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import gevent
import yaml
from sqlalchemy import Connection, insert

from fs_app.chaos.child import Role, last_lines
from fs_app.chaos.control import GatewayControl
from fs_app.chaos.provider import Provider
from fs_app.chaos.site import PROVIDER_SECONDS, common_settings
from fs_app.errors import FsAppError
from fs_app.soak.ways import ACCOUNT_BASE, PIN, Way
from fs_app.store.engine import Database
from fs_app.store.pins import hash_pin
from fs_app.store.schema import migrate
from fs_app.store.tables import accounts, bills
from fs_app.testing.mariadb import PrivateMariaDB
from fs_app.testing.ports import free_ports

_INSIDE = "FS_APP_BENCH_ISOLATED"
_NETWORK, _BRIDGE = "10.99.0", "switches"
_START_SECONDS = 60.0
_WORKERS = 2
_NODE_SHELL = 'read go && ip link set lo up && ip link set eth0 up && ip addr add "$0/24" dev eth0 && exec "$@"'


def isolated() -> bool:
    """Whether this process has a network of its own."""
    return _INSIDE in os.environ


def isolate(*words: str) -> None:
    """Become ``python WORDS``, in a network of its own where that is permitted. Does not return."""
    command = [sys.executable, *words]
    environment = dict(os.environ)
    if not subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode:
        command = ["unshare", "--net", *command]
        environment[_INSIDE] = "1"
    os.execvpe(command[0], command, environment)


def prepare_network(*, retries: int) -> None:
    """In a network of our own: loopback, and what the cables of the nodes are plugged into. ``retries`` is how
    often a switch's kernel sends again what nobody acknowledges, before it gives a connection up."""
    _ip("link", "set", "lo", "up")
    _ip("link", "add", _BRIDGE, "type", "bridge")
    _ip("addr", "add", f"{_NETWORK}.1/24", "dev", _BRIDGE)
    _ip("link", "set", _BRIDGE, "up")
    Path("/proc/sys/net/ipv4/tcp_retries2").write_text(str(retries), encoding="ascii")
    Path("/proc/sys/net/ipv4/tcp_syn_retries").write_text("1", encoding="ascii")


class Node:
    """One machine: ``fs-app serve calls jobs web`` with its own addresses."""

    def __init__(self, name: str, number: int, folder: Path, common: dict[str, Any]) -> None:
        self.name = name
        self._address = f"{_NETWORK}.{10 + number}" if isolated() else "127.0.0.1"
        self._cable = f"node{number}"
        calls, jobs, web, self._metrics = free_ports(4)
        self.host = f"{self._address}:{calls}"
        self.log = folder / f"{name}.log"
        self._config = folder / f"{name}.yaml"
        self._process: subprocess.Popen[bytes] | None = None
        own = {"listen": self.host, "workers": _WORKERS, "first_key_seconds": 0.8, "inter_key_seconds": 0.4}
        settings = {
            **common,
            "calls": own,
            "metrics": f"{self._address}:{self._metrics}",
            "jobs": {**common["jobs"], "metrics": f"{self._address}:{jobs}"},
            "web": {"listen": f"{self._address}:{web}"},
            "run": str(folder),
        }
        self._config.write_text(yaml.safe_dump(settings), encoding="utf-8")

    def start(self) -> None:
        """Start it; it takes calls once `wait_ready` returns."""
        serve = [sys.executable, "-m", "fs_app", "--config", str(self._config), "serve", "calls", "jobs", "web"]
        wrapped = ["unshare", "--net", "sh", "-c", _NODE_SHELL, self._address, *serve] if isolated() else serve
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                wrapped, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
            )
        if isolated():
            self._plug_in(self._process.pid)
        assert self._process.stdin is not None
        self._process.stdin.write(b"go\n")
        self._process.stdin.close()

    def wait_ready(self) -> None:
        """Wait until every worker answers; FsAppError with the end of the log where one does not."""
        until = time.monotonic() + _START_SECONDS
        for port in range(self._metrics, self._metrics + _WORKERS):
            while not self._answers(port):
                if time.monotonic() > until:
                    raise FsAppError(f"{self.name} did not start; {self.log} says:\n{last_lines(self.log)}")
                gevent.sleep(0.1)

    def kill(self) -> None:
        """Every process of it dies; its kernel lives and says so to whoever was connected."""
        if self._process is None:
            return
        family = [self._process.pid, *_descendants(self._process.pid)]
        for pid in family:  # the supervisor first, or it starts the others again
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()

    def lose_power(self) -> None:
        """It is gone from one moment to the next, and nobody is told."""
        self.pull_cable()
        self.kill()

    def pull_cable(self) -> None:
        """It lives, with the database, but nobody else reaches it and it reaches nobody."""
        _ip("link", "set", self._cable, "down")

    def plug_cable(self) -> None:
        """The end of `pull_cable`."""
        _ip("link", "set", self._cable, "up")

    def _plug_in(self, pid: int) -> None:
        until = time.monotonic() + _START_SECONDS
        ours = Path("/proc/self/ns/net").readlink()
        while Path(f"/proc/{pid}/ns/net").readlink() == ours and time.monotonic() < until:
            time.sleep(0.01)
        _ip("link", "add", self._cable, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
        _ip("link", "set", self._cable, "master", _BRIDGE)
        _ip("link", "set", self._cable, "up")

    def _answers(self, port: int) -> bool:
        connection = http.client.HTTPConnection(self._address, port, timeout=2)
        try:
            connection.request("GET", "/metrics")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class Cluster:
    """What all nodes share. Use as a context manager."""

    def __init__(self, folder: Path, sounds: Path) -> None:
        self.folder = folder.resolve()
        self.sounds = sounds.resolve()
        self.nodes: dict[str, Node] = {}
        self._pin_hash = hash_pin(PIN)
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
        self.database = Database(self.mariadb.new_database(), 2, 30.0)
        undo.callback(self.database.close)
        migrate(self.database)
        here = f"{_NETWORK}.1" if isolated() else "127.0.0.1"
        self.provider = Provider(2 * PROVIDER_SECONDS, here)
        undo.callback(self.provider.stop)
        self.provider.start()
        (port,) = free_ports(1)
        url = self.database.url.render_as_string(hide_password=False)
        self._common = common_settings(url, port, self.provider, self.sounds)
        self._common["flows"] = str(self.sounds.parent / "conf" / "flows")
        # our network alone sees all its addresses, and the gateway's control is asked on loopback
        everywhere = {**self._common["gateway"], "listen": f"{'0.0.0.0' if isolated() else here}:{port}"}
        self._common["gateway"]["listen"] = f"{here}:{port}"
        config = self.folder / "gateway.yaml"
        config.write_text(yaml.safe_dump({**self._common, "gateway": everywhere}), encoding="utf-8")
        gateway = Role("sandbox", config, self.folder / "gateway.log")
        undo.callback(gateway.kill)
        gateway.start()
        self.control = GatewayControl(port)
        self.control.wait_ready()
        undo.callback(self._kill_nodes)

    def prepare(self, *names: str) -> None:
        """Make nodes that are not started yet, so that their addresses are known."""
        for name in names:
            self.nodes[name] = Node(name, len(self.nodes), self.folder, self._common)

    def bring_up(self, *names: str) -> None:
        """Start nodes; they take calls when this returns."""
        for name in names:
            self.nodes[name].start()
        for name in names:
            self.nodes[name].wait_ready()

    def hosts(self, *names: str) -> tuple[str, ...]:
        """A host list of a switch's dialplan."""
        return tuple(self.nodes[name].host for name in names)

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
            bill = {"id": f"b{number}", "account_id": f"a{number}", "amount_minor": minor, "currency": "USD"}
            connection.execute(insert(bills).values(**bill))

    def _kill_nodes(self) -> None:
        for node in self.nodes.values():
            node.kill()


def _descendants(pid: int) -> list[int]:
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, children.read_text(encoding="ascii").split()):
                found += [child, *_descendants(child)]
    return found


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise FsAppError(f"ip {' '.join(words)}: {done.stderr.strip()}")
