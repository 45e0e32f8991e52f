"""Dates that repeat, and the moment of a local hour on them. Pure.

A date is the operator's local one. Weekends and holidays are no exception: a due date is charged on the day it
falls, so that what was agreed to on the telephone is what happens.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_MONTHS = 12


class Unit(StrEnum):
    """What is counted from one due date to the next."""

    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Every:
    """Every so many weeks or months; twelve months are a year. ValueError for less than one."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.count < 1:
            raise ValueError("a date repeats every one or more weeks or months")


def nth(first: date, every: Every, steps: int, day: int | None = None) -> date:
    """The date so many steps after the first one, which is step 0.

    Months are counted from the first date, never from the date before, so nothing drifts: 31 January, 28 or 29
    February, 31 March. ``day`` is the day of the month that is meant where the first date lies in a month too short
    for it; without it, it is the first date's own.
    """
    if every.unit is Unit.WEEK:
        return first + timedelta(weeks=every.count * steps)
    months = first.month - 1 + every.count * steps
    year, month = first.year + months // _MONTHS, months % _MONTHS + 1
    return date(year, month, min(day or first.day, monthrange(year, month)[1]))


def fits(first: date, day: int) -> bool:
    """Whether a first date is that day of its month, or the last one of a month too short for it."""
    return first.day == min(day, monthrange(first.year, first.month)[1])


def moment(day: date, hour: time, zone: ZoneInfo) -> datetime:
    """The one moment (UTC) of a local time on a day.

    A time that exists twice, as clocks are put back, is the first of the two. One that does not exist, as clocks
    are put forward, is as much later as they are put: 02:30 is 03:30 (PEP 495, ``fold=0``).
    """
    return datetime.combine(day, hour.replace(tzinfo=None, fold=0), zone).astimezone(UTC)


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The operator's day at a moment."""
    return at.astimezone(zone).date()
