"""A switch that is killed, or stands still with every connection open, in the middle of anything: its calls end, a
charge is completed and recorded, what they held is given back, and the calls of another switch notice nothing."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from fs_app.domain.payment import PaymentState
from fs_app.telephony.pulse import NOTICED_SECONDS
from fs_app.testing.switch import SimulatedSwitch, dialplan
from tests.phones import PAYING, Phone, until

STAGES = ["welcome", "enter_card_number", "please_wait"]  # a prompt, digits of a card, a charge
LIMIT_SECONDS = NOTICED_SECONDS + 11.0  # a server that stood still looks again before it lets go


class Sites:
    """A server with two switches: one that something happens to, and one that goes on."""

    def __init__(self, world) -> None:
        self.world = world
        world.open_accounts(len(STAGES))
        world.gateway.faults.plan(kind="delay_after_commit", seconds=5.0, path="POST /transactions$")
        world.calls.start()
        hosts = [f"127.0.0.1:{world.calls.server.port}"]
        self.sick, self.well = SimulatedSwitch(dialplan(hosts)), SimulatedSwitch(dialplan(hosts))
        Phone(world, self.well).go_on(stop_at="enter_pin")  # what is made once and kept is there
        self.well.close()
        until(lambda: world.calls.server.active == 0)
        self.before = self.held()

    def held(self) -> tuple[int, int]:
        """Greenlets and file descriptors of this process; not the database's, whose idle connections stay open."""
        gc.collect()
        greenlets = sum(isinstance(each, gevent.Greenlet) and not each.dead for each in gc.get_objects())
        files = [str(each.readlink()) for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
        return greenlets, sum(".sqlite" not in file for file in files)

    def bring_to(self, stage: str, account: int) -> Phone:
        answers = {**PAYING, "enter_account_number": f"{account}#"}
        if stage == "enter_card_number":
            answers[stage] = "40128888"
        phone = Phone(self.world, self.sick, answers)
        phone.go_on(stop_at=stage)
        if stage == "enter_card_number":
            phone.call.press("4012")
        return phone

    def payments(self) -> list[PaymentState]:
        return [payment.state for payment in self.world.payments()]


@pytest.fixture
def sites(world) -> Iterator[Sites]:
    made = Sites(world)
    yield made
    made.sick.vanish()
    made.well.close()


@pytest.mark.parametrize("fate", ["vanish", "freeze"])
def test_nothing_hangs_and_nobody_else_notices(sites: Sites, fate: str) -> None:
    server = sites.world.calls.server
    for number, stage in enumerate(STAGES):
        sites.bring_to(stage, 20001 + number)
    until(lambda: sites.payments() == [PaymentState.OPENED])
    assert server.active == len(STAGES)
    late: list[float] = []
    watching = gevent.spawn(lateness, late)
    started = time.monotonic()
    getattr(sites.sick, fate)()
    other = Phone(sites.world, sites.well, {**PAYING, "enter_account_number": "10003#"})
    other.go_on(stop_at="enter_account_number")
    until(lambda: server.active == 1, LIMIT_SECONDS)
    assert time.monotonic() - started < LIMIT_SECONDS
    assert not other.call.gone
    other.call.hang_up()
    until(lambda: sites.payments() == [PaymentState.SUBMITTED])
    watching.kill()
    # The hub's own lateness, at a percentile: the machine that runs this is shared, and its pauses are not ours.
    assert sorted(late)[int(len(late) * 0.95)] < 0.25, f"{len(late)} looks, the worst {max(late):.3f} s"
    sites.sick.vanish()
    sites.well.close()
    until(lambda: (server.active, server.working) == (0, 0))
    until(lambda: all(now <= before for now, before in zip(sites.held(), sites.before, strict=True)))


def lateness(late: list[float]) -> None:
    """How much later than asked for the hub comes back, again and again."""
    while True:
        asked = time.monotonic()
        gevent.sleep(0.01)
        late.append(time.monotonic() - asked - 0.01)
