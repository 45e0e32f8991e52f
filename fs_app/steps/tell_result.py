"""Tell how the payment ended."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain.keys import Verdict
from fs_app.domain.payment import Ending
from fs_app.domain.prompt import Digits, say
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says, Step
from fs_app.steps.telling import tell_again

_PAID_FIRST = "paid_first"


class TellResult(Step):
    """Tells one of the three endings: paid, not paid, being checked.

    The number of a payment that was made or is being checked is said digit by digit and can be heard again, up to
    five times; any key but 0 may have cut it short, so it says it again. No key is fine: the caller is done.
    """

    do = "tell_result"
    needs = frozenset({Fact.ENDING})
    outcomes = {
        Ending.PAID.value: Outcome("the caller was told that it is paid, and the confirmation number"),
        _PAID_FIRST: Outcome(
            "the same of a first payment: what was chosen to be paid later is not agreed to yet",
            only_with=frozenset({Fact.TERMS}),
        ),
        Ending.NOT_PAID.value: Outcome("the caller was told that it is not paid and that nothing was charged"),
        Ending.BEING_CHECKED.value: Outcome("the caller was told not to pay again while it is being checked"),
        "agent": Outcome("it was told, and the caller pressed 0 for a person"),
    }
    keys = {"1, 9 and others": "hear it again", "0": "a person", "no key": "done"}

    paid: Annotated[PhraseName, Says("amount", "digits")] = Field(
        "paid", description="{digits}: confirmation number"
    )
    not_paid: Annotated[PhraseName, Says()] = Field("not_paid", description="nothing was charged")
    being_checked: Annotated[PhraseName, Says("amount", "digits")] = Field(
        "being_checked", description="never told as paid, never as not charged; {digits}: reference number"
    )
    hear_again: Annotated[PhraseName, Says()] = Field("hear_it_again", description="offers key 1")

    def run(self, call: Call) -> str:
        ending = proved(call.facts.ending)
        if ending is Ending.NOT_PAID:
            call.channel.play(say(self.not_paid))
            return ending.value
        payment = proved(call.facts.payment)
        phrase = self.paid if ending is Ending.PAID else self.being_checked
        result = say(phrase, amount=payment.request.amount, digits=Digits(payment.confirmation))
        heard = tell_again(call, result, say(self.hear_again))
        if heard is Verdict.AGENT:
            return "agent"
        return _PAID_FIRST if ending is Ending.PAID and call.facts.terms is not None else ending.value
