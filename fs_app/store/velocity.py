"""Velocity limits in the database: counted in the transaction that opens an attempt, over all workers.

The rows of this attempt are written first and counted too. Of two attempts at the same moment the locking read
makes one wait for the other; where each waits for the other, the database ends one, which is tried again. A BIN is
shared by many honest payers, so its count waits for nobody and may be off by those of that moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from fs_app.domain.payment import PaymentId
from fs_app.domain.velocity import Mark, Trait, VelocityLimit
from fs_app.errors import TooManyAttempts
from fs_app.store.engine import Database
from fs_app.store.tables import velocity

Limits = Mapping[Trait, VelocityLimit]


def admit(
    connection: Connection, payment_id: PaymentId, marks: Sequence[Mark], limits: Limits, at: datetime
) -> None:
    """Count an attempt by its marks; TooManyAttempts, which rolls the attempt back, where a limit is reached."""
    for mark in marks:
        row = {"payment_id": payment_id, "trait": mark.trait, "subject": mark.subject, "at": at}
        connection.execute(insert(velocity).values(row))
    for mark in marks:
        limit = limits.get(mark.trait)
        if limit is not None and (limit.attempts, limit.declines) != (None, None):
            _check(connection, mark, limit, at)


def _check(connection: Connection, mark: Mark, limit: VelocityLimit, at: datetime) -> None:
    chosen = select(velocity.c.declined).where(
        velocity.c.trait == mark.trait,
        velocity.c.subject == mark.subject,
        velocity.c.at > at - timedelta(hours=limit.hours),
    )
    chosen = chosen.where(velocity.c.declined) if mark.trait is Trait.BIN else chosen.with_for_update()
    declined = connection.execute(chosen).scalars().all()
    too_many = limit.attempts is not None and len(declined) > limit.attempts
    if too_many or (limit.declines is not None and sum(declined) >= limit.declines):
        raise TooManyAttempts(mark.trait)


def declined(connection: Connection, payment_id: PaymentId) -> None:
    """The attempt was declined: it counts as such from now on."""
    connection.execute(update(velocity).where(velocity.c.payment_id == payment_id).values(declined=True))


class SqlVelocity:
    """What was counted, for whoever keeps house."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def forget(self, before: datetime) -> int:
        """Delete what no limit looks at any more; how many rows that was."""
        chosen = delete(velocity).where(velocity.c.at < before)
        return self._database.write(lambda connection: connection.execute(chosen).rowcount)
