"""A server that dies while an agent takes a payment: what the next one, which has the caller after the talk, tells
them, and that nothing is charged or told twice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from assistkit import CARD, OK, PAY, TAKE
from dialogue import BILL, FLOW, IDENTIFY, OPEN, VOICE
from helping import AFTER, WatchedDesk, order

from fs_app.domain.assist import AssistView
from fs_app.domain.destination import HelpRules
from fs_app.domain.handover import HandoverEnd, HandoverState
from fs_app.domain.payment import Declined, PaymentState, Unknown
from fs_app.errors import CallEnded
from fs_app.flow.call import Call, Line
from fs_app.flow.checkpoint import Checkpoint
from fs_app.flow.engine import run_flow
from fs_app.ports import OrderKind
from fs_app.testing.fakes import FakeCashier, FakeCheckpoints, FakeDirectory, Gate, ListJournal, approve
from fs_app.testing.fakes_person import LET_GO, ScriptedPerson, talks
from fs_app.testing.phone import ScriptedPhone
from fs_app.testing.services import fake_services

UUID = ScriptedPhone(VOICE).uuid
TO_A_PERSON = [*IDENTIFY, "0"]


@dataclass
class Servers:
    """Two servers and what they share. The caller is identified, asks for a person, and is asked for a card."""

    gate: Gate = approve
    checkpoints: FakeCheckpoints = field(default_factory=FakeCheckpoints)
    desk: WatchedDesk = field(default_factory=WatchedDesk)

    def __post_init__(self) -> None:
        self.cashier = FakeCashier(self.gate)

    def call(self, answers, people=(), **values) -> tuple[Call, ScriptedPhone]:
        phone = self.desk.phone = ScriptedPhone(VOICE, answers, people=people)
        directory = FakeDirectory([OPEN], [BILL], pins={"a1": "2468"})
        services = fake_services(
            directory=directory, cashier=self.cashier, checkpoints=self.checkpoints, desk=self.desk
        )
        line = Line("pay_balance", "en", "payments", help=HelpRules())
        return Call(line, phone, services, ListJournal(), **values), phone

    def dies(self, *answers, person: ScriptedPerson) -> None:
        """The first server has the call, up to the end of its script."""
        call, _ = self.call([*TO_A_PERSON, *answers], [person])
        with pytest.raises(CallEnded):
            run_flow(FLOW, call)
        talk = self.desk.handovers[1]  # one that is killed tells no end
        self.desk.handovers[1] = replace(talk, state=HandoverState.TALKING, end=HandoverEnd.OPEN, ended_at=None)

    def goes_on(self, *answers) -> tuple[str, list[str]]:
        """The talk is over, and the second server has the caller: the path, and what they hear."""
        checkpoint = Checkpoint.read(self.checkpoints.places[UUID])
        assert checkpoint is not None and checkpoint.step == "operator"
        call, phone = self.call(answers, talked=True)
        run_flow(FLOW, call, checkpoint)
        return call.journal.path, phone.said

    @property
    def views(self) -> list[AssistView]:
        return self.desk.assists


@pytest.mark.parametrize("at", range(4))
def test_one_that_dies_at_a_field_has_asked_for_nothing_that_counts(at) -> None:
    servers = Servers()
    servers.dies(*CARD[:at], order(OrderKind.CANCEL), person=Gone())
    path, heard = servers.goes_on()
    assert path == "operator:talked goodbye:ended"
    assert AFTER in heard[0]
    assert servers.cashier.payments == []
    assert servers.desk.handovers[1].end is HandoverEnd.TALKED


def test_one_that_dies_as_it_charges_leaves_an_attempt_that_is_looked_up_and_told() -> None:
    servers = Servers(lambda *_: Unknown("no answer yet"))
    servers.dies(*CARD, PAY, person=talks(TAKE, LET_GO))
    forgets_the_result(servers)
    servers.cashier.found = OK
    path, heard = servers.goes_on()
    assert path == "charge:approved result:paid goodbye:ended"
    assert any("is complete" in text for text in heard)
    assert len(servers.cashier.payments) == 1
    assert servers.desk.handovers[1].end is HandoverEnd.TALKED


@pytest.mark.parametrize("result", [OK, Declined("2001"), Unknown("timeout")])
def test_one_that_dies_in_the_talk_after_it_leaves_nothing_to_be_told_again(result) -> None:
    servers = Servers(lambda *_: result)
    servers.dies(*CARD, PAY, person=talks(TAKE, LET_GO))
    path, heard = servers.goes_on()
    assert path == "operator:talked goodbye:ended"
    assert AFTER in heard[0] and not [text for text in heard if "payment" in text.lower()]
    assert len(servers.cashier.payments) == 1


def test_the_next_payment_of_the_call_is_another_one() -> None:
    """Also where the first one's server died in it."""
    servers = Servers()
    servers.dies(*CARD[:2], order(OrderKind.CANCEL), person=Gone())
    checkpoint = Checkpoint.read(servers.checkpoints.places[UUID])
    assert checkpoint is not None
    call, _ = servers.call(["0", *CARD, PAY], [talks(TAKE)], talked=True)
    run_flow(FLOW, call, checkpoint)
    assert servers.cashier.payments[0].state is PaymentState.SUBMITTED
    assert {view.number for view in servers.views} == {1, 2}


class Gone(ScriptedPerson):
    """Somebody in a talk, in which the server dies at the next thing that happens."""

    def __init__(self) -> None:
        super().__init__(talks(TAKE)._row)

    def next(self, seconds: float):
        event = super().next(seconds)
        if self.shields:
            raise CallEnded(LET_GO)
        return event


def forgets_the_result(servers: Servers) -> None:
    """As if it had died before the answer: the ledger has an open attempt, the checkpoint none."""
    (payment,) = servers.cashier.payments
    servers.cashier.payments = [replace(payment, state=PaymentState.OPENED)]
    kept = Checkpoint.model_validate_json(servers.checkpoints.places[UUID])
    servers.checkpoints.places[UUID] = kept.model_copy(update={"payment": None, "ending": None}).text()
