"""What is done after an instalment was declined, or a bank took it back: which codes allow another try, and when.

Sources: Braintree's processor response codes (soft and hard declines); Mastercard's merchant advice codes; Visa's
rule that a decline of category 1 (lost or stolen card, closed account, payment stopped ...) is never sent again.
What a bank took back is judged by `ach_return`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from fs_app.domain.ach_return import may_present_again

# Another day may help: there is money again, or the issuer's systems answer again. Everything that is not here says
# something of the card, or forbids another try.
_MAY_HELP = frozenset(
    {
        "2000",  # Do Not Honor
        "2001",  # Insufficient Funds
        "2002",  # Limit Exceeded
        "2003",  # Cardholder's Activity Limit Exceeded
        "2038",  # Processor Declined
        "2046",  # Declined
        "3000",  # Processor Network Unavailable
    }
)
# Merchant advice codes: 01 new account information is needed, 03 do not try again, 21 cancelled by the cardholder.
_NEVER = frozenset({"01", "03", "21"})
# "Retry after" an hour, a day ... ten days: not earlier.
_EARLIEST_DAYS = {"24": 0, "25": 1, "26": 2, "27": 4, "28": 6, "29": 8, "30": 10}


@dataclass(frozen=True, slots=True)
class Setback:
    """A try that took no money, or lost it again: a processor's code with the network's advice, or an ACH return
    code. ``on`` is the day of the try, where the operator is."""

    code: str
    advice: str | None = None
    returned: bool = False
    on: date = date.min


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """``days`` after the first decline, the second and so on; after the last one the instalment has failed. After
    ``failures`` instalments that failed one after the other, or a code that forbids another try, the agreement is
    stopped."""

    days: tuple[int, ...] = (3, 5, 7)
    failures: int = 1

    def again_on(self, setbacks: Sequence[Setback], today: date, before: date | None) -> date | None:
        """The day of the next try; None where there is none. ``before`` is the next due date: nothing is tried on
        it or after it, as it would be charged twice on a day."""
        last = setbacks[-1]
        if not may_help(setbacks) or len(setbacks) > len(self.days):
            return None
        days = max(self.days[len(setbacks) - 1], _EARLIEST_DAYS.get(last.advice or "", 0))
        day = today + timedelta(days=days)
        if (before is not None and day >= before) or not may_help(setbacks, day):
            return None
        return day


def may_help(setbacks: Sequence[Setback], on: date | None = None) -> bool:
    """Whether another try is allowed, and sensible; on that day, where one is given."""
    last = setbacks[-1]
    if last.returned:
        presented = [setback.on for setback in setbacks if setback.returned]
        return may_present_again(last.code, len(presented), presented[0], on or presented[0])
    return last.code in _MAY_HELP and last.advice not in _NEVER
