"""The questions about a date that the caller keys, shared by the steps that ask for one."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from datetime import date
from typing import Annotated

from pydantic import Field

from fs_app.domain import fields
from fs_app.domain.prompt import Named, Prompt, Weekday, say
from fs_app.flow.asking import AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.step import PhraseName, Says

_YEARS = 9  # 29 February is at most eight years away
_DAYS_OF_A_MONTH = 31
ORDERS = frozenset({"date_md", "date_dm"})
"""The phrases that tell which digits come first."""


class OwnDate(AskingStep):
    """A date as four keys, day and month in the operator's order: the next such day. It is read back with its
    weekday and its year."""

    says = AskingStep.says | ORDERS

    enter_date: Annotated[PhraseName, Says("order")] = Field(
        "enter_date", description="the question for a date; {order} tells which digits come first"
    )
    enter_date_again: Annotated[PhraseName, Says("order")] = Field("enter_date_again", description="more at length")
    no_such_date: Annotated[PhraseName, Says()] = Field("no_such_date", description="there is no such day")
    too_early: Annotated[PhraseName, Says("date")] = Field("date_too_early", description="tells the earliest date")
    too_late: Annotated[PhraseName, Says("date")] = Field("date_too_late", description="tells the latest date")
    date_read_back: Annotated[PhraseName, Says("weekday", "date")] = Field(
        "date_read_back", description="offers keys 1 and 2"
    )

    def keyed_date(
        self,
        call: Call,
        earliest: date,
        latest: date,
        *,
        question: str = "",
        month_ends: bool = False,
        wrong: Callable[[date], Prompt | None] = lambda _: None,
    ) -> tuple[date, int]:
        """The date that the caller keys and agrees to, and the day of the month they keyed: with ``month_ends`` the
        31st of a month too short for it is its last day. ``wrong`` says what else a date must not be. StepEnds as
        `ask`."""
        order = Named("date_md" if call.line.rules.birth_date_order != "dmy" else "date_dm")
        first, again = say(question or self.enter_date, order=order), say(self.enter_date_again, order=order)

        def refused(digits: str) -> Prompt | None:
            month, day = _keyed(call, digits)
            found = _next(earliest, month, day, month_ends)
            if found is None:
                return say(self.no_such_date)
            today = call.services.clock.today()
            this_year = _on(today.year, month, day, month_ends)
            if this_year is not None and today <= this_year < earliest:
                return say(self.too_early, date=earliest)
            return say(self.too_late, date=latest) if found > latest else wrong(found)

        while True:
            month, day = _keyed(
                call, ask(call, fields.date(), first, again, tries=self.tries, check=refused).reveal()
            )
            found = _next(earliest, month, day, month_ends)
            if found is None:
                continue
            if self.agreed(call, say(self.date_read_back, weekday=Weekday.of(found), date=found)):
                return found, day


def _keyed(call: Call, digits: str) -> tuple[int, int]:
    """Month and day of four keys."""
    one, other = int(digits[:2]), int(digits[2:])
    return (other, one) if call.line.rules.birth_date_order == "dmy" else (one, other)


def _next(earliest: date, month: int, day: int, month_ends: bool) -> date | None:
    """The first such day from the earliest one on; None where there is none."""
    found = (_on(earliest.year + years, month, day, month_ends) for years in range(_YEARS))
    return next((each for each in found if each is not None and each >= earliest), None)


def _on(year: int, month: int, day: int, month_ends: bool) -> date | None:
    if not (1 <= month <= 12 and 1 <= day <= _DAYS_OF_A_MONTH):
        return None
    longest = monthrange(year, month)[1]
    return date(year, month, min(day, longest)) if day <= longest or month_ends else None
