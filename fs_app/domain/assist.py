"""An assisted payment as an agent sees it: which field is asked, how many keys came, and never which."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fs_app.domain.money import Money
from fs_app.domain.payment import PaymentId


class AssistState(StrEnum):
    """Where an assisted payment stands."""

    STARTING = "starting"  # protection is being proved
    ASKING = "asking"  # a field is asked
    PAUSED = "paused"  # protection is not proved any more: no key counts
    CONFIRMING = "confirming"  # the caller hears amount and card, and says yes
    CHARGING = "charging"
    APPROVED = "approved"
    DECLINED = "declined"  # ``why`` is the advice
    BEING_CHECKED = "being_checked"
    UNAVAILABLE = "unavailable"  # this try charged nothing, for certain; ``why`` says what is known of the bill
    CANCELLED = "cancelled"  # by the agent or the caller
    NOT_PROTECTED = "not_protected"  # no digit was asked for
    ENDED = "ended"  # the call is over, or the caller was sent elsewhere


OVER = frozenset(
    {
        AssistState.APPROVED,
        AssistState.DECLINED,
        AssistState.BEING_CHECKED,
        AssistState.UNAVAILABLE,
        AssistState.CANCELLED,
        AssistState.NOT_PROTECTED,
        AssistState.ENDED,
    }
)
"""States that nothing follows: a next try is another assisted payment."""

BUSY, TROUBLE, TROUBLE_BEFORE = "busy", "trouble", "trouble_before"
"""Why one is UNAVAILABLE: another payment for the bill was made or is under way; our side failed in the charge,
before the attempt was opened; or before the bank was to be asked at all."""

BILL_IN_DOUBT = frozenset({BUSY, TROUBLE})
"""Of these nobody can say that the bill is unpaid: another payment for it may be made or under way."""


class FieldState(StrEnum):
    """Where one field of the card stands."""

    WAITING = "waiting"  # not asked yet
    ASKED = "asked"  # asked, no key yet
    TYPING = "typing"
    ACCEPTED = "accepted"
    REFUSED = "refused"  # ``why`` says why, and it is asked again
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class FieldView:
    """One field. ``keys`` of ``of`` came so far; ``of`` is 0 where nobody knows how many there will be. ``why`` is
    the name of the phrase that the caller hears, e.g. ``card_number_wrong``."""

    name: str  # number, expiry, security_code, postal_code
    state: FieldState = FieldState.WAITING
    keys: int = 0
    of: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class AssistView:
    """All of it. ``number`` counts the assisted payments of one call, from 1. ``amount`` is what was agreed on with
    the agent, and, once it is charged, that with its fee, as the caller hears it. ``why`` is the name of a phrase
    (the advice after a decline), or, where protection failed, a word of a closed set."""

    call_uuid: str
    number: int
    handover_id: int
    by: str  # who takes the payment: the login name of the console, or the agent's name in the queue
    state: AssistState
    amount: Money
    bills: tuple[str, ...] = ()  # their ids
    fields: tuple[FieldView, ...] = ()
    brand: str = ""
    last_four: str = ""
    why: str = ""
    payment_id: PaymentId | None = None
    confirmation: str = ""

    @property
    def in_doubt(self) -> bool:
        """Whether this try sent nothing, and the bill may be paid, or about to be, all the same."""
        return self.state is AssistState.UNAVAILABLE and self.why in BILL_IN_DOUBT
