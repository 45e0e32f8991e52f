"""A question answered with one key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator

from fs_app.domain import keys
from fs_app.domain.prompt import say
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.step import Outcome, PhraseName, Says

# 0 is a person everywhere, and * and # are never choices; 8 and 9 are what they are elsewhere unless they are
# named.
_Choice = Annotated[str, StringConstraints(pattern=r"^[1-9]$")]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Menu(AskingStep):
    """Asks for one key. Its choices name its outcomes: ``choices: {1: other_card}`` makes key 1 ``other_card``."""

    do = "menu"
    outcomes = ASKING
    keys = {"1 to 9": "the choices named in YAML"}

    say: Annotated[PhraseName, Says()] = Field(description="the question, with its choices")
    choices: Mapping[_Choice, _Name] = Field(min_length=1, description="key: outcome, for each choice")

    @field_validator("choices")
    @classmethod
    def _own_names(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for name in value.values():
            if name in ASKING:
                raise ValueError(f"{name!r} has a meaning of its own in every question")
        return value

    def all_outcomes(self) -> Mapping[str, Outcome]:
        chosen = {name: Outcome(f"the caller pressed {key}") for key, name in self.choices.items()}
        return {**chosen, **self.outcomes}

    def run(self, call: Call) -> str:
        question = say(self.say)
        field = keys.menu("choice", frozenset(self.choices))
        return self.choices[ask(call, field, question, question, tries=self.tries).reveal()]
