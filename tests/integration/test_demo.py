"""``scripts/demo --auto``: what it prints, and that it fails where the ledger and the gateway differ."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fs_app.demo.agreement import differences
from fs_app.domain.money import Money
from fs_app.domain.payment import OrderId, Payment, PaymentId, PaymentRequest, PaymentState, TransactionId
from fs_app.domain.standing import Standing
from fs_app.ports import GatewayRecord

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def test_the_calls_of_the_demo_are_played_booked_and_compared(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "fs_app", "--config", str(ROOT / "conf/fs_app.yaml"), "demo", "--auto"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for line in (
        "== paid 42.50 USD visa 1111",
        "== declined 35.00 USD mastercard 4444",
        "== paid 35.00 USD mastercard 4444",
        "== agent payments",
        "== no payment",
        "ledger and gateway agree on 5 attempts",
    ):
        assert line in done.stdout
    log = (tmp_path / "var/demo/server.log").read_text()
    outcomes = [line["outcome"] for line in map(json.loads, log.splitlines()) if line["event"] == "call"]
    assert len(outcomes) == 6 and outcomes.count("moved") == 1, "the fifth goes back to the dialplan after its talk"
    assert "4111111111111111" not in log and "5555555555554444" not in log


class Gateway:
    """Has what it is told to have."""

    def __init__(self, *records):
        self.records = records

    def find(self, order_id):
        return self.records[0] if self.records == (None,) else self.records


def payment(state):
    request = PaymentRequest("call", "account", "bill", Money(4250, "USD"), "visa", "1111")
    return Payment(PaymentId(7), OrderId("o"), "12345674", state, request, NOW, TransactionId("t1"))


def record(transaction="t1", minor=4250, captured=True):
    standing = Standing.CAPTURED if captured else Standing.HELD
    return GatewayRecord(TransactionId(transaction), OrderId("o"), standing, "any", Money(minor, "USD"), NOW)


@pytest.mark.parametrize(
    ("state", "gateway", "difference"),
    [
        (PaymentState.SUBMITTED, Gateway(record()), None),
        (PaymentState.SUBMITTED, Gateway(record(), record("t2", captured=False)), None),
        (PaymentState.DECLINED, Gateway(record(captured=False)), None),
        (PaymentState.NOT_SENT, Gateway(), None),
        (PaymentState.SUBMITTED, Gateway(), "captured it 0 times"),
        (PaymentState.SUBMITTED, Gateway(record(), record("t2")), "captured it 2 times"),
        (PaymentState.SUBMITTED, Gateway(record(minor=4251)), "captured 42.51 USD"),
        (PaymentState.SUBMITTED, Gateway(record("t9")), "has it as transaction t9"),
        (PaymentState.DECLINED, Gateway(record()), "captured it all the same"),
        (PaymentState.UNKNOWN, Gateway(record()), "captured it all the same"),
        (PaymentState.SUBMITTED, Gateway(None), "could not be asked"),
    ],
)
def test_every_difference_is_told(state, gateway, difference):
    found = differences([payment(state)], gateway)
    assert [difference in text for text in found] == ([True] if difference else [])
