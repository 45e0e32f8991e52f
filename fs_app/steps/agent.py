"""Hand the caller over to a person."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from fs_app.domain.prompt import TimeOfDay, Weekday, say
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact
from fs_app.flow.step import Outcome, PhraseName, Says, Step
from fs_app.ports import Handover

_SPENT = frozenset({Fact.CARD, Fact.BANK, Fact.MEANS, Fact.CONSENT})
_PATIENCE = 2  # how often one call hears that nobody is there
_Queue = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}(@[A-Za-z0-9_.-]{1,64})?$")]


class Agent(Step):
    """Hands the caller over to a queue of agents and waits until that has ended.

    The card is wiped first: an agent does not take over digits that were keyed to us. Outside of the line's hours
    the caller hears when people are there again, and goes on where they were; who asks a third time is not
    answered.
    """

    do = "agent"
    outcomes = {
        "talked": Outcome("an agent and the caller were connected, and that call has ended", forgets=_SPENT),
        "not_answered": Outcome("no agent took the call", forgets=_SPENT),
        "closed": Outcome(
            "nobody is there at this hour; unless mapped, the step asked before is asked again", optional=True
        ),
        "failed": Outcome("the switch would not do it: no such queue, for one", forgets=_SPENT),
    }

    say: Annotated[PhraseName, Says()] = Field("connecting_agent", description="said before")
    closed: Annotated[PhraseName, Says("weekday", "date", "time")] = Field(
        "agents_back", description="nobody is there at this hour: when people are again"
    )
    closed_for_long: Annotated[PhraseName, Says()] = Field(
        "agents_away", description="the same where nobody knows when"
    )
    queue: _Queue | None = Field(None, description="the queue; the line's own unless set")

    def run(self, call: Call) -> str:
        if not self._somebody_is_there(call):
            return self._closed(call)
        call.facts.forget(_SPENT)
        call.channel.play(say(self.say), interruptible=False)
        handover = call.channel.hand_over(self.queue or call.line.queue)
        if handover is Handover.TALKED:
            call.counts["talked"] += 1
        return handover.value

    def _somebody_is_there(self, call: Call) -> bool:
        hours = call.line.hours
        return hours is None or hours.open_at(call.services.clock.now())

    def _closed(self, call: Call) -> str:
        call.counts["closed"] += 1
        if call.counts["closed"] > _PATIENCE:
            return Handover.NOT_ANSWERED.value
        hours, now = call.line.hours, call.services.clock.now()
        opens = None if hours is None else hours.opens_next(now)
        if opens is None:
            call.channel.play(say(self.closed_for_long))
        else:
            day, at = opens.date(), TimeOfDay(opens.time())
            call.channel.play(say(self.closed, weekday=Weekday.of(day), date=day, time=at))
        return "closed"
