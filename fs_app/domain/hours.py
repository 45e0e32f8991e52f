"""When people are there: spells of the week in one zone, without the holidays. Pure; the clock is the caller's.

Times are those of the wall where the operator is: eight o'clock is eight o'clock whatever the clocks did in the
night. A time that does not exist because of that begins as much later; one that exists twice begins the first time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_FAR = 366  # days; whoever does not open within a year does not open
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Spell:
    """From a time to another on one weekday, 1 for Monday to 7 for Sunday (ISO 8601). One that closes at or before
    it opens goes on over midnight; ``00:00`` to ``00:00`` is the whole day."""

    weekday: int
    opens: time
    closes: time

    @property
    def over_midnight(self) -> bool:
        """Whether it ends on the day after."""
        return self.closes <= self.opens

    def holds(self, moment: time) -> bool:
        """Whether it is open at a time of its own day."""
        return self.opens <= moment and (self.over_midnight or moment < self.closes)


def _never(_: date) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours. A spell belongs to the day on which it opens: on a holiday it does not open at all."""

    zone: ZoneInfo
    spells: tuple[Spell, ...]
    holiday: Callable[[date], bool] = _never

    def open_at(self, moment: datetime) -> bool:
        """Whether people are there at a moment (an aware time)."""
        local = moment.astimezone(self.zone)
        today, at = local.date(), local.time()
        yesterday = today - _DAY
        return any(spell.holds(at) for spell in self._on(today)) or any(
            spell.over_midnight and at < spell.closes for spell in self._on(yesterday)
        )

    def opens_next(self, moment: datetime) -> datetime | None:
        """When they are there again, after a moment at which nobody is; in the zone of the hours. None where that
        is
        more than a year away."""
        day = moment.astimezone(self.zone).date()
        for ahead in range(_FAR):
            for spell in sorted(self._on(day + ahead * _DAY), key=lambda each: each.opens):
                opens = self._at(day + ahead * _DAY, spell.opens)
                if opens > moment:
                    return opens
        return None

    def _on(self, day: date) -> list[Spell]:
        if self.holiday(day):
            return []
        return [spell for spell in self.spells if spell.weekday == day.isoweekday()]

    def _at(self, day: date, moment: time) -> datetime:
        """A time of the wall as a moment, also where the clocks leave it out."""
        return datetime.combine(day, moment, self.zone).astimezone(UTC).astimezone(self.zone)
