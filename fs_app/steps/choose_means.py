"""Ask what is paid with: a method that is saved, a card, or a bank account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fs_app.domain import keys
from fs_app.domain.bank_account import BANKS
from fs_app.domain.means import MeansKind, SavedMethod
from fs_app.domain.prompt import SILENCE, Digits, Named, Prompt, say
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says
from fs_app.steps.telling import METHOD_NAMES

_KEYED = frozenset({Fact.CARD, Fact.CONSENT})
_MOST = 3


class ChooseMeans(AskingStep):
    """Offers the methods that are saved for the account, the one used last first, then another card and, where the
    line takes them, a bank account.

    Where there is nothing to choose from, nothing is asked: it is a card.
    """

    do = "choose_means"
    needs = frozenset({Fact.ACCOUNT})
    outcomes = {
        "saved_card": Outcome(
            "a card that is saved", teaches=frozenset({Fact.MEANS}), forgets=_KEYED | {Fact.BANK}
        ),
        "saved_bank": Outcome(
            "a bank account that is saved", teaches=frozenset({Fact.MEANS, Fact.BANK}), forgets=_KEYED
        ),
        "card": Outcome("another card, to be keyed", forgets=frozenset({Fact.CONSENT})),
        "bank": Outcome("a bank account, to be keyed", forgets=frozenset({Fact.CONSENT})),
        "link": Outcome("a bank account, on a page that a link leads to; only with `bank: link`"),
        **ASKING,
    }
    keys = {"1 to 5": "what was offered, in its order"}
    says = AskingStep.says | METHOD_NAMES

    saved: Annotated[PhraseName, Says("brand", "digits", "key")] = Field(
        "use_saved_card", description="one saved card; {digits} are its last four"
    )
    saved_bank: Annotated[PhraseName, Says("bank", "digits", "key")] = Field(
        "use_saved_bank", description="one saved bank account, where its bank is known"
    )
    saved_bank_unnamed: Annotated[PhraseName, Says("digits", "key")] = Field(
        "use_saved_bank_unnamed", description="the same where it is not"
    )
    another: Annotated[PhraseName, Says("key")] = Field("use_another_card", description="offers a card to be keyed")
    first: Annotated[PhraseName, Says("key")] = Field("use_card", description="the same where nothing is saved")
    account: Annotated[PhraseName, Says("key")] = Field(
        "use_bank_account", description="offers a bank account to be keyed"
    )
    bank: bool | Literal["link"] = Field(
        False, description="whether a bank account may be keyed; `link`: not here, but on a page (`send_link`)"
    )
    cards_only: bool = Field(False, description="whether bank accounts are left out, saved ones too")
    most: int = Field(_MOST, ge=0, le=_MOST, description="how many saved methods are offered")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.bank and self.cards_only:
            raise ValueError("bank and cards_only contradict each other")
        return self

    def all_outcomes(self) -> Mapping[str, Outcome]:
        left_out = {"bank", "saved_bank"} if self.cards_only else set()
        left_out |= set() if self.bank == "link" else {"link"}
        return {name: each for name, each in self.outcomes.items() if name not in left_out}

    def run(self, call: Call) -> str:
        account = proved(call.facts.account)
        saved = call.services.methods.of_account(account.id) if self.most else ()
        found = [each for each in saved if each.kind is MeansKind.CARD or not self.cards_only][: self.most]
        bank = {False: [], True: ["bank"], "link": ["link"]}[self.bank]
        ways: list[SavedMethod | str] = [*found, "card", *bank]
        if len(ways) == 1:
            return "card"
        question = self._question(ways)
        choices = frozenset(str(number + 1) for number in range(len(ways)))
        key = ask(call, keys.menu("means", choices), question, question, tries=self.tries).reveal()
        chosen = ways[int(key) - 1]
        if isinstance(chosen, str):
            return chosen
        call.facts.pay_with(chosen)
        return "saved_bank" if chosen.kind is MeansKind.BANK else "saved_card"

    def _question(self, ways: Sequence[SavedMethod | str]) -> Prompt:
        prompt = SILENCE
        for number, way in enumerate(ways, start=1):
            key = Digits(str(number))
            if isinstance(way, SavedMethod):
                prompt += self._offered(way, key)
            else:
                card = self.first if number == 1 else self.another
                prompt += say(card if way == "card" else self.account, key=key)
        return prompt

    def _offered(self, method: SavedMethod, key: Digits) -> Prompt:
        digits = Digits(method.last_four)
        if method.kind is MeansKind.CARD:
            return say(self.saved, brand=Named(f"brand_{method.brand}"), digits=digits, key=key)
        if method.brand in BANKS.values():
            return say(self.saved_bank, bank=Named(f"bank_{method.brand}"), digits=digits, key=key)
        return say(self.saved_bank_unnamed, digits=digits, key=key)
