"""Tell when somebody is expected."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain.appointment import Appointment, Reply
from fs_app.domain.prompt import SILENCE, Prompt, TimeOfDay, Weekday, say
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says, Step

_LEARNT = frozenset({Fact.APPOINTMENT})


class TellAppointment(Step):
    """Tells the next appointment that was not cancelled, and what the caller said about it before. Where the
    appointment is and what for is not told: who listens is not always alone."""

    do = "tell_appointment"
    needs = frozenset({Fact.ACCOUNT})
    outcomes = {
        "ahead": Outcome("there is one, tomorrow or later", _LEARNT),
        "today": Outcome("there is one today", _LEARNT),
        "none": Outcome("there is none; this was said", forgets=_LEARNT),
    }
    keys = {"any": "ends it and counts for the next question"}

    say: Annotated[PhraseName, Says("weekday", "date", "time")] = Field(
        "appointment_is", description="tomorrow or later"
    )
    today: Annotated[PhraseName, Says("time")] = Field("appointment_today", description="today")
    confirmed: Annotated[PhraseName, Says()] = Field(
        "appointment_is_confirmed", description="said after it, where the caller has confirmed it"
    )
    checked_in: Annotated[PhraseName, Says()] = Field(
        "appointment_is_checked_in", description="said after it, where the caller has checked in"
    )
    nothing: Annotated[PhraseName, Says()] = Field("no_appointment", description="there is none")

    def run(self, call: Call) -> str:
        found = call.services.appointments.next_of(proved(call.facts.account))
        if found is None:
            call.channel.play(say(self.nothing))
            return "none"
        call.facts.appointment = found
        is_today = found.day == call.services.clock.today()
        at = TimeOfDay(found.at)
        told = say(self.say, weekday=Weekday.of(found.day), date=found.day, time=at)
        call.channel.play((say(self.today, time=at) if is_today else told) + self._replied(found))
        return "today" if is_today else "ahead"

    def _replied(self, appointment: Appointment) -> Prompt:
        if appointment.reply is Reply.CONFIRMED:
            return say(self.confirmed)
        return say(self.checked_in) if appointment.reply is Reply.CHECKED_IN else SILENCE
