"""Ask for the account number."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain import fields
from fs_app.domain.prompt import say
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Claim, Fact
from fs_app.flow.step import Outcome, PhraseName, Says
from fs_app.steps.identify_caller_id import ABOUT_ANOTHER


class IdentifyAccount(AskingStep):
    """Asks for the account number.

    Whether there is such an account is not told here: verify_identity asks for the second factor in any case, so
    that nobody can try out which account numbers exist.
    """

    do = "identify_account"
    outcomes = {
        "entered": Outcome(
            "a number of the right length was keyed", teaches=frozenset({Fact.CLAIM}), forgets=ABOUT_ANOTHER
        ),
        **ASKING,
    }
    keys = {"digits, then #": "the account number; its length is in the settings"}

    say: Annotated[PhraseName, Says()] = Field("enter_account_number", description="the question")
    say_again: Annotated[PhraseName, Says()] = Field(
        "enter_account_number_again", description="the question from the second try on, at more length"
    )

    def run(self, call: Call) -> str:
        field = fields.account_number(*call.line.rules.account_lengths)
        number = ask(call, field, say(self.say), say(self.say_again), tries=self.tries).reveal()
        call.facts.claim = Claim(call.services.directory.by_number(number))
        return "entered"
