"""When people are there: spells of the week in one zone, without the holidays. Pure; the clock is the caller's.

Times are those of the wall where the operator is: eight o'clock is eight o'clock whatever the clocks did in the
night. A time that does not exist because of that is as much later; one that exists twice is the first of the two. A
spell lies between its two moments: clocks that are set back in it do not end it. One of which nothing is left is
not there that night.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
        moment = moment.astimezone(UTC)
        today = moment.astimezone(self.zone).date()
        days = (today - 2 * _DAY, today - _DAY, today)  # a spell over midnight may be moved over the next one, too
        return any(opens <= moment < closes for day in days for opens, closes in self._spans(day))

    def opens_next(self, moment: datetime) -> datetime | None:
        """When they are there again, after a moment at which nobody is; in the zone of the hours. None where that
        is more than a year away."""
        moment = moment.astimezone(UTC)
        today = moment.astimezone(self.zone).date()
        for ahead in range(-1, _FAR):
            # Where clocks jump at midnight, the last spell of a day can open after the first one of the next.
            days = (today + ahead * _DAY, today + (ahead + 1) * _DAY)
            found = [opens for day in days for opens, _ in self._spans(day) if opens > moment]
            if found:
                return min(found).astimezone(self.zone)
        return None

    def _spans(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The spells that open on a day, as moments in UTC: two times of one zone are compared by the wall."""
        for spell in self._on(day):
            opens = self._at(day, spell.opens)
            closes = self._at(day + _DAY if spell.over_midnight else day, spell.closes)
            if opens < closes:
                yield opens, closes

    def _on(self, day: date) -> list[Spell]:
        if self.holiday(day):
            return []
        return [spell for spell in self.spells if spell.weekday == day.isoweekday()]

    def _at(self, day: date, moment: time) -> datetime:
        """A time of the wall as a moment, also where the clocks leave it out."""
        return datetime.combine(day, moment, self.zone).astimezone(UTC)
