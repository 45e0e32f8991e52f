"""When people are there: the week, holidays, midnight, and the two nights of the year when clocks jump."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fs_app.domain.hours import Hours, Spell
from fs_app.settings.lines import spells

NEW_YORK, ISTANBUL = ZoneInfo("America/New_York"), ZoneInfo("Europe/Istanbul")


def hours(zone: ZoneInfo = NEW_YORK, *, closed_on: tuple[date, ...] = (), **days: str) -> Hours:
    return Hours(
        zone, spells({name.replace("_", "-"): spans for name, spans in days.items()}), closed_on.__contains__
    )


def at(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


WEEK = hours(mon_fri="8:00-12:00, 13:00-18:00", sat="9:00-13:00")


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23T07:59", False),  # a Monday
        ("2026-11-23T08:00", True),
        ("2026-11-23T12:00", False),
        ("2026-11-23T17:59:59", True),
        ("2026-11-23T18:00", False),
        ("2026-11-28T12:59", True),
        ("2026-11-29T12:00", False),
    ],
)
def test_the_week(moment: str, is_open: bool) -> None:
    assert WEEK.open_at(at(moment)) is is_open


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("2026-11-23T06:00", "2026-11-23T08:00"),
        ("2026-11-23T12:30", "2026-11-23T13:00"),
        ("2026-11-27T18:00", "2026-11-28T09:00"),
        ("2026-11-28T13:00", "2026-11-30T08:00"),
    ],
)
def test_when_they_are_back(moment: str, opens: str) -> None:
    assert WEEK.opens_next(at(moment)) == at(opens)


def test_it_is_the_wall_of_the_operator_that_counts() -> None:
    assert not WEEK.open_at(datetime(2026, 11, 23, 8, tzinfo=UTC))
    assert WEEK.open_at(datetime(2026, 11, 23, 13, tzinfo=UTC))


def test_a_night_shift_ends_the_day_after_and_does_not_begin_on_a_holiday() -> None:
    night = hours(fri="20:00-2:00", closed_on=(date(2026, 12, 25),))
    assert night.open_at(at("2026-11-28T01:59"))
    assert not night.open_at(at("2026-11-28T02:00"))
    assert not night.open_at(at("2026-12-25T21:00"))
    assert not night.open_at(at("2026-12-26T01:00"))
    assert night.opens_next(at("2026-12-24T12:00")) == at("2027-01-01T20:00")


def test_a_holiday_is_passed_over() -> None:
    thanksgiving = hours(mon_fri="8:00-18:00", closed_on=(date(2026, 11, 26), date(2026, 11, 27)))
    assert not thanksgiving.open_at(at("2026-11-26T10:00"))
    assert thanksgiving.opens_next(at("2026-11-25T18:00")) == at("2026-11-30T08:00")


def test_whole_days_and_never() -> None:
    assert hours(mon_sun="0:00-24:00").open_at(at("2026-11-29T23:59"))
    never = Hours(NEW_YORK, ())
    assert (never.open_at(at("2026-11-23T10:00")), never.opens_next(at("2026-11-23T10:00"))) == (False, None)


class TestClocksThatJump:
    def test_a_time_that_does_not_exist_begins_an_hour_later(self) -> None:
        early = hours(sun="2:30-6:00")  # in the night of 8 March 2026 there is no 2:30 in New York
        assert early.opens_next(at("2026-03-07T12:00")) == at("2026-03-08T03:30")
        assert early.open_at(at("2026-03-08T03:30"))

    def test_a_time_that_exists_twice_begins_the_first_time(self) -> None:
        early = hours(sun="1:30-6:00")  # on 1 November 2026 there are two
        first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
        opens = early.opens_next(at("2026-10-31T12:00"))
        assert opens is not None
        assert opens.astimezone(UTC) == first
        assert early.open_at(first)
        assert early.open_at(first + timedelta(hours=1))


SPELLS = st.builds(
    Spell,
    st.integers(1, 7),
    st.times().map(lambda each: each.replace(second=0, microsecond=0)),
    st.times().map(lambda each: each.replace(second=0, microsecond=0)),
)
MOMENTS = st.floats(0, 1100).map(lambda days: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=days))


@given(st.lists(SPELLS, max_size=5), MOMENTS, st.sampled_from([NEW_YORK, ISTANBUL]))
def test_when_they_are_back_somebody_is_there_and_not_before_it_is_later(
    week: list[Spell], moment: datetime, zone: ZoneInfo
) -> None:
    opening = Hours(zone, tuple(week))
    opens = opening.opens_next(moment)
    if opens is None:
        assert not week
        return
    assert opens > moment
    assert opens - moment <= timedelta(days=8, hours=1)
    closes = [spell for spell in week if spell.weekday == opens.isoweekday()]
    assert opening.open_at(opens) or all(not spell.over_midnight and spell.closes <= time(4) for spell in closes)


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"mon": "8-18"}, "two times"),
        ({"mon": "8:00-25:00"}, "no time of day"),
        ({"mo": "8:00-18:00"}, "no day"),
        ({"mon": "8:00-12:00, 11:00-18:00"}, "overlap"),
        ({"mon-fri": "8:00-18:00", "wed": "17:00-20:00"}, "overlap"),
    ],
)
def test_what_is_written_wrongly_is_said(written: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        spells(written)


def test_days_may_go_over_the_weekend() -> None:
    assert {spell.weekday for spell in spells({"fri-mon": "8:00-9:00"})} == {5, 6, 7, 1}
