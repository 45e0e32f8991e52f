"""A server dies while a caller schedules payments: no answer is lost, nothing is agreed to twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from fs_app.domain.agreement import Agreement, AgreementRequest, Fixed, Target, Terms
from fs_app.domain.bill import Account, Bill
from fs_app.domain.calendar import Every, Unit
from fs_app.domain.keys import Field
from fs_app.domain.means import Kept, MeansKind, MethodToken
from fs_app.domain.money import Money
from fs_app.domain.plan import plan
from fs_app.domain.proposal import in_instalments
from fs_app.flow.call import Call, Line
from fs_app.flow.checkpoint import Checkpoint
from fs_app.flow.engine import run_flow
from fs_app.flow.loader import load_flow
from fs_app.ports import ConsentId
from fs_app.steps import STEPS
from fs_app.testing.fakes import FakeCheckpoints, FakeDirectory, FixedClock, ListJournal, TextVoice
from fs_app.testing.fakes_agreements import FakeAgreements
from fs_app.testing.fakes_methods import FakeConsents, FakeSavedMethods
from fs_app.testing.phone import ScriptedPhone
from fs_app.testing.services import fake_services

ROOT = Path(__file__).resolve().parents[3]
VOICE = TextVoice.read(ROOT / "sounds" / "phrases.yaml")
FLOW = load_flow(ROOT / "conf" / "flows" / "pay_later.yaml", STEPS, VOICE)
HOLDER = Account("a1", "10001")
BILL = Bill("b1", "a1", Money(4250, "USD"))
VISA = Kept(MethodToken("tok"), MeansKind.CARD, "visa", "4242")
IDENTITY = ["10001#", "2468"]
FIFTEEN = Money(1500, "USD")

# Question by question, as far as one answer is worth keeping: an amount and a date with their read-back.
RECURRING = [["3"], ["1500#", "1"], ["2"], ["0210", "1"], ["3"], ["6#"], ["1"], ["1"]]


class Died(Exception):
    """The server was killed."""


class DyingPhone(ScriptedPhone):
    """The server is killed while it waits for an answer that the script does not have."""

    def _next_answer(self, field: Field) -> None:
        if not self.left:
            raise Died
        super()._next_answer(field)


class DyingAgreements(FakeAgreements):
    """The agreement is made, and then the server is gone."""

    dies = False

    def open(self, request: AgreementRequest) -> Agreement:
        made = super().open(request)
        if self.dies:
            raise Died
        return made


@dataclass
class Servers:
    """What two servers share."""

    checkpoints: FakeCheckpoints = field(default_factory=FakeCheckpoints)
    methods: FakeSavedMethods = field(default_factory=FakeSavedMethods)
    consents: FakeConsents = field(default_factory=FakeConsents)
    agreements: DyingAgreements = field(default_factory=lambda: DyingAgreements(FixedClock()))

    def __post_init__(self) -> None:
        self.methods.save("a1", VISA, ConsentId(1))

    def call(self, *answers: str, phone: type[ScriptedPhone] = ScriptedPhone) -> tuple[Call, ScriptedPhone]:
        services = fake_services(
            directory=FakeDirectory([HOLDER], [BILL], pins={"a1": "2468"}),
            checkpoints=self.checkpoints,
            methods=self.methods,
            consents=self.consents,
            agreements=self.agreements,
        )
        made = phone(VOICE, answers)
        return Call(Line("pay_later", "en", "payments"), made, services, ListJournal()), made

    def dies_after(self, *answers: str) -> None:
        call, _ = self.call(*answers, phone=DyingPhone)
        with pytest.raises(Died):
            run_flow(FLOW, call)

    def goes_on(self, *answers: str) -> ScriptedPhone:
        call, phone = self.call(*answers)
        assert run_flow(FLOW, call, Checkpoint.read(self.checkpoints.places[phone.uuid])) == "finished"
        return phone


def keyed(questions: list[list[str]]) -> list[str]:
    return [keys for question in questions for keys in question]


@pytest.mark.parametrize("answered", range(1, len(RECURRING)))
def test_at_another_server_it_goes_on_with_the_question_that_was_asked(answered: int) -> None:
    servers = Servers()
    servers.dies_after(*IDENTITY, *keyed(RECURRING[:answered]))
    phone = servers.goes_on(*keyed(RECURRING[answered:]), "", "2")
    assert phone.left == []
    [agreement] = servers.agreements.all()
    assert agreement.request.terms == Terms(Fixed(FIFTEEN), date(2026, 2, 10), Every(2, Unit.WEEK), times=6)


def test_the_consent_is_never_carried_over_and_an_agreement_is_made_once() -> None:
    servers = Servers()
    servers.agreements.dies = True
    servers.dies_after(*IDENTITY, *keyed(RECURRING))
    assert len(servers.agreements.all()) == 1
    servers.agreements.dies = False
    phone = servers.goes_on("", "2")
    assert phone.said[0].startswith("Thank you. It is scheduled. Your agreement number is 2 0 0 0 0 0 0 1.")
    assert len(servers.agreements.all()) == 1


def test_terms_go_with_the_call_and_a_method_that_was_deleted_does_not() -> None:
    servers = Servers()
    first, _ = servers.call()
    planned = plan(BILL.due, 3, date(2026, 2, 28), Every(1, Unit.MONTH))
    first.facts.account, first.facts.terms = HOLDER, in_instalments(planned, (Target("b1"),))
    first.facts.means = servers.methods.of_account("a1")[0]
    text = Checkpoint.of(first, "agree", [], [], in_trouble=False).text()
    assert "tok" not in text
    kept = Checkpoint.read(text)
    assert kept is not None
    second, _ = servers.call()
    kept.restore(second)
    assert (second.facts.terms, second.facts.means) == (first.facts.terms, first.facts.means)
    servers.methods.forget(1)
    kept.restore(second)
    assert second.facts.means is None
