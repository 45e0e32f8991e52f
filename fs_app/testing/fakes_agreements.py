"""Agreements in memory, and the saved methods and the debts that a follower asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from fs_app.domain.agreement import (
    INSTALMENT_MOVES,
    UNTOUCHED,
    Agreement,
    AgreementId,
    AgreementRequest,
    AgreementState,
    Instalment,
    InstalmentId,
    InstalmentState,
    Planned,
    next_due,
)
from fs_app.domain.booking import Bookable, News, booking
from fs_app.domain.calendar import local_day
from fs_app.domain.collection import Attempt, Case, Charge, CollectionPolicy, End, Notice
from fs_app.domain.money import Money
from fs_app.errors import IllegalTransition
from fs_app.ports import AgreementEvent, Cancelled, Clock


def _no_attempts(_: InstalmentId) -> Sequence[Attempt]:
    return ()


@dataclass
class FakeAgreements:
    """Implements `ports.Agreements` in memory. ``attempts`` tells what was opened for an instalment; ``told`` is
    what the payer was written, with its amount; what is announced has left us at once."""

    clock: Clock
    policy: CollectionPolicy = field(default_factory=CollectionPolicy)
    attempts: Callable[[InstalmentId], Sequence[Attempt]] = _no_attempts
    told: list[tuple[News, Money | None]] = field(default_factory=list)
    _agreements: dict[AgreementId, Agreement] = field(default_factory=dict)
    _instalments: dict[InstalmentId, Instalment] = field(default_factory=dict)
    _events: dict[AgreementId, list[AgreementEvent]] = field(default_factory=dict)
    _seen: dict[InstalmentId, int] = field(default_factory=dict)
    _released: set[InstalmentId] = field(default_factory=set)
    _notices: dict[InstalmentId, Notice] = field(default_factory=dict)

    def open(self, request: AgreementRequest) -> Agreement:
        at = self.clock.now()
        request.check(local_day(at, self.policy.zone))
        same = [each for each in self.all() if each.request.consent_id == request.consent_id]
        if same:
            return same[0]
        made, kept = AgreementId(len(self._agreements) + 1), replace(request, planned=())
        opened = Agreement(made, f"{20000000 + made}", AgreementState.ACTIVE, kept, at, request.told)
        self._agreements[made] = opened
        for number, planned in enumerate(request.first_planned(), start=1):
            self._plan(made, number, planned)
        self._line(made, AgreementState.ACTIVE, f"{request.kind}, consent {request.consent_id}")
        self.told.append((News.AGREED, None))
        return opened

    def get(self, agreement_id: AgreementId) -> Agreement:
        return self._agreements[agreement_id]

    def by_number(self, number: str) -> Agreement | None:
        return next((each for each in self.all() if each.number == number), None)

    def of_account(self, account_id: str) -> Sequence[Agreement]:
        return [each for each in self._active() if each.request.account_id == account_id]

    def using(self, method_id: int) -> Sequence[Agreement]:
        return [each for each in self._active() if each.request.method_id == method_id]

    def all(self) -> Sequence[Agreement]:
        return list(self._agreements.values())

    def instalments(self, agreement_id: AgreementId) -> Sequence[Instalment]:
        self.get(agreement_id)
        mine = [each for each in self._instalments.values() if each.agreement_id == agreement_id]
        return sorted(mine, key=lambda each: each.number)

    def history(self, agreement_id: AgreementId) -> Sequence[AgreementEvent]:
        return list(self._events.get(agreement_id, ()))

    def cancel(self, agreement_id: AgreementId, reason: str) -> Cancelled:
        agreement = self.get(agreement_id)
        if agreement.state is AgreementState.ACTIVE:
            agreement = self._agreements[agreement_id] = replace(agreement, state=AgreementState.CANCELLED)
            self._line(agreement_id, AgreementState.CANCELLED, reason)
            self._leave_out(agreement_id)
            self.told.append((News.CANCELLED, None))
        every = self.instalments(agreement_id)
        return Cancelled(agreement, next((one for one in every if one.state is InstalmentState.CHARGING), None))

    def case(self, instalment_id: InstalmentId) -> Case:
        instalment = self._instalments[instalment_id]
        agreement, others = self.get(instalment.agreement_id), self._others(instalment)
        before = [each for each in reversed(others) if each.number < instalment.number]
        return Case(
            agreement=agreement,
            instalment=instalment,
            attempts=self.attempts(instalment_id),
            seen=self._seen.get(instalment_id, 0),
            next_due=next_due(agreement, instalment, others),
            failures=len(list(takewhile(lambda each: each.state is InstalmentState.FAILED, before))),
            notice=self._notices.get(instalment_id),
            released=instalment_id in self._released,
        )

    def book(self, case: Case, decision: Bookable) -> bool:
        current = self._instalments[case.instalment.id]
        agreement = self.get(current.agreement_id)
        if isinstance(decision, Charge) and agreement.state is not AgreementState.ACTIVE:
            return False
        now = self.clock.now()
        booked = booking(replace(case, agreement=agreement), decision, self._others(current), now)
        if booked.instalment.state not in INSTALMENT_MOVES[case.instalment.state]:
            raise IllegalTransition(f"{case.instalment.state} does not lead to {booked.instalment.state}")
        if current.version != case.instalment.version:
            return False
        self._instalments[current.id], self._seen[current.id] = booked.instalment, booked.seen
        self._agreements[agreement.id] = booked.agreement
        if not booked.released:
            self._released.discard(current.id)
        self._line(agreement.id, booked.instalment.state, booked.detail, current.number)
        if booked.agreement.state is not agreement.state:
            self._line(agreement.id, booked.agreement.state, booked.detail)
        if booked.cancels:
            self._leave_out(agreement.id)
        if booked.planned is not None:
            self._plan(agreement.id, current.number + 1, booked.planned)
        if booked.news is not None:
            self.told.append((booked.news, booked.amount))
        if booked.news is News.ANNOUNCED:
            self._notices[current.id] = Notice(now)
        return True

    def release(self, instalment_id: InstalmentId, reason: str) -> bool:
        case = self.case(instalment_id)
        if not case.is_decidable or case.agreement.state is not AgreementState.ACTIVE:
            return False
        moved, today = case.instalment, local_day(self.clock.now(), self.policy.zone)
        self._instalments[instalment_id] = replace(moved, version=moved.version + 1, charge_on=today)
        self._released.add(instalment_id)
        self._line(case.agreement.id, "note", f"released: {reason}", moved.number)
        return True

    def leave_out(self, instalment_id: InstalmentId, reason: str) -> bool:
        case = self.case(instalment_id)
        return case.is_decidable and self.book(case, End(InstalmentState.SKIPPED, reason))

    def _active(self) -> list[Agreement]:
        return [each for each in self.all() if each.state is AgreementState.ACTIVE]

    def _others(self, instalment: Instalment) -> list[Instalment]:
        return [each for each in self.instalments(instalment.agreement_id) if each.id != instalment.id]

    def _plan(self, agreement_id: AgreementId, number: int, planned: Planned) -> None:
        made = InstalmentId(f"{agreement_id}-{number}")
        state = InstalmentState.SCHEDULED
        self._instalments[made] = Instalment(
            made, agreement_id, number, planned.due_on, planned.amount, state, planned.due_on
        )

    def _leave_out(self, agreement_id: AgreementId) -> None:
        for each in self.instalments(agreement_id):
            if each.state in UNTOUCHED:
                state = InstalmentState.CANCELLED
                self._instalments[each.id] = replace(each, state=state, version=each.version + 1)

    def _line(self, agreement_id: AgreementId, state: str, detail: str, number: int | None = None) -> None:
        line = AgreementEvent(self.clock.now(), state, detail, number)
        self._events.setdefault(agreement_id, []).append(line)
