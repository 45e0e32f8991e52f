"""How a bill is told, what is paid with, and a number: the words that several steps share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from fs_app.domain import keys
from fs_app.domain.bank_account import BANKS
from fs_app.domain.bill import Bill, BillKind
from fs_app.domain.card import BRANDS
from fs_app.domain.keys import Verdict
from fs_app.domain.means import MeansKind
from fs_app.domain.payment import Means
from fs_app.domain.prompt import SILENCE, Digits, Named, Prompt, say
from fs_app.flow.call import Call
from fs_app.flow.step import PhraseName, Says

METHOD_NAMES = frozenset(f"brand_{brand.name}" for brand in BRANDS) | {f"bank_{name}" for name in BANKS.values()}
"""The phrases that name brands of cards, and banks."""

_AGAIN = "1"
_TIMES = 5


def tell_again(call: Call, result: Prompt, hear_again: Prompt) -> Verdict:
    """Tell something with a number, which may be heard again up to five times; any key but 0 may have cut it short.
    AGENT where the caller wants a person; silence is fine."""
    verdict = Verdict.SILENCE
    for _ in range(_TIMES):
        verdict = call.channel.ask(result + hear_again, keys.menu("hear again", _AGAIN)).verdict
        if verdict in (Verdict.AGENT, Verdict.SILENCE, Verdict.INTERRUPTED):
            return verdict
    return verdict


def with_means(means: Means, *, card: str, bank: str) -> Prompt:
    """A sentence about a card with its brand and last four digits, or about a bank account with its last four."""
    digits = Digits(means.last_four)
    if means.kind is MeansKind.BANK:
        return say(bank, digits=digits)
    return say(card, brand=Named(f"brand_{means.brand}"), digits=digits)


class BillTelling(BaseModel):
    """The balance with its due date, and what of it is a late fee, or need not be paid."""

    say: Annotated[PhraseName, Says("amount", "date")] = Field(
        "balance_is", description="a balance with a due date"
    )
    say_undated: Annotated[PhraseName, Says("amount")] = Field(
        "balance_is_undated", description="a balance without one"
    )
    late_fee: Annotated[PhraseName, Says("amount")] = Field(
        "late_fee_included", description="said after it, where it is past due and costs a fee"
    )
    discount: Annotated[PhraseName, Says("amount", "date")] = Field(
        "discount_until", description="said after it: what need not be paid if all is paid by that day"
    )

    def told(self, bill: Bill) -> Prompt:
        """A bill in a sentence or two; ``due`` is what is left to pay with the fee and less the discount."""
        if bill.due_date is None:
            prompt = say(self.say_undated, amount=bill.due)
        else:
            prompt = say(self.say, amount=bill.due, date=bill.due_date)
        return prompt + self.besides(bill)

    def besides(self, bill: Bill) -> Prompt:
        """Its late fee and its discount."""
        prompt = SILENCE
        if bill.late_fee is not None:
            prompt += say(self.late_fee, amount=bill.late_fee)
        if bill.discount is not None and bill.discount_until is not None:
            prompt += say(self.discount, amount=bill.discount, date=bill.discount_until)
        return prompt


class OpenBills(BillTelling):
    """The open bills of the account. A debt in collection is not told among other bills: before it comes its
    disclosure (15 U.S.C. 1692e(11))."""

    debts: bool = Field(
        False, description="whether debts in collection are told, too: set it where their disclosure was heard"
    )

    def tellable(self, bills: Sequence[Bill]) -> list[Bill]:
        """Those that may be told here."""
        return [bill for bill in bills if self.debts or bill.kind is not BillKind.DEBT]
