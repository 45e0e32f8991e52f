"""A process of the product that dies where it is told to: the very composition of the role, its ports watched.

The roles are ``calls``, ``jobs`` and ``web``; the last one stands for a page on which people pay: it pays with the
same cashier. Orders come over a socket, a JSON object a line: ``{"arm": "before_submit", "minor": 1234}``,
``{"disarm": true}`` or, for ``web``, ``{"pay": {...}}``; what it has to say goes back the same way. It ends when
the socket does, so that nothing outlives a campaign.

``python -m fs_app.chaos.victim`` is the nursery: it has imported everything and forks a process for each line it is
given, as hundreds of them die in a campaign.
"""

from __future__ import annotations

from gevent import monkey

if __name__ == "__main__":
    monkey.patch_all()

import gc
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import gevent
from gevent import socket

from fs_app.app.calls import Calls
from fs_app.app.jobs import Jobs
from fs_app.app.parts import Parts
from fs_app.chaos import points
from fs_app.chaos.points import ANY, Fuse, Point, watched
from fs_app.domain.card import Card, brand_of
from fs_app.domain.contact import MessageKind
from fs_app.domain.money import Money
from fs_app.domain.payment import ENDINGS, PaymentRequest
from fs_app.domain.secret import Secret
from fs_app.errors import BillBusy, FsAppError, StoreError
from fs_app.log import configure_logging
from fs_app.payments.service import Service
from fs_app.ports import Gateway, Ledger, Messenger
from fs_app.settings import Settings, load_settings

Orders = Mapping[str, Callable[[Mapping[str, Any]], None]]


class Patient(Service):
    """A service that is counted on whatever it answers: in a campaign something fails at every moment, and nobody
    would be asked for a card any more."""

    def works(self) -> bool:
        return True


class DeadlyParts(Parts):
    """The parts of a role, with a fuse at the ports through which a payment goes."""

    def __init__(self, settings: Settings, fuse: Fuse) -> None:
        super().__init__(settings)
        self._fuse = fuse

    @cached_property
    def ledger(self) -> Ledger:
        return watched(super().ledger, points.LEDGER, self._fuse)

    @cached_property
    def gateway(self) -> Gateway:
        return watched(super().gateway, points.GATEWAY, self._fuse)

    @cached_property
    def gateway_service(self) -> Service:
        return Patient("gateway", self.clock, self.settings.gateway.slow_seconds)

    @cached_property
    def database_service(self) -> Service:
        return Patient("database", self.clock, self.settings.database.slow_seconds)

    @cached_property
    def messengers(self) -> Mapping[MessageKind, Messenger]:
        ours = super().messengers
        return {kind: watched(messenger, points.MESSENGER, self._fuse) for kind, messenger in ours.items()}


class Line:
    """The way to whoever started us."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(path)

    def tell(self, **what: Any) -> None:
        """Say something."""
        self._socket.sendall(json.dumps(what).encode() + b"\n")

    def orders(self) -> Iterator[dict[str, Any]]:
        """What we are told to do, until the other end is gone."""
        with suppress(OSError):
            for line in self._socket.makefile("rb"):
                yield json.loads(line)


class WebPayer:
    """Pays a bill as a page would, with the cashier of the product."""

    def __init__(self, parts: Parts, line: Line) -> None:
        self._parts = parts
        self._line = line

    def pay(self, wanted: Mapping[str, Any]) -> None:
        """``wanted`` names the payer, the account's number and the card; the answer repeats the payer."""
        try:
            told, confirmation = self._paid(wanted)
        except BillBusy:
            told, confirmation = "busy", ""
        except StoreError:
            told, confirmation = "apology", ""
        self._line.tell(
            payer=wanted["payer"], told=told, confirmation=confirmation, at=datetime.now(UTC).isoformat()
        )

    def _paid(self, wanted: Mapping[str, Any]) -> tuple[str, str]:
        account = self._parts.directory.by_number(wanted["account"])
        bills = () if account is None else self._parts.directory.open_bills(account)
        if account is None or not bills:
            return "nothing_due", ""
        bill = bills[0]
        if not self._parts.cashier.ready():
            return "unavailable", ""
        number, expiry, code, postal_code = wanted["card"]
        card = Card(Secret(number), Secret(expiry), Secret(code), Secret(postal_code))
        brand = brand_of(number)
        request = PaymentRequest(
            call_uuid=wanted["payer"],
            account_id=account.id,
            bill_id=bill.id,
            amount=Money(bill.due.minor, bill.due.currency),
            brand=brand.name if brand else "",
            last_four=number[-4:],
            channel="web",
            receipt_to=account.receipt_to,
            taken_before=bill.taken,
        )
        outcome = self._parts.cashier.pay(request, card)
        return ENDINGS[outcome.payment.state].value, outcome.payment.confirmation


def _calls(parts: Parts, _line: Line) -> Orders:
    Calls(parts.settings, parts).start()
    return {}


def _jobs(parts: Parts, _line: Line) -> Orders:
    jobs = Jobs(parts.settings, parts)
    jobs.start()
    gevent.spawn(jobs.run)
    return {}


def _web(parts: Parts, line: Line) -> Orders:
    payer = WebPayer(parts, line)

    def pay(order: Mapping[str, Any]) -> None:
        gevent.spawn(payer.pay, order["pay"])

    return {"pay": pay}


ROLES: Mapping[str, Callable[[Parts, Line], Orders]] = {"calls": _calls, "jobs": _jobs, "web": _web}


def live(role: str, config: str, path: str) -> None:
    """Run a role until whoever started it is gone, or until it dies as it was told to."""
    settings, _ = load_settings(Path(config))
    configure_logging(settings.log.level, settings.log.style)
    fuse, line = Fuse(), Line(path)
    orders: Orders = {
        "arm": lambda order: fuse.arm(Point(order["arm"]), order.get("minor", ANY)),
        "disarm": lambda _: fuse.disarm(),
        **ROLES[role](DeadlyParts(settings, fuse), line),
    }
    line.tell(ready=os.getpid())
    for order in line.orders():
        orders[next(iter(order))](order)


def main() -> None:
    """The nursery: fork a process for each line of standard input, ``{"role": ..., "config": ..., "line": ...,
    "log": ...}``. It never starts gevent's loop itself, so that each child starts one of its own."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    fork = monkey.get_original("os", "fork")
    gc.freeze()
    for text in sys.stdin.buffer:
        order = json.loads(text)
        if fork() == 0:
            _born(order)


def _born(order: Mapping[str, str]) -> NoReturn:
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for number, source in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
            os.dup2(source, number)
        live(order["role"], order["config"], order["line"])
        code = 0
    except FsAppError as error:
        sys.stderr.write(f"{error}\n")
    except Exception:  # noqa: BLE001  the outermost frame of the process
        sys.stderr.write(traceback.format_exc())
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
