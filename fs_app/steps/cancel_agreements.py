"""Cancel what is scheduled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from fs_app.domain import keys
from fs_app.domain.agreement import Agreement
from fs_app.domain.prompt import Prompt, say
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact
from fs_app.flow.step import Outcome, PhraseName, Says, StepEnds
from fs_app.steps.choosing import KEYS, ask_which, choice
from fs_app.steps.scheduled import KIND_NAMES, ScheduleTelling

_YES, _NO = "1", "2"
_REASON = "by the payer, by phone"


class CancelAgreements(ScheduleTelling, AskingStep):
    """Tells what is scheduled, each with a key that cancels it, the oldest six at once; asks again before it does.

    Cancelled is cancelled at once: nothing more is charged, but for a payment that is being taken at that moment,
    which the caller is told. The others are offered again until the caller keeps them.
    """

    do = "cancel_agreements"
    needs = frozenset({Fact.ACCOUNT})
    outcomes = {
        "done": Outcome("the caller has cancelled what they wanted to"),
        "none": Outcome("nothing is scheduled, or not any more; this was said"),
        **ASKING,
    }
    keys = {"1 to 7": "cancel that one; the last: keep them", "1, 2": "cancel it, keep it"}
    says = AskingStep.says | KIND_NAMES

    offer: Annotated[PhraseName, Says("digits")] = Field("cancel_agreement", description="after each: its key")
    keep: Annotated[PhraseName, Says("digits")] = Field("keep_agreements", description="offers to keep them")
    sure: Annotated[PhraseName, Says()] = Field("cancel_sure", description="offers keys 1 and 2")
    cancelled: Annotated[PhraseName, Says()] = Field("agreement_cancelled", description="nothing more is charged")
    under_way: Annotated[PhraseName, Says()] = Field(
        "agreement_cancelled_late", description="the same, but for a payment that is being taken"
    )

    def run(self, call: Call) -> str:
        while True:
            found = self.scheduled(call)[: len(KEYS) - 1]
            if not found:
                call.channel.play(say(self.nothing))
                return "none"
            place = ask_which(call, "agreement", self._offers(found), tries=self.tries)
            if place == len(found):
                return "done"
            self._cancel(call, found[place][0])

    def _offers(self, found: Sequence[tuple[Agreement, Prompt]]) -> list[Prompt]:
        offers = [told + choice(self.offer, str(key)) for key, (_, told) in enumerate(found, start=1)]
        return [*offers, choice(self.keep, str(len(offers) + 1))]

    def _cancel(self, call: Call, agreement: Agreement) -> None:
        question = say(self.sure)
        try:
            answer = ask(call, keys.menu("sure", _YES + _NO), question, question, tries=self.tries).reveal()
        except StepEnds as ends:
            if ends.outcome != "back":
                raise
            return
        if answer == _YES:
            ended = call.services.agreements.cancel(agreement.id, _REASON)
            call.channel.play(say(self.cancelled if ended.under_way is None else self.under_way))
