"""A payment followed by the jobs: first after seconds, at last after days, and then a person has everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select
from structlog.testing import capture_logs

from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, PaymentRequest, PaymentState, Submitted, Unknown
from fs_app.domain.schedule import Backoff, Schedule
from fs_app.domain.standing import Standing
from fs_app.jobs.payments import PaymentFollower
from fs_app.payments.resolver import PaymentResolver
from fs_app.ports import TaskKind
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.outbox import SqlOutbox
from fs_app.store.schema import migrate
from fs_app.store.tables import tasks
from fs_app.store.tasks import SqlTasks
from fs_app.testing.fakes_payments import ScriptedGateway, StandingClock

AMOUNT = Money(4250, "USD")
SCHEDULE = Schedule(charging=100, proof=1000, unresolved=Backoff((5, 15, 60)), settlement=Backoff((86400, 86400)))


class Jobs:
    """The jobs' view of one payment; time passes when they wait."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = StandingClock()
        self.started = self.clock.now()
        self.gateway = ScriptedGateway(self.clock.now)
        self.ledger = SqlLedger(database, self.clock, schedule=SCHEDULE)
        self.tasks = SqlTasks(database, self.clock)
        self.outbox = SqlOutbox(database, self.clock)
        resolver = PaymentResolver(self.ledger, self.gateway, self.clock, SCHEDULE)
        self.follower = PaymentFollower(self.ledger, self.tasks, resolver, self.clock, SCHEDULE)
        to = Contact.parse("sms:+15550100001")
        self.payment = self.ledger.open(PaymentRequest("uuid", "account", "bill", AMOUNT, receipt_to=to))

    def next_look(self, limit: float = 10 * 86400) -> tuple[float, str] | None:
        """Wait until the payment is due, look once: the age of the attempt then, and the outcome. None where it is
        not due before that age."""
        chosen = select(tasks.c.due_at).where(~tasks.c.stuck, tasks.c.kind == TaskKind.PAYMENT)
        due_at = self.database.read(lambda connection: connection.execute(chosen).scalar())
        if due_at is None or (due_at - self.started).total_seconds() > limit:
            return None
        self.clock.at = max(self.clock.at, due_at)
        (task,) = self.tasks.claim([TaskKind.PAYMENT], limit=1, lease_seconds=60)
        return (self.clock.now() - self.started).total_seconds(), self.follower.work(task)

    @property
    def state(self) -> PaymentState:
        return self.ledger.get(self.payment.id).state


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    structlog.reset_defaults()
    database = Database(f"sqlite:///{tmp_path}/fs_app.sqlite", threads=2)
    migrate(database)
    yield Jobs(database)
    database.close()


def test_an_unknown_attempt_is_asked_about_after_growing_pauses_until_nothing_was_sent(jobs: Jobs) -> None:
    jobs.ledger.record(jobs.payment.id, Unknown("read timeout"))
    looks = [jobs.next_look(3000) for _ in range(4)]
    assert looks == [(5, "waiting"), (20, "waiting"), (80, "waiting"), (1080, "done")]
    assert jobs.state is PaymentState.NOT_SENT
    assert [receipt.kind for receipt in jobs.outbox.receipts()] == ["not_paid"]


def test_an_abandoned_attempt_is_adopted_and_followed_to_its_settlement(jobs: Jobs) -> None:
    jobs.gateway.add(jobs.payment.order_id, AMOUNT, Standing.HELD)
    assert jobs.next_look() == (100, "moved")
    assert jobs.state is PaymentState.SUBMITTED
    assert [receipt.kind for receipt in jobs.outbox.receipts()] == ["paid"]
    jobs.gateway.settle()
    look = jobs.next_look()
    assert look is not None and look[1] == "done" and look[0] >= 86400
    assert jobs.state is PaymentState.SETTLED
    assert jobs.next_look(86400 * 5) is None


def test_what_stays_open_goes_to_a_person_with_everything(jobs: Jobs) -> None:
    jobs.ledger.record(jobs.payment.id, Unknown("read timeout"))
    jobs.gateway.script["find"].extend([None] * 50)
    outcomes = []
    with capture_logs() as logs:
        while not jobs.tasks.stuck():
            look = jobs.next_look()
            assert look is not None
            outcomes.append(look[1])
    assert outcomes[-1] == "person" and set(outcomes[:-1]) == {"waiting"}
    (told,) = [line for line in logs if line["event"] == "payment_needs_person"]
    assert told["log_level"] == "error"
    for value in (jobs.payment.confirmation, jobs.payment.order_id, "42.50 USD", "account", "unknown"):
        assert value in told.values()
    assert jobs.state is PaymentState.UNKNOWN
    assert jobs.next_look(86400) is None


def test_a_capture_that_never_settles_goes_to_a_person(jobs: Jobs) -> None:
    held = jobs.gateway.add(jobs.payment.order_id, AMOUNT, Standing.CAPTURED)
    jobs.ledger.record(jobs.payment.id, Approved(held, AMOUNT))
    jobs.ledger.record(jobs.payment.id, Submitted(held))
    outcomes = []
    while not jobs.tasks.stuck():
        look = jobs.next_look()
        assert look is not None
        outcomes.append(look[1])
    assert outcomes == ["waiting", "person"]
    assert jobs.tasks.stuck()[0].note == "not settled yet"
