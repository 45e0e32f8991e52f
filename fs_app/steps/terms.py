"""How the terms of an agreement are read out, word by word what is agreed to."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from fs_app.domain.agreement import AgreementKind, Fixed
from fs_app.domain.calendar import Unit
from fs_app.domain.payment import Means
from fs_app.domain.prompt import SILENCE, Counted, Ordinal, Prompt, Value, Weekday, say
from fs_app.domain.proposal import Proposal
from fs_app.flow.facts import proved
from fs_app.flow.step import PhraseName, Says
from fs_app.steps.periods import period_named
from fs_app.steps.telling import with_means

_EVERY_MONTH_HAS = 28  # days at least


class TermsTelling(BaseModel):
    """The amounts and dates, what is charged, and how to cancel."""

    once: Annotated[PhraseName, Says("amount", "weekday", "date")] = Field(
        "agree_once", description="one payment on a date"
    )
    plan: Annotated[PhraseName, Says("amount", "instalments")] = Field(
        "agree_plan", description="a plan; each instalment follows"
    )
    instalment: Annotated[PhraseName, Says("instalment", "amount", "date")] = Field(
        "agree_instalment", description="one instalment of a plan"
    )
    recurring: Annotated[PhraseName, Says("amount", "name", "weekday", "date")] = Field(
        "agree_recurring", description="a fixed amount; {name} is how often, {date} the first one"
    )
    balance: Annotated[PhraseName, Says("name", "weekday", "date")] = Field(
        "agree_balance", description="whatever is due"
    )
    due_now: Annotated[PhraseName, Says("amount")] = Field("agree_due_now", description="what is due today")
    announced: Annotated[PhraseName, Says()] = Field(
        "agree_announced", description="another amount is announced ten days ahead"
    )
    short_months: Annotated[PhraseName, Says()] = Field(
        "agree_short_months", description="said where the day is after the 28th"
    )
    goes_on: Annotated[PhraseName, Says()] = Field("agree_goes_on", description="until it is cancelled")
    until: Annotated[PhraseName, Says("date")] = Field("agree_until", description="until a date")
    times: Annotated[PhraseName, Says("payments")] = Field("agree_times", description="so many times")
    by_card: Annotated[PhraseName, Says("brand", "digits")] = Field("agree_card", description="a card is charged")
    by_bank: Annotated[PhraseName, Says("digits")] = Field("agree_bank", description="a bank account is debited")
    cancel: Annotated[PhraseName, Says()] = Field("agree_cancel", description="how to cancel")

    def terms_told(self, proposal: Proposal, means: Means) -> Prompt:
        """The whole of it."""
        what = self._recurring(proposal) if proposal.kind is AgreementKind.RECURRING else self._dated(proposal)
        return what + with_means(means, card=self.by_card, bank=self.by_bank) + say(self.cancel)

    def _dated(self, proposal: Proposal) -> Prompt:
        """A payment on a date, or a plan with each of its instalments."""
        terms = proposal.terms
        if not isinstance(terms.amount, Fixed):
            raise LookupError("only recurring payments are of what is due")
        if proposal.kind is AgreementKind.ONCE:
            weekday = Weekday.of(terms.first)
            return say(self.once, amount=terms.amount.amount, weekday=weekday, date=terms.first)
        prompt = say(
            self.plan, amount=terms.amount.amount, instalments=Counted(len(proposal.planned), "instalment")
        )
        for number, each in enumerate(proposal.planned, start=1):
            which = Ordinal(number, "instalment")
            prompt += say(self.instalment, instalment=which, amount=proved(each.amount), date=each.due_on)
        return prompt

    def _recurring(self, proposal: Proposal) -> Prompt:
        terms = proposal.terms
        every = proved(terms.every)
        when: dict[str, Value] = {
            "name": period_named(every),
            "weekday": Weekday.of(terms.first),
            "date": terms.first,
        }
        if isinstance(terms.amount, Fixed):
            prompt = say(self.recurring, amount=terms.amount.amount, **when)
        else:
            due = SILENCE if proposal.told is None else say(self.due_now, amount=proposal.told)
            prompt = say(self.balance, **when) + due + say(self.announced)
        if every.unit is Unit.MONTH and (terms.day or terms.first.day) > _EVERY_MONTH_HAS:
            prompt += say(self.short_months)
        if terms.last is not None:
            return prompt + say(self.until, date=terms.last)
        if terms.times is not None:
            return prompt + say(self.times, payments=Counted(terms.times, "payment"))
        return prompt + say(self.goes_on)
