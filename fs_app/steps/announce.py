"""Say something."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from fs_app.domain.prompt import SILENCE, say
from fs_app.flow.call import Call
from fs_app.flow.step import Outcome, PhraseName, Says, Step


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


class Announce(Step):
    """Says one phrase, or several in one breath: ``say: welcome`` or ``say: [welcome, opening_hours]``."""

    do = "announce"
    outcomes = {"done": Outcome("it was said, or a key cut it short")}
    keys = {"any": "ends the announcement and counts for the next question"}

    say: Annotated[tuple[PhraseName, ...], BeforeValidator(_as_list), Says()] = Field(
        min_length=1, description="phrases without gaps, in order"
    )
    interruptible: bool = Field(True, description="whether a key cuts it short")

    def run(self, call: Call) -> str:
        prompt = sum((say(name) for name in self.say), SILENCE)
        call.channel.play(prompt, interruptible=self.interruptible)
        return "done"
