"""Hand the caller over to a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field, StringConstraints

from fs_app.domain.destination import QUEUE_NAME
from fs_app.domain.prompt import TimeOfDay, Weekday, say
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact
from fs_app.flow.step import Outcome, PhraseName, Said, Says, Step
from fs_app.steps import calling_back
from fs_app.steps.assisting import assisting_phrases
from fs_app.steps.hand_over_words import Words
from fs_app.steps.handing_over import HandOver

_SPENT = frozenset({Fact.CARD, Fact.BANK, Fact.MEANS, Fact.CONSENT})
_PATIENCE = 2  # how often one call hears that nobody is there
_TRANSFERRED = "transferred"
_Queue = Annotated[str, StringConstraints(pattern=f"^{QUEUE_NAME}$")]


class Agent(Step):
    """Hands the caller over to a queue of agents and waits until that has ended.

    The card is wiped first: an agent does not take over digits that were keyed to us. Why the caller wants a
    person is written down, for the agent to read before they answer. Who waits hears their place, and may be called
    back or go on alone. In the talk an agent can take a payment, whose keys nobody but us gets, or send the caller
    back: to pay, to a step, to the survey, to another queue. Outside of the line's hours the caller hears when
    people are there again, and goes on where they were; who asks a third time is not answered.
    """

    do = "agent"
    outcomes = {
        "talked": Outcome(
            "an agent and the caller were connected, and the caller wants nothing else", forgets=_SPENT
        ),
        "not_answered": Outcome("no agent took the call, and the caller wants nothing else", forgets=_SPENT),
        "failed": Outcome("the switch would not do it: no such queue, for one", forgets=_SPENT),
        "closed": Outcome(
            "nobody is there at this hour; unless mapped, the step asked before is asked again", optional=True
        ),
        "self_service": Outcome(
            "the caller goes on alone; unless mapped, with the step asked before", forgets=_SPENT, optional=True
        ),
        "call_back": Outcome(
            "the caller is called back; unless mapped, as after a talk",
            forgets=_SPENT,
            optional=True,
            instead="talked",
        ),
        "sent": Outcome(
            "an agent sent the caller to another step, which is where the call goes; never mapped",
            forgets=_SPENT,
            optional=True,
        ),
    }
    keys = {
        "1": "while waiting: to be called back, where that is offered",
        "2": "while waiting, and after a talk: to go on alone",
    }

    say: Annotated[PhraseName, Says()] = Field("connecting_agent", description="said before")
    closed: Annotated[PhraseName, Says("weekday", "date", "time")] = Field(
        "agents_back", description="nobody is there at this hour: when people are again"
    )
    closed_for_long: Annotated[PhraseName, Says()] = Field(
        "agents_away", description="the same where nobody knows when"
    )
    transferring: Annotated[PhraseName, Says()] = Field(
        "transferring", description="instead of `say`, where an agent sent the caller to another queue"
    )
    next_in_line: Annotated[PhraseName, Says()] = Field(
        "queue_next", description="who waits: nobody is before them"
    )
    place: Annotated[PhraseName, Says("number")] = Field("queue_place", description="who waits: their place")
    wait: Annotated[PhraseName, Says("wait")] = Field(
        "queue_wait", description="who waits: how long about, where enough talks were timed to tell"
    )
    options: Annotated[PhraseName, Says()] = Field("queue_options", description="who waits: keys 1 and 2")
    options_alone: Annotated[PhraseName, Says()] = Field(
        "queue_options_no_callback", description="the same where nobody is called back"
    )
    full: Annotated[PhraseName, Says()] = Field("queue_full", description="as many wait as the settings allow")
    no_agents: Annotated[PhraseName, Says()] = Field("queue_no_agents", description="nobody is logged in")
    not_answered: Annotated[PhraseName, Says()] = Field("queue_not_answered", description="nobody answered in time")
    alternatives: Annotated[PhraseName, Says()] = Field("alternatives", description="after these: keys 1 and 2")
    alternatives_alone: Annotated[PhraseName, Says()] = Field(
        "alternatives_no_callback", description="the same where nobody is called back"
    )
    after: Annotated[PhraseName, Says()] = Field(
        "after_agent", description="the talk is over, and the caller is still there: key 2, and 0"
    )
    on_your_own: Annotated[PhraseName, Says()] = Field("on_your_own", description="the caller goes on alone")
    sent_to_pay: Annotated[PhraseName, Says()] = Field("sent_to_pay", description="an agent sent the caller to pay")
    sent_back: Annotated[PhraseName, Says()] = Field(
        "sent_back", description="an agent sent the caller back, to pay or elsewhere"
    )
    queue: _Queue | None = Field(None, description="the queue; the line's own unless set")

    def phrases(self) -> Iterator[Said]:
        yield from super().phrases()
        yield from calling_back.phrases()
        yield from assisting_phrases()

    def run(self, call: Call) -> str:
        transferred = call.queue or call.within.get(_TRANSFERRED, "")
        call.queue = ""
        if transferred:
            call.within[_TRANSFERRED] = transferred  # another server that resumes here goes there, too
        call.facts.forget(_SPENT)
        hand_over = HandOver(call, transferred or self.queue or call.line.queue, self._words())
        if hand_over.ended_elsewhere():
            return hand_over.go_on()
        if not self._somebody_is_there(call):
            return self._closed(call)
        return hand_over.run(transferred=bool(transferred))

    def left(self, call: Call) -> None:
        """A payment was charged in a talk as its server died, and is told first: the talk is over."""
        HandOver(call, call.line.queue, self._words()).ended_elsewhere()

    def _words(self) -> Words:
        return Words(**{name: getattr(self, name) for name in Words.__annotations__})

    def _somebody_is_there(self, call: Call) -> bool:
        hours = call.line.hours
        return hours is None or hours.open_at(call.services.clock.now())

    def _closed(self, call: Call) -> str:
        call.counts["closed"] += 1
        if call.counts["closed"] > _PATIENCE:
            return "not_answered"
        hours, now = call.line.hours, call.services.clock.now()
        opens = None if hours is None else hours.opens_next(now)
        if opens is None:
            call.channel.play(say(self.closed_for_long))
        else:
            day, at = opens.date(), TimeOfDay(opens.time())
            call.channel.play(say(self.closed, weekday=Weekday.of(day), date=day, time=at))
        return "closed"
