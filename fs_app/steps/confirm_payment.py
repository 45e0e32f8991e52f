"""Ask for consent to this amount on this card."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain import keys
from fs_app.domain.card import BRANDS
from fs_app.domain.prompt import Digits, Named, say
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says

_WITHDRAWN = frozenset({Fact.CONSENT})
_CHOICES = {"1": "confirmed", "2": "change_amount", "3": "change_card"}


class ConfirmPayment(AskingStep):
    """Tells the amount, the brand and the last four digits, and asks for consent to pay with one key."""

    do = "confirm_payment"
    needs = frozenset({Fact.AMOUNT, Fact.CARD})
    outcomes = {
        "confirmed": Outcome("the caller agreed to pay this amount with this card", frozenset({Fact.CONSENT})),
        "change_amount": Outcome("the caller wants another amount", forgets=_WITHDRAWN),
        "change_card": Outcome(
            "the caller wants another card; this one is wiped", forgets=_WITHDRAWN | {Fact.CARD}
        ),
        **ASKING,
    }
    keys = {"1": "pay", "2": "another amount", "3": "another card"}
    says = AskingStep.says | {f"brand_{brand.name}" for brand in BRANDS}

    say: Annotated[PhraseName, Says("amount", "brand", "digits")] = Field(
        "confirm_payment", description="the question; {digits} are the last four"
    )

    def run(self, call: Call) -> str:
        card = proved(call.facts.card)
        question = say(
            self.say,
            amount=proved(call.facts.amount),
            brand=Named(f"brand_{card.brand}"),
            digits=Digits(card.last_four),
        )
        field = keys.menu("consent", frozenset(_CHOICES))
        outcome = _CHOICES[ask(call, field, question, question, tries=self.tries).reveal()]
        call.facts.consent = outcome == "confirmed"
        return outcome
