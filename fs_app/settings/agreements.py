"""Settings of payments by agreement: when they are charged, how often they are tried, what is offered."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from fs_app.domain.collection import CollectionPolicy
from fs_app.domain.plan import OfferRules
from fs_app.domain.retries import RetryPolicy
from fs_app.settings.values import Part

_policy, _offers = CollectionPolicy(), OfferRules()
Days = Annotated[int, Field(ge=1, le=60)]


def _hour(value: Any) -> Any:
    if isinstance(value, str) and not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise ValueError("should be a time of day, e.g. 09:00")
    return value


class AgreementSettings(Part):
    """Payments on a chosen date, plans and recurring payments: docs/schedules.md."""

    charge_at: Annotated[time, BeforeValidator(_hour)] = Field(
        _policy.charge_at, description="local time on a due date (timezone)"
    )
    retry_days: tuple[Days, ...] = Field(
        _policy.retry.days, description="days after the first decline, the second ...; after the last it has failed"
    )
    failures: int = Field(
        _policy.retry.failures, ge=1, description="so many instalments failed in a row stop an agreement"
    )
    notice_days: int = Field(
        _policy.notice_days, ge=10, le=60, description="an amount that differs is announced so long before"
    )
    late_days: int = Field(_policy.late_days, ge=0, description="what is later than this goes to a person")
    most_instalments: int = Field(_offers.most, ge=2, le=120, description="in a plan that callers set up")
    smallest_instalment_minor: int = Field(
        _offers.smallest_minor, ge=1, description="of a plan that callers set up"
    )
    longest_days: int = Field(_offers.longest_days, ge=1, description="how far off a payment may be put")

    def policy(self, timezone: str) -> CollectionPolicy:
        """What due dates are decided by."""
        return CollectionPolicy(
            zone=ZoneInfo(timezone),
            charge_at=self.charge_at,
            retry=RetryPolicy(self.retry_days, self.failures),
            notice_days=self.notice_days,
            late_days=self.late_days,
        )

    def offers(self) -> OfferRules:
        """What a caller is offered."""
        return OfferRules(self.most_instalments, self.smallest_instalment_minor, self.longest_days)
