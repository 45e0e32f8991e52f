"""What callers said on request, and how long it is kept: as long as the consent asks for, and no longer.

A file is deleted before its name is: what a death in between leaves is a name without a file, which the next turn
forgets, and never a file that nobody knows of. Files are looked at in threads: a folder on another machine may not
answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import gevent
import structlog
from sqlalchemy import Connection, select, update

from fs_app.store.engine import Database
from fs_app.store.tables import consents

_log = structlog.get_logger(__name__)

_OURS = re.compile(r"[0-9A-Za-z-]{1,64}-[0-9a-f]{16}\.wav")  # the call and what nobody can guess
_AT_ONCE = 500


_Result = TypeVar("_Result")


def _in_a_thread(work: Callable[..., _Result], *given: object) -> _Result:
    result: _Result = gevent.get_hub().threadpool.apply(work, given)
    return result


class SpokenConsents:
    """The recordings of consents. The consents themselves stay, with their words: they are the record of what was
    agreed to."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._told = False

    def forget(self, before: datetime) -> int:
        """Delete the recordings that had to be kept until then; how many that was. A folder that is not here, as on
        a machine of its own for the jobs, leaves everything as it is: that is told once."""
        due = select(consents.c.id, consents.c.recording).where(
            consents.c.recording.is_not(None), consents.c.keep_until < before
        )
        rows = self._database.read(lambda connection: connection.execute(due).all())
        if not rows:
            return 0
        if not _in_a_thread(self._folder.is_dir):
            if not self._told:
                _log.warning(
                    "recordings are due, and their folder is not here", folder=str(self._folder), due=len(rows)
                )
            self._told = True
            return 0
        gone = _in_a_thread(lambda: [row.id for row in rows if self._deleted(row.recording)])
        if gone:
            change = update(consents).where(consents.c.id.in_(gone)).values(recording=None)
            self._database.write(lambda connection: connection.execute(change) and None)
        return len(gone)

    def _deleted(self, name: str) -> bool:
        if not _OURS.fullmatch(name):
            _log.error("a consent names what is no recording of ours", recording=name)
            return False
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            _log.error("a recording cannot be deleted", recording=name, error=type(error).__name__)
            return False
        return True


class UnclaimedRecordings:
    """Recordings that no consent names: their call died before it was asked what it made of them.

    They are kept for a while all the same: a database that is put back to an older state names fewer.
    """

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder

    def forget(self, before: datetime) -> int:
        """Delete those that were written to last before then; how many that was."""
        old = _in_a_thread(self._older, before)
        return sum(self._forget(old[start : start + _AT_ONCE]) for start in range(0, len(old), _AT_ONCE))

    def _forget(self, old: Sequence[Path]) -> int:
        claimed = select(consents.c.recording).where(consents.c.recording.in_([path.name for path in old]))

        def work(connection: Connection) -> set[str]:
            return set(connection.execute(claimed).scalars())

        known = self._database.read(work)
        return _in_a_thread(_delete, [path for path in old if path.name not in known])

    def _older(self, before: datetime) -> list[Path]:
        found = []
        with suppress(OSError):  # it is not here, or a file is gone by now
            for path in sorted(self._folder.iterdir()):
                if _OURS.fullmatch(path.name) and path.stat().st_mtime < before.timestamp():
                    found.append(path)
        return found


def _delete(paths: Sequence[Path]) -> int:
    for path in paths:
        with suppress(OSError):
            path.unlink()
    return sum(not path.exists() for path in paths)
