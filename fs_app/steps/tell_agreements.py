"""Tell what is scheduled."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain.prompt import say
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact
from fs_app.flow.step import Outcome, PhraseName, Says, Step
from fs_app.steps.scheduled import KIND_NAMES, ScheduleTelling


class TellAgreements(ScheduleTelling, Step):
    """Tells what is scheduled on the account: the next date and amount of each agreement."""

    do = "tell_agreements"
    needs = frozenset({Fact.ACCOUNT})
    outcomes = {
        "told": Outcome("what is scheduled was told"),
        "none": Outcome("nothing is; this was said"),
    }
    keys = {"any": "ends the list and counts for the next question"}
    says = KIND_NAMES

    say: Annotated[PhraseName, Says()] = Field("scheduled", description="said before them")

    def run(self, call: Call) -> str:
        found = self.scheduled(call)
        if not found:
            call.channel.play(say(self.nothing))
            return "none"
        call.channel.play(sum((told for _, told in found), say(self.say)))
        return "told"
