"""Dates that repeat without drifting, and the one moment of a local hour, across clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import given

from fs_app.domain.calendar import Every, Unit, fits, local_day, moment, nth

MONTHLY, YEARLY = Every(1, Unit.MONTH), Every(12, Unit.MONTH)
NEW_YORK, BERLIN, SYDNEY = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Sydney")
BEIRUT, LORD_HOWE = ZoneInfo("Asia/Beirut"), ZoneInfo("Australia/Lord_Howe")
DAYS = st.dates(date(2020, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("first", "every", "dates"),
    [
        ("2026-01-31", MONTHLY, ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]),
        ("2028-01-31", MONTHLY, ["2028-02-29", "2028-03-31"]),
        ("2026-01-30", MONTHLY, ["2026-02-28", "2026-03-30"]),
        ("2026-11-30", MONTHLY, ["2026-12-30", "2027-01-30", "2027-02-28", "2027-03-30"]),
        ("2028-02-29", YEARLY, ["2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]),
        ("2026-08-31", Every(3, Unit.MONTH), ["2026-11-30", "2027-02-28", "2027-05-31"]),
        ("2026-12-28", Every(2, Unit.WEEK), ["2027-01-11", "2027-01-25"]),
    ],
)
def test_the_day_of_the_month_is_kept(first: str, every: Every, dates: list[str]) -> None:
    start = date.fromisoformat(first)
    assert [nth(start, every, step).isoformat() for step in range(1, len(dates) + 1)] == dates
    assert nth(start, every, 0) == start


def test_a_day_that_the_first_month_does_not_have() -> None:
    assert fits(date(2026, 2, 28), 31)
    assert not fits(date(2026, 2, 27), 31)
    assert [nth(date(2026, 2, 28), MONTHLY, step, 31).day for step in range(5)] == [28, 31, 30, 31, 30]


def test_nothing_repeats_every_no_months() -> None:
    with pytest.raises(ValueError):
        Every(0, Unit.MONTH)


@given(DAYS, st.integers(1, 24), st.sampled_from(Unit), st.integers(0, 60))
def test_dates_strictly_increase_and_keep_their_day(first: date, count: int, unit: Unit, step: int) -> None:
    every = Every(count, unit)
    this, following = nth(first, every, step), nth(first, every, step + 1)
    assert this < following
    if unit is Unit.WEEK:
        assert (following - this).days == 7 * count
    else:
        assert this.day == first.day or (this.day < first.day and (this + timedelta(days=1)).day == 1)


@pytest.mark.parametrize(
    ("zone", "day", "hour", "utc"),
    [
        (NEW_YORK, "2026-03-07", "09:00", "2026-03-07T14:00"),  # the day before clocks are put forward
        (NEW_YORK, "2026-03-08", "09:00", "2026-03-08T13:00"),
        (NEW_YORK, "2026-03-08", "02:30", "2026-03-08T07:30"),  # does not exist: it is 03:30
        (NEW_YORK, "2026-11-01", "01:30", "2026-11-01T05:30"),  # exists twice: the first
        (NEW_YORK, "2026-11-01", "09:00", "2026-11-01T14:00"),
        (BERLIN, "2026-03-29", "02:30", "2026-03-29T01:30"),
        (BERLIN, "2026-10-25", "02:30", "2026-10-25T00:30"),
        (SYDNEY, "2026-10-04", "02:30", "2026-10-03T16:30"),  # forward in October
        (SYDNEY, "2026-04-05", "02:30", "2026-04-04T15:30"),  # back in April
        (BEIRUT, "2026-03-29", "00:00", "2026-03-28T22:00"),  # a day without midnight
        (LORD_HOWE, "2026-10-04", "02:15", "2026-10-03T15:45"),  # forward by half an hour
    ],
)
def test_a_local_hour_is_one_moment(zone: ZoneInfo, day: str, hour: str, utc: str) -> None:
    at = moment(date.fromisoformat(day), time.fromisoformat(hour), zone)
    assert at == datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert local_day(at, zone).isoformat() == day


@given(DAYS, st.times(), st.sampled_from([NEW_YORK, BERLIN, SYDNEY, BEIRUT, LORD_HOWE, ZoneInfo("UTC")]))
def test_the_moment_of_each_day_comes_after_that_of_the_day_before(day: date, hour: time, zone: ZoneInfo) -> None:
    this, following = moment(day, hour, zone), moment(day + timedelta(days=1), hour, zone)
    assert timedelta(hours=22) < following - this < timedelta(hours=26)
    assert local_day(this, zone) == day
