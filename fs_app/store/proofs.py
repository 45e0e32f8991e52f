"""Wrong proofs in the database: counted over all calls and servers, by keyed hashes of what was claimed.

A try is written first and counted with the others. Of two at the same moment the locking read makes one wait for
the other; where each waits for the other, the database ends one, which is tried again.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from fs_app.domain.lockout import standing
from fs_app.domain.rules import Lockout
from fs_app.ports import Clock
from fs_app.store.engine import Database
from fs_app.store.statements import Row, Statement, gaps, run
from fs_app.store.tables import wrong_proofs

_MINE = wrong_proofs.c.subject == bindparam("subject")
_SEEN = select(wrong_proofs.c.at).where(_MINE)
_LOOK = Statement(_SEEN)
_LOCKING_LOOK = Statement(_SEEN.with_for_update())
_COUNT = Statement(insert(wrong_proofs).values(gaps("subject", "at")))
_FORGET = Statement(delete(wrong_proofs).where(_MINE))
_NEWEST = Statement(select(func.max(wrong_proofs.c.id).label("id")).where(_MINE))
_REMOVE = Statement(delete(wrong_proofs).where(wrong_proofs.c.id == bindparam("row")))


class _TooMany(Exception):
    """Rolls back a try that must not be looked at."""


class SqlProofs:
    """See `fs_app.ports.Proofs` for the contract. ``secret`` must be the same in every worker."""

    def __init__(self, database: Database, clock: Clock, secret: str) -> None:
        self._database = database
        self._clock = clock
        self._key = hmac.digest(secret.encode(), b"fs_app proofs", "sha256")

    def locked(self, claimed: str, lockout: Lockout) -> bool:
        """Whether it is locked at this moment."""
        asked = _LOOK(subject=self._subject(claimed))
        until = standing(lockout, _times(self._database.read(lambda connection: run(connection, asked)[0]))).until
        return until is not None and self._clock.now() < until

    def tried(self, claimed: str, lockout: Lockout) -> bool:
        """Count a try, unless it is locked."""
        subject = self._subject(claimed)
        counted = [_COUNT(subject=subject, at=self._clock.now()), _LOCKING_LOOK(subject=subject)]

        def count(connection: Connection) -> None:
            if standing(lockout, _times(run(connection, *counted)[1])).too_many:
                raise _TooMany

        try:
            self._database.write(count)
        except _TooMany:
            return False
        return True

    def right(self, claimed: str) -> None:
        """Forget all tries."""
        chosen = _FORGET(subject=self._subject(claimed))
        self._database.write(lambda connection: run(connection, chosen))

    def take_back(self, claimed: str) -> None:
        """Forget the last try."""
        newest = _NEWEST(subject=self._subject(claimed))

        def remove(connection: Connection) -> None:
            row = run(connection, newest)[0][0].id
            if row is not None:
                run(connection, _REMOVE(row=row))

        self._database.write(remove)

    def forget(self, before: datetime) -> int:
        """Delete what no lockout looks at any more; how many rows that was."""
        chosen = delete(wrong_proofs).where(wrong_proofs.c.at < before)
        return self._database.write(lambda connection: connection.execute(chosen).rowcount)

    def _subject(self, claimed: str) -> str:
        return hmac.digest(self._key, claimed.encode(), "sha256").hex()


def _times(rows: Sequence[Row]) -> list[datetime]:
    return [row.at for row in rows]
