"""What a caller hears before the first step of a flow: the emergency, that nobody is there, announcements."""

from __future__ import annotations

from fs_app.domain.notices import After, Closed
from fs_app.domain.prompt import say
from fs_app.flow.call import Call


def greet(call: Call) -> After:
    """Say what the line has to say now; what follows is the flow, its step of a person, or the end of the call.

    The emergency is heard out. A line that is closed with a message says nothing else.
    """
    line, now = call.line, call.services.clock.now()
    if line.emergency is not None:
        call.channel.play(say(line.emergency.say), interruptible=False)
        if line.emergency.then is not After.GO_ON:
            return line.emergency.then
    if line.closed is Closed.MESSAGE and line.hours is not None and not line.hours.open_at(now):
        call.channel.play(say(line.closed_message), interruptible=False)
        return After.HANG_UP
    for announcement in line.announcements:
        if announcement.holds(now):
            call.channel.play(say(announcement.say))
    return After.GO_ON
