"""Ask how much the caller wants to pay."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain import fields, keys
from fs_app.domain.bill import Bill, combined
from fs_app.domain.money import Money, exponent
from fs_app.domain.prompt import SILENCE, Digits, Prompt, say
from fs_app.domain.rules import Rules
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says, StepEnds

FULL, OTHER, MINIMUM = "1", "2", "3"
YES, CHANGE = "1", "2"
_EXAMPLE_MINOR = 4250


class ChooseAmount(AskingStep):
    """Offers the full amount, another amount, and the bill's minimum where it has one.

    Another amount is keyed in minor units (4250 for 42.50; whole units where a currency has no decimals) and read
    back. The full amount is not offered where it is above the largest payment, and may be paid where it is below
    the smallest.
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
    enter: Annotated[PhraseName, Says()] = Field("enter_amount", description="the question for another amount")
    enter_whole: Annotated[PhraseName, Says()] = Field(
        "enter_whole_amount", description="the same for a currency without decimals"
    )
    enter_again: Annotated[PhraseName, Says("amount", "digits")] = Field(
        "enter_amount_again", description="from the second try on, with an amount and its keys as an example"
    )
    zero: Annotated[PhraseName, Says()] = Field("amount_is_zero", description="nothing was keyed but zeros")
    too_small: Annotated[PhraseName, Says("amount")] = Field("amount_below_minimum", description="tells the limit")
    too_large: Annotated[PhraseName, Says("amount")] = Field("amount_above_maximum", description="tells the limit")
    overpaid: Annotated[PhraseName, Says("amount")] = Field(
        "amount_above_balance", description="tells the balance, where overpayment is not allowed"
    )
    read_back: Annotated[PhraseName, Says("amount")] = Field("amount_read_back", description="offers keys 1 and 2")

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
        prompt += say(self.other)
        if MINIMUM in offers:
            prompt += say(self.minimum, amount=offers[MINIMUM])
        choice = ask(
            call, keys.menu("amount choice", frozenset({OTHER, *offers})), prompt, prompt, tries=self.tries
        )
        return offers.get(choice.reveal())

    def _keyed(self, call: Call, bill: Bill, rules: Rules) -> Money | None:
        """Another amount, read back; None where the caller goes back to the offers to begin again."""
        currency = bill.due.currency
        whole = exponent(currency) == 0
        question = say(self.enter_whole if whole else self.enter)
        if not _offers(bill, rules):
            question = self._limit(bill, rules) + question
        example = say(self.enter_again, amount=Money(_EXAMPLE_MINOR, currency), digits=Digits(str(_EXAMPLE_MINOR)))
        amount: Money | None = None
        while amount is None:
            try:
                digits = ask(
                    call,
                    fields.amount(),
                    question,
                    example,
                    tries=self.tries,
                    check=lambda keyed: self._wrong(Money(int(keyed), currency), bill, rules),
                )
            except StepEnds as ends:
                if ends.outcome == "back" and _offers(bill, rules):
                    return None
                raise
            amount = self._confirmed(call, Money(int(digits.reveal()), currency))
        return amount

    def _confirmed(self, call: Call, amount: Money) -> Money | None:
        prompt = say(self.read_back, amount=amount)
        try:
            answer = ask(call, keys.menu("amount read back", YES + CHANGE), prompt, prompt, tries=self.tries)
        except StepEnds as ends:
            if ends.outcome == "back":
                return None
            raise
        return amount if answer.reveal() == YES else None

    def _wrong(self, amount: Money, bill: Bill, rules: Rules) -> Prompt | None:
        """Why an amount cannot be paid, said plainly; None where it can."""
        smallest = min(rules.smallest(amount.currency), bill.due)
        if not amount:
            return say(self.zero)
        if amount < smallest:
            return say(self.too_small, amount=smallest)
        if amount > rules.largest(amount.currency):
            return say(self.too_large, amount=rules.largest(amount.currency))
        if amount > bill.due and not rules.overpayment:
            return say(self.overpaid, amount=bill.due)
        return None

    def _limit(self, bill: Bill, rules: Rules) -> Prompt:
        largest = rules.largest(bill.due.currency)
        return SILENCE if bill.due <= largest else say(self.at_most, amount=largest)


def _offers(bill: Bill, rules: Rules) -> dict[str, Money]:
    """The amounts that can be paid with one key."""
    smallest, largest = rules.smallest(bill.due.currency), rules.largest(bill.due.currency)
    offers = {}
    if bill.due <= largest:
        offers[FULL] = bill.due
    minimum = bill.minimum
    if minimum is not None and smallest <= minimum <= largest and minimum < bill.due:
        offers[MINIMUM] = minimum
    return offers
