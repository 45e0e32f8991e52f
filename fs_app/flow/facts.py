"""What a call can know. Steps declare which facts they need and teach, so the loader can prove every path."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from fs_app.domain.appointment import Appointment
from fs_app.domain.bank_account import BankAccount
from fs_app.domain.bill import Account, Bill
from fs_app.domain.card import Card
from fs_app.domain.means import MeansKind
from fs_app.domain.money import Money
from fs_app.domain.payment import Ending, Means, Payment
from fs_app.domain.proposal import Proposal
from fs_app.domain.subscription import Subscription
from fs_app.ports import Consent, ConsentId

T = TypeVar("T")


class Fact(StrEnum):
    """The name of something a call has learnt."""

    ACCOUNT = "account"  # the account whose holder the caller has proved to be
    SUBSCRIPTION = "subscription"  # which one of this account the call is about
    APPOINTMENT = "appointment"  # the same of an appointment
    BILLS = "bills"  # what is to be paid: a bill of this account or of another, several, a gift
    AMOUNT = "amount"  # what the caller wants to pay of it, without a fee
    TERMS = "terms"  # what is to be agreed to: a payment on a date, a plan, recurring payments
    MEANS = "means"  # what it is paid with: a card, a saved method, a bank account
    CARD = "card"  # that it is a card which was keyed in this call: its fields can be asked again
    BANK = "from_bank"  # that it is a bank account, keyed or saved
    MANDATE = "mandate"  # the caller authorised this debit of the bank account, in their own words
    CONSENT = "consent"  # the caller confirmed this amount with these means
    ENDING = "ending"  # how an attempt to pay has ended


OF_ACCOUNT = frozenset({Fact.SUBSCRIPTION, Fact.APPOINTMENT, Fact.TERMS})
"""What belongs to the account, and is forgotten with it."""


@dataclass(frozen=True, slots=True)
class Quote:
    """What the caller was told and agreed to: the amount, and the fee on top of it."""

    amount: Money
    fee: Money | None = None

    @property
    def total(self) -> Money:
        """What is charged."""
        return self.amount if self.fee is None else self.amount + self.fee


@dataclass(slots=True)
class Facts:
    """What one call has learnt so far. The flow check has proved that what a step needs is there."""

    account: Account | None = None
    subscription: Subscription | None = None
    appointment: Appointment | None = None
    bills: tuple[Bill, ...] | None = None
    amount: Money | None = None
    terms: Proposal | None = None
    means: Means | None = field(default=None, repr=False)
    saving: Consent | None = None
    """What the caller agreed to, where the gateway may keep the means; it is kept with them."""
    mandate: ConsentId | None = None
    consent: Quote | None = None
    ending: Ending | None = None
    payment: Payment | None = None
    """The attempt that ended last; None also where an attempt could not even be opened."""

    @property
    def card(self) -> Card | None:
        """The means, where it is a card that was keyed in this call."""
        return self.means if isinstance(self.means, Card) else None

    @property
    def bank(self) -> BankAccount | None:
        """The means, where it is a bank account that was keyed in this call."""
        return self.means if isinstance(self.means, BankAccount) else None

    @property
    def from_bank(self) -> bool | None:
        """True where the means are a bank account, keyed or saved."""
        return True if self.means is not None and self.means.kind is MeansKind.BANK else None

    def pay_with(self, means: Means) -> None:
        """From now on the caller pays with this; what they wanted to pay with before is overwritten."""
        self.forget({Fact.MEANS})
        self.means = means

    def paying_with(self) -> Means:
        """The means that the flow check has proved to be there; LookupError where they are not, which is a bug."""
        if self.means is None:
            raise LookupError("a step ran without the means to pay")
        return self.means

    def known(self) -> frozenset[Fact]:
        """The facts that are there now."""
        return frozenset(fact for fact in Fact if getattr(self, fact) is not None)

    def forget(self, facts: Iterable[Fact]) -> None:
        """Make facts untrue again; a card is overwritten."""
        for fact in facts:
            if fact in (Fact.MEANS, Fact.CARD, Fact.BANK):
                if self.means is not None and fact in self._of_means():
                    self.means.wipe()
                    self.means = self.saving = self.mandate = None
            else:
                setattr(self, fact, None)

    def _of_means(self) -> set[Fact]:
        """What the means teach."""
        return {Fact.MEANS} | ({Fact.CARD} if self.card else set()) | ({Fact.BANK} if self.from_bank else set())

    def wipe(self) -> None:
        """Forget everything: at every end of a call."""
        self.forget(Fact)
        self.payment = None


def proved(value: T | None) -> T:
    """A fact that the flow check has proved to be there; LookupError where it is not, which is a bug."""
    if value is None:
        raise LookupError("a step ran without a fact it needs")
    return value
