"""A server dies right after it has charged a renewal: the year is paid once, is there once, and is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path

import pytest

from fs_app.domain.appointment import Appointment
from fs_app.domain.bill import Account
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, Means, PaymentRequest, TransactionId
from fs_app.domain.subscription import Offer, Subscription
from fs_app.flow.call import Call, Line
from fs_app.flow.checkpoint import Checkpoint
from fs_app.flow.engine import run_flow
from fs_app.flow.loader import load_flow
from fs_app.ports import PaymentOutcome
from fs_app.steps import STEPS
from fs_app.testing.fakes import FakeCashier, FakeCheckpoints, FakeDirectory, ListJournal, TextVoice, approve
from fs_app.testing.fakes_offers import FakeSubscriptions
from fs_app.testing.phone import ScriptedPhone
from fs_app.testing.services import fake_services

ROOT = Path(__file__).resolve().parents[3]
VOICE = TextVoice.read(ROOT / "sounds" / "phrases.yaml")
FLOW = load_flow(ROOT / "conf" / "flows" / "subscription.yaml", STEPS, VOICE)
HOLDER = Account("a1", "10001")
YEAR = Offer("digital", 12, Money(4_800, "USD"))
RENEWED = ["10001#", "2468", "1", "1", "4111111111111111", "1231", "123", "94107", "1"]


class Died(Exception):
    """The server was killed."""


class DyingCashier(FakeCashier):
    """The gateway has charged, and then the server is gone."""

    def pay(self, request: PaymentRequest, means: Means, *, save: bool = False) -> PaymentOutcome:
        super().pay(request, means, save=save)
        raise Died


@dataclass
class Servers:
    """What two servers share."""

    cashier: FakeCashier = field(default_factory=lambda: DyingCashier(approve))
    checkpoints: FakeCheckpoints = field(default_factory=FakeCheckpoints)

    def __post_init__(self) -> None:
        digital = Subscription("s1", "a1", "digital", date(2026, 8, 31))
        self.subscriptions = FakeSubscriptions([digital], {"digital": [YEAR]}, self.cashier.payments)

    def call(self, *answers: str) -> tuple[Call, ScriptedPhone]:
        services = fake_services(
            directory=FakeDirectory([HOLDER], pins={"a1": "2468"}),
            cashier=self.cashier,
            checkpoints=self.checkpoints,
            subscriptions=self.subscriptions,
        )
        phone = ScriptedPhone(VOICE, answers)
        return Call(Line("subscription", "en", "payments"), phone, services, ListJournal()), phone


def test_a_server_that_dies_after_the_charge_loses_no_year_and_gives_no_second_one() -> None:
    servers = Servers()
    call, _ = servers.call(*RENEWED)
    with pytest.raises(Died):
        run_flow(FLOW, call)
    assert servers.subscriptions.of(HOLDER)[0].expires_on == date(2027, 8, 31)

    servers.cashier.found = Approved(TransactionId("t1"), YEAR.price)
    call, phone = servers.call()
    checkpoint = Checkpoint.read(servers.checkpoints.places[phone.uuid])
    assert run_flow(FLOW, call, checkpoint) == "finished"
    assert any(said.startswith("Thank you. Your payment of 48.00 USD is complete.") for said in phone.said)
    assert len(servers.cashier.payments) == 1
    assert servers.subscriptions.of(HOLDER)[0].expires_on == date(2027, 8, 31)


@pytest.mark.parametrize("there", [True, False])
def test_what_a_call_is_about_goes_with_it_and_is_gone_with_the_account(there: bool) -> None:
    first, _ = Servers().call()
    first.facts.account = HOLDER if there else Account("a9", "99999")
    first.facts.subscription = Subscription("s1", "a1", "digital", date(2026, 8, 31))
    first.facts.appointment = Appointment("v1", "a1", date(2026, 2, 3), time(9, 30))
    kept = Checkpoint.read(Checkpoint.of(first, "what", [], [], in_trouble=False).text())
    second, _ = Servers().call()
    assert kept is not None
    kept.restore(second)
    assert second.facts.subscription == (first.facts.subscription if there else None)
    assert second.facts.appointment == (first.facts.appointment if there else None)
