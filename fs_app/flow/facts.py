"""What a call can know. Steps declare which facts they need and teach, so the loader can prove every path."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from fs_app.domain.bill import Account, Bill
from fs_app.domain.card import Card
from fs_app.domain.money import Money
from fs_app.domain.payment import Payment


class Fact(StrEnum):
    """The name of something a call has learnt."""

    ACCOUNT = "account"  # which account the call is about
    IDENTITY = "identity"  # the caller has proved to be its holder
    BILL = "bill"  # what is due on it
    AMOUNT = "amount"  # what the caller wants to pay
    CARD = "card"  # a card, complete and not yet handed over
    CONSENT = "consent"  # the caller confirmed this amount on this card
    PAYMENT = "payment"  # an attempt that ended, with its confirmation number


@dataclass(slots=True)
class Facts:
    """What one call has learnt so far. The flow check has proved that what a step needs is there."""

    account: Account | None = None
    identity: bool = False
    bill: Bill | None = None
    amount: Money | None = None
    card: Card | None = field(default=None, repr=False)
    consent: bool = False
    payment: Payment | None = None

    def wipe(self) -> None:
        """Overwrite the card: at every end of a call."""
        if self.card is not None:
            self.card.wipe()
            self.card = None
