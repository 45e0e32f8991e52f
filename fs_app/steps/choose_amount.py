"""Ask how much the caller wants to pay."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain import keys
from fs_app.domain.bill import Bill, combined
from fs_app.domain.money import Money
from fs_app.domain.prompt import SILENCE, Prompt, say
from fs_app.domain.rules import Rules
from fs_app.flow.asking import ASKING, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says, StepEnds
from fs_app.steps.own_amount import OwnAmount

FULL, OTHER, MINIMUM = "1", "2", "3"


class ChooseAmount(OwnAmount):
    """Offers the full amount, another amount, and the bill's minimum where it has one.

    Another amount is keyed in minor units (4250 for 42.50; whole units where a currency has no decimals) and read
    back. The full amount is not offered where it is above the largest payment, and may be paid where it is below
    the smallest. A renewal is paid in full or not at all.
    """

    do = "choose_amount"
    needs = frozenset({Fact.BILLS})
    outcomes = {
        "chosen": Outcome("an amount within the rules", frozenset({Fact.AMOUNT}), frozenset({Fact.CONSENT})),
        **ASKING,
    }
    keys = {
        "1": "the full amount; after the read-back: yes",
        "2": "another amount; after the read-back: change it",
        "3": "the minimum, where the bill has one",
        "digits, then #": "another amount, in minor units",
    }

    full: Annotated[PhraseName, Says("amount")] = Field("pay_full", description="offers key 1")
    other: Annotated[PhraseName, Says()] = Field("pay_other", description="offers key 2")
    minimum: Annotated[PhraseName, Says("amount")] = Field("pay_minimum", description="offers key 3")
    at_most: Annotated[PhraseName, Says("amount")] = Field("pay_at_most", description="the bill is above the limit")
    overpaid: Annotated[PhraseName, Says("amount")] = Field(
        "amount_above_balance", description="tells the balance, where overpayment is not allowed"
    )

    def run(self, call: Call) -> str:
        bill, rules = combined(proved(call.facts.bills)), call.line.rules
        amount = None
        while amount is None:
            amount = self._offered(call, bill, rules) or self._keyed(call, bill, rules)
        call.facts.amount = amount
        return "chosen"

    def _offered(self, call: Call, bill: Bill, rules: Rules) -> Money | None:
        """The full amount or the minimum; None where the caller wants, or has, to key another one."""
        offers = _offers(bill, rules)
        if not offers:
            return None
        prompt = say(self.full, amount=bill.due) if FULL in offers else self._limit(bill, rules)
        prompt += SILENCE if bill.whole else say(self.other)
        if MINIMUM in offers:
            prompt += say(self.minimum, amount=offers[MINIMUM])
        choices = frozenset(offers) if bill.whole else frozenset({OTHER, *offers})
        choice = ask(call, keys.menu("amount choice", choices), prompt, prompt, tries=self.tries)
        return offers.get(choice.reveal())

    def _keyed(self, call: Call, bill: Bill, rules: Rules) -> Money | None:
        """Another amount, read back; None where the caller goes back to the offers to begin again."""
        offers = _offers(bill, rules)
        limit = SILENCE if offers else self._limit(bill, rules)
        try:
            return self.keyed(call, bill.due.currency, lambda amount: self._wrong(amount, bill, rules), limit)
        except StepEnds as ends:
            if ends.outcome == "back" and offers:
                return None
            raise

    def _wrong(self, amount: Money, bill: Bill, rules: Rules) -> Prompt | None:
        """Why an amount cannot be paid, said plainly; None where it can."""
        currency = amount.currency
        wrong = self.out_of_range(amount, min(rules.smallest(currency), bill.due), rules.largest(currency))
        if wrong is None and amount > bill.due and not rules.overpayment:
            return say(self.overpaid, amount=bill.due)
        return wrong

    def _limit(self, bill: Bill, rules: Rules) -> Prompt:
        largest = rules.largest(bill.due.currency)
        return SILENCE if bill.due <= largest else say(self.at_most, amount=largest)


def _offers(bill: Bill, rules: Rules) -> dict[str, Money]:
    """The amounts that can be paid with one key."""
    smallest, largest = rules.smallest(bill.due.currency), rules.largest(bill.due.currency)
    offers = {}
    if bill.due <= largest or bill.whole:
        offers[FULL] = bill.due
    minimum = bill.minimum
    if minimum is not None and smallest <= minimum <= largest and minimum < bill.due:
        offers[MINIMUM] = minimum
    return offers
