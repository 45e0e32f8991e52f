"""Whether the gateway can be counted on, and how seldom it is asked."""

from __future__ import annotations

import time

import gevent
import pytest
from gevent.event import Event
from structlog.testing import capture_logs

from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, TransactionId, Unavailable
from fs_app.payments.health import GatewayHealth
from fs_app.payments.service import Service
from fs_app.testing.fakes_payments import StandingClock

APPROVED = Approved(TransactionId("t"), Money(1, "USD"))


class Gateway:
    """A gateway that is asked how it is."""

    def __init__(self) -> None:
        self.problem: str | None = None
        self.asked = 0
        self.open = Event()
        self.open.set()

    def check(self) -> str | None:
        """Answer once ``open`` is set."""
        self.asked += 1
        self.open.wait()
        return self.problem


@pytest.fixture
def gateway() -> Gateway:
    """One that works."""
    return Gateway()


@pytest.fixture
def clock() -> StandingClock:
    """A clock that the test moves."""
    return StandingClock()


@pytest.fixture
def health(gateway: Gateway, clock: StandingClock) -> GatewayHealth:
    """Good answers count for a minute, bad ones for ten seconds."""
    return GatewayHealth(gateway.check, clock, good_seconds=60, bad_seconds=10, patience_seconds=0.1)


def test_a_good_answer_counts_for_a_minute(health: GatewayHealth, gateway: Gateway, clock: StandingClock) -> None:
    assert health.good()
    clock.move(59)
    gateway.problem = "refused"
    assert health.good()
    assert gateway.asked == 1
    clock.move(1)
    assert not health.good()


def test_an_outage_is_remembered_and_ends(health: GatewayHealth, gateway: Gateway, clock: StandingClock) -> None:
    gateway.problem = "refused"
    assert not health.good()
    gateway.problem = None
    assert not health.good()
    assert gateway.asked == 1
    clock.move(10)
    assert health.good()


def test_a_charge_is_an_answer_too(health: GatewayHealth, gateway: Gateway) -> None:
    health.saw(APPROVED, 1.0)
    assert health.good()
    assert gateway.asked == 0
    health.saw(Unavailable("no connection"), 1.0)
    gateway.problem = "no connection"
    assert not health.good()
    health.saw(APPROVED, 1.0)  # a charge that was under way
    assert health.good()


def test_a_silent_gateway_holds_nobody_for_long_and_is_asked_once(health: GatewayHealth, gateway: Gateway) -> None:
    gateway.open.clear()
    started = time.monotonic()
    tasks = [gevent.spawn(health.good) for _ in range(10)]
    gevent.joinall(tasks, timeout=5)
    assert time.monotonic() - started < 4.0
    assert [task.value for task in tasks] == [False] * 10
    assert gateway.asked == 1
    gateway.open.set()
    gevent.sleep(0)
    assert health.good(), "the late answer counts for those who come later"
    assert gateway.asked == 1


def test_a_check_that_raises_is_an_outage(clock: StandingClock) -> None:
    def broken() -> str | None:
        raise LookupError

    health = GatewayHealth(broken, clock, patience_seconds=1)
    assert not health.good()


def test_a_gateway_that_is_well_and_slow_is_not_counted_on(
    health: GatewayHealth, gateway: Gateway, clock: StandingClock
) -> None:
    for _ in range(3):
        assert health.good()
        health.saw(APPROVED, 11.0)
    assert not health.good()
    assert gateway.asked == 1, "its own word is not asked for: it would say that all is well"
    clock.move(30)
    assert health.good()
    health.saw(APPROVED, 11.0)
    assert not health.good()
    clock.move(60)
    health.saw(APPROVED, 1.0)
    assert health.good()


def test_a_change_is_told_once(clock: StandingClock) -> None:
    told: list[tuple[str, bool]] = []
    service = Service("database", clock, 2.0, told=lambda *change: told.append(change))
    with capture_logs() as logs:
        for _ in range(9):
            service.answered(0.1, ok=False)
        assert not service.works()
        clock.move(30)
        assert service.works() and service.works()
    assert told == [("database", True), ("database", False)]
    assert [line["event"] for line in logs] == ["no_cards_are_asked_for", "cards_are_asked_for_again"]
