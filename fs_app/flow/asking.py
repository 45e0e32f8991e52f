"""Asking one question until it is answered: again, slower and at more length, up to a set number of tries."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import Field

from fs_app.domain.keys import Field as KeyField
from fs_app.domain.keys import Verdict, menu
from fs_app.domain.prompt import SILENCE, Prompt, say
from fs_app.domain.secret import Secret
from fs_app.flow.call import Call
from fs_app.flow.step import Outcome, Step, StepEnds
from fs_app.ports import Recorded

YES, CHANGE = "1", "2"

ASKING: Mapping[str, Outcome] = {
    "agent": Outcome("the caller pressed 0 for a person"),
    "back": Outcome(
        "the caller pressed * on an empty answer; unless mapped, the step asked before is asked again",
        optional=True,
    ),
    "gave_up": Outcome("no usable answer after the set tries"),
}

COMPLAINTS: Mapping[Verdict, str] = {
    Verdict.SILENCE: "no_key_heard",
    Verdict.TOO_SHORT: "too_few_keys",
    Verdict.WRONG_KEY: "not_a_choice",
}


class AskingStep(Step):
    """A step that asks something: it has a number of tries, and the outcomes of `ASKING`."""

    says = frozenset(COMPLAINTS.values())
    asks = True

    tries: int = Field(3, ge=1, le=9, description="how often one question is asked before the step gives up")

    def agreed(self, call: Call, prompt: Prompt) -> bool:
        """Whether what is read back is right: key 1; with key 2, or back, it is changed. StepEnds as `ask`."""
        try:
            answer = ask(call, menu("read back", YES + CHANGE), prompt, prompt, tries=self.tries)
        except StepEnds as ends:
            if ends.outcome == "back":
                return False
            raise
        return answer.reveal() == YES


Check = Callable[[str], Prompt | None]
"""What is wrong with the keys of an answer, to be said to the caller; None where nothing is."""


def ask(
    call: Call,
    field: KeyField,
    question: Prompt,
    again: Prompt,
    *,
    tries: int,
    check: Check | None = None,
    refused: Callable[[str], Prompt] = say,
) -> Secret:
    """Ask until the answer is good and return its keys; the reader wipes secret ones.

    A second try says what was wrong and asks with the longer prompt ``again``, waits longer for each key, and
    takes no keys that were typed before it. What the field itself refuses in mid-answer is said at once, and
    heard out; ``refused`` makes its reason a prompt, by default the phrase of that name. StepEnds with
    ``agent``, ``back`` or ``gave_up``, or in a talk with a person with ``interrupted``; why the last answer was
    refused is said before the step gives up.
    """
    complaint = refusal = SILENCE
    for attempt in range(tries):
        prompt = complaint + (again if attempt else question)
        heard = call.channel.ask(prompt, field.slower(attempt), longer=again)
        if heard.verdict in (Verdict.AGENT, Verdict.BACK, Verdict.INTERRUPTED):
            raise StepEnds(heard.verdict.value)
        if heard.verdict is Verdict.ENTERED:
            wrong = check(heard.digits) if check is not None else None
            if wrong is None:
                return heard.entry
            complaint = refusal = wrong
        elif heard.verdict is Verdict.REFUSED:
            complaint = refusal = SILENCE
            reason = refused(heard.reason)
            call.refused(field.name, reason.phrases[0].name)
            call.channel.play(reason)
        else:
            complaint, refusal = say(COMPLAINTS[heard.verdict]), SILENCE
        if complaint:
            call.refused(field.name, complaint.phrases[0].name)
        heard.entry.wipe()
        call.channel.forget_keys()
    call.channel.play(refusal)
    raise StepEnds("gave_up")


def ask_aloud(call: Call, question: Prompt, again: Prompt, *, seconds: float, tries: int) -> Recorded:
    """Ask until one sentence was said and recorded; whoever asks keeps its file or deletes it.

    StepEnds as `ask`, and where nothing was said for as often as ``tries``.
    """
    complaint = SILENCE
    for attempt in range(tries):
        recorded = call.channel.record(complaint + (again if attempt else question), seconds, longer=again)
        if recorded.verdict is Verdict.ENTERED:
            return recorded
        if recorded.verdict in (Verdict.AGENT, Verdict.BACK):
            raise StepEnds(recorded.verdict.value)
        complaint = say("no_voice_heard" if recorded.verdict is Verdict.SILENCE else COMPLAINTS[recorded.verdict])
        call.channel.forget_keys()
    raise StepEnds("gave_up")
