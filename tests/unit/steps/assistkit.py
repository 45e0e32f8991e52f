"""A payment that an agent takes in a talk, on fakes: whom it is taken of, and what is said and shown of it."""

from __future__ import annotations

from dialogue import CARD as FIELDS
from dialogue import EXPIRY, VISA
from helping import DUE, Scene, order, scene

from fs_app.domain.assist import AssistView
from fs_app.domain.destination import HelpRules
from fs_app.domain.payment import Approved, TransactionId
from fs_app.ports import Ordered, OrderKind
from fs_app.testing.fakes_person import ScriptedPerson, talks

AMEX = "378282246310005"
CARD, PAY = FIELDS, "1"
OTHER_LEG = "a9e47000-0000-4000-8000-000000000003"
TAKE = order(OrderKind.TAKE_PAYMENT)
START = (
    "You are paying 81.20 USD. Your representative stays on the line, and cannot hear or see which keys you press. "
    "Please key in your card now, and do not say any of its numbers."
)
NUMBER, EXPIRES = "Please key in your card number.", "Please key in the expiration date"
STOPPED = "This payment was stopped. Nothing was charged for it. You are back with your representative."
BACK_WITH_THEM = "You are back with your representative."
BUSY = "A payment on this bill is already being processed. Please do not pay again now."
OK = Approved(TransactionId("t1"), DUE)
MAY_SKIP = HelpRules(skip_code=True)


def take(*answers, person: ScriptedPerson | None = None, **values) -> Scene:
    """An agent takes a payment, and then the talk is over."""
    made = scene(*answers, people=[person or talks(TAKE)], **values)
    nothing_of_a_card(made)
    return made


def nothing_of_a_card(made: Scene) -> None:
    """The desk, the checkpoints and the journal have no more of a card than its brand and last four."""
    kept = repr((made.desk.__dict__, made.call.services.checkpoints, made.journal, made.call.within))
    for digits in (VISA, AMEX, VISA[:6], EXPIRY, "4242424242424242"):
        assert digits not in kept


def last(made: Scene) -> AssistView:
    """What the agent saw at the end."""
    return made.views[-1]


def during(kind: OrderKind, number: int = 2, **values) -> Ordered:
    """What the agent orders while the payment is taken."""
    return order(kind, number, **values)
