"""Tell what is due."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain.prompt import say
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says, Step


class TellBalance(Step):
    """Looks the open bill up and tells the balance and, where there is one, the due date."""

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

    say: Annotated[PhraseName, Says("amount", "date")] = Field(
        "balance_is", description="a balance with a due date"
    )
    say_undated: Annotated[PhraseName, Says("amount")] = Field(
        "balance_is_undated", description="a balance without one"
    )
    nothing: Annotated[PhraseName, Says()] = Field("nothing_due", description="no balance")

    def run(self, call: Call) -> str:
        bills = call.services.directory.open_bills(proved(call.facts.account))
        if not bills:
            call.channel.play(say(self.nothing))
            return "nothing_due"
        bill = bills[0]
        call.facts.bills = (bill,)
        if bill.due_date is None:
            call.channel.play(say(self.say_undated, amount=bill.due))
        else:
            call.channel.play(say(self.say, amount=bill.due, date=bill.due_date))
        return "due"
