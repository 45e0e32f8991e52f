"""A dispute is asked for, kept with its payment, and waited for where the payment is not recorded yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest

from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, PaymentRequest, TransactionId
from fs_app.domain.schedule import Schedule
from fs_app.jobs.disputes import DisputeFollower
from fs_app.ports import Dispute, TaskKind
from fs_app.store.disputes import SqlDisputes
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.schema import migrate
from fs_app.store.tasks import SqlTasks
from fs_app.testing.fakes_payments import StandingClock

AMOUNT = Money(4250, "USD")
DISPUTE = Dispute("d1", TransactionId("t1"), "open", "chargeback", "fraud", AMOUNT, date(2026, 3, 14))


@dataclass
class Office:
    """What the gateway tells of its disputes; nothing where it cannot be asked."""

    told: dict[str, Dispute] = field(default_factory=dict)

    def dispute(self, dispute_id: str) -> Dispute | None:
        return self.told.get(dispute_id)


class Desk:
    def __init__(self, database: Database) -> None:
        self.clock, self.office = StandingClock(), Office({"d1": DISPUTE})
        self.ledger, self.tasks = SqlLedger(database, self.clock), SqlTasks(database, self.clock)
        self.disputes = SqlDisputes(database, self.clock)
        self.follower = DisputeFollower(self.disputes, self.office, self.tasks, self.clock, Schedule())
        self.payment = self.ledger.open(PaymentRequest("uuid", "account", "bill", AMOUNT))
        self.tasks.wake(TaskKind.DISPUTE, "d1")

    def look(self) -> str:
        """Wait until it is due, and look."""
        while not (claimed := self.tasks.claim([TaskKind.DISPUTE], limit=1, lease_seconds=60)):
            self.clock.move(60)
            assert (self.clock.now() - self.payment.opened_at).days < 30, "nothing is due any more"
        return self.follower.work(claimed[0])

    def authorise(self) -> None:
        self.ledger.record(self.payment.id, Approved(TransactionId("t1"), AMOUNT))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = Database(f"sqlite:///{tmp_path}/fs_app.sqlite", threads=2)
    migrate(database)
    yield Desk(database)
    database.close()


def history(desk: Desk) -> list[str]:
    return [line.detail for line in desk.ledger.history(desk.payment.id) if line.state == "dispute"]


def test_a_dispute_and_each_of_its_changes_reach_the_payments_history(desk: Desk) -> None:
    desk.authorise()
    assert desk.look() == "done"
    desk.tasks.wake(TaskKind.DISPUTE, "d1")
    assert desk.look() == "done"  # nothing has changed: no second line
    desk.office.told["d1"] = replace(DISPUTE, status="lost")
    desk.tasks.wake(TaskKind.DISPUTE, "d1")
    assert desk.look() == "done"
    assert [line.split(" is ")[1].split(":")[0] for line in history(desk)] == ["open", "lost"]
    assert [each.status for each in desk.disputes.disputes(payment_id=desk.payment.id)] == ["lost"]


def test_a_dispute_that_is_faster_than_the_record_of_its_charge_is_waited_for(desk: Desk) -> None:
    assert desk.look() == "waiting"
    desk.authorise()
    assert desk.look() == "done"
    assert len(history(desk)) == 1


def test_a_dispute_of_another_application_is_let_go_after_some_looks(desk: Desk) -> None:
    outcomes = [desk.look() for _ in range(5)]
    assert outcomes == ["waiting"] * 4 + ["foreign"]
    assert desk.disputes.disputes() == []


def test_a_gateway_that_does_not_answer_is_asked_again_and_then_a_person_knows(desk: Desk) -> None:
    desk.office.told.clear()
    assert desk.look() == "waiting"
    outcome = "waiting"
    while outcome == "waiting":
        outcome = desk.look()
    assert outcome == "person"
    assert [task.subject for task in desk.tasks.stuck()] == ["d1"]
