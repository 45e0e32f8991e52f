"""The Agreements port on our tables: the rules are in ``domain/collection.py`` and ``domain/booking.py``.

A decision is written in one transaction: the agreement's row is locked first, then the instalment is moved where
its version is the one that was read. What follows (the next instalment, its task, the payer's message) is in it.
Nothing of a means of payment is kept but the id of the saved method. As long as its port: one method each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, insert, select, update

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
)
from fs_app.domain.booking import Bookable, Booking, News, booking
from fs_app.domain.calendar import local_day
from fs_app.domain.collection import Case, Charge, CollectionPolicy, End
from fs_app.errors import IllegalTransition, StoreUnavailable
from fs_app.ports import AgreementEvent, Cancelled, Clock, TaskKind
from fs_app.store import tasks
from fs_app.store.agreement_cases import case_of, get, instalments_of
from fs_app.store.agreement_rows import agreement_of, agreement_row, instalment_row
from fs_app.store.engine import Database
from fs_app.store.ledger import new_confirmation
from fs_app.store.outbox import news_of
from fs_app.store.rows import cleaned
from fs_app.store.statements import Bound, run
from fs_app.store.tables import agreement_events, agreements, instalments

_NUMBER_DIGITS = range(8, 17)


class SqlAgreements:
    """See `fs_app.ports.Agreements` for the contract."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        policy: CollectionPolicy | None = None,
        *,
        number: Callable[[int], str] = new_confirmation,
    ) -> None:
        self._database = database
        self._clock = clock
        self._policy = policy or CollectionPolicy()
        self._number = number

    def open(self, request: AgreementRequest) -> Agreement:
        """Commit an agreement with its first instalments, their tasks, and the payer's copy of its terms."""
        at = self._clock.now()
        request.check(self._today(at))

        def work(connection: Connection) -> Agreement:
            same = connection.execute(
                select(agreements).where(agreements.c.consent_id == request.consent_id)
            ).one_or_none()
            if same is not None:
                return agreement_of(same)
            number, kept = self._free_number(connection), replace(request, planned=())
            new = Agreement(AgreementId(0), number, AgreementState.ACTIVE, kept, at, request.told)
            made = connection.execute(insert(agreements).values(agreement_row(new))).inserted_primary_key
            opened = replace(new, id=AgreementId(int(made[0]) if made else 0))
            for position, planned in enumerate(request.first_planned(), start=1):
                self._plan(connection, opened, position, planned, at)
            _line(connection, opened.id, at, AgreementState.ACTIVE, f"{request.kind}, consent {request.consent_id}")
            _send(connection, news_of(opened, News.AGREED, f"agreed:{opened.id}", at))
            return opened

        return self._database.write(work)

    def get(self, agreement_id: AgreementId) -> Agreement:
        """An agreement as it stands."""
        return self._database.read(lambda connection: get(connection, agreement_id))

    def by_number(self, number: str) -> Agreement | None:
        """The agreement with that number."""
        found = self._found(agreements.c.number == number)
        return found[0] if found else None

    def of_account(self, account_id: str) -> Sequence[Agreement]:
        """What is active on an account, the oldest first."""
        return self._found(agreements.c.account_id == account_id, agreements.c.state == AgreementState.ACTIVE)

    def using(self, method_id: int) -> Sequence[Agreement]:
        """What is active and charges a saved method."""
        return self._found(agreements.c.method_id == method_id, agreements.c.state == AgreementState.ACTIVE)

    def all(self) -> Sequence[Agreement]:
        """Every agreement there ever was, oldest first."""
        return self._found()

    def instalments(self, agreement_id: AgreementId) -> Sequence[Instalment]:
        """The instalments of an agreement, in order."""
        return self._database.read(lambda connection: instalments_of(connection, get(connection, agreement_id)))

    def history(self, agreement_id: AgreementId) -> Sequence[AgreementEvent]:
        """What happened, oldest first; empty for an unknown id."""
        events = agreement_events.c
        chosen = select(agreement_events).where(events.agreement_id == agreement_id).order_by(events.id)
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        return [AgreementEvent(row.at, row.state, row.detail, row.number) for row in rows]

    def cancel(self, agreement_id: AgreementId, reason: str) -> Cancelled:
        """Nothing more is charged, but what is being charged right now."""
        at = self._clock.now()

        def work(connection: Connection) -> Cancelled:
            agreement = get(connection, agreement_id, lock=True)
            every = instalments_of(connection, agreement)
            charging = [each for each in every if each.state is InstalmentState.CHARGING]
            if agreement.state is AgreementState.ACTIVE:
                agreement = replace(agreement, state=AgreementState.CANCELLED)
                _put(connection, agreement)
                _line(connection, agreement.id, at, AgreementState.CANCELLED, reason)
                _leave_out(connection, agreement)
                for each in charging:  # it may be waiting for a person
                    run(connection, *tasks.wake(TaskKind.INSTALMENT, each.id, at))
                _send(connection, news_of(agreement, News.CANCELLED, f"cancelled:{agreement.id}", at))
            return Cancelled(agreement, charging[0] if charging else None)

        return self._database.write(work)

    def case(self, instalment_id: InstalmentId) -> Case:
        """Everything that is decided by. The instalment is read first: who moves it while the rest is read, makes
        what is decided by it void."""
        return self._database.read(lambda connection: case_of(connection, instalment_id))

    def book(self, case: Case, decision: Bookable) -> bool:
        """Write a decision and what follows from it."""
        at = self._clock.now()
        return self._database.write(lambda connection: self._booked(connection, case, decision, at))

    def release(self, instalment_id: InstalmentId, reason: str) -> bool:
        """A person has decided that it is charged now."""
        at = self._clock.now()

        def work(connection: Connection) -> bool:
            case = _locked(connection, instalment_id)
            if not case.is_decidable or case.agreement.state is not AgreementState.ACTIVE:
                return False
            # From that day on it is late.
            values = {"version": case.instalment.version + 1, "released": True, "charge_on": self._today(at)}
            connection.execute(update(instalments).where(instalments.c.id == instalment_id).values(values))
            _line(connection, case.agreement.id, at, "note", f"released: {reason}", case.instalment.number)
            run(connection, *tasks.wake(TaskKind.INSTALMENT, instalment_id, at))
            return True

        return self._database.write(work)

    def leave_out(self, instalment_id: InstalmentId, reason: str) -> bool:
        """A person has decided that it is not charged."""
        at = self._clock.now()

        def work(connection: Connection) -> bool:
            case = _locked(connection, instalment_id)
            ended = End(InstalmentState.SKIPPED, reason)
            if not case.is_decidable or not self._booked(connection, case, ended, at):
                return False
            run(connection, tasks.drop(TaskKind.INSTALMENT, instalment_id))  # it may be waiting for that person
            return True

        return self._database.write(work)

    def _booked(self, connection: Connection, case: Case, decision: Bookable, at: datetime) -> bool:
        agreement = get(connection, case.agreement.id, lock=True)
        if isinstance(decision, Charge) and agreement.state is not AgreementState.ACTIVE:
            return False
        current = replace(case, agreement=agreement)
        every = instalments_of(connection, agreement)
        others = [each for each in every if each.id != case.instalment.id]
        booked = booking(current, decision, others, at)
        if booked.instalment.state not in INSTALMENT_MOVES[case.instalment.state]:
            was, wanted = case.instalment.state, booked.instalment.state
            raise IllegalTransition(f"instalment {case.instalment.id} is {was}, which does not lead to {wanted}")
        values = {**instalment_row(booked.instalment), "seen": booked.seen, "released": booked.released}
        mine = (instalments.c.id == case.instalment.id) & (instalments.c.version == case.instalment.version)
        if connection.execute(update(instalments).where(mine).values(values)).rowcount != 1:
            return False
        self._follow(connection, agreement, booked, at)
        return True

    def _follow(self, connection: Connection, before: Agreement, booked: Booking, at: datetime) -> None:
        """What a move of an instalment brings with it."""
        agreement, instalment = booked.agreement, booked.instalment
        _line(connection, agreement.id, at, instalment.state, booked.detail, instalment.number)
        if agreement != before:
            _put(connection, agreement)
        if agreement.state is not before.state:
            _line(connection, agreement.id, at, agreement.state, booked.detail)
        if booked.cancels:
            _leave_out(connection, agreement)
        if booked.planned is not None:
            self._plan(connection, agreement, instalment.number + 1, booked.planned, at)
        if not booked.ended and instalment.state is not InstalmentState.CHARGING:
            due_at = self._policy.charge_moment(instalment.charge_on)
            run(connection, *tasks.schedule(TaskKind.INSTALMENT, instalment.id, due_at))
        if booked.news is not None:
            self._tell(connection, booked, booked.news, at)

    def _tell(self, connection: Connection, booked: Booking, news: News, at: datetime) -> None:
        """The payer's message: one at most for each version of an instalment."""
        instalment = booked.instalment
        message = news_of(
            booked.agreement,
            news,
            f"{news}:{instalment.id}:{instalment.version}",
            at,
            amount=booked.amount,
            due_on=instalment.due_on,
            next_on=instalment.charge_on,
        )
        _send(connection, message)

    def _plan(
        self, connection: Connection, agreement: Agreement, number: int, planned: Planned, at: datetime
    ) -> None:
        """Insert an instalment and its first task. A due date that is there already is an IntegrityError."""
        made = str(uuid4())
        connection.execute(
            insert(instalments).values(
                id=made,
                agreement_id=agreement.id,
                number=number,
                due_on=planned.due_on,
                amount_minor=None if planned.amount is None else planned.amount.minor,
                state=InstalmentState.SCHEDULED,
                charge_on=planned.due_on,
                version=0,
                seen=0,
            )
        )
        look_at = max(at, self._policy.first_look(planned.due_on))
        run(connection, *tasks.schedule(TaskKind.INSTALMENT, made, look_at))

    def _free_number(self, connection: Connection) -> str:
        for digits in _NUMBER_DIGITS:  # as confirmation numbers: a longer one for whoever draws one that is taken
            number = self._number(digits)
            taken = select(agreements.c.id).where(agreements.c.number == number)
            if connection.execute(taken).one_or_none() is None:
                return number
        raise StoreUnavailable("no free agreement number was found")

    def _found(self, *conditions: ColumnElement[bool]) -> list[Agreement]:
        chosen = select(agreements).where(*conditions).order_by(agreements.c.id)
        rows = self._database.read(lambda connection: connection.execute(chosen).all())
        return [agreement_of(row) for row in rows]

    def _today(self, at: datetime) -> date:
        return local_day(at, self._policy.zone)


def _locked(connection: Connection, instalment_id: InstalmentId) -> Case:
    """A case whose agreement nobody changes meanwhile."""
    get(connection, case_of(connection, instalment_id).agreement.id, lock=True)
    return case_of(connection, instalment_id)


def _put(connection: Connection, agreement: Agreement) -> None:
    values = {"state": agreement.state, "told_minor": None if agreement.told is None else agreement.told.minor}
    connection.execute(update(agreements).where(agreements.c.id == agreement.id).values(values))


def _leave_out(connection: Connection, agreement: Agreement) -> None:
    """Every instalment that nobody has begun to charge is cancelled. The agreement's row is locked."""
    for each in instalments_of(connection, agreement):
        if each.state in UNTOUCHED:
            values = {"state": InstalmentState.CANCELLED, "version": each.version + 1}
            connection.execute(update(instalments).where(instalments.c.id == each.id).values(values))
            run(connection, tasks.drop(TaskKind.INSTALMENT, each.id))


def _line(
    connection: Connection,
    agreement_id: AgreementId,
    at: datetime,
    state: str,
    detail: str,
    number: int | None = None,
) -> None:
    values = {"agreement_id": agreement_id, "number": number, "at": at, "state": state, "detail": cleaned(detail)}
    connection.execute(insert(agreement_events).values(values))


def _send(connection: Connection, message: Sequence[Bound]) -> None:
    if message:  # the payer wants to hear of it
        run(connection, *message)
