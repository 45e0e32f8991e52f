"""Ask whether the gateway may keep what the caller pays with."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain import keys
from fs_app.domain.means import MeansKind, SavedMethod
from fs_app.domain.prompt import say
from fs_app.flow.asking import ASKING, AskingStep, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says
from fs_app.ports import Consent, ConsentKind

_YES, _NO = "1", "2"


class OfferSaving(AskingStep):
    """Asks for consent to save the card or bank account for the next time; nothing is saved without it.

    Only who pays for their own account is asked, and nothing where the method is saved already. It comes before the
    charge: the gateway keeps a card only together with a charge that went well, and we never have it afterwards.
    The consent is kept with its text as it was said, its version, the time and the call.
    """

    do = "offer_saving"
    needs = frozenset({Fact.ACCOUNT, Fact.MEANS})
    outcomes = {
        "answered": Outcome("the caller said yes or no, or it is saved already"),
        **ASKING,
    }
    keys = {"1": "save it", "2": "do not save it"}

    card: Annotated[PhraseName, Says()] = Field("save_card", description="the question about a card")
    bank: Annotated[PhraseName, Says()] = Field("save_bank_account", description="the question about an account")
    version: str = Field("1", description="of these words, kept with the consent; change it with them")

    def run(self, call: Call) -> str:
        means = call.facts.paying_with()
        call.facts.saving = None
        if isinstance(means, SavedMethod) or not _own(call):
            return "answered"
        question = say(self.bank if means.kind is MeansKind.BANK else self.card)
        if ask(call, keys.menu("saving", _YES + _NO), question, question, tries=self.tries).reveal() == _YES:
            call.facts.saving = Consent(
                kind=ConsentKind.SAVE_METHOD,
                account_id=proved(call.facts.account).id,
                call_uuid=call.channel.uuid,
                language=call.channel.language,
                version=self.version,
                text=call.channel.words(question),
            )
        return "answered"


def _own(call: Call) -> bool:
    """Whether it is the caller's own account that is paid."""
    account = proved(call.facts.account).id
    return all(bill.account_id in ("", account) for bill in call.facts.bills or ())
