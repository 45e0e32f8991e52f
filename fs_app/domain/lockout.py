"""When something that is proved again and again without success is locked. Pure: the times are given."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from fs_app.domain.rules import Lockout


class Standing(NamedTuple):
    """How it stands after some wrong tries: locked until that time, None where they locked nothing;
    ``too_many`` where a try came while it was locked."""

    until: datetime | None
    too_many: bool


def standing(lockout: Lockout, wrong: Iterable[datetime]) -> Standing:
    """So many ``failures`` within ``within_minutes`` lock for ``minutes``. After that counting begins anew: a lock
    that has expired does not make the next one come sooner."""
    within, locked_for = timedelta(minutes=lockout.within_minutes), timedelta(minutes=lockout.minutes)
    counted: deque[datetime] = deque()
    until: datetime | None = None
    too_many = False
    for at in sorted(wrong):
        if until is not None and at < until:
            too_many = True
            continue
        while counted and counted[0] <= at - within:
            counted.popleft()
        counted.append(at)
        if len(counted) >= lockout.failures:
            until = at + locked_for
            counted.clear()
    return Standing(until, too_many)
