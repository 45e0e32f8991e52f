"""Tell what is to be paid for an appointment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain.prompt import say
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says, Step


class TellCopay(Step):
    """Tells the co-payment for the appointment, as far as it is not paid yet."""

    do = "tell_copay"
    needs = frozenset({Fact.ACCOUNT, Fact.APPOINTMENT})
    outcomes = {
        "due": Outcome(
            "there is one to pay",
            teaches=frozenset({Fact.BILLS}),
            forgets=frozenset({Fact.AMOUNT, Fact.CONSENT}),
        ),
        "nothing_due": Outcome(
            "there is none, or it is paid; this was said",
            forgets=frozenset({Fact.BILLS, Fact.AMOUNT, Fact.CONSENT}),
        ),
    }

    say: Annotated[PhraseName, Says("amount")] = Field("copay_is", description="what is to be paid")
    nothing: Annotated[PhraseName, Says()] = Field("no_copay", description="nothing is")

    def run(self, call: Call) -> str:
        known = proved(call.facts.appointment)
        found = call.services.appointments.next_of(proved(call.facts.account))
        copay = found.copay if found is not None and found.id == known.id else None
        if copay is None:
            call.channel.play(say(self.nothing))
            return "nothing_due"
        call.facts.bills = (copay,)
        call.channel.play(say(self.say, amount=copay.due))
        return "due"
