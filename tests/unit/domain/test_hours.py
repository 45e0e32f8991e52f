"""When people are there: the week, holidays, midnight, and the two nights of the year when clocks jump."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
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

    def test_a_spell_that_has_begun_is_not_ended_by_clocks_set_back(self) -> None:
        early = hours(sun="1:30-6:00")
        again = datetime(2026, 11, 1, 6, 10, tzinfo=UTC)  # 1:10 for the second time, 40 minutes after it began
        assert early.open_at(again)

    def test_two_times_of_one_zone_are_told_apart(self) -> None:
        early = hours(sun="1:30-6:00")
        first = datetime(2026, 11, 1, 1, 10, tzinfo=NEW_YORK)
        assert [early.open_at(first), early.open_at(first.replace(fold=1))] == [False, True]

    def test_nobody_is_told_to_come_when_nothing_is_left_of_a_spell(self) -> None:
        early = hours(sun="2:15-3:00")  # the hour from 2 to 3 is left out in the night of 8 March 2026
        assert early.opens_next(at("2026-03-07T12:00")) == at("2026-03-15T02:15")


ZONES = [NEW_YORK, ISTANBUL, *map(ZoneInfo, ("America/Havana", "Australia/Lord_Howe", "America/Nuuk"))]
TIMES = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
SPELLS = st.builds(Spell, st.integers(1, 7), TIMES, TIMES)
# In 2026 clocks jump: Havana and New York on 8 March and 1 November, Nuuk on 28 March and 24 October, Lord Howe on
# 4 April and 3 October. Near such a night a spell does what it never does otherwise.
NIGHTS = st.sampled_from([(3, 8), (11, 1), (3, 28), (10, 24), (4, 4), (10, 3), (7, 1)])
MOMENTS = st.builds(
    lambda night, minutes: datetime(2026, *night, tzinfo=UTC) + timedelta(minutes=minutes),
    NIGHTS,
    st.integers(-3 * 24 * 60, 3 * 24 * 60),
)
QUARTER = timedelta(minutes=15)


@given(st.lists(SPELLS, min_size=1, max_size=4), MOMENTS, st.sampled_from(ZONES))
def test_when_they_are_back_somebody_is_there_and_nobody_before(
    week: list[Spell], moment: datetime, zone: ZoneInfo
) -> None:
    opening = Hours(zone, tuple(week))
    assume(not opening.open_at(moment))
    opens = opening.opens_next(moment)
    assert opens is not None
    assert moment < opens <= moment + timedelta(days=15)  # a week in which it is left out, and the next
    assert opening.open_at(opens)
    before = opens.astimezone(UTC) - timedelta(seconds=1)
    while before > moment:
        assert not opening.open_at(before)
        before -= QUARTER


@given(st.lists(SPELLS, max_size=4), st.integers(0, 7 * 24 * 60 - 1))
def test_in_a_week_without_a_jump_it_is_the_wall_that_says(week: list[Spell], minute: int) -> None:
    local = datetime(2026, 7, 6, tzinfo=NEW_YORK) + timedelta(minutes=minute)  # from a Monday

    def holds(spell: Spell) -> bool:
        begin = (spell.weekday - 1) * 1440 + spell.opens.hour * 60 + spell.opens.minute
        end = (spell.weekday - 1) * 1440 + spell.closes.hour * 60 + spell.closes.minute
        return 0 <= (minute - begin) % 10_080 < (end - begin if end > begin else end - begin + 1440)

    assert Hours(NEW_YORK, tuple(week)).open_at(local) is any(map(holds, week))


@given(st.lists(SPELLS, max_size=4))
def test_spells_are_refused_where_two_hold_at_once(week: list[Spell]) -> None:
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    written: dict[str, str] = {}
    for spell in week:
        span = f"{spell.opens:%H:%M}-{spell.closes:%H:%M}"
        day = days[spell.weekday - 1]
        written[day] = f"{written[day]}, {span}" if day in written else span
    monday = datetime(2026, 7, 6, tzinfo=UTC)
    each = [Hours(ZoneInfo("UTC"), (spell,)) for spell in week]
    twice = any(sum(one.open_at(monday + quarter * QUARTER) for one in each) > 1 for quarter in range(7 * 96))
    if twice:
        with pytest.raises(ValueError, match=r"overlap|goes on into"):
            spells(written)
    else:
        assert len(spells(written)) == len(week)


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({"mon": "8-18"}, "two times"),
        ({"mon": "8:00-25:00"}, "no time of day"),
        ({"mo": "8:00-18:00"}, "no day"),
        ({"mon": "8:00-12:00, 11:00-18:00"}, "overlap"),
        ({"mon-fri": "8:00-18:00", "wed": "17:00-20:00"}, "overlap"),
        ({"mon": "20:00-6:00", "tue": "5:00-12:00"}, "on mon goes on into one on tue"),
        ({"sun": "22:00-8:00", "mon": "7:00-9:00"}, "on sun goes on into one on mon"),
        ({"mon": "24:00-8:00"}, "24:00 ends a day"),
    ],
)
def test_what_is_written_wrongly_is_said(written: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        spells(written)


def test_days_may_go_over_the_weekend() -> None:
    assert {spell.weekday for spell in spells({"fri-mon": "8:00-9:00"})} == {5, 6, 7, 1}
