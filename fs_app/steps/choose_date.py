"""Ask on which day something is paid."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from fs_app.domain.prompt import say
from fs_app.domain.proposal import once, targets_of
from fs_app.flow.asking import ASKING
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says
from fs_app.steps.own_date import OwnDate


class ChooseDate(OwnDate):
    """Asks on which day the chosen amount is paid: tomorrow at the earliest, the longest delay of the settings at
    the latest (`agreements.longest_days`).

    Open bills of the account and gifts can be paid later: what is made for one payment, as a renewal or a
    co-payment, cannot, nor can somebody else's bill.
    """

    do = "choose_date"
    needs = frozenset({Fact.ACCOUNT, Fact.BILLS, Fact.AMOUNT})
    outcomes = {
        "chosen": Outcome("a payment on that day", frozenset({Fact.TERMS}), frozenset({Fact.CONSENT})),
        "not_possible": Outcome("this cannot be paid later; this was said", forgets=frozenset({Fact.TERMS})),
        **ASKING,
    }
    keys = {"digits": "month and day, or day and month", "1, 2": "after the read-back: yes, change it"}

    not_later: Annotated[PhraseName, Says()] = Field("not_payable_later", description="this cannot be paid later")

    def run(self, call: Call) -> str:
        targets = targets_of(proved(call.facts.bills), proved(call.facts.account).id)
        if targets is None:
            call.channel.play(say(self.not_later))
            return "not_possible"
        today = call.services.clock.today()
        day, _ = self.keyed_date(call, today + timedelta(days=1), call.line.offers.latest(today))
        call.facts.terms = once(proved(call.facts.amount), day, targets)
        return "chosen"
