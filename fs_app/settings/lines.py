"""conf/lines.yaml: the numbers that are advertised, each with its flow, rules, hours and messages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from fs_app.domain.hours import Hours, Spell
from fs_app.domain.notices import After, Announcement, Closed, Emergency
from fs_app.settings.values import Part

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*")
_MIDNIGHT = (24, 0)
_DAY = 24 * 60  # minutes
_WEEK = 7 * _DAY
PhraseName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


def _moment(value: Any) -> Any:
    """A day, or a day and a time, of the line's own zone; the zone is added when it is known."""
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("should be a day or a time, e.g. 2026-12-24 or 2026-12-24T18:00") from None
    return value


Moment = Annotated[datetime, BeforeValidator(_moment)]


class AnnouncementSettings(Part):
    """Something that every caller hears for some time."""

    say: PhraseName = Field(description="a phrase of the sounds")
    since: Moment | None = Field(None, alias="from", description="from then on; from now on unless set")
    until: Moment | None = Field(None, description="not any more from then on")

    def announcement(self, zone: ZoneInfo) -> Announcement:
        """As the call reckons with it."""
        since, until = (None if each is None else _in(each, zone) for each in (self.since, self.until))
        return Announcement(self.say, since, until)


def _in(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


class EmergencySettings(Part):
    """While it stands here, every caller hears it first."""

    say: PhraseName = Field(description="a phrase of the sounds; it is heard out")
    then: After = Field(After.GO_ON, description="go_on with the flow, hang_up, or agent: a person at once")

    def emergency(self) -> Emergency:
        """As the call reckons with it."""
        return Emergency(self.say, self.then)


class HolidaySettings(Part):
    """Days on which nobody is there: those of a country, and own ones."""

    country: str | None = Field(None, description="ISO 3166, e.g. US")
    subdivision: str | None = Field(None, description="ISO 3166-2 without the country, e.g. CA for California")
    also: tuple[date, ...] = Field((), description="closed, besides")
    open: tuple[date, ...] = Field((), description="open, although they are holidays")

    @model_validator(mode="after")
    def _known(self) -> HolidaySettings:
        if self.country is None:
            if self.subdivision is not None:
                raise ValueError("a subdivision needs its country")
            return self
        try:
            holidays.country_holidays(self.country, subdiv=self.subdivision)
        except NotImplementedError:
            place = " ".join(filter(None, (self.country, self.subdivision)))
            raise ValueError(f"the holidays of {place} are not known; codes are those of ISO 3166") from None
        return self

    def test(self) -> Callable[[date], bool]:
        """Whether a day is one of them."""
        known = None if self.country is None else holidays.country_holidays(self.country, subdiv=self.subdivision)
        also, still_open = frozenset(self.also), frozenset(self.open)
        return lambda day: day not in still_open and (day in also or (known is not None and day in known))


def _time(hour: str, minute: str, *, closes: bool = False) -> time:
    given = int(hour), int(minute)
    if given == _MIDNIGHT:
        if not closes:
            raise ValueError("24:00 ends a day; one begins at 0:00")
        return time()
    try:
        return time(*given)
    except ValueError:
        raise ValueError(f"{hour}:{minute} is no time of day") from None


def _weekdays(text: str) -> list[int]:
    """``mon-fri``, ``sat`` or ``fri-mon``, as ISO weekdays."""
    first, _, last = text.strip().lower().partition("-")
    if first not in _DAYS or (last and last not in _DAYS):
        raise ValueError(f"{text!r} is no day: {', '.join(_DAYS)}, or two of them as in mon-fri")
    begin, end = _DAYS.index(first), _DAYS.index(last or first)
    return [number % len(_DAYS) + 1 for number in range(begin, end + 1 if end >= begin else end + 1 + len(_DAYS))]


def spells(hours: Mapping[str, str]) -> tuple[Spell, ...]:
    """``{"mon-fri": "8:00-12:00, 13:00-17:00"}`` as spells of the week. ValueError for what is no day or no time,
    and for spells that overlap, also over midnight and over the end of the week."""
    found: list[Spell] = []
    for days, spans in hours.items():
        for span in str(spans).split(","):
            match = _SPAN.fullmatch(span)
            if match is None:
                raise ValueError(f"{span.strip()!r} should be two times, e.g. 8:00-17:30")
            opens, closes = _time(match[1], match[2]), _time(match[3], match[4], closes=True)
            found += [Spell(day, opens, closes) for day in _weekdays(days)]
    found.sort(key=lambda each: (each.weekday, each.opens))
    for before, after in pairwise([*found, *found[:1]]):
        begin, end = _minutes(before)
        next_begin = _minutes(after)[0] + (_WEEK if after is found[0] else 0)
        if next_begin < end and next_begin - begin < _WEEK:
            raise ValueError(_overlap(before.weekday, after.weekday))
    return tuple(found)


def _minutes(spell: Spell) -> tuple[int, int]:
    """From which minute of the week to which; beyond the week where it goes on over its end."""
    begin, end = ((spell.weekday - 1) * _DAY + each.hour * 60 + each.minute for each in (spell.opens, spell.closes))
    return begin, end + (_DAY if spell.over_midnight else 0)


def _overlap(before: int, after: int) -> str:
    if before == after:
        return f"two spells on {_DAYS[before - 1]} overlap"
    return f"a spell on {_DAYS[before - 1]} goes on into one on {_DAYS[after - 1]}"


class LineEntry(Part):
    """One line. What it does not say is as the settings have it, under ``line`` and ``payments``."""

    flow: str | None = Field(None, description="the name of its flow")
    language: str | None = Field(None, pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$", description="of its prompts")
    queue: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_.-]{1,64}(@[A-Za-z0-9_.-]{1,64})?$",
        description="where its callers reach people",
    )
    payments: dict[str, Any] = Field({}, description="rules of its own, as in the settings under payments")
    timezone: str | None = Field(None, description="of its hours, e.g. America/New_York; the settings' unless set")
    hours: dict[str, str] | None = Field(None, description="when people are there; always unless set")
    holidays: HolidaySettings = Field(HolidaySettings(), description="days on which nobody is there")
    closed: Closed = Field(Closed.SELF_SERVICE, description="self_service, or a message and the end of the call")
    closed_message: PhraseName = Field("line_closed", description="what is said where closed is message")
    announcements: tuple[AnnouncementSettings, ...] = Field((), description="said before the flow, in their order")
    emergency: EmergencySettings | None = Field(None, description="of this line; before that of all lines")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        try:
            return value if value is None else ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a part of the world, which is a folder
            raise ValueError("should be a zone of the tz database, e.g. America/New_York") from None

    @field_validator("hours")
    @classmethod
    def _good_hours(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        if value is not None:
            spells(value)
        return value

    def opening(self, zone: ZoneInfo) -> Hours | None:
        """When people are there; None where that is always."""
        return None if self.hours is None else Hours(zone, spells(self.hours), self.holidays.test())


class LinesFile(Part):
    """The whole file. The emergency is for all lines; one of a line's own goes before it."""

    emergency: EmergencySettings | None = Field(None, description="for all lines, while it stands here")
    lines: dict[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")], LineEntry] = Field(
        {}, description="each by its name, which the dialplan says with `fs_app_number`"
    )
