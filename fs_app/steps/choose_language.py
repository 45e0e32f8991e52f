"""Ask for the language of the call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from fs_app.domain import keys
from fs_app.domain.prompt import Digits, say
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.step import Outcome, PhraseName, Says, StepEnds

_Choice = Annotated[str, StringConstraints(pattern=r"^[1-9]$")]
_Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(_[A-Z]{2})?$")]


class ChooseLanguage(AskingStep):
    """Asks for the language, each choice spoken in its own; asks nothing where there is only one.

    A caller who has been here before hears their language first. What is chosen is remembered.
    """

    do = "choose_language"
    outcomes = {"chosen": Outcome("the call goes on in that language"), **ASKING}
    keys = {"1 to 9": "the languages named in YAML"}

    say: Annotated[PhraseName, Says("digits")] = Field(
        "press_for_language", description="one choice, in every language; {digits} is its key"
    )
    choices: Mapping[_Choice, _Language] = Field(min_length=1, description="key: language, for each choice")

    def languages(self) -> tuple[str, ...]:
        return tuple(self.choices.values())

    def run(self, call: Call) -> str:
        before = call.channel.language
        *earlier, (key, language) = self._offered(call)
        for earlier_key, earlier_language in earlier:
            call.channel.language = earlier_language
            call.channel.play(say(self.say, digits=Digits(earlier_key)))
        call.channel.language = language
        if earlier:
            question = say(self.say, digits=Digits(key))
            field = keys.menu("language", frozenset(self.choices))
            try:
                chosen = ask(call, field, question, question, tries=self.tries).reveal()
            except StepEnds:
                call.channel.language = before
                raise
            call.channel.language = self.choices[chosen]
            call.services.callers.prefers(call.caller_id, self.choices[chosen])
        return "chosen"

    def _offered(self, call: Call) -> list[tuple[str, str]]:
        """Keys and languages as they are said: the one that the caller chose before comes first."""
        last = call.known.language if call.known is not None else None
        return sorted(self.choices.items(), key=lambda choice: choice[1] != last)
