"""Tell what is due."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain.prompt import say
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says, Step
from fs_app.steps.telling import OpenBills


class TellBalance(OpenBills, Step):
    """Looks the oldest open bill up and tells the balance, with its due date, late fee and discount."""

    do = "tell_balance"
    needs = frozenset({Fact.ACCOUNT})
    outcomes = {
        "due": Outcome(
            "there is something to pay",
            teaches=frozenset({Fact.BILLS}),
            forgets=frozenset({Fact.AMOUNT, Fact.CONSENT}),
        ),
        "nothing_due": Outcome(
            "there is no open bill, or it is paid; this was said",
            forgets=frozenset({Fact.BILLS, Fact.AMOUNT, Fact.CONSENT}),
        ),
    }

    nothing: Annotated[PhraseName, Says()] = Field("nothing_due", description="no balance")

    def run(self, call: Call) -> str:
        bills = self.tellable(call.services.directory.open_bills(proved(call.facts.account)))
        if not bills:
            call.channel.play(say(self.nothing))
            return "nothing_due"
        bill = bills[0]
        call.facts.bills = (bill,)
        call.channel.play(self.told(bill))
        return "due"
