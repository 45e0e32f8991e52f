"""Ask for a card."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from fs_app.domain.prompt import say
from fs_app.errors import NotProtected
from fs_app.flow.asking import ASKING
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact
from fs_app.flow.step import Outcome, PhraseName, Says
from fs_app.steps.card_questions import CARD_FIELDS, CARD_KEYS, CardQuestions, blank_card

_REPLACED = frozenset({Fact.CONSENT, Fact.BANK, Fact.MANDATE})


class CollectCard(CardQuestions):
    """Asks for number, expiry, security code and postal code; only the field that was wrong is asked again.

    While the gateway is known to be down no card is asked for, nor while the switch would write down or let others
    hear what is keyed. A card that was collected before is replaced and wiped once the new one is complete.
    """

    do = "collect_card"
    outcomes = {
        "collected": Outcome("the card is complete", frozenset({Fact.CARD, Fact.MEANS}), _REPLACED),
        "unavailable": Outcome("no card was asked for: the gateway is down, or keys would not stay private"),
        **ASKING,
    }
    keys = CARD_KEYS

    unavailable: Annotated[PhraseName, Says()] = Field(
        "cards_unavailable", description="said while the gateway is down, or keys would not stay private"
    )

    def run(self, call: Call) -> str:
        if not call.services.cashier.ready():
            return self._refuse(call)
        card = blank_card()
        try:
            self.ask_fields(call, card, CARD_FIELDS)
            call.facts.pay_with(card)
        except NotProtected:
            return self._refuse(call)
        finally:
            if call.facts.card is not card:
                card.wipe()
        return "collected"

    def _refuse(self, call: Call) -> str:
        call.channel.play(say(self.unavailable))
        return "unavailable"
