"""The questions about an amount that the caller keys, shared by the steps that ask for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from fs_app.domain import fields
from fs_app.domain.money import Money, exponent
from fs_app.domain.prompt import SILENCE, Digits, Prompt, say
from fs_app.flow.asking import AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.step import PhraseName, Says

_EXAMPLE_MINOR = 4250


class OwnAmount(AskingStep):
    """An amount in minor units (4250 for 42.50; whole units where a currency has no decimals), read back."""

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
    read_back: Annotated[PhraseName, Says("amount")] = Field("amount_read_back", description="offers keys 1 and 2")

    def keyed(
        self, call: Call, currency: str, wrong: Callable[[Money], Prompt | None], before: Prompt = SILENCE
    ) -> Money:
        """The amount that the caller keys and agrees to; ``wrong`` says why one cannot be paid. StepEnds as
        `ask`."""
        question = before + say(self.enter_whole if exponent(currency) == 0 else self.enter)
        example = say(self.enter_again, amount=Money(_EXAMPLE_MINOR, currency), digits=Digits(str(_EXAMPLE_MINOR)))
        while True:
            digits = ask(
                call,
                fields.amount(),
                question,
                example,
                tries=self.tries,
                check=lambda keyed: wrong(Money(int(keyed), currency)),
            )
            amount = Money(int(digits.reveal()), currency)
            if self.agreed(call, say(self.read_back, amount=amount)):
                return amount

    def out_of_range(self, amount: Money, smallest: Money, largest: Money) -> Prompt | None:
        """Why an amount cannot be paid, said plainly; None where it lies between the two."""
        if not amount:
            return say(self.zero)
        if amount < smallest:
            return say(self.too_small, amount=smallest)
        return say(self.too_large, amount=largest) if amount > largest else None
