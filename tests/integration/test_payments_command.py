"""``fs-app payments`` as finance staff use it, against the local gateway."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fs_app.app.parts import Parts
from fs_app.cli import main
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, Payment, PaymentRequest, PaymentState, Submitted, Unknown
from fs_app.gateways.sandbox import SandboxServer
from fs_app.ports import ChargeRequest, Delivery, TaskKind
from fs_app.settings import load_settings
from fs_app.store.schema import migrate
from tests.cards import visa

ROOT = Path(__file__).resolve().parents[2]
AMOUNT = Money(4250, "USD")
WHY = ("--reason", "paid twice by mistake", "--operator", "ada")


class Office:
    """A settings file, a database, the local gateway, and a person at the command line."""

    def __init__(self, folder: Path, gateway: SandboxServer) -> None:
        self.gateway = gateway
        self.config = folder / "site.yaml"
        self.config.write_text(
            f"database: {{url: 'sqlite:///fs_app.sqlite'}}\n"
            f"gateway: {{listen: '127.0.0.1:{gateway.port}'}}\n"
            f"messages: {{templates: '{ROOT}/conf/messages.yaml'}}\n"
        )
        self.parts = Parts(load_settings(self.config)[0])
        migrate(self.parts.database)

    def opened(self) -> Payment:
        bill = f"bill-{len(self.parts.ledger.payments())}"
        to = Contact.parse("sms:+15550100001")
        return self.parts.ledger.open(
            PaymentRequest("uuid", "account", bill, AMOUNT, "visa", "1111", receipt_to=to)
        )

    def paid(self) -> Payment:
        ledger, gateway = self.parts.ledger, self.parts.gateway
        payment = self.opened()
        held = gateway.authorise(ChargeRequest(payment.order_id, AMOUNT, visa()))
        assert isinstance(held, Approved)
        ledger.record(payment.id, held)
        submitted = gateway.submit(held.transaction_id, AMOUNT)
        assert isinstance(submitted, Submitted)
        return ledger.record(payment.id, submitted)

    def stuck(self) -> Payment:
        """An attempt that the jobs have given up."""
        payment = self.opened()
        self.parts.ledger.record(payment.id, Unknown("read timeout"))
        self.parts.tasks.wake(TaskKind.PAYMENT, str(payment.id))
        (task,) = self.parts.tasks.claim([TaskKind.PAYMENT], limit=1, lease_seconds=60)
        self.parts.tasks.give_up(task, "the gateway's search finds nothing yet")
        return payment

    def run(self, *words: object) -> Result:
        return CliRunner().invoke(main, ["--config", str(self.config), "payments", *(str(word) for word in words)])

    def state(self, payment: Payment) -> PaymentState:
        return self.parts.ledger.get(payment.id).state


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with SandboxServer() as gateway:
        made = Office(tmp_path, gateway)
        yield made
        made.parts.close()


def test_a_refund_is_done_once_however_often_the_command_is_repeated(office: Office) -> None:
    payment = office.paid()
    early = office.run("refund", payment.id, *WHY)
    assert early.exit_code == 1
    assert "void it whole" in early.output
    office.gateway.control.settle()
    first, again = (office.run("refund", payment.confirmation, "--amount", "12.34", *WHY) for _ in range(2))
    assert (first.exit_code, again.exit_code) == (0, 0)
    assert first.output.startswith("done: 12.34 USD is on its way back")
    assert again.output.startswith("same: refund 1 of 12.34 USD was asked for before")
    assert office.gateway.control.orders()[payment.order_id]["refunded_amount"] == "12.34"


@pytest.mark.parametrize("amount", ["1.234", "nothing", "-1", "0.00"])
def test_an_amount_that_is_none_is_refused(office: Office, amount: str) -> None:
    payment = office.paid()
    office.gateway.control.settle()
    assert office.run("refund", payment.id, "--amount", amount, *WHY).exit_code == 1
    assert office.gateway.control.orders()[payment.order_id]["refunded_amount"] == "0.00"


def test_a_refund_without_a_trusted_answer_has_an_exit_code_of_its_own(office: Office) -> None:
    payment = office.paid()
    office.gateway.control.settle()
    office.gateway.faults.plan(kind="drop_after_commit", path="/refund$")
    unknown = office.run("refund", payment.id, *WHY)
    assert unknown.exit_code == 3
    assert "do not repeat it" in unknown.output


def test_a_void(office: Office) -> None:
    payment = office.paid()
    assert office.run("void", payment.id, *WHY).exit_code == 0
    assert office.state(payment) is PaymentState.VOIDED
    assert office.gateway.control.orders()[payment.order_id]["captured"] == 0


def test_nothing_is_done_without_a_reason(office: Office) -> None:
    payment = office.paid()
    for command in ("refund", "void", "close"):
        assert office.run(command, payment.id).exit_code == 2
    assert office.parts.audit.entries(payment.id) == []


def test_everything_about_a_payment(office: Office) -> None:
    payment = office.paid()
    office.run("void", payment.id, *WHY)
    shown = office.run("show", payment.confirmation)
    assert shown.exit_code == 0
    for words in (payment.confirmation, payment.order_id, "submitted for settlement", "voided by ada", "sms:+1555"):
        assert words in shown.output
    told = json.loads(office.run("show", payment.id, "--json").output)
    assert [entry[2:5] for entry in told["audit"]] == [
        ["void", "paid twice by mistake", "asked"],
        ["void", "paid twice by mistake", "done: 42.50 USD will not be collected"],
    ]
    assert office.run("show", "12345678").exit_code == 1


def test_the_list_shows_what_waits_for_a_person(office: Office) -> None:
    paid, stuck = office.paid(), office.stuck()
    everything, waiting = office.run("list").output, office.run("list", "--stuck").output
    assert paid.confirmation in everything and stuck.confirmation in everything
    assert paid.confirmation not in waiting and stuck.confirmation in waiting
    assert "fs-app payments close" in office.run("show", stuck.id).output


def test_a_stuck_attempt_is_closed_by_hand_and_its_bill_is_free(office: Office) -> None:
    stuck = office.stuck()
    done = office.run("close", stuck.id, *WHY)
    assert done.exit_code == 0, done.output
    assert office.state(stuck) is PaymentState.NOT_SENT
    office.parts.ledger.open(stuck.request)
    assert [entry.result for entry in office.parts.audit.entries(stuck.id)] == ["asked", "done: not charged"]
    assert office.parts.tasks.stuck() == []


def test_what_may_have_been_charged_is_not_closed_by_hand(office: Office) -> None:
    young, paid, stuck = office.opened(), office.paid(), office.stuck()
    assert "still being looked for" in office.run("close", young.id, *WHY).output
    assert "submitted" in office.run("close", paid.id, *WHY).output
    office.parts.gateway.authorise(ChargeRequest(stuck.order_id, AMOUNT, visa()))
    assert "shows 1 transactions" in office.run("close", stuck.id, *WHY).output
    office.gateway.stop()
    assert "in the dark" in office.run("close", stuck.id, *WHY).output
    assert office.state(stuck) is PaymentState.UNKNOWN


def test_a_check_asks_the_gateway_now_and_acts_on_it(office: Office) -> None:
    stuck = office.stuck()
    nothing = office.run("check", stuck.id)
    assert nothing.exit_code == 3
    office.parts.gateway.authorise(ChargeRequest(stuck.order_id, AMOUNT, visa()))
    assert office.run("check", stuck.id).exit_code == 3  # paid now; its settlement is still to come
    assert office.state(stuck) is PaymentState.SUBMITTED


def test_a_receipt_is_sent_again_only_where_that_may_be(office: Office) -> None:
    payment = office.paid()
    (receipt,) = office.parts.outbox.receipts(payment_id=payment.id)
    assert "paid to sms:+15550100001 is due now" in office.run("receipt", payment.id).output
    office.parts.outbox.sending(receipt.id)
    office.parts.outbox.sent(receipt.id, Delivery.SENT)
    assert office.run("receipt", payment.id).exit_code == 1


def test_a_day_of_payments(office: Office) -> None:
    payment = office.paid()
    tomorrow = (payment.opened_at + timedelta(days=1)).date().isoformat()
    assert payment.confirmation not in office.run("list", "--since", tomorrow).output
