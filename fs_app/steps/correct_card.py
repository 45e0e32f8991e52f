"""Ask for one field of a card again."""

from __future__ import annotations

from pydantic import Field

from fs_app.flow.asking import ASKING
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome
from fs_app.steps.card_questions import CARD_KEYS, CardField, CardQuestions, code_length


class CorrectCard(CardQuestions):
    """Asks for one field of the card again, after a decline that names it; the others are kept.

    A new number of a brand with a longer or shorter security code asks for that too.
    """

    do = "correct_card"
    needs = frozenset({Fact.CARD})
    outcomes = {
        "corrected": Outcome(
            "the card is complete again", frozenset({Fact.CARD, Fact.MEANS}), frozenset({Fact.CONSENT})
        ),
        **ASKING,
    }
    keys = CARD_KEYS

    field: CardField = Field(description="number, expiry, security_code or postal_code")

    def run(self, call: Call) -> str:
        card = proved(call.facts.card).copy()
        try:
            self.ask_fields(call, card, [self.field])
            if len(card.security_code) != code_length(card):
                self.ask_fields(call, card, ["security_code"])
            call.facts.pay_with(card)
        finally:
            if call.facts.card is not card:
                card.wipe()
        return "corrected"
