"""Ask the caller how it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from fs_app.domain import keys
from fs_app.domain.keys import Verdict
from fs_app.domain.prompt import say
from fs_app.errors import StoreError
from fs_app.flow.asking import ASKING, ask
from fs_app.flow.call import Call
from fs_app.flow.step import Outcome, PhraseName, Said, Says, Step, StepEnds
from fs_app.ports import SurveyAnswer

_YES = "1"
_MOST = 7  # 8 says everything slowly, 9 repeats, 0 is a person
_TRIES = 2


class Question(BaseModel):
    """One question, answered with a key from 1 to ``scale``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    say: PhraseName
    scale: int = Field(5, ge=2, le=_MOST)


class Survey(Step):
    """Offers a survey of one to three questions, each answered with one key, to a caller who agrees to it.

    Silence is a no. The answers are kept with the call and its payment, without who it was. A question that gets no
    answer ends the survey, and a database that is down does not trouble the caller: they have paid.
    """

    do = "survey"
    outcomes = {
        "answered": Outcome("every question was answered"),
        "left": Outcome("the caller began, and left a question unanswered"),
        "declined": Outcome("the caller did not want to"),
        "agent": ASKING["agent"],
    }
    keys = {"1": "yes, ask me", "1 to 7": "the answer, as far as the scale of the question goes"}
    says = frozenset({"not_a_choice", "no_key_heard", "too_few_keys"})

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")] = Field(
        "after_payment", description="what the answers are kept under"
    )
    offer: Annotated[PhraseName, Says()] = Field("survey_offer", description="offers key 1")
    questions: tuple[Question, ...] = Field(
        min_length=1, max_length=3, description="a list of `{say: phrase, scale: 5}`: keys 1 to the scale answer"
    )
    thanks: Annotated[PhraseName, Says()] = Field("survey_thanks", description="said after the last answer")

    def phrases(self) -> Iterator[Said]:
        yield from super().phrases()
        for question in self.questions:
            yield Said("questions", question.say, frozenset())

    def run(self, call: Call) -> str:
        offered = call.channel.ask(say(self.offer), keys.menu("survey", _YES))
        if offered.verdict is Verdict.AGENT:
            return "agent"
        if offered.verdict is not Verdict.ENTERED:
            return "declined"
        for question in self.questions:
            try:
                self._ask(call, question)
            except StepEnds as ends:
                return "agent" if ends.outcome == "agent" else "left"
        call.channel.play(say(self.thanks))
        return "answered"

    def _ask(self, call: Call, question: Question) -> None:
        choices = frozenset("1234567"[: question.scale])
        prompt = say(question.say)
        key = ask(call, keys.menu("survey answer", choices), prompt, prompt, tries=_TRIES).reveal()
        payment = call.facts.payment
        answer = SurveyAnswer(
            survey=self.name,
            question=question.say,
            answer=int(key),
            call_uuid=call.channel.uuid,
            language=call.channel.language,
            payment_id=None if payment is None else payment.id,
        )
        try:
            call.services.surveys.keep(answer)
        except StoreError as error:
            call.journal.note({"trouble": f"survey: {type(error).__name__}"})
