"""Ask what is bought for a subscription: more time, or another plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Field

from fs_app.domain.prompt import Counted, Named, Prompt, say
from fs_app.domain.subscription import Offer, Subscription, bill_of, extended, term_of
from fs_app.flow.asking import ASKING, AskingStep
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Said, Says
from fs_app.steps.choosing import ask_which, choice
from fs_app.steps.tell_subscription import Plan

_LEARNT = frozenset({Fact.BILLS, Fact.AMOUNT})
_WITHDRAWN = frozenset({Fact.CONSENT})
_YEAR = 12


class ChooseRenewal(AskingStep):
    """Offers what can be bought for the subscription, each with its price, and until when it is paid then; of
    another plan the price is the difference.

    What is paid counts by itself, from the ledger: no step follows the charge. What costs more than the line's
    largest payment is not offered, nor another plan of which YAML does not tell the name, nor one for a
    subscription that has ended unless it comes with new months.
    """

    do = "choose_renewal"
    needs = frozenset({Fact.ACCOUNT, Fact.SUBSCRIPTION})
    outcomes = {
        "chosen": Outcome("what is bought, and for how much", _LEARNT, _WITHDRAWN),
        "changed": Outcome(
            "the same, of a caller who has said what they pay with", _LEARNT, _WITHDRAWN, frozenset({Fact.MEANS})
        ),
        "nothing": Outcome("nothing is offered for it; this was said", forgets=_LEARNT | _WITHDRAWN),
        **ASKING,
    }
    keys = {"1 to 7": "what is offered, in the order of the operator's data"}

    offer: Literal["all", "renewals", "upgrades"] = Field(
        "all", description="`renewals`: the same plan for longer; `upgrades`: other plans; or `all`"
    )
    plans: Mapping[Plan, PhraseName] = Field({}, description="plan: the phrase of its name, for each")
    renew: Annotated[PhraseName, Says("term", "date", "amount", "digits")] = Field(
        "offer_renewal", description="so much longer; {date} is the new last day"
    )
    upgrade: Annotated[PhraseName, Says("name", "date", "amount", "digits")] = Field(
        "offer_upgrade", description="another plan; {date} is its last day"
    )
    nothing: Annotated[PhraseName, Says()] = Field("no_offer", description="nothing is offered")

    def phrases(self) -> Iterator[Said]:
        yield from super().phrases()
        for phrase in self.plans.values():
            yield Said("plans", phrase, frozenset())

    def run(self, call: Call) -> str:
        subscription = self._as_it_stands(call)
        offers = self._offers(call, subscription) if subscription is not None else ()
        if subscription is None or not offers:
            call.channel.play(say(self.nothing))
            return "nothing"
        told = [self._told(call, subscription, offer, key) for key, offer in enumerate(offers, start=1)]
        offer = offers[ask_which(call, "offer", told, tries=self.tries)]
        call.facts.bills = (bill_of(subscription, offer),)
        call.facts.amount = offer.price
        return "chosen" if call.facts.means is None else "changed"

    def _as_it_stands(self, call: Call) -> Subscription | None:
        """Looked up anew: it may have been renewed in this very call."""
        known = proved(call.facts.subscription)
        found = call.services.subscriptions.of(proved(call.facts.account))
        return next((each for each in found if each.id == known.id), None)

    def _offers(self, call: Call, subscription: Subscription) -> Sequence[Offer]:
        ended = subscription.expires_on < call.services.clock.today()
        return [
            offer
            for offer in call.services.subscriptions.offers(subscription)
            if self.offer in ("all", "upgrades" if offer.upgrades(subscription) else "renewals")
            and (not offer.upgrades(subscription) or offer.plan in self.plans)
            and (offer.months or not ended)
            and offer.price <= call.line.rules.largest(offer.price.currency)
        ]

    def _told(self, call: Call, subscription: Subscription, offer: Offer, key: int) -> Prompt:
        after = extended(subscription, [(term_of(subscription, offer), call.services.clock.today())])
        if offer.upgrades(subscription):
            name = Named(self.plans[offer.plan])
            return choice(self.upgrade, str(key), name=name, date=after.expires_on, amount=offer.price)
        years, months = divmod(offer.months, _YEAR)
        term = Counted(offer.months, "month") if months else Counted(years, "year")
        return choice(self.renew, str(key), term=term, date=after.expires_on, amount=offer.price)
