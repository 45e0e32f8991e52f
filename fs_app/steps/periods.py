"""How often something recurs, as callers choose and hear it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from fs_app.domain.calendar import Every
from fs_app.domain.plan import MONTHLY
from fs_app.domain.prompt import SILENCE, Named, Prompt
from fs_app.domain.proposal import TWO_WEEKLY, WEEKLY
from fs_app.flow.call import Call
from fs_app.steps.choosing import ask_which, choice

PeriodName = Literal["week", "two_weeks", "month"]
PERIODS: Mapping[str, Every] = {"week": WEEKLY, "two_weeks": TWO_WEEKLY, "month": MONTHLY}
PERIOD_NAMES = frozenset(f"every_{name}" for name in PERIODS)
"""The phrases that name them."""


def period_named(every: Every) -> Named:
    """What a period is called. KeyError for one that is not offered here."""
    return Named(f"every_{next(name for name, each in PERIODS.items() if each == every)}")


def ask_period(call: Call, phrase: str, names: Sequence[str], *, tries: int, before: Prompt = SILENCE) -> str:
    """The name of the period that the caller chooses of these. StepEnds as `ask`."""
    offers = [choice(phrase, str(key), name=Named(f"every_{name}")) for key, name in enumerate(names, start=1)]
    return names[ask_which(call, "how often", offers, tries=tries, before=before)]
