"""Keep what the caller says about an appointment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from fs_app.domain.appointment import Reply
from fs_app.domain.prompt import say
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Said, Says, Step


class ReplyAppointment(Step):
    """Confirms the appointment, cancels it or checks the caller in, and says so once it is kept.

    It asks nothing: put a menu before `cancelled`. One checks in on the day of the appointment, not before.
    """

    do = "reply_appointment"
    needs = frozenset({Fact.APPOINTMENT})
    outcomes = {
        Reply.CONFIRMED.value: Outcome("it is confirmed; this was said"),
        Reply.CANCELLED.value: Outcome(
            "it is cancelled; this was said", forgets=frozenset({Fact.APPOINTMENT, Fact.BILLS, Fact.AMOUNT})
        ),
        Reply.CHECKED_IN.value: Outcome("the caller has checked in; this was said"),
        "too_early": Outcome("the appointment is not today, so nobody checks in; this was said"),
    }

    reply: Reply = Field(description="`confirmed`, `cancelled` or `checked_in`: what is kept, and the outcome")
    confirmed: Annotated[PhraseName, Says()] = Field("appointment_confirmed", description="said after `confirmed`")
    cancelled: Annotated[PhraseName, Says()] = Field("appointment_cancelled", description="said after `cancelled`")
    checked_in: Annotated[PhraseName, Says()] = Field(
        "appointment_checked_in", description="said after `checked_in`"
    )
    too_early: Annotated[PhraseName, Says()] = Field("check_in_on_the_day", description="it is not today")

    def all_outcomes(self) -> Mapping[str, Outcome]:
        return {name: outcome for name, outcome in self.outcomes.items() if name in self._said()}

    def phrases(self) -> Iterator[Said]:
        yield from (said for said in super().phrases() if said.key in self._said())

    def run(self, call: Call) -> str:
        appointment = proved(call.facts.appointment)
        if self.reply is Reply.CHECKED_IN and appointment.day != call.services.clock.today():
            call.channel.play(say(self.too_early))
            return "too_early"
        call.services.appointments.reply(appointment, self.reply, call.channel.uuid)
        phrase: str = getattr(self, self.reply.value)
        call.channel.play(say(phrase))
        return self.reply.value

    def _said(self) -> set[str]:
        return {self.reply.value} | ({"too_early"} if self.reply is Reply.CHECKED_IN else set())
