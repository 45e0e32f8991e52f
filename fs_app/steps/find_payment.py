"""Ask for a confirmation number, and tell where that payment stands."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain import fields
from fs_app.domain.prompt import Prompt, say
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says
from fs_app.steps.tell_payments import PaymentTelling


class FindPayment(PaymentTelling, AskingStep):
    """Asks for a confirmation number and tells the payment that has it, if it is one on the caller's account.

    A number of somebody else's payment and one that does not exist sound the same.
    """

    do = "find_payment"
    needs = frozenset({Fact.ACCOUNT})
    outcomes = {"told": Outcome("the payment was found, and told"), **ASKING}
    keys = {"8 to 16 digits, then #": "the confirmation number"}

    say: Annotated[PhraseName, Says()] = Field("enter_confirmation", description="the question")
    say_again: Annotated[PhraseName, Says()] = Field("enter_confirmation_again", description="more at length")
    not_found: Annotated[PhraseName, Says()] = Field("confirmation_not_found", description="no such payment here")

    def run(self, call: Call) -> str:
        account, history = proved(call.facts.account), call.services.history

        def unknown(digits: str) -> Prompt | None:
            payment = history.by_confirmation(digits)
            ours = payment is not None and payment.request.account_id == account.id
            return None if ours else say(self.not_found)

        keyed = ask(
            call, fields.confirmation(), say(self.say), say(self.say_again), tries=self.tries, check=unknown
        )
        call.channel.play(self.told(call, proved(history.by_confirmation(keyed.reveal()))))
        return "told"
