"""The Appointments port: the operator's data, in our tables or their own, and what callers said in ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import Connection, bindparam, insert, select

from fs_app.domain.appointment import Appointment, Reply
from fs_app.domain.bill import Account
from fs_app.ports import Clock
from fs_app.store.engine import Database
from fs_app.store.sql_reader import StatementReader, made_of
from fs_app.store.sql_rows import Values, appointment_of
from fs_app.store.statements import Statement, gaps, run
from fs_app.store.tables import appointment_replies, appointments
from fs_app.store.taken import as_left

Read = Callable[[str, date], Sequence[Values]]
"""Rows of appointments by the account, from a day on or earlier, the next one first."""

_MOST = 20
_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
_OURS = Statement(
    select(appointments)
    .where(appointments.c.account_id == bindparam("account_id"), appointments.c.day >= bindparam("today"))
    .order_by(appointments.c.day, appointments.c.starts, appointments.c.id)
    .limit(_MOST)
)
_SAID = Statement(
    select(appointment_replies)
    .where(
        appointment_replies.c.account_id == bindparam("account_id"),
        appointment_replies.c.day >= bindparam("today"),
    )
    .order_by(appointment_replies.c.id)
)
_SAY = Statement(
    insert(appointment_replies).values(
        gaps("appointment_id", "account_id", "day", "starts", "reply", "call_uuid", "at")
    )
)


def in_our_tables(database: Database) -> Read:
    """The rows of our own table. What the ledger took for a co-payment counts from the first payment on."""
    return lambda account_id, today: database.read(
        lambda connection: [
            row._asdict() | {"balance_as_of": _ALWAYS}
            for row in run(connection, _OURS(account_id=account_id, today=today))[0]
        ]
    )


def in_their_database(reader: StatementReader) -> Read:
    """The rows of the operator's statement."""
    return lambda account_id, today: reader.rows("appointments", account_id, _MOST)


class StoredAppointments:
    """See `fs_app.ports.Appointments` for the contract. ``ours`` is where replies and payments are."""

    def __init__(self, ours: Database, read: Read, clock: Clock) -> None:
        self._ours = ours
        self._read = read
        self._clock = clock

    def next_of(self, account: Account) -> Appointment | None:
        """The next one that is not cancelled, with what was said about it and what is to be paid."""
        today = self._clock.today()
        rows = self._read(account.id, today)
        found = made_of("appointments", "appointment", lambda: [appointment_of(account.id, row) for row in rows])
        ahead = sorted(
            (each for each in found if each[0].day >= today), key=lambda each: (each[0].day, each[0].at, each[0].id)
        )
        return self._ours.read(lambda connection: _first(connection, ahead, account.id, today)) if ahead else None

    def reply(self, appointment: Appointment, reply: Reply, call_uuid: str) -> None:
        """Keep what a caller says."""
        row = _SAY(
            appointment_id=appointment.id,
            account_id=appointment.account_id,
            day=appointment.day,
            starts=appointment.at,
            reply=reply,
            call_uuid=call_uuid,
            at=self._clock.now(),
        )
        self._ours.write(lambda connection: run(connection, row))


def _first(
    connection: Connection, ahead: Sequence[tuple[Appointment, datetime | None]], account_id: str, today: date
) -> Appointment | None:
    """The first appointment that was not cancelled."""
    rows = run(connection, _SAID(account_id=account_id, today=today))[0]
    said = {(row.appointment_id, row.day, row.starts): Reply(row.reply) for row in rows}
    for planned, as_of in ahead:
        reply = said.get((planned.id, planned.day, planned.at))
        if reply is Reply.CANCELLED:
            continue
        copay = planned.copay and as_left(connection, planned.copay, as_of, today)
        return replace(planned, reply=reply, copay=copay if copay and copay.due.minor > 0 else None)
    return None
