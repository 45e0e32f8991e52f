"""A call's place in its flow and what it has learnt, as a text that another server can go on from.

It is made at each step boundary. Laws:

1. Nothing of a card is in it: there is no field for one. A card, and the consent to charge whatever it is, die with
   their server, and are asked for again. Of a saved method our number for it is in it, and it is looked up again.
2. Accounts stand in it by number alone, and are looked up again: no PIN hash, no postal code, no address.
3. What became of a charge is not in it: the ledger knows, and is asked first.
"""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from fs_app.domain.appointment import Appointment
from fs_app.domain.bill import Bill
from fs_app.domain.means import SavedMethod
from fs_app.domain.money import Money
from fs_app.domain.payment import Ending, PaymentId
from fs_app.domain.prompt import Manner
from fs_app.domain.proposal import Proposal
from fs_app.domain.subscription import Subscription
from fs_app.flow.call import Call


class Checkpoint(BaseModel):
    """Where a call was. ``trail`` are the steps on the way there without the circles, ``asked`` the questions that
    ``*`` leads back to, ``within`` is what the step under way wants to go on with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    flow: str
    step: str
    language: str
    manner: Manner = Manner.PLAIN
    trail: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    in_trouble: bool = False
    counts: dict[str, int] = {}
    within: dict[str, str] = {}
    account: str | None = None
    subscription: Subscription | None = None
    appointment: Appointment | None = None
    bills: tuple[Bill, ...] | None = None
    amount: Money | None = None
    terms: Proposal | None = None
    method: int | None = None
    ending: Ending | None = None
    payment: PaymentId | None = None
    queue: str = ""

    @classmethod
    def of(cls, call: Call, step: str, trail: list[str], asked: list[str], in_trouble: bool) -> Self:
        """The checkpoint of a call that is about to run a step."""
        facts = call.facts
        return cls(
            flow=call.line.flow,
            step=step,
            language=call.channel.language,
            manner=call.channel.manner,
            trail=tuple(trail),
            asked=tuple(asked),
            in_trouble=in_trouble,
            counts=dict(call.counts),
            within=dict(call.within),
            account=facts.account.number if facts.account is not None else None,
            subscription=facts.subscription,
            appointment=facts.appointment,
            bills=facts.bills,
            amount=facts.amount,
            terms=facts.terms,
            method=facts.means.id if isinstance(facts.means, SavedMethod) else None,
            ending=facts.ending,
            payment=facts.payment.id if facts.payment is not None else None,
            queue=call.queue,
        )

    @classmethod
    def read(cls, text: str) -> Self | None:
        """From its text; None where another version wrote something that this one does not know."""
        try:
            return cls.model_validate_json(text)
        except ValidationError:
            return None

    def text(self) -> str:
        """As it is kept."""
        return self.model_dump_json(exclude_defaults=True)

    def restore(self, call: Call) -> None:
        """Teach a call what it had learnt. StoreUnavailable where the accounts cannot be looked up."""
        directory, facts = call.services.directory, call.facts
        call.channel.language, call.channel.manner = self.language, self.manner
        call.counts.update(self.counts)
        call.within.update(self.within)
        call.queue = self.queue
        facts.account = directory.by_number(self.account) if self.account is not None else None
        if self.account is None or facts.account is not None:  # what is owed on an account that is gone is nobody's
            facts.bills, facts.amount, facts.ending = self.bills, self.amount, self.ending
            facts.subscription, facts.appointment, facts.terms = self.subscription, self.appointment, self.terms
            facts.means = call.services.methods.get(self.method) if self.method is not None else None
