"""The whole way of a webhook: local gateway, socket, web role, task, follower, ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import pytest

from fs_app.app.jobs import followers
from fs_app.app.parts import Parts
from fs_app.app.web import Web
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, Payment, PaymentRequest, PaymentState, Submitted
from fs_app.gateways.sandbox import SandboxServer
from fs_app.ports import ChargeRequest, TaskKind
from fs_app.settings import Settings
from fs_app.store.schema import migrate
from tests.cards import visa

ROOT = Path(__file__).resolve().parents[2]
AMOUNT = Money(4250, "USD")


class Line:
    """The local gateway, the web role on a port that it sends to, and what the jobs do."""

    def __init__(self, folder: Path, gateway: SandboxServer) -> None:
        self.gateway = gateway
        settings = Settings.model_validate(
            {
                "database": {"url": f"sqlite:///{folder}/fs_app.sqlite"},
                "gateway": {"listen": f"127.0.0.1:{gateway.port}"},
                "messages": {"templates": str(ROOT / "conf/messages.yaml")},
                "web": {"listen": "127.0.0.1:0"},
            }
        )
        self.parts = Parts(settings)
        migrate(self.parts.database)
        self.web = Web(settings, self.parts)
        self.web.start()

    def listen(self, **how: Any) -> None:
        self.gateway.webhooks.register(f"http://127.0.0.1:{self.web.port}/webhooks/braintree", **how)

    def paid(self, number: str = "4111111111111111") -> Payment:
        """A payment that was taken, as the cashier takes it."""
        ledger, gateway = self.parts.ledger, self.parts.gateway
        payment = ledger.open(PaymentRequest("uuid", "account", "bill", AMOUNT, "visa", number[-4:]))
        held = gateway.authorise(ChargeRequest(payment.order_id, AMOUNT, visa(number)))
        assert isinstance(held, Approved)
        ledger.record(payment.id, held)
        submitted = gateway.submit(held.transaction_id, AMOUNT)
        assert isinstance(submitted, Submitted)
        return ledger.record(payment.id, submitted)

    def state(self, payment: Payment) -> PaymentState:
        return self.parts.ledger.get(payment.id).state

    def events(self, payment: Payment, event: str) -> list[str]:
        return [line.detail for line in self.parts.ledger.history(payment.id) if line.state == event]

    def sent(self) -> list[dict[str, Any]]:
        [hook] = self.gateway.webhooks.told()
        return hook["sent"]

    def until(self, done: Callable[[], object]) -> None:
        """Do what is due, as the jobs do, until something is so."""
        with gevent.Timeout(20):
            while not done():
                self.work()
                gevent.sleep(0.01)

    def work(self) -> None:
        """Do what is due now."""
        everyone = followers(self.parts)
        for task in self.parts.tasks.claim([TaskKind.PAYMENT, TaskKind.DISPUTE], limit=20, lease_seconds=60):
            everyone[task.kind].work(task)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with SandboxServer() as gateway:
        line = Line(tmp_path, gateway)
        yield line
        gateway.webhooks.clear()
        line.web.stop()


def test_a_settlement_reaches_the_ledger(line: Line) -> None:
    line.listen()
    payment = line.paid()
    assert line.gateway.control.settle() == 1
    line.until(lambda: line.state(payment) is PaymentState.SETTLED)
    line.until(lambda: [each["outcome"] for each in line.sent()] == ["200"] * 2)
    assert [each["kind"] for each in line.sent()] == ["transaction_settled", "disbursement"]


def test_what_is_told_falsely_is_looked_up_and_not_believed(line: Line) -> None:
    line.listen()
    payment = line.paid()
    line.gateway.webhooks.send("transaction_settled", transaction=str(payment.transaction_id))
    line.until(lambda: [each["outcome"] for each in line.sent()] == ["200"])
    line.work()
    assert line.state(payment) is PaymentState.SUBMITTED


def test_a_dispute_and_its_end_reach_the_history(line: Line) -> None:
    line.listen()
    payment = line.paid("4023898493988028")
    line.until(lambda: line.events(payment, "dispute"))
    [dispute] = line.parts.disputes.disputes(payment_id=payment.id)
    assert (dispute.status, dispute.amount, dispute.transaction_id) == ("open", AMOUNT, payment.transaction_id)
    line.gateway.control.dispute(dispute.id, "lost")
    line.until(lambda: len(line.events(payment, "dispute")) == 2)
    opened, lost = line.events(payment, "dispute")
    assert "is open: fraud, reply by" in opened
    assert f"{dispute.id} of 42.50 USD is lost" in lost


def test_twice_and_out_of_order_is_once(line: Line) -> None:
    line.listen(copies=3, out_of_order=True)
    payment = line.paid()
    line.gateway.control.settle()
    line.until(lambda: [each["outcome"] for each in line.sent()] == ["200"] * 6)
    line.until(lambda: line.state(payment) is PaymentState.SETTLED)
    assert len(line.events(payment, "settled")) == 1


def test_while_the_database_is_away_the_gateway_keeps_trying(line: Line, tmp_path: Path) -> None:
    line.listen(retry_seconds=0.3)
    payment = line.paid()
    line.parts.database.close()
    (tmp_path / "fs_app.sqlite").rename(tmp_path / "away")
    line.gateway.control.settle(str(payment.transaction_id))
    with gevent.Timeout(20):
        while line.sent()[0]["outcome"] != "503":
            gevent.sleep(0.01)
    (tmp_path / "away").rename(tmp_path / "fs_app.sqlite")
    line.until(lambda: line.state(payment) is PaymentState.SETTLED)
    assert line.sent()[0]["attempts"] > 1
