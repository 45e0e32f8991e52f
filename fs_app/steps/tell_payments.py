"""Tell what was paid last, and where each payment stands."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain.payment import Payment, PaymentState
from fs_app.domain.prompt import Prompt, say
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says, Step

_STANDS: dict[PaymentState, str] = {
    PaymentState.OPENED: "checked",
    PaymentState.UNKNOWN: "checked",
    PaymentState.AUTHORISED: "checked",
    PaymentState.SUBMITTED: "paid",
    PaymentState.SETTLED: "settled",
    PaymentState.DECLINED: "declined",
    PaymentState.NOT_SENT: "declined",
    PaymentState.VOIDED: "given_back",
    PaymentState.REFUNDED: "given_back",
    PaymentState.RETURNED: "returned",
}
"""The phrase for each state that a payment can be in."""


class PaymentTelling(Step):
    """Says of a payment how much it was, when, and where it stands: the words for the steps that do so."""

    paid: Annotated[PhraseName, Says("amount", "date")] = Field(
        "payment_paid", description="taken, not settled yet"
    )
    settled: Annotated[PhraseName, Says("amount", "date", "settled")] = Field(
        "payment_settled", description="{settled} is the day on which the money was moved"
    )
    checked: Annotated[PhraseName, Says("amount", "date")] = Field(
        "payment_being_checked", description="nobody knows yet whether it was taken"
    )
    declined: Annotated[PhraseName, Says("amount", "date")] = Field(
        "payment_not_taken", description="no money was taken"
    )
    given_back: Annotated[PhraseName, Says("amount", "date")] = Field(
        "payment_given_back", description="voided or refunded"
    )
    returned: Annotated[PhraseName, Says("amount", "date")] = Field(
        "payment_returned", description="the bank took it back: what it was for is due again"
    )

    def told(self, call: Call, payment: Payment) -> Prompt:
        """A payment in one sentence. StoreUnavailable where its history cannot be read."""
        amount, on = payment.request.amount, call.services.clock.day(payment.opened_at)
        stands = _STANDS[payment.state]
        if stands == "settled":
            lines = call.services.history.history(payment.id)
            at = next((line.at for line in lines if line.state == PaymentState.SETTLED), payment.opened_at)
            return say(self.settled, amount=amount, date=on, settled=call.services.clock.day(at))
        phrase: str = getattr(self, stands)
        return say(phrase, amount=amount, date=on)


class TellPayments(PaymentTelling):
    """Tells the last payments on the account, the newest first. Attempts that took nothing are left out."""

    do = "tell_payments"
    needs = frozenset({Fact.ACCOUNT})
    outcomes = {
        "told": Outcome("the last payments were told"),
        "none": Outcome("there are none; this was said"),
    }
    keys = {"any": "ends the list and counts for the next question"}

    say: Annotated[PhraseName, Says()] = Field("last_payments", description="said before them")
    nothing: Annotated[PhraseName, Says()] = Field("no_payments", description="there are none")
    many: int = Field(3, ge=1, le=9, description="how many are told")

    def run(self, call: Call) -> str:
        payments = call.services.history.of_account(proved(call.facts.account).id, self.many)
        if not payments:
            call.channel.play(say(self.nothing))
            return "none"
        call.channel.play(sum((self.told(call, payment) for payment in payments), say(self.say)))
        return "told"
