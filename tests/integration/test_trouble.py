"""Trouble in the middle of a call: what the caller is told, what is booked, and what is left in memory."""

from __future__ import annotations

import gc
import time

import gevent
import pytest
from gevent.monkey import get_original
from sqlalchemy import update

from fs_app.domain.payment import PaymentState
from fs_app.domain.secret import Secret
from fs_app.errors import StoreUnavailable
from fs_app.steps.charge import Charge
from fs_app.store.directory import TableDirectory
from fs_app.store.ledger import SqlLedger
from fs_app.store.tables import bills
from fs_app.testing.switch import SimulatedSwitch, dialplan
from tests.phones import DEADLINE, PAYING, Phone, until


@pytest.fixture
def switch(world):
    world.calls.start()
    with SimulatedSwitch(dialplan([f"127.0.0.1:{world.calls.server.port}"])) as switch:
        yield switch


def captures(world) -> list[int]:
    return [order["captured"] for order in world.gateway.control.orders().values()]


# --- the switch vanishes -----------------------------------------------------------------------------------------


def test_the_switch_vanishes_in_mid_charge_and_the_charge_is_recorded(world, switch):
    world.gateway.faults.plan(kind="delay_after_commit", seconds=8.0, path="POST /transactions$")
    phone = Phone(world, switch)
    phone.go_on(stop_at="please_wait")
    until(lambda: world.payments())
    assert world.calls.server.working == 1
    switch.vanish()
    until(lambda: world.calls.server.active == 0, 5.0)  # the call is over at once, the charge is not
    assert [payment.state for payment in world.payments()] == [PaymentState.OPENED]
    with SimulatedSwitch(dialplan([f"127.0.0.1:{world.calls.server.port}"])) as other:
        Phone(world, other).go_on(stop_at="enter_account_number")
    until(lambda: [payment.state for payment in world.payments()] == [PaymentState.SUBMITTED])
    assert captures(world) == [1]
    until(lambda: world.calls.server.working == 0)


def test_the_switch_vanishes_in_mid_entry_and_nothing_is_booked(world, switch):
    phone = Phone(world, switch, {**PAYING, "enter_card_number": ""})
    phone.go_on(stop_at="enter_card_number")
    phone.call.press("40128888")
    switch.vanish()
    until(lambda: world.calls.server.active == 0, 5.0)
    assert world.payments() == [] and captures(world) == []


# --- too slow ---


@pytest.mark.parametrize("service", ["database_service", "gateway_service"])
def test_a_service_that_became_slow_is_noticed_before_a_card_is_keyed(world, switch, service):
    first = Phone(world, switch)
    first.go_on(stop_at="confirm_payment")
    for _ in range(3):
        getattr(world.calls.parts, service).answered(60.0, ok=True)
    phone = Phone(world, switch, {**PAYING, "enter_account_number": "10006#"})
    phone.go_on()
    assert phone.said[-2:] == [world.phrase("cards_unavailable"), world.phrase("connecting_agent")]
    assert phone.queue == "payments@default"
    first.call.press("1")  # who has keyed a card may still be charged
    first.go_on()
    assert "is complete" in first.heard


# --- the database goes away --------------------------------------------------------------------------------------


def failing(monkeypatch, name: str, *, at: int, kind=SqlLedger) -> None:
    """The database is gone at the so-many-th use of a method, from 1, and back after it."""
    real, count = getattr(kind, name), iter(range(1, 100))

    def method(self, *arguments, **named):
        if next(count) == at:
            raise StoreUnavailable("the database went away")
        return real(self, *arguments, **named)

    monkeypatch.setattr(kind, name, method)


@pytest.mark.parametrize("method", ["by_number", "pin_matches", "open_bills"])
def test_no_account_without_a_database_but_an_apology_and_a_person(world, switch, monkeypatch, method):
    failing(monkeypatch, method, at=1, kind=TableDirectory)
    phone = Phone(world, switch)
    phone.go_on()
    assert phone.said[-2:] == [
        "We are sorry. We have a technical problem.",
        "Please hold while we connect you to a representative.",
    ]
    assert phone.queue == "payments@default"
    assert "card number" not in phone.heard


def test_the_database_goes_before_the_attempt_is_opened_and_nothing_is_sent(world, switch, monkeypatch):
    failing(monkeypatch, "open", at=1)
    phone = Phone(world, switch)
    phone.go_on()
    assert "We are sorry. We have a technical problem." in phone.heard
    assert "not charged" not in phone.heard  # an earlier attempt may be under way: nobody could look
    assert phone.queue == "payments@default"
    assert captures(world) == [] and world.gateway.control.orders() == {}


@pytest.mark.parametrize(
    ("at", "state", "captured"),
    [(1, PaymentState.OPENED, 0), (2, PaymentState.AUTHORISED, 1)],
    ids=["after the authorisation", "after the submission"],
)
def test_what_is_not_recorded_is_told_as_being_checked(world, switch, monkeypatch, at, state, captured):
    failing(monkeypatch, "record", at=at)
    phone = Phone(world, switch)
    phone.go_on()
    assert "Your payment is being checked. Please do not pay again." in phone.heard
    assert "is complete" not in phone.heard and "not charged" not in phone.heard
    assert [payment.state for payment in world.payments()] == [state]
    assert captures(world) == [captured]


def test_a_second_call_on_a_bill_that_is_being_checked_pays_nothing(world, switch, monkeypatch):
    failing(monkeypatch, "record", at=2)
    Phone(world, switch).go_on()
    again = Phone(world, switch)
    again.go_on()
    assert "A payment on this bill is already being processed." in again.heard
    assert captures(world) == [1]


def test_a_slow_database_delays_nobody_else(world, switch, monkeypatch):
    """One caller's look-up hangs in the driver; ten others pay their way to the card meanwhile."""
    real, begun, freed = TableDirectory.open_bills, [], []

    def hang(connection):
        until_then = time.monotonic() + DEADLINE
        while not freed and time.monotonic() < until_then:
            get_original("time", "sleep")(0.01)

    def open_bills(self, account):
        if not begun:
            begun.append(account)
            self._database.read(hang, deadline=2 * DEADLINE)
        return real(self, account)

    monkeypatch.setattr(TableDirectory, "open_bills", open_bills)
    stuck = Phone(world, switch)
    waiting = gevent.spawn(stuck.go_on, "enter_card_number")
    until(lambda: begun)
    world.open_accounts(10)
    others = [Phone(world, switch, {**PAYING, "enter_account_number": f"{20001 + k}#"}) for k in range(10)]
    hub_delays: list[float] = []
    probe = gevent.spawn(lateness, hub_delays)
    gevent.joinall([gevent.spawn(other.go_on, "enter_card_number") for other in others], timeout=DEADLINE)
    probe.kill()
    assert all("card number" in other.said[-1] for other in others)
    assert not waiting.ready()
    freed.append(True)
    assert len(hub_delays) > 20
    assert sorted(hub_delays)[int(len(hub_delays) * 0.95)] < 0.25
    waiting.get(timeout=DEADLINE)
    assert "card number" in stuck.said[-1]


def lateness(hub_delays: list[float]) -> None:
    """How much later than asked for the hub comes back, again and again."""
    while True:
        asked = time.monotonic()
        gevent.sleep(0.005)
        hub_delays.append(time.monotonic() - asked - 0.005)


def test_a_bill_in_a_currency_nobody_recorded_leads_to_a_person(world, switch):
    world.database.write(lambda connection: connection.execute(update(bills).values(currency="CHF")))
    phone = Phone(world, switch)
    phone.go_on()
    assert phone.said[-1] == "We are sorry. We have a technical problem."
    assert phone.queue == "payments@default"
    assert "the names of CHF are not recorded" in world.log.getvalue()


# --- memory ------------------------------------------------------------------------------------------------------


def secrets_in_memory() -> int:
    gc.collect()
    return sum(1 for thing in gc.get_objects() if isinstance(thing, Secret) and len(thing))


def hang_up_in_mid_entry(world, switch, monkeypatch):
    phone = Phone(world, switch)
    phone.go_on(stop_at="enter_expiry")
    phone.call.press("09")
    phone.call.hang_up()


def a_fault_in_a_step(world, switch, monkeypatch):
    def run(self, call):
        number = call.facts.card.number.reveal()
        raise RuntimeError(f"a fault with {len(number)} digits in reach")

    monkeypatch.setattr(Charge, "run", run)
    phone = Phone(world, switch)
    phone.go_on()
    assert phone.said[-1] == "We are sorry. We have a technical problem."
    assert phone.queue == "payments@default"
    assert "a fault with 16 digits in reach" in world.log.getvalue()
    assert "4012888888881881" not in world.log.getvalue()


def an_agent_after_the_card(world, switch, monkeypatch):
    Phone(world, switch, {**PAYING, "confirm_payment": "0"}).go_on()


def paid(world, switch, monkeypatch):
    Phone(world, switch).go_on()


@pytest.mark.parametrize("end", [paid, hang_up_in_mid_entry, a_fault_in_a_step, an_agent_after_the_card])
def test_no_end_of_a_call_leaves_digits_in_memory(world, switch, monkeypatch, end):
    before = secrets_in_memory()
    end(world, switch, monkeypatch)
    switch.close()
    until(lambda: world.calls.server.active == 0)
    until(lambda: secrets_in_memory() <= before)


def test_the_search_of_memory_finds_a_secret():
    before = secrets_in_memory()
    kept = Secret("4012")
    assert secrets_in_memory() == before + 1
    kept.wipe()
    assert secrets_in_memory() == before
