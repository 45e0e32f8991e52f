"""No digit of a card in any exception, log, error report, standard output or core file along the way of a payment.

Error reporters keep the local variables of every frame of every error they see. Ours here does what they do: it
hooks logging, threads, the hub of gevent and the interpreter, and renders frames with their locals. A control test
shows that it would find a card.
"""

from __future__ import annotations

import http.client
import io
import logging
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest
import structlog
from gevent.hub import get_hub

from fs_app.domain.money import Money
from fs_app.domain.payment import PaymentRequest
from fs_app.domain.schedule import Schedule
from fs_app.gateways.braintree import BraintreeAccount, BraintreeGateway
from fs_app.gateways.sandbox import SandboxServer
from fs_app.gateways.sandbox.faults import KINDS
from fs_app.log import configure_logging
from fs_app.payments.cashier import GatewayCashier
from fs_app.payments.marks import Marker
from fs_app.payments.resolver import PaymentResolver
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.schema import migrate
from fs_app.testing.fakes_payments import StandingClock
from tests.cards import visa

CANARY = "4012888888881881"
CODE = "739"
ROOT = Path(__file__).resolve().parents[2]


class Reporter(logging.Handler):
    """What an error tracker would have sent away."""

    def __init__(self) -> None:
        super().__init__()
        self.reports: list[str] = []

    def report(self, error: BaseException | None) -> None:
        """Render an error, its causes and its context, with the local variables of every frame."""
        if error is not None:
            told = traceback.TracebackException.from_exception(error, capture_locals=True)
            self.reports.append("".join(told.format()))

    def emit(self, record: logging.LogRecord) -> None:
        self.reports.append(record.getMessage() + repr(record.__dict__))
        self.report(record.exc_info[1] if record.exc_info else None)

    @property
    def text(self) -> str:
        return "\n".join(self.reports)


@pytest.fixture
def reporter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reporter]:
    made = Reporter()
    handlers = logging.getLogger().handlers[:]
    configure_logging("debug", stream=io.StringIO())
    logging.getLogger().addHandler(made)
    monkeypatch.setattr(threading, "excepthook", lambda args: made.report(args.exc_value))
    monkeypatch.setattr(sys, "excepthook", lambda _kind, error, _trace: made.report(error))
    monkeypatch.setattr(get_hub(), "handle_error", lambda _context, _kind, error, _trace: made.report(error))
    yield made
    logging.getLogger().handlers[:] = handlers
    structlog.reset_defaults()


def holds_card(text: str) -> bool:
    """True where nine or more digits of the number, or the security code as a value of its own, are in it."""
    pieces = [CANARY[start : start + 9] for start in range(len(CANARY) - 8)]
    return any(piece in text for piece in pieces) or f"'{CODE}'" in text


def test_the_reporter_would_find_a_card(reporter: Reporter) -> None:
    def careless(number: str) -> None:
        raise RuntimeError("no digits in here")

    gevent.spawn(careless, CANARY).join()
    assert holds_card(reporter.text)


class Till:
    """A cashier on the real adapter and the local gateway, over sockets."""

    def __init__(self, folder: Path, server: SandboxServer, *, read: float = 0.3, limit: float = 0.6) -> None:
        self.database = Database(f"sqlite:///{folder}/fs_app.sqlite", 2)
        migrate(self.database)
        clock = StandingClock()
        ledger = SqlLedger(self.database, clock)
        keys = ("fs_app_demo", "fs_app_demo_public", "fs_app_demo_private")
        account = BraintreeAccount("local", *keys, port=server.port, read_seconds=read, limit_seconds=limit)
        gateway = BraintreeGateway(account)
        resolver = PaymentResolver(ledger, gateway, clock, Schedule())
        self.cashier = GatewayCashier(
            ledger, gateway, clock, marker=Marker("key"), resolver=resolver, recheck_seconds=(0.01,)
        )

    def pay(self, bill: str) -> str:
        card = visa(CANARY)
        card.security_code.wipe()
        card.security_code.append(CODE)
        outcome = self.cashier.pay(PaymentRequest("uuid", "a", bill, Money(4250, "USD"), "visa", CANARY[-4:]), card)
        return repr(outcome)


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


@pytest.mark.parametrize("kind", [*KINDS, "gateway down", "wrong keys"])
def test_no_fault_of_the_gateway_brings_a_card_to_light(
    tmp_path: Path, server: SandboxServer, reporter: Reporter, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    till = Till(tmp_path, server)
    if kind == "gateway down":
        server.stop()
    elif kind == "wrong keys":
        server.faults.plan(kind="status_before_commit", status=401, path="POST /transactions$")
    else:
        server.faults.plan(kind=kind, seconds=0.5, path="POST /transactions$")
    told = till.pay("bill")
    written = capfd.readouterr()
    till.database.close()
    rows = "\n".join(path.read_bytes().decode("latin-1") for path in tmp_path.iterdir())
    assert "Payment(" in told
    for place, text in (
        ("told", told),
        ("reports", reporter.text),
        ("out", written.out + written.err),
        ("db", rows),
    ):
        assert not holds_card(text), place


def test_a_debug_setting_of_http_prints_no_body(
    tmp_path: Path,
    server: SandboxServer,
    reporter: Reporter,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    till = Till(tmp_path, server, read=10.0, limit=20.0)
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    assert "SUBMITTED" in till.pay("bill").upper()
    written = capfd.readouterr()
    assert not holds_card(written.out + written.err + reporter.text)
    till.database.close()


def test_a_bug_in_the_adapter_is_told_by_its_type_alone(
    tmp_path: Path, server: SandboxServer, reporter: Reporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: object, request: object) -> None:
        number = request.means.number.reveal()  # type: ignore[attr-defined]
        raise ValueError(f"cannot send {number}")

    monkeypatch.setattr(BraintreeGateway, "authorise", broken)
    till = Till(tmp_path, server)
    told = till.pay("bill")
    assert "ValueError" in told
    assert not holds_card(told + reporter.text)
    till.database.close()


def test_a_server_process_leaves_no_core_file(tmp_path: Path) -> None:
    """It is killed the way that makes one, in a place and with limits where one would be made."""
    script = (
        "import resource, sys, time\n"
        "resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)\n"
        "from fs_app.app.roles import forbid_dumps\n"
        "forbid_dumps()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), flush=True)\n"
        "time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "(0, 0)"
        assert Path(f"/proc/{process.pid}/status").exists()
        process.send_signal(signal.SIGABRT)
        assert process.wait(20) == -signal.SIGABRT
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("forbids", "seen"), [(True, False), (False, True)])
def test_another_process_of_the_same_user_cannot_look_into_a_server(forbids: bool, seen: bool) -> None:
    """Neither memory nor environment, nor with a profiler; root can. Without it the same user can, too."""
    somebody = 65534 if os.geteuid() == 0 else os.geteuid()
    script = (
        "import ctypes, os, sys, time\n"
        "from fs_app.app.roles import forbid_dumps\n"
        f"os.geteuid() == 0 and os.setuid({somebody})\n"
        "ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)\n"  # a change of user has forbidden it already
        f"{'forbid_dumps()' if forbids else ''}\n"
        "print('up', flush=True)\n"
        "time.sleep(60)\n"
    )
    environment = {"PYTHONPATH": str(ROOT), "GATEWAY_KEY": "secret"}
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == "up\n"
        look = ["cat", f"/proc/{process.pid}/environ"]
        looked = subprocess.run(look, capture_output=True, text=True, check=False, user=somebody)
        process.kill()
    assert ("secret" in looked.stdout) is seen
    assert ("Permission denied" in looked.stderr) is not seen
