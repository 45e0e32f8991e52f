"""What libraries take of a paying call, measured by themselves in a process that does nothing else.

``python -m fs_app.bench.parts SETTINGS`` prints the milliseconds of CPU that one PIN's hash and one payment's
work in the gateway's SDK take: the authorisation and its submission for settlement.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fs_app.bench.site import PIN, Site
from fs_app.errors import FsAppError

_PAYMENTS, _PINS = 100, 10


@dataclass(frozen=True, slots=True)
class Parts:
    """Milliseconds of CPU in a call."""

    sdk: float
    pin: float


def cost_of_parts(site: Site) -> Parts:
    """Measure them beside that site."""
    done = subprocess.run([sys.executable, "-m", "fs_app.bench.parts", site.config], capture_output=True, text=True)
    if done.returncode:
        raise FsAppError(f"the parts could not be measured: {done.stderr[-500:]}")
    return Parts(**json.loads(done.stdout))


def _milliseconds(work: Callable[[int], object], times: int) -> float:
    work(0)
    before = time.process_time()
    for number in range(1, times + 1):
        work(number)
    return 1000 * (time.process_time() - before) / times


def _main(config: str) -> None:
    from fs_app.app.parts import open_gateway
    from fs_app.domain.card import Card
    from fs_app.domain.money import Money
    from fs_app.domain.payment import Approved, OrderId
    from fs_app.domain.secret import Secret
    from fs_app.ports import ChargeRequest
    from fs_app.settings import load_settings
    from fs_app.store.pins import PinDesk, hash_pin

    gateway, desk, pin_hash = open_gateway(load_settings(Path(config))[0].gateway), PinDesk(), hash_pin(PIN)

    def pay(number: int) -> None:
        digits, expiry, code, postal_code = map(Secret, ("4111111111111111", "1231", "123", "94107"))
        card = Card(digits, expiry, code, postal_code, brand="visa", last_four="1111")
        order = OrderId(f"parts-{time.time_ns()}-{number}")
        held = gateway.authorise(ChargeRequest(order, Money(2000, "USD"), card))
        if not isinstance(held, Approved):
            raise FsAppError(f"the gateway did not approve: {held}")
        gateway.submit(held.transaction_id, held.amount)

    parts = {
        "sdk": _milliseconds(pay, _PAYMENTS),
        "pin": _milliseconds(lambda _: desk.fits(pin_hash, PIN), _PINS),
    }
    sys.stdout.write(json.dumps(parts) + "\n")


if __name__ == "__main__":
    from gevent import monkey

    monkey.patch_all()
    _main(sys.argv[1])
