"""Ask which of several bills are paid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from fs_app.domain import keys
from fs_app.domain.bill import Bill, combined
from fs_app.domain.prompt import Counted, Ordinal, Prompt, say
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says, StepEnds
from fs_app.steps.telling import OpenBills

ALL, CHOOSE = "1", "2"
TAKE, SKIP = "1", "2"


class ChooseBills(OpenBills, AskingStep):
    """Tells what is due. Of several bills the caller pays all, or says of each whether it is paid now.

    Bills in one payment are of one currency: the one of the oldest bill; those of another one are left for another
    payment. A single bill is told, and asks nothing.
    """

    do = "choose_bills"
    needs = frozenset({Fact.ACCOUNT})
    outcomes = {
        "chosen": Outcome(
            "what is to be paid is known",
            teaches=frozenset({Fact.BILLS}),
            forgets=frozenset({Fact.AMOUNT, Fact.CONSENT}),
        ),
        "nothing_due": Outcome(
            "there is no open bill; this was said",
            forgets=frozenset({Fact.BILLS, Fact.AMOUNT, Fact.CONSENT}),
        ),
        **ASKING,
    }
    keys = {"1": "pay all of them; at each bill: pay it", "2": "choose; at each bill: leave it out"}

    nothing: Annotated[PhraseName, Says()] = Field("nothing_due", description="no balance")
    several: Annotated[PhraseName, Says("bills", "amount")] = Field(
        "several_bills", description="how many bills, and how much in all"
    )
    offer: Annotated[PhraseName, Says()] = Field("pay_all_or_choose", description="offers keys 1 and 2")
    each: Annotated[PhraseName, Says("bill", "amount", "date")] = Field(
        "one_of_bills", description="one bill with a due date"
    )
    each_undated: Annotated[PhraseName, Says("bill", "amount")] = Field(
        "one_of_bills_undated", description="one bill without one"
    )
    take: Annotated[PhraseName, Says()] = Field("take_or_skip", description="offers keys 1 and 2 for it")
    none_taken: Annotated[PhraseName, Says()] = Field("no_bill_chosen", description="every bill was left out")
    chosen: Annotated[PhraseName, Says("bills", "amount")] = Field(
        "bills_chosen", description="how many were chosen, and how much in all"
    )

    def run(self, call: Call) -> str:
        found = self.tellable(call.services.directory.open_bills(proved(call.facts.account)))
        if not found:
            call.channel.play(say(self.nothing))
            return "nothing_due"
        bills = [bill for bill in found if bill.due.currency == found[0].due.currency]
        if len(bills) == 1:
            call.channel.play(self.told(bills[0]))
            call.facts.bills = (bills[0],)
        else:
            call.facts.bills = self._of_several(call, bills)
        return "chosen"

    def _of_several(self, call: Call, bills: Sequence[Bill]) -> tuple[Bill, ...]:
        """All of them, or those that the caller takes; ``*`` at the first bill goes back to the offer."""
        whole = combined(bills).due
        question = say(self.several, bills=Counted(len(bills), "bill"), amount=whole) + say(self.offer)
        while True:
            choice = ask(call, keys.menu("bills", ALL + CHOOSE), question, question, tries=self.tries)
            if choice.reveal() == ALL:
                return tuple(bills)
            taken = self._one_by_one(call, bills)
            if taken:
                count, amount = Counted(len(taken), "bill"), combined(taken).due
                call.channel.play(say(self.chosen, bills=count, amount=amount))
                return taken
            if taken is not None:
                call.channel.play(say(self.none_taken))

    def _one_by_one(self, call: Call, bills: Sequence[Bill]) -> tuple[Bill, ...] | None:
        """What the caller takes; ``*`` asks for the bill before again, and at the first one gives None."""
        answers: list[bool] = []
        while len(answers) < len(bills):
            question = self._one(len(answers) + 1, bills[len(answers)]) + say(self.take)
            try:
                answer = ask(call, keys.menu("bill", TAKE + SKIP), question, question, tries=self.tries)
            except StepEnds as ends:
                if ends.outcome != "back":
                    raise
                if not answers:
                    return None
                answers.pop()
            else:
                answers.append(answer.reveal() == TAKE)
        return tuple(bill for bill, taken in zip(bills, answers, strict=True) if taken)

    def _one(self, place: int, bill: Bill) -> Prompt:
        which = Ordinal(place, "bill")
        if bill.due_date is None:
            return say(self.each_undated, bill=which, amount=bill.due) + self.besides(bill)
        return say(self.each, bill=which, amount=bill.due, date=bill.due_date) + self.besides(bill)
