"""End the call."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain.prompt import say
from fs_app.flow.call import Call
from fs_app.flow.step import PhraseName, Says, Step


class HangUp(Step):
    """Says goodbye and ends the call. Nothing follows it."""

    do = "hang_up"
    outcomes = {}

    say: Annotated[PhraseName, Says()] = Field("goodbye", description="the last words")

    def run(self, call: Call) -> str:
        call.channel.play(say(self.say), interruptible=False)
        call.channel.hang_up()
        return "ended"
