"""Ask for consent to this amount with these means."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain import keys
from fs_app.domain.card import BRANDS, Card
from fs_app.domain.fee import FeeKind
from fs_app.domain.means import MeansKind
from fs_app.domain.prompt import Digits, Named, Prompt, Value, say
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, Quote, proved
from fs_app.flow.step import Outcome, PhraseName, Says

_WITHDRAWN = frozenset({Fact.CONSENT})
_CHOICES = {"1": "confirmed", "2": "change_amount", "3": "change_means"}


class ConfirmPayment(AskingStep):
    """Tells the amount, a fee where there is one, and what is paid with, and asks for consent with one key.

    Of a card the brand and the last four digits are told, of a bank account the last four. A fee is told with its
    name and with the whole sum before the caller agrees (the brands' rules for surcharges and convenience fees).
    """

    do = "confirm_payment"
    needs = frozenset({Fact.AMOUNT, Fact.MEANS})
    outcomes = {
        "confirmed": Outcome("the caller agreed to pay this amount with these means", frozenset({Fact.CONSENT})),
        "change_amount": Outcome("the caller wants another amount", forgets=_WITHDRAWN),
        "change_means": Outcome(
            "the caller wants to pay with something else; a card is wiped",
            forgets=_WITHDRAWN | {Fact.CARD, Fact.BANK, Fact.MEANS},
        ),
        **ASKING,
    }
    keys = {"1": "pay", "2": "another amount", "3": "another card or account"}
    says = AskingStep.says | {f"brand_{brand.name}" for brand in BRANDS} | {kind.value for kind in FeeKind}

    say: Annotated[PhraseName, Says("amount", "brand", "digits")] = Field(
        "confirm_payment", description="a card; {digits} are the last four"
    )
    with_fee: Annotated[PhraseName, Says("amount", "fee", "name", "total", "brand", "digits")] = Field(
        "confirm_payment_with_fee", description="a card, and a fee; {name} is what the fee is called"
    )
    bank: Annotated[PhraseName, Says("amount", "digits")] = Field(
        "confirm_bank_payment", description="a bank account"
    )
    bank_with_fee: Annotated[PhraseName, Says("amount", "fee", "name", "total", "digits")] = Field(
        "confirm_bank_payment_with_fee", description="a bank account, and a fee"
    )

    def run(self, call: Call) -> str:
        quote = _quote(call)
        question = self._question(call, quote)
        field = keys.menu("consent", frozenset(_CHOICES))
        outcome = _CHOICES[ask(call, field, question, question, tries=self.tries).reveal()]
        call.facts.consent = quote if outcome == "confirmed" else None
        return outcome

    def _question(self, call: Call, quote: Quote) -> Prompt:
        means = call.facts.paying_with()
        rule = call.line.rules.fee
        bank = means.kind is MeansKind.BANK
        values: dict[str, Value] = {"amount": quote.amount, "digits": Digits(means.last_four)}
        if not bank:
            values["brand"] = Named(f"brand_{means.brand}")
        if quote.fee is None or rule is None:
            return say(self.bank if bank else self.say, **values)
        fee: dict[str, Value] = {"fee": quote.fee, "name": Named(rule.kind.value), "total": quote.total}
        return say(self.bank_with_fee if bank else self.with_fee, **values, **fee)


def _quote(call: Call) -> Quote:
    """The amount, and the fee that the operator's rules put on it for these means."""
    amount, rules = proved(call.facts.amount), call.line.rules
    means = call.facts.paying_with()
    if rules.fee is None:
        return Quote(amount)
    debit = rules.is_debit(means.number.reveal()) if isinstance(means, Card) else None
    return Quote(amount, rules.fee.on(amount, bank=means.kind is MeansKind.BANK, debit=debit))
