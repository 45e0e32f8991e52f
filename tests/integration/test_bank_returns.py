"""A debit of a bank account on its whole way: charged, settled, taken back by the bank days later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from test_webhooks import AMOUNT, Line

from fs_app.domain.bank_account import BankAccount
from fs_app.domain.bill import Holder
from fs_app.domain.means import Kept, MeansKind, MethodToken, SavedMethod
from fs_app.domain.money import Money
from fs_app.domain.payment import PAID_STATES, Approved, Payment, PaymentRequest, PaymentState
from fs_app.domain.secret import Secret
from fs_app.errors import BillBusy
from fs_app.gateways.sandbox import SandboxServer
from fs_app.jobs.returns import ReturnWatch
from fs_app.ports import Consent, ConsentKind, GatewayRecord, PaymentOutcome, TaskKind

DEBIT = PaymentRequest("uuid", "account", "bill", AMOUNT, "chase", "0000", means=MeansKind.BANK)
YES = Consent(ConsentKind.SAVE_METHOD, "account", "uuid", "en", "1", "May we keep it?")
ANN = Holder("Ann", "Lee", street="1 Main St", locality="Chicago", region="IL", postal_code="60622")


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    with SandboxServer() as gateway:
        line = Line(tmp_path, gateway)
        line.listen()
        yield line
        gateway.webhooks.clear()
        line.web.stop()


def debited(line: Line) -> PaymentOutcome:
    bank = BankAccount(
        Secret("021000021"), Secret("1000000000"), holder=ANN, mandate="I authorise it.", brand="chase"
    )
    bank.last_four = "0000"
    outcome = line.parts.cashier.pay(DEBIT, bank, save=True)
    assert bank.wiped
    return outcome


def saved(line: Line, outcome: PaymentOutcome) -> SavedMethod:
    """As the charge step remembers what the gateway has kept."""
    assert isinstance(outcome.result, Approved)
    assert outcome.result.kept is not None
    return line.parts.methods.save("account", outcome.result.kept, line.parts.consents.keep(YES))


def given_back(line: Line, payment: Payment, code: str) -> None:
    """Settled, and days later taken back by the bank; the webhook tells us."""
    line.gateway.control.settle()
    line.until(lambda: line.state(payment) is PaymentState.SETTLED)
    assert line.gateway.control.ach_return(code, order_id=payment.order_id) == 1
    line.until(lambda: line.state(payment) is PaymentState.RETURNED)


def test_a_debit_that_the_bank_takes_back_is_returned_with_its_code_and_its_bill_is_open_again(line: Line) -> None:
    payment = debited(line).payment
    assert line.state(payment) is PaymentState.SUBMITTED
    again = replace(DEBIT, call_uuid="uuid-2", taken_before=Money(0, "USD"))
    with pytest.raises(BillBusy):
        line.parts.ledger.open(again)
    given_back(line, payment, "R01")
    assert line.parts.ledger.return_of(payment.id) == "R01"
    assert line.parts.ledger.open(again).state is PaymentState.OPENED


def test_an_account_that_is_closed_is_not_kept(line: Line) -> None:
    outcome = debited(line)
    method = saved(line, outcome)
    visa = Kept(MethodToken("card"), MeansKind.CARD, "visa", "0000")
    card = line.parts.methods.save("account", visa, line.parts.consents.keep(YES))
    given_back(line, outcome.payment, "R02")
    line.until(lambda: line.parts.methods.get(method.id) is None)
    assert line.parts.vault.look(method.token) is None
    assert list(line.parts.methods.of_account("account")) == [card]


def test_an_account_without_money_stays_saved(line: Line) -> None:
    outcome = debited(line)
    method = saved(line, outcome)
    given_back(line, outcome.payment, "R01")
    for _ in range(3):
        line.work()
    assert line.parts.methods.get(method.id) == method
    assert line.parts.vault.look(method.token) is not None


def test_what_the_gateway_cannot_delete_now_is_tried_again(line: Line) -> None:
    outcome = debited(line)
    method = saved(line, outcome)
    line.gateway.faults.plan(kind="status_before_commit", status=503, path="DELETE /payment_methods/")
    given_back(line, outcome.payment, "R10")
    line.work()
    assert line.parts.methods.get(method.id) == method
    line.parts.tasks.wake(TaskKind.PAYMENT, str(outcome.payment.id))
    line.work()
    assert line.parts.methods.get(method.id) is None
    assert line.parts.vault.look(method.token) is None


def test_an_answer_that_was_lost_is_found_and_debited_once(line: Line) -> None:
    line.gateway.faults.plan(kind="drop_after_commit", path="POST /transactions$")
    outcome = debited(line)
    assert isinstance(outcome.result, Approved)
    assert outcome.payment.state is PaymentState.SUBMITTED
    assert line.gateway.control.orders()[outcome.payment.order_id]["captured"] == 1


@pytest.mark.parametrize("settled", [True, False])
def test_without_a_webhook_a_return_is_looked_for(line: Line, settled: bool) -> None:
    line.gateway.webhooks.clear()
    payment = debited(line).payment
    if settled:
        line.gateway.control.settle()
        line.parts.tasks.wake(TaskKind.PAYMENT, str(payment.id))
        line.work()
        assert line.state(payment) is PaymentState.SETTLED
    parts = line.parts
    watch = ReturnWatch(parts.office, parts.ledger, parts.tasks, parts.clock)
    watch.look()
    line.work()
    assert line.state(payment) in PAID_STATES
    line.gateway.control.ach_return("R10", order_id=payment.order_id)
    for _ in range(2):
        watch.look()
        line.work()
        assert line.state(payment) is PaymentState.RETURNED
    assert parts.ledger.return_of(payment.id) == "R10"


def test_a_gateway_that_is_away_is_asked_again_as_far_back(line: Line) -> None:
    asked: list[timedelta] = []

    class Office:
        answers: ClassVar = [None, (), ()]

        def bank_returns(self, since: datetime, until: datetime) -> Sequence[GatewayRecord] | None:
            asked.append(until - since)
            return self.answers.pop(0)

    parts = line.parts
    watch = ReturnWatch(Office(), parts.ledger, parts.tasks, parts.clock)  # type: ignore[arg-type]
    for _ in range(3):
        watch.look()
    assert asked[0] > timedelta(days=60) > asked[2]
    assert asked[1] > timedelta(days=60)
