"""``fs-app reconcile`` over the local gateway and SQLite: yesterday, as cron asks for it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fs_app.app.parts import Parts
from fs_app.cli import main
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, OrderId, Payment, PaymentRequest, Settled, Submitted, TransactionId
from fs_app.gateways.sandbox import SandboxServer
from fs_app.ports import ChargeRequest
from fs_app.settings import load_settings
from fs_app.store.schema import migrate
from fs_app.testing.fakes_payments import StandingClock
from tests.cards import visa

AMOUNT = Money(4250, "USD")
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
STRANGER = OrderId("00000000-0000-4000-8000-000000000001")


class YesterdaysParts(Parts):
    """The product's parts at noon yesterday."""

    @cached_property
    def clock(self) -> StandingClock:
        return StandingClock(YESTERDAY)


class Office:
    """Yesterday's payments, and the command that is run today."""

    def __init__(self, folder: Path, gateway: SandboxServer) -> None:
        self.gateway = gateway
        self.config = folder / "fs_app.yaml"
        self.config.write_text(
            f"database: {{url: 'sqlite:///{folder}/fs_app.sqlite'}}\n"
            f"gateway: {{listen: '127.0.0.1:{gateway.port}', connect_seconds: 10, read_seconds: 30}}\n",
            encoding="utf-8",
        )
        self.parts = YesterdaysParts(load_settings(self.config)[0])
        migrate(self.parts.database)

    def held(self, order_id: OrderId) -> TransactionId:
        held = self.parts.gateway.authorise(ChargeRequest(order_id, AMOUNT, visa()))
        assert isinstance(held, Approved)
        return held.transaction_id

    def opened(self) -> Payment:
        ledger = self.parts.ledger
        return ledger.open(PaymentRequest("call", "1001", f"bill-{len(ledger.payments())}", AMOUNT))

    def paid(self) -> Payment:
        """A payment that was taken, as the cashier takes it."""
        payment, ledger = self.opened(), self.parts.ledger
        held = Approved(self.held(payment.order_id), AMOUNT)
        ledger.record(payment.id, held)
        submitted = self.parts.gateway.submit(held.transaction_id, AMOUNT)
        assert isinstance(submitted, Submitted)
        return ledger.record(payment.id, submitted)

    def settle(self, *payments: Payment) -> None:
        """The gateway settles everything, and the jobs see it for these."""
        self.gateway.control.settle()
        for payment in payments:
            assert payment.transaction_id is not None
            self.parts.ledger.record(payment.id, Settled(payment.transaction_id))

    def reconcile(self, *more: str, day: str = "yesterday") -> Result:
        return CliRunner().invoke(main, ["--config", str(self.config), "reconcile", day, *more])


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with SandboxServer(now=lambda: YESTERDAY) as gateway:
        yield Office(tmp_path, gateway)


def test_a_day_on_which_all_is_well(office: Office) -> None:
    office.settle(office.paid(), office.paid())
    result = office.reconcile()
    assert result.exit_code == 0, result.output
    assert "2 payments compared, no difference" in result.output
    assert office.reconcile(day=f"{YESTERDAY:%Y-%m-%d}").exit_code == 0
    assert "0 payments compared" in office.reconcile(day="today").output


def test_differences_are_told_to_people_and_programs(office: Office) -> None:
    paid, lost = office.paid(), office.opened()
    submitted = office.held(lost.order_id)
    office.parts.gateway.submit(submitted, AMOUNT)
    office.held(STRANGER)
    assert paid.transaction_id is not None
    office.parts.gateway.void(paid.transaction_id)
    result = office.reconcile("--format", "json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert (told["payments"], told["under_way"], told["foreign"]) == (2, 0, 0)
    found = {each["kind"]: each for each in told["differences"]}
    assert set(found) == {"given_back_there", "captured_open_here", "no_attempt"}
    assert found["captured_open_here"]["transaction_id"] == submitted
    assert found["given_back_there"]["payment_id"] == paid.id
    assert found["no_attempt"]["order_id"] == STRANGER

    rows = list(csv.DictReader(io.StringIO(office.reconcile("--format", "csv").stdout)))
    assert [row["kind"] for row in rows] == [each["kind"] for each in told["differences"]]
    table = office.reconcile()
    assert table.exit_code == 1
    assert "3 differences" in table.output
    assert STRANGER in table.output
    assert "What to do: see that `fs-app jobs` runs" in table.output


def test_a_lagging_search_accuses_nobody(office: Office) -> None:
    payment = office.paid()
    office.gateway.control.lag(60)
    result = office.reconcile()
    assert result.exit_code == 0, result.output
    assert office.parts.gateway.find(payment.order_id) == []


def test_a_refund_made_long_after_the_payment(office: Office) -> None:
    payment = office.paid()
    office.settle(payment)
    assert payment.transaction_id is not None
    office.parts.gateway.refund(payment.transaction_id, AMOUNT, STRANGER)  # in the control panel
    told = json.loads(office.reconcile("--format", "json").stdout)
    assert [(each["kind"], each["payment_id"]) for each in told["differences"]] == [("refund_not_here", payment.id)]


def test_others_on_the_account_count_only_where_they_should_not_be(office: Office) -> None:
    office.held(OrderId("shop-17"))
    result = office.reconcile()
    assert result.exit_code == 0
    assert "1 transaction of others" in result.output
    assert office.reconcile("--strict").exit_code == 1


@pytest.mark.parametrize(
    "path",
    [
        "POST /transactions/advanced_search_ids$",
        "POST /transactions/advanced_search$",
        "POST /settlement_batch_summary$",
    ],
)
def test_a_gateway_that_cannot_be_asked_is_never_all_is_well(office: Office, path: str) -> None:
    office.settle(office.paid())
    office.gateway.faults.plan(kind="status_before_commit", path=path, times=9)
    result = office.reconcile("--format", "csv")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "nothing is known about yesterday" in result.stderr


def test_neither_is_a_database_that_cannot_be_asked(office: Office, tmp_path: Path) -> None:
    office.parts.close()
    (tmp_path / "fs_app.sqlite").unlink()
    result = office.reconcile()
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize("day", ["2026-13-01", "tomorrow", "9999-12-30"])
def test_a_day_that_is_none(office: Office, day: str) -> None:
    result = office.reconcile(day=day)
    assert result.exit_code == 2
    assert "DAY" in result.stderr
