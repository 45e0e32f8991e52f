"""What a call can know. Steps declare which facts they need and teach, so the loader can prove every path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from fs_app.domain.bill import Account, Bill
from fs_app.domain.card import Card
from fs_app.domain.money import Money
from fs_app.domain.payment import Ending, Payment

T = TypeVar("T")


class Fact(StrEnum):
    """The name of something a call has learnt."""

    CLAIM = "claim"  # the account a caller says is theirs: it may not even exist, and nothing is told about it
    ACCOUNT = "account"  # the account whose holder the caller has proved to be
    BILL = "bill"  # what is due on it
    AMOUNT = "amount"  # what the caller wants to pay
    CARD = "card"  # a card, complete
    CONSENT = "consent"  # the caller confirmed this amount on this card
    ENDING = "ending"  # how an attempt to pay has ended


@dataclass(frozen=True, slots=True)
class Claim:
    """The account a caller says is theirs; None where there is no such account, which they are not told."""

    account: Account | None


@dataclass(slots=True)
class Facts:
    """What one call has learnt so far. The flow check has proved that what a step needs is there."""

    claim: Claim | None = None
    account: Account | None = None
    bill: Bill | None = None
    amount: Money | None = None
    card: Card | None = field(default=None, repr=False)
    consent: bool = False
    ending: Ending | None = None
    payment: Payment | None = None
    """The attempt that ended last; None also where an attempt could not even be opened."""

    def known(self) -> frozenset[Fact]:
        """The facts that are there now."""
        return frozenset(fact for fact in Fact if getattr(self, fact) not in (None, False))

    def forget(self, facts: Iterable[Fact]) -> None:
        """Make facts untrue again; a card is overwritten."""
        for fact in facts:
            if fact is Fact.CARD and self.card is not None:
                self.card.wipe()
            setattr(self, fact, False if fact is Fact.CONSENT else None)

    def wipe(self) -> None:
        """Forget everything: at every end of a call."""
        self.forget(Fact)
        self.payment = None


def proved(value: T | None) -> T:
    """A fact that the flow check has proved to be there; LookupError where it is not, which is a bug."""
    if value is None:
        raise LookupError("a step ran without a fact it needs")
    return value
