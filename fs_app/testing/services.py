"""Everything a step may use, on fakes: what a test does not name is empty, or takes every payment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fs_app.flow.call import Services
from fs_app.testing.fakes import (
    FakeCashier,
    FakeCheckpoints,
    FakeDirectory,
    FakeHistory,
    FakeSurveys,
    FixedClock,
    approve,
)
from fs_app.testing.fakes_agreements import FakeAgreements
from fs_app.testing.fakes_callers import FakeCallers, FakeProofs
from fs_app.testing.fakes_desk import FakeDesk, FakeLiveCalls, FakeOrders
from fs_app.testing.fakes_messages import FakeLinks
from fs_app.testing.fakes_methods import FakeConsents, FakeSavedMethods, FakeVault
from fs_app.testing.fakes_offers import FakeAppointments, FakeSubscriptions


def fake_services(**named: Any) -> Services:
    """``fake_services(cashier=FakeCashier(decline))``. The history is that of the cashier's payments."""
    services = Services(
        directory=FakeDirectory(),
        cashier=FakeCashier(approve),
        clock=FixedClock(),
        checkpoints=FakeCheckpoints(),
        history=FakeHistory(),
        surveys=FakeSurveys(),
        methods=FakeSavedMethods(),
        vault=FakeVault(),
        consents=FakeConsents(),
        proofs=FakeProofs(),
        callers=FakeCallers(),
        subscriptions=FakeSubscriptions(),
        appointments=FakeAppointments(),
        agreements=FakeAgreements(named.get("clock", FixedClock())),
        links=FakeLinks(),
        desk=FakeDesk(named.get("clock", FixedClock())),
        orders=FakeOrders(),
        live=FakeLiveCalls(named.get("clock", FixedClock())),
    )
    services = replace(services, **named)
    if "history" not in named and isinstance(services.cashier, FakeCashier):
        services = replace(services, history=FakeHistory(services.cashier.payments))
    return services
