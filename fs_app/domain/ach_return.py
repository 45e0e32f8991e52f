"""What follows where a bank gives a debit back: one table, from Nacha's return code to what may be done next.

Whatever the code, the money is gone and the bill is open again (`payment.PAID_STATES`). The code decides about the
account: whether the same debit may be presented again, or no other debit, or only after somebody has looked.

Sources: Nacha Operating Rules, appendix four (return reason codes) and subsection 2.12.4 (reinitiation: of R01
and R09 twice at most, within 180 days of the original entry; of R08 with the payer's separate consent only; of
any other after its reason has been remedied); Nacha's rule "Differentiating Unauthorized Return Reasons" (R10
and R11); the Federal Reserve's FedACH fee schedule, which names the codes that count as unauthorised. Codes of
cheques, of credits, of enrolments and of returns between banks (R61-R77) never come back on a debit by
telephone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

MOST_PRESENTMENTS = 3
"""The first one and two more."""
PRESENTMENT_WINDOW = timedelta(days=180)
"""From the first presentment; counted from the day of the charge, which is before its settlement: stricter."""


class Consequence(StrEnum):
    """What may be done with the account after a return."""

    PRESENT_AGAIN = "present_again"  # there was no money: another day there may be
    CORRECT_ACCOUNT = "correct_account"  # there is no such account: another one has to be asked for
    STOP = "stop"  # the payer or the bank forbids it: this account is not debited any more
    ASK_PERSON = "ask_person"  # the entry itself was at fault: somebody has to mend that first


@dataclass(frozen=True, slots=True)
class AchReturn:
    """One code. ``unauthorised`` returns count for the 0.5 % that Nacha allows."""

    code: str
    meaning: str
    consequence: Consequence
    unauthorised: bool = False


_AGAIN, _CORRECT, _STOP, _PERSON = Consequence

_TABLE = (
    AchReturn("R01", "insufficient funds", _AGAIN),
    AchReturn("R02", "account closed", _CORRECT),
    AchReturn("R03", "no account, or unable to locate it", _CORRECT),
    AchReturn("R04", "invalid account number", _CORRECT),
    AchReturn("R05", "consumer account debited as a company's", _STOP, unauthorised=True),
    AchReturn("R06", "returned at our own bank's request", _PERSON),
    AchReturn("R07", "authorisation revoked by the payer", _STOP, unauthorised=True),
    AchReturn("R08", "payment stopped by the payer", _STOP),
    AchReturn("R09", "uncollected funds", _AGAIN),
    AchReturn("R10", "the payer does not know us, or did not authorise it", _STOP, unauthorised=True),
    AchReturn("R11", "not in accordance with the authorisation", _STOP, unauthorised=True),
    AchReturn("R12", "account sold to another bank", _CORRECT),
    AchReturn("R13", "invalid routing number", _CORRECT),
    AchReturn("R14", "representative payee deceased", _STOP),
    AchReturn("R15", "account holder deceased", _STOP),
    AchReturn("R16", "account frozen", _STOP),
    AchReturn("R17", "entry not processable, or under questionable circumstances", _STOP),
    AchReturn("R18", "improper effective entry date", _PERSON),
    AchReturn("R19", "amount field error", _PERSON),
    AchReturn("R20", "not an account for such payments", _CORRECT),
    AchReturn("R21", "invalid company identification", _PERSON),
    AchReturn("R22", "invalid individual identification", _PERSON),
    AchReturn("R24", "duplicate entry", _PERSON),
    AchReturn("R25", "addenda error", _PERSON),
    AchReturn("R26", "mandatory field error", _PERSON),
    AchReturn("R27", "trace number error", _PERSON),
    AchReturn("R28", "routing number check digit error", _CORRECT),
    AchReturn("R29", "a company did not authorise it", _STOP, unauthorised=True),
    AchReturn("R31", "permissible return, agreed between the banks", _STOP),
    AchReturn("R32", "the bank cannot settle", _PERSON),
    AchReturn("R34", "the bank takes part in a limited way", _CORRECT),
    AchReturn("R35", "improper debit", _STOP),
    AchReturn("R80", "international coding error", _PERSON),
    AchReturn("R81", "the bank takes no international entries", _CORRECT),
    AchReturn("R82", "invalid foreign bank", _CORRECT),
    AchReturn("R83", "the foreign bank cannot settle", _PERSON),
    AchReturn("R84", "not processed by the gateway between the countries", _PERSON),
    AchReturn("R85", "incorrectly coded as not international", _PERSON),
)
RETURNS: Mapping[str, AchReturn] = MappingProxyType({each.code: each for each in _TABLE})
"""The codes by themselves."""


def consequence_of(code: str) -> Consequence:
    """What a code leads to; one that is not known allows nothing before somebody has looked."""
    known = RETURNS.get(code)
    return Consequence.ASK_PERSON if known is None else known.consequence


def ends_method(code: str) -> bool:
    """True where the account is not debited any more, whatever it is kept for: what was saved of it is let go of. A
    payer who wants to pay from it all the same keys it again, and authorises that anew."""
    return consequence_of(code) in (Consequence.CORRECT_ACCOUNT, Consequence.STOP)


def may_present_again(code: str, presented: int, first_presented_on: date, today: date) -> bool:
    """Whether the same debit, for the same amount, may be presented on a day. ``presented`` is how often it was by
    then, the first time included, and ``code`` what it was returned with last."""
    return (
        consequence_of(code) is Consequence.PRESENT_AGAIN
        and presented < MOST_PRESENTMENTS
        and today - first_presented_on <= PRESENTMENT_WINDOW
    )
