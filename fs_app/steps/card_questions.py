"""The questions about a card, shared by the steps that collect one and that correct one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from fs_app.domain import fields
from fs_app.domain.card import Card, Expiry, brand_of, luhn_ok, number_ok
from fs_app.domain.prompt import Prompt, say
from fs_app.domain.secret import Secret
from fs_app.flow.asking import AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.step import PhraseName, Says, StepEnds

CardField = Literal["number", "expiry", "security_code", "postal_code"]
CARD_FIELDS: tuple[CardField, ...] = ("number", "expiry", "security_code", "postal_code")
_FRONT_CODE_LENGTH = 4
"""A security code of four digits is printed on the front (American Express)."""

CARD_KEYS = {
    "12 to 19 digits": "the card number; it ends by itself as soon as it can only be complete, else with #",
    "4 digits": "the expiration date, MMYY",
    "3 or 4 digits": "the security code, as long as the brand has it",
    "digits": "the postal code; its length is in the settings",
    "*": "clears what was typed; on an empty answer the question before is asked again",
}


class CardQuestions(AskingStep):
    """Number, expiry, security code and postal code: each with its checks, and asked again by itself."""

    secret = True

    number: Annotated[PhraseName, Says()] = Field("enter_card_number", description="the question for the number")
    number_again: Annotated[PhraseName, Says()] = Field("enter_card_number_again", description="more at length")
    number_wrong: Annotated[PhraseName, Says()] = Field("card_number_wrong", description="length or check digit")
    brand_refused: Annotated[PhraseName, Says()] = Field(
        "card_brand_refused", description="a brand we do not take, said after its first digits"
    )
    credit_refused: Annotated[PhraseName, Says()] = Field(
        "card_credit_refused", description="a credit card where only debit cards are taken"
    )
    blocked_refused: Annotated[PhraseName, Says()] = Field(
        "card_blocked", description="a card of a range that is not taken"
    )
    expiry: Annotated[PhraseName, Says()] = Field("enter_expiry", description="the question for the expiry")
    expiry_again: Annotated[PhraseName, Says()] = Field("enter_expiry_again", description="more at length")
    expiry_wrong: Annotated[PhraseName, Says()] = Field("expiry_wrong", description="there is no such month")
    expiry_passed: Annotated[PhraseName, Says()] = Field("expiry_passed", description="the card has expired")
    code: Annotated[PhraseName, Says()] = Field("enter_security_code", description="three digits, on the back")
    code_again: Annotated[PhraseName, Says()] = Field("enter_security_code_again", description="more at length")
    code_front: Annotated[PhraseName, Says()] = Field(
        "enter_security_code_front", description="four digits, on the front"
    )
    code_front_again: Annotated[PhraseName, Says()] = Field(
        "enter_security_code_front_again", description="more at length"
    )
    postal_code: Annotated[PhraseName, Says()] = Field("enter_postal_code", description="the question for it")
    postal_code_again: Annotated[PhraseName, Says()] = Field(
        "enter_postal_code_again", description="more at length"
    )

    def ask_fields(self, call: Call, card: Card, names: Sequence[CardField]) -> None:
        """Fill these fields of a card in order; ``*`` goes back within them. StepEnds as `ask`."""
        questions = {
            "number": self._ask_number,
            "expiry": self._ask_expiry,
            "security_code": self._ask_security_code,
            "postal_code": self._ask_postal_code,
        }
        position = 0
        while position < len(names):
            try:
                questions[names[position]](call, card)
            except StepEnds as ends:
                if ends.outcome != "back" or position == 0:
                    raise
                position -= 1
            else:
                position += 1

    def _ask_number(self, call: Call, card: Card) -> None:
        refused = {
            "brand": say(self.brand_refused),
            "credit": say(self.credit_refused),
            "blocked": say(self.blocked_refused),
        }

        def wrong(digits: str) -> Prompt | None:
            if brand_of(digits) is None and luhn_ok(digits):
                return say(self.brand_refused)
            return None if number_ok(digits) else say(self.number_wrong)

        card.number.wipe()
        question, again = say(self.number), say(self.number_again)
        field = fields.card_number(call.line.rules.refuses)
        card.number = ask(call, field, question, again, tries=self.tries, check=wrong, refused=refused.__getitem__)
        brand = brand_of(card.number.reveal())
        card.brand = brand.name if brand is not None else ""
        card.last_four = card.number.reveal()[-4:]

    def _ask_expiry(self, call: Call, card: Card) -> None:
        card.expiry.wipe()
        card.expiry = ask(
            call,
            fields.expiry(),
            say(self.expiry),
            say(self.expiry_again),
            tries=self.tries,
            check=lambda digits: self._expiry_wrong(digits, call.services.clock.today()),
        )

    def _expiry_wrong(self, digits: str, today: date) -> Prompt | None:
        expiry = Expiry.parse(digits)
        if expiry is None:
            return say(self.expiry_wrong)
        return say(self.expiry_passed) if expiry.passed(today) else None

    def _ask_security_code(self, call: Call, card: Card) -> None:
        length = code_length(card)
        front = length == _FRONT_CODE_LENGTH
        question, again = (self.code_front, self.code_front_again) if front else (self.code, self.code_again)
        card.security_code.wipe()
        card.security_code = ask(call, fields.security_code(length), say(question), say(again), tries=self.tries)

    def _ask_postal_code(self, call: Call, card: Card) -> None:
        field = fields.postal_code(call.line.rules.postal_code_length)
        card.postal_code.wipe()
        card.postal_code = ask(call, field, say(self.postal_code), say(self.postal_code_again), tries=self.tries)


def blank_card() -> Card:
    """A card of which nothing is known yet."""
    return Card(number=Secret(), expiry=Secret(), security_code=Secret(), postal_code=Secret())


def code_length(card: Card) -> int:
    """How many digits the security code of this card has."""
    brand = brand_of(card.number.reveal())
    return brand.code_length if brand is not None else 3
