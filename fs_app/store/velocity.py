"""Velocity limits in the database: counted in the transaction that opens an attempt, over all workers.

The rows of this attempt are written first and counted too. Of two attempts at the same moment the locking read
makes one wait for the other; where each waits for the other, the database ends one, which is tried again. A BIN is
shared by many honest payers, so its count waits for nobody and may be off by those of that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select, update

from fs_app.domain.payment import PaymentId
from fs_app.domain.velocity import Mark, Trait, VelocityLimit
from fs_app.errors import TooManyAttempts
from fs_app.store.engine import Database
from fs_app.store.statements import Bound, Row, Statement, gaps
from fs_app.store.tables import payments, velocity

Limits = Mapping[Trait, VelocityLimit]


_ATTEMPT = select(payments.c.id).where(payments.c.order_id == bindparam("order_id")).scalar_subquery()
_INSERT = Statement(insert(velocity).values(**gaps("trait", "subject", "at"), payment_id=_ATTEMPT))
_SEEN = select(velocity.c.declined).where(
    velocity.c.trait == bindparam("trait"),
    velocity.c.subject == bindparam("subject"),
    velocity.c.at > bindparam("since"),
)
_LOCKED = Statement(_SEEN.with_for_update())
_DECLINED_ONES = Statement(_SEEN.where(velocity.c.declined))
_DECLINE = Statement(update(velocity).where(velocity.c.payment_id == bindparam("attempt")).values(declined=True))


def counted(order_id: str, marks: Sequence[Mark], at: datetime) -> list[Bound]:
    """Count an attempt that was just inserted, by its marks."""
    return [_INSERT(order_id=order_id, trait=mark.trait, subject=mark.subject, at=at) for mark in marks]


def looks(marks: Sequence[Mark], limits: Limits, at: datetime) -> dict[Trait, Bound]:
    """For each limit that an attempt must keep: what was counted within its hours, this attempt among it."""
    found = {}
    for mark in marks:
        limit = limits.get(mark.trait)
        if limit is not None and (limit.attempts, limit.declines) != (None, None):
            look = _DECLINED_ONES if mark.trait is Trait.BIN else _LOCKED
            since = at - timedelta(hours=limit.hours)
            found[mark.trait] = look(trait=mark.trait, subject=mark.subject, since=since)
    return found


def check(traits: Iterable[Trait], seen: Iterable[Sequence[Row]], limits: Limits) -> None:
    """TooManyAttempts, which rolls the attempt back, where what the looks found reaches a limit."""
    for trait, rows in zip(traits, seen, strict=True):
        limit = limits[trait]
        declines = sum(row.declined for row in rows)
        too_many = limit.attempts is not None and len(rows) > limit.attempts
        if too_many or (limit.declines is not None and declines >= limit.declines):
            raise TooManyAttempts(trait)


def declined(payment_id: PaymentId) -> Bound:
    """The attempt was declined: it counts as such from now on."""
    return _DECLINE(attempt=payment_id)


class SqlVelocity:
    """What was counted, for whoever keeps house."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def forget(self, before: datetime) -> int:
        """Delete what no limit looks at any more; how many rows that was."""
        chosen = delete(velocity).where(velocity.c.at < before)
        return self._database.write(lambda connection: connection.execute(chosen).rowcount)
