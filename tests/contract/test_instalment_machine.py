"""Whatever happens, in any order: each due date is charged at most once, on its day or later, and as announced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import count, pairwise

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from fs_app.domain.agreement import (
    Agreement,
    AgreementKind,
    AgreementRequest,
    Fixed,
    FullBalance,
    InstalmentState,
    Terms,
)
from fs_app.domain.calendar import Every, Unit
from fs_app.domain.money import Money
from fs_app.domain.payment import OPEN_STATES, Declined, Payment, Unavailable, Unknown
from fs_app.domain.plan import MONTHLY, plan
from fs_app.ports import ChargeRequest, ReceiptKind, ReceiptState, TaskKind
from fs_app.store.engine import Database
from fs_app.store.tables import tasks
from tests.agreements import AUTOPAY, FIFTY, in_plan
from tests.collecting import Collection

_runs = count(20001)
_MORTAL = [("ledger", "open"), ("ledger", "record"), ("gateway", "authorise"), ("gateway", "submit"),
           ("agreements", "book"), ("outbox", "sent")]  # fmt: skip


class Death(Exception):
    """The process dies here."""


class InstalmentMachine(RuleBasedStateMachine):
    """An account with agreements, the jobs, and everything that can happen to them."""

    database: Database

    def __init__(self) -> None:
        super().__init__()
        self.database.write(lambda connection: connection.execute(tasks.delete()))
        self.desk = Collection(self.database, account=str(next(_runs)), owed=100_000)
        self.agreements: list[Agreement] = []
        self.lives = 0  # calls until the process dies; 0 is never
        self.after = False
        for part, method in _MORTAL:
            target = getattr(self.desk, part)
            setattr(target, method, self._mortal(getattr(target, method)))

    def _mortal(self, real: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **more: object) -> object:
            self.lives -= 1
            if self.lives == 0 and not self.after:
                raise Death
            answer = real(*args, **more)
            if self.lives == 0:
                raise Death
            return answer

        return call

    @initialize(kind=st.sampled_from(["month", "week", "full", "plan"]), wait=st.integers(0, 20))
    def agree(self, kind: str, wait: int) -> None:
        """A call."""
        first = self.desk.clock.today() + timedelta(days=wait)
        if kind == "plan":
            planned = plan(Money(10_000, "USD"), 3, first, MONTHLY)
            self.agreements.append(self.desk.agree(in_plan(planned)))
            return
        every = Every(1, Unit.WEEK) if kind == "week" else MONTHLY
        amount = FullBalance("USD") if kind == "full" else Fixed(FIFTY)
        changed = {"terms": Terms(amount, first, every), "told": None}
        self.agreements.append(self.desk.agree(replace_request(changed)))

    @rule(hours=st.integers(1, 24 * 12))
    def time_passes(self, hours: int) -> None:
        """Nobody works meanwhile: longer than that is downtime."""
        self.desk.clock.move(hours * 3600)

    @rule(days=st.integers(1, 40))
    def life_goes_on(self, days: int) -> None:
        """Everything is done when it is due."""
        self.lives = 0
        self.desk.live_until((self.desk.clock.today() + timedelta(days=days)).isoformat())

    @rule(hours=st.integers(1, 72))
    def the_clock_is_set_back(self, hours: int) -> None:
        """An admin, or a server whose clock is wrong."""
        self.desk.clock.move(-hours * 3600)

    @rule(lives=st.integers(0, 9), after=st.booleans())
    def somebody_works(self, lives: int, after: bool) -> None:
        """Until everything is done, or a call that is the process's last."""
        self.lives, self.after = lives, after
        try:
            self.desk.work()
        except Death:
            pass
        finally:
            self.lives = 0

    @rule()
    def a_worker_disappears_with_its_claim(self) -> None:
        """What it has claimed is claimed again when its lease has ended."""
        self.desk.tasks.claim([TaskKind.INSTALMENT], limit=3, lease_seconds=600)

    @rule()
    def somebody_wakes_it(self) -> None:
        """A second worker beside one that is at work."""
        for agreement in self.agreements:
            for each in self.desk.instalments(agreement):
                self.desk.tasks.wake(TaskKind.INSTALMENT, each.id)

    @rule(answer=st.sampled_from([Declined("2001"), Declined("2013"), Unavailable("down"), Unknown("lost"), None]))
    def the_gateway_will_answer(self, answer: object) -> None:
        """None: it does what it is asked, and the answer is lost."""
        if answer is not None:
            self.desk.gateway.script["authorise"].append(answer)
            return

        def lost(request: ChargeRequest) -> Unknown:
            self.desk.gateway.hold(request)
            return Unknown("read timeout")

        self.desk.gateway.script["authorise"].append(lost)

    @rule()
    def a_capture_is_not_confirmed(self) -> None:
        """It is taken, and the answer is lost."""

        def lost(transaction_id: object) -> Unknown:
            self.desk.gateway.capture(transaction_id)  # type: ignore[arg-type]
            return Unknown("read timeout")

        self.desk.gateway.script["submit"].append(lost)

    @rule(cents=st.sampled_from([0, 3000, 5000, 12_000, 100_000]))
    def the_bill_is_changed(self, cents: int) -> None:
        """By the operator; what was paid on it stays paid."""
        self.desk.bill(cents)

    @rule(away=st.booleans())
    def the_postman(self, away: bool) -> None:
        """The provider of messages is down, or up again."""
        self.desk.postman.away = away

    @rule(number=st.integers(0, 1))
    def it_is_cancelled(self, number: int) -> None:
        """By phone."""
        if number < len(self.agreements):
            self.desk.agreements.cancel(self.agreements[number].id, "by phone")

    @rule()
    def a_person_decides(self) -> None:
        """What waits for one is charged."""
        for task in self.desk.tasks.stuck():
            if task.kind is TaskKind.INSTALMENT:
                self.desk.agreements.release(self.desk.agreements.case(task.subject).instalment.id, "agreed")  # type: ignore[arg-type]
                self.released.add(task.subject)

    released: set[str] = set()  # noqa: RUF012  ids are unique over all runs

    @invariant()
    def each_due_date_is_charged_at_most_once(self) -> None:
        """At the gateway, and in the ledger."""
        assert all(times <= 1 for times in self.desk.charges().values())

    @invariant()
    def due_dates_are_what_was_agreed_to(self) -> None:
        """They strictly increase, and nothing that happens moves them."""
        for agreement in self.agreements:
            found = self.desk.instalments(agreement)
            assert all(one.due_on < other.due_on for one, other in pairwise(found))
            if agreement.request.kind is AgreementKind.RECURRING:
                assert [each.due_on for each in found] == [
                    agreement.request.terms.due_on(each.number) for each in found
                ]
                going = [each for each in found if each.state in ("scheduled", "announced", "charging")]
                assert len(going) <= 1

    @invariant()
    def nothing_is_charged_too_early_or_otherwise_than_known(self) -> None:
        """Before its hour on its day; another amount than agreed to, unless it was announced ten days before."""
        found = {each.id: each for agreement in self.agreements for each in self.desk.instalments(agreement)}
        for payment in self.desk.mine():
            instalment = found[payment.request.instalment or ""]  # type: ignore[index]
            if instalment.id in self.released:
                continue
            assert payment.opened_at >= self.desk.policy.charge_moment(instalment.due_on)
            agreed_to = self._agreed_to(instalment.agreement_id, instalment.number)
            if payment.request.amount != agreed_to:
                assert self._was_announced(payment, instalment.due_on)

    def _agreed_to(self, agreement_id: int, number: int) -> Money | None:
        agreement = next(each for each in self.agreements if each.id == agreement_id)
        if agreement.request.kind is AgreementKind.PLAN:
            return plan(Money(10_000, "USD"), 3, agreement.request.terms.first, MONTHLY)[number - 1].amount
        amount = agreement.request.terms.amount
        return amount.amount if isinstance(amount, Fixed) else None

    def _was_announced(self, payment: Payment, due_on: date) -> bool:
        """For this due date, or for one before it where the same amount was told last."""
        announced = [
            each for agreement in self.agreements for each in self.desk.outbox.receipts(agreement_id=agreement.id)
            if each.kind is ReceiptKind.ANNOUNCED and each.amount == payment.request.amount
            and each.state is ReceiptState.SENT
        ]  # fmt: skip
        return any(
            (payment.opened_at.date() - each.created_at.date()).days >= self.desk.policy.notice_days
            for each in announced
            if each.news is not None and each.news.due_on is not None and each.news.due_on <= due_on
        )

    def teardown(self) -> None:
        """When the world is well again, whatever was begun comes to an end, or waits for a person."""
        self.lives, self.desk.postman.away = 0, False
        for script in self.desk.gateway.script.values():
            script.clear()
        for agreement in self.agreements:
            self.desk.agreements.cancel(agreement.id, "that is enough")
        for _ in range(60):
            self.desk.clock.move(3600)
            self.desk.work()
        self.desk.clock.move(4 * 86400)  # a clock that was set back catches up
        for _ in range(60):
            self.desk.clock.move(3600)
            self.desk.work()
        stuck = {task.subject for task in self.desk.tasks.stuck()}
        for agreement in self.agreements:
            for each in self.desk.instalments(agreement):
                assert each.state is not InstalmentState.CHARGING or each.id in stuck
        assert not [each for each in self.desk.mine() if each.state in OPEN_STATES]
        self.each_due_date_is_charged_at_most_once()


def replace_request(changes: dict[str, object]) -> AgreementRequest:
    return replace(AUTOPAY, **changes)  # type: ignore[arg-type]


def test_due_dates_under_random_events(database: Database) -> None:
    class Machine(InstalmentMachine):
        pass

    Machine.database = database
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
