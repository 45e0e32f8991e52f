"""A process of the product that dies where it is told to: the very composition of the role, its ports watched.

``python -m fs_app.chaos.victim ROLE --config FILE`` with the roles ``calls``, ``jobs`` and ``web``. The last one
stands for a page on which people pay: it pays with the same cashier. Orders come as lines on standard input, each a
JSON object: ``{"arm": "before_submit", "minor": 1234}``, ``{"disarm": true}`` or, for ``web``, ``{"pay": {...}}``;
it ends when its standard input does. What it has to say goes to standard output, a JSON object a line.
"""

from __future__ import annotations

from gevent import monkey

if __name__ == "__main__":
    monkey.patch_all()

import json
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import click
import gevent
from gevent.fileobject import FileObjectPosix

from fs_app.app import Calls, Jobs, Parts
from fs_app.chaos import points
from fs_app.chaos.points import ANY, Fuse, Point, watched
from fs_app.domain.card import Card, brand_of
from fs_app.domain.contact import MessageKind
from fs_app.domain.money import Money
from fs_app.domain.payment import ENDINGS, PaymentRequest
from fs_app.domain.secret import Secret
from fs_app.errors import BillBusy, StoreError
from fs_app.log import configure_logging
from fs_app.ports import Gateway, Ledger, Messenger
from fs_app.settings import Settings, load_settings

Orders = Mapping[str, Callable[[Mapping[str, Any]], None]]


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
    def messengers(self) -> Mapping[MessageKind, Messenger]:
        ours = super().messengers
        return {kind: watched(messenger, points.MESSENGER, self._fuse) for kind, messenger in ours.items()}


def tell(**what: Any) -> None:
    """Say something to whoever started us."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


class WebPayer:
    """Pays a bill as a page would, with the cashier of the product."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def pay(self, wanted: Mapping[str, Any]) -> None:
        """``wanted`` names the payer, the account's number and the card; the answer repeats the payer."""
        try:
            told, confirmation = self._paid(wanted)
        except BillBusy:
            told, confirmation = "busy", ""
        except StoreError:
            told, confirmation = "apology", ""
        tell(payer=wanted["payer"], told=told, confirmation=confirmation, at=datetime.now(UTC).isoformat())

    def _paid(self, wanted: Mapping[str, Any]) -> tuple[str, str]:
        account = self._parts.directory.by_number(wanted["account"])
        bill = None if account is None else self._parts.directory.open_bill(account)
        if account is None or bill is None or bill.due.minor <= 0:
            return "nothing_due", ""
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
        )
        try:
            outcome = self._parts.cashier.pay(request, card)
        except StoreError as error:
            if isinstance(error, BillBusy):
                raise
            return "not_paid", ""  # as the step `charge` tells it: nothing was sent
        return ENDINGS[outcome.payment.state].value, outcome.payment.confirmation


def _calls(parts: Parts) -> Orders:
    Calls(parts.settings, parts).start()
    return {}


def _jobs(parts: Parts) -> Orders:
    jobs = Jobs(parts.settings, parts)
    jobs.start()
    gevent.spawn(jobs.run)
    return {}


def _web(parts: Parts) -> Orders:
    payer = WebPayer(parts)
    return {"pay": lambda order: _in_background(payer.pay, order["pay"])}


def _in_background(work: Callable[[Mapping[str, Any]], None], order: Mapping[str, Any]) -> None:
    gevent.spawn(work, order)


ROLES: Mapping[str, Callable[[Parts], Orders]] = {"calls": _calls, "jobs": _jobs, "web": _web}


@click.command()
@click.argument("role", type=click.Choice(sorted(ROLES)))
@click.option("--config", type=click.Path(path_type=Path, dir_okay=False), required=True)
def main(role: str, config: Path) -> None:
    """Run a role until standard input ends, or until it dies as it was told to."""
    settings, _ = load_settings(config)
    configure_logging(settings.log.level, settings.log.style)
    fuse = Fuse()
    orders: Orders = {
        "arm": lambda order: fuse.arm(Point(order["arm"]), order.get("minor", ANY)),
        "disarm": lambda _: fuse.disarm(),
        **ROLES[role](DeadlyParts(settings, fuse)),
    }
    tell(ready=role)
    for line in FileObjectPosix(sys.stdin.fileno(), "rb", close=False):
        order = json.loads(line)
        orders[next(iter(order))](order)


if __name__ == "__main__":
    main()
