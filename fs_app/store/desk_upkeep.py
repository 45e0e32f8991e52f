"""What becomes of the desk's rows that nobody tells of any more, and how long the others are kept.

Each is a `fs_app.jobs.housekeeping.Forgetful`: harmless to do twice, or by two at once.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, or_, select, update

from fs_app.domain.handover import HandoverEnd, HandoverState
from fs_app.ports import Clock
from fs_app.store.desk import LAPSED
from fs_app.store.desk_tables import assists, call_orders, callbacks, handovers, live_calls
from fs_app.store.engine import Database

_AT_ONCE = 1000


class LostHandovers:
    """Hand-overs whose server died, or their call with it: they end as lost, when they were last told of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def forget(self, before: datetime) -> int:
        """End those that nobody has told of since, unless a worker tells of their call; how many that was.

        A call that has been handed over again since then has lost the one before, whoever tells of it now.
        """
        lost = select(handovers.c.id).where(_silent(before), or_(~_call_is_up(before), _handed_over_again()))
        found = self._database.read(lambda connection: connection.execute(lost.limit(_AT_ONCE)).scalars().all())
        if not found:
            return 0
        ended = {"state": HandoverState.ENDED, "end": HandoverEnd.LOST, "ended_at": handovers.c.alive_at}
        change = update(handovers).where(handovers.c.id.in_(found), _silent(before)).values(ended)
        return self._database.write(lambda connection: connection.execute(change).rowcount)


class UntakenOrders:
    """Orders for calls that no worker has any more."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def forget(self, before: datetime) -> int:
        """Say of those that were given before, and not taken, that no call will; how many that was."""
        columns, at = call_orders.c, self._clock.now()
        untaken = update(call_orders).where(columns.created_at < before, columns.taken_at.is_(None))
        lapsed = untaken.values(taken_at=at, result=LAPSED, answered_at=at)
        return self._database.write(lambda connection: connection.execute(lapsed).rowcount)


class OldDeskRows:
    """Hand-overs, assisted payments, orders and calls back. Notes and links are kept: they are the account's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def forget(self, before: datetime) -> int:
        """Delete what was over before, and who was not called back for so long; how much that was."""
        old = (
            delete(handovers).where(handovers.c.ended_at < before),
            delete(assists).where(assists.c.changed_at < before),
            delete(call_orders).where(call_orders.c.created_at < before),
            delete(callbacks).where(callbacks.c.asked_at < before),
        )

        def work(connection: Connection) -> int:
            return sum(connection.execute(statement).rowcount for statement in old)

        return self._database.write(work)


def _silent(before: datetime) -> ColumnElement[bool]:
    return and_(handovers.c.end == HandoverEnd.OPEN, handovers.c.alive_at < before)


def _call_is_up(before: datetime) -> ColumnElement[bool]:
    columns = live_calls.c
    return exists().where(
        columns.uuid == handovers.c.call_uuid, columns.ended_at.is_(None), columns.alive_at >= before
    )


def _handed_over_again() -> ColumnElement[bool]:
    again = handovers.alias()
    return exists().where(again.c.call_uuid == handovers.c.call_uuid, again.c.id > handovers.c.id)
