"""Tell what may still be drawn on the account."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain.prompt import say
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says, Step


class TellCredit(Step):
    """Tells the available credit, where the operator's data have one."""

    do = "tell_credit"
    needs = frozenset({Fact.ACCOUNT})
    outcomes = {
        "told": Outcome("it was told"),
        "none": Outcome("the account has none; this was said"),
    }

    say: Annotated[PhraseName, Says("amount")] = Field("available_credit", description="how much")
    nothing: Annotated[PhraseName, Says()] = Field("no_credit", description="the account has none")

    def run(self, call: Call) -> str:
        credit = proved(call.facts.account).credit
        if credit is None:
            call.channel.play(say(self.nothing))
            return "none"
        call.channel.play(say(self.say, amount=credit))
        return "told"
