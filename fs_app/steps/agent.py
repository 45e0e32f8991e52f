"""Hand the caller over to a person."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from fs_app.domain.prompt import say
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact
from fs_app.flow.step import Outcome, PhraseName, Says, Step
from fs_app.ports import Handover

_SPENT = frozenset({Fact.CARD, Fact.BANK, Fact.MEANS, Fact.CONSENT})
_Queue = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}(@[A-Za-z0-9_.-]{1,64})?$")]


class Agent(Step):
    """Hands the caller over to a queue of agents and waits until that has ended.

    The card is wiped first: an agent does not take over digits that were keyed to us.
    """

    do = "agent"
    outcomes = {
        "talked": Outcome("an agent and the caller were connected, and that call has ended", forgets=_SPENT),
        "not_answered": Outcome("no agent took the call", forgets=_SPENT),
        "failed": Outcome("the switch would not do it: no such queue, for one", forgets=_SPENT),
    }

    say: Annotated[PhraseName, Says()] = Field("connecting_agent", description="said before")
    queue: _Queue | None = Field(None, description="the queue; the line's own unless set")

    def run(self, call: Call) -> str:
        call.facts.forget(_SPENT)
        call.channel.play(say(self.say), interruptible=False)
        handover = call.channel.hand_over(self.queue or call.line.queue)
        if handover is Handover.TALKED:
            call.counts["talked"] += 1
        return handover.value
