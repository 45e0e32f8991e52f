"""``fs-app agreements`` as finance staff use it, and a due date from end to end against the local gateway."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from fs_app.app.jobs import followers
from fs_app.app.parts import Parts
from fs_app.cli import main
from fs_app.domain.agreement import Agreement, AgreementState, Fixed, Terms
from fs_app.domain.calendar import Every, Unit
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, PaymentRequest, PaymentState
from fs_app.gateways.sandbox import SandboxServer
from fs_app.ports import Consent, ConsentKind, TaskKind
from fs_app.settings import load_settings
from fs_app.store.schema import migrate
from fs_app.store.tables import accounts, bills
from tests.agreements import AUTOPAY, TO
from tests.cards import visa

ROOT = Path(__file__).resolve().parents[2]
TEN = Money(1000, "USD")
WHY = ("--reason", "asked by letter", "--operator", "ada")
TEXT = "You will pay $10.00 every week, beginning today."


class Office:
    """A settings file, a database, the local gateway with a card in it, and a person at the command line."""

    def __init__(self, folder: Path, gateway: SandboxServer) -> None:
        self.gateway = gateway
        self.config = folder / "site.yaml"
        self.config.write_text(
            f"database: {{url: 'sqlite:///fs_app.sqlite'}}\n"
            f"gateway: {{listen: '127.0.0.1:{gateway.port}'}}\n"
            f"agreements: {{charge_at: '00:00'}}\n"
            f"messages: {{templates: '{ROOT}/conf/messages.yaml'}}\n"
        )
        self.parts = Parts(load_settings(self.config)[0])
        migrate(self.parts.database)
        self.parts.database.write(
            lambda connection: (
                connection.execute(insert(accounts).values(id="demo-10001", number="10001", receipt_to=str(TO)))
                and connection.execute(
                    insert(bills).values(id="bill", account_id="demo-10001", amount_minor=50_000, currency="USD")
                )
            )
        )

    def agree(self, days: int = 0) -> Agreement:
        """In a call the first payment is made and its card kept; the next is due after so many days."""
        asked = Consent(ConsentKind.SCHEDULE, "demo-10001", "call", "en", "1", TEXT)
        consent = self.parts.consents.keep(asked)
        paid = self.parts.cashier.pay(PaymentRequest("call", "demo-10001", "bill", TEN), visa(), save=True)
        assert isinstance(paid.result, Approved) and paid.result.kept is not None
        method = self.parts.methods.save("demo-10001", paid.result.kept, consent)
        first = datetime.now(UTC).date() + timedelta(days=days)
        terms = Terms(Fixed(TEN), first, Every(1, Unit.WEEK))
        request = replace(AUTOPAY, terms=terms, consent_id=consent, method_id=method.id, told=TEN)
        return self.parts.agreements.open(request)

    def work(self) -> list[str]:
        """What the jobs do now."""
        kinds, outcomes = [TaskKind.INSTALMENT], []
        while claimed := self.parts.tasks.claim(kinds, limit=1, lease_seconds=60):
            outcomes.append(followers(self.parts)[TaskKind.INSTALMENT].work(claimed[0]))
        return outcomes

    def run(self, *words: object) -> Result:
        return CliRunner().invoke(
            main, ["--config", str(self.config), "agreements", *(str(word) for word in words)]
        )


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with SandboxServer() as gateway:
        made = Office(tmp_path, gateway)
        yield made
        made.parts.close()


def test_a_due_date_is_charged_at_the_gateway_with_the_card_that_was_kept(office: Office) -> None:
    agreement = office.agree()
    assert office.work() == ["done", "waiting"]
    payment = office.parts.ledger.payments()[-1]
    assert (payment.state, payment.request.instalment is not None) == (PaymentState.SUBMITTED, True)
    order = office.gateway.control.orders()[payment.order_id]
    assert order["captured"] == 1
    shown = office.run("show", agreement.number).output
    for words in (TEXT, payment.confirmation, "10.00 USD", "every 1 week", "paid", "scheduled", "agreed"):
        assert words in shown
    told = json.loads(office.run("show", agreement.number, "--json").output)
    assert [each["state"] for each in told["instalments"]] == ["paid", "scheduled"]
    assert told["consent"]["text"] == TEXT and told["consent"]["version"] == "1"


def test_the_list(office: Office) -> None:
    agreement = office.agree(30)
    listed = office.run("list").output
    assert agreement.number in listed and "10.00 USD from" in listed
    assert agreement.number not in office.run("list", "--account", "other").output
    assert agreement.number not in office.run("list", "--stuck").output


def test_cancelled_by_staff_with_a_reason_and_a_name(office: Office) -> None:
    agreement = office.agree(30)
    assert office.run("cancel", agreement.number).exit_code == 2, "nothing is done without a reason"
    assert office.run("cancel", agreement.number, *WHY).exit_code == 0
    assert office.parts.agreements.get(agreement.id).state is AgreementState.CANCELLED
    again = office.run("cancel", agreement.number, *WHY)
    assert again.exit_code == 1 and "is cancelled already" in again.output
    told = json.loads(office.run("show", agreement.number, "--json").output)
    assert [entry[1:] for entry in told["audit"]] == [
        ["ada", "cancel", "asked by letter", "asked"],
        ["ada", "cancel", "asked by letter", "done: cancelled"],
    ]
    assert agreement.number not in office.run("list").output
    assert agreement.number in office.run("list", "--all").output
    assert office.work() == []


def test_what_waits_for_a_person_is_charged_or_left_out(office: Office) -> None:
    agreement = office.agree(3)
    (first,) = office.parts.agreements.instalments(agreement.id)
    (task,) = office.parts.tasks.claim([TaskKind.INSTALMENT], limit=1, lease_seconds=60)
    office.parts.tasks.give_up(task, "it could not be announced")
    assert "it could not be announced" in office.run("list", "--stuck").output
    assert f"fs-app agreements charge {agreement.number} 1" in office.run("show", agreement.number).output
    assert office.run("charge", agreement.number, 1, *WHY).exit_code == 0
    assert "done" in office.work()
    assert office.parts.ledger.payments()[-1].request.instalment == first.id
    assert office.run("skip", agreement.number, 2, *WHY).exit_code == 0
    states = [each.state for each in office.parts.agreements.instalments(agreement.id)]
    assert states == ["paid", "skipped", "scheduled"]
    refused = office.run("charge", agreement.number, 1, *WHY)
    assert refused.exit_code == 1 and "it has ended" in refused.output


@pytest.mark.parametrize("words", [("show", "12345"), ("cancel", "12345", *WHY), ("skip", "12345", 1, *WHY)])
def test_an_agreement_that_is_not_there(office: Office, words: tuple[object, ...]) -> None:
    refused = office.run(*words)
    assert refused.exit_code == 1
    assert "there is no agreement 12345" in refused.output


def test_an_instalment_that_is_not_there(office: Office) -> None:
    agreement = office.agree(30)
    refused = office.run("skip", agreement.number, 9, *WHY)
    assert refused.exit_code == 1 and "has no instalment 9" in refused.output
