"""The product as a benchmark runs it: the ``calls`` role, the local gateway, MariaDB, and callers who owe."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml
from sqlalchemy import Connection, func, insert, select

from fs_app.bench.machine import core_for
from fs_app.bench.process import Process
from fs_app.chaos.site import local
from fs_app.domain.payment import PaymentState
from fs_app.store.engine import Database
from fs_app.store.pins import hash_pin
from fs_app.store.schema import migrate
from fs_app.store.tables import accounts, bills, payments
from fs_app.testing.mariadb import PrivateMariaDB
from fs_app.testing.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
PIN, POSTAL_CODE = "1234", "94107"
_ROWS = 1000

# A whole paying call of the shipped flow, with what callers do: some questions are heard again, another amount is
# chosen, and the card number is keyed wrong at first. 23 prompts, 76 keys.
KEYS: Mapping[str, str] = {
    "enter_account_number": "9# 1{n:06d}#",
    "enter_pin": PIN,
    "enter_account_postal_code": POSTAL_CODE,
    "pay_full": "9 9 2",
    "enter_amount": "9# 2000#",
    "amount_read_back": "9 1",
    "enter_card_number": "4111111111111112#",
    "enter_card_number_again": "4111111111111111",
    "enter_expiry": "9# 1231",
    "enter_security_code": "123",
    "enter_postal_code": "9# 94107",
    "confirm_payment": "9 1",
}
HANG_UP = "hear_it_again"


class Site:
    """Use as a context manager. Callers are verified by PIN, or by postal code: a PIN's hash is made to cost as
    much as a whole call, and hides what else there is. ``database_delay`` and ``gateway_delay`` are seconds that
    each request waits."""

    def __init__(
        self,
        folder: Path,
        callers: int,
        *,
        pin: bool = False,
        limit: int = 2000,
        database_delay: float = 0.0,
        gateway_delay: float = 0.0,
    ) -> None:
        self._folder = folder.resolve()
        self._callers = callers
        self._pin = pin
        self._limit = limit
        self._delays = database_delay, gateway_delay
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
        self._folder.mkdir(parents=True, exist_ok=True)
        server = PrivateMariaDB()
        undo.callback(server.stop)
        server.start()
        self.database = Database(server.new_database(), 2, 60.0)
        undo.callback(self.database.close)
        migrate(self.database)
        self._owe()
        self.port, self.metrics_port, gateway_port, *proxies = free_ports(5)
        database_delay, gateway_delay = self._delays
        url = self.database.url
        gateway_seen = gateway_port
        if database_delay:
            self._delay(undo, proxies[0], url.port or 3306, database_delay)
            url = url.set(port=proxies[0])
        if gateway_delay:
            self._delay(undo, proxies[1], gateway_port, gateway_delay)
            gateway_seen = proxies[1]
        log = self._folder / "site.log"
        text = url.render_as_string(hide_password=False)
        sandbox = self._settings("gateway", self._common(text, gateway_port))
        command = ["-m", "fs_app", "--config", sandbox, "sandbox"]
        self.gateway = undo.enter_context(Process(command, core=core_for(1), log=log))
        self.gateway.wait_for(gateway_port)
        calls = self._settings("calls", self._common(text, gateway_seen))
        self.config = calls
        command = ["-m", "fs_app", "--config", calls, "calls"]
        self.calls = undo.enter_context(Process(command, core=core_for(0), log=self._folder / "calls.log"))
        self.calls.wait_for(self.port)
        time.sleep(0.5)  # it settles

    def payments(self) -> int:
        """How many payments are made and will be settled."""
        paid = select(func.count()).select_from(payments).where(payments.c.state == PaymentState.SUBMITTED)
        return int(self.database.read(lambda connection: connection.execute(paid).scalar_one()))

    def calls_up(self) -> int:
        """How many calls are up, as the metrics tell."""
        with urllib.request.urlopen(f"http://{local(self.metrics_port)}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return int(float(next(line.split()[1] for line in lines if line.startswith("fs_app_calls_active "))))

    def _delay(self, undo: ExitStack, listen: int, target: int, seconds: float) -> None:
        proxy = Process(["-m", "fs_app.bench.delay", str(listen), str(target), str(seconds)], core=core_for(1))
        undo.enter_context(proxy).wait_for(listen)

    def _settings(self, name: str, settings: dict[str, Any]) -> str:
        path = self._folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump(settings), encoding="utf-8")
        return str(path)

    def _flows(self) -> Path:
        """The shipped flow, with the way to verify that is asked for."""
        flows = self._folder / "flows"
        flows.mkdir(exist_ok=True)
        text = (ROOT / "conf" / "flows" / "pay_balance.yaml").read_text(encoding="utf-8")
        way = "pin" if self._pin else "postal_code"
        (flows / "pay_balance.yaml").write_text(
            text.replace("account_number, pin]", f"account_number, {way}]"), encoding="utf-8"
        )
        return flows

    def _common(self, url: str, gateway_port: int) -> dict[str, Any]:
        unlimited = {
            trait: {"attempts": None, "declines": None} for trait in ("caller_id", "account", "card", "bin")
        }
        return {
            "calls": {"listen": local(self.port), "limit": self._limit, "first_key_seconds": 30},
            "metrics": local(self.metrics_port),
            "database": {"url": url, "threads": 32},
            "gateway": {"listen": local(gateway_port)},
            "callers": {"keep_days": 0},  # the same words in every call
            "payments": {"velocity": unlimited, "lockout": {"failures": 1_000_000}},
            "sounds": str(ROOT / "sounds"),
            "flows": str(self._flows()),
            "messages": {"templates": str(ROOT / "conf" / "messages.yaml")},
        }

    def _owe(self) -> None:
        pin_hash = hash_pin(PIN)
        for start in range(0, self._callers, _ROWS):
            numbers = range(start, min(start + _ROWS, self._callers))
            self.database.write(lambda connection, numbers=numbers: _insert(connection, numbers, pin_hash))  # type: ignore[misc]


def _insert(connection: Connection, numbers: range, pin_hash: str) -> None:
    connection.execute(
        insert(accounts),
        [
            {
                "id": f"a{each}",
                "number": f"1{each:06d}",
                "closed": False,
                "pin_hash": pin_hash,
                "postal_code": POSTAL_CODE,
            }
            for each in numbers
        ],
    )
    connection.execute(
        insert(bills),
        [{"id": f"b{each}", "account_id": f"a{each}", "amount_minor": 4250, "currency": "USD"} for each in numbers],
    )
