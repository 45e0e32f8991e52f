"""An appointment, and what a caller can say about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from fs_app.domain.bill import Bill


class Reply(StrEnum):
    """What a caller said about an appointment; the last word counts."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    CHECKED_IN = "checked_in"


@dataclass(frozen=True, slots=True)
class Appointment:
    """Somebody is expected: ``day`` and ``at`` are what the clock on the wall says there.

    ``reply`` is what the caller said last about this very time; what was said of an earlier one does not count for
    it. ``copay`` is what is still to be paid besides, None where nothing is.
    """

    id: str
    account_id: str
    day: date
    at: time
    reply: Reply | None = None
    copay: Bill | None = None
