"""Tell how long a subscription runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from fs_app.domain.prompt import Named, say
from fs_app.flow.asking import ASKING, AskingStep
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Said, Says
from fs_app.steps.choosing import ask_which, choice

Plan = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,15}$")]
_LEARNT = frozenset({Fact.SUBSCRIPTION})


class TellSubscription(AskingStep):
    """Tells until when the caller's subscription is paid; of several the caller chooses one first, and one alone
    asks nothing."""

    do = "tell_subscription"
    needs = frozenset({Fact.ACCOUNT})
    outcomes = {
        "running": Outcome("it is paid until today or longer", _LEARNT),
        "expired": Outcome("it has ended; this was said", _LEARNT),
        "none": Outcome("there is none on this account; this was said", forgets=_LEARNT),
        **ASKING,
    }
    keys = {"1 to 7": "which one, where there are several; those that end first come first"}

    plans: Mapping[Plan, PhraseName] = Field({}, description="plan: the phrase of its name, for each")
    unnamed: Annotated[PhraseName, Says()] = Field("a_subscription", description="the name of a plan without one")
    which: Annotated[PhraseName, Says("name", "digits")] = Field(
        "which_subscription", description="offers one of several"
    )
    running: Annotated[PhraseName, Says("date")] = Field("subscription_until", description="its last day")
    expired: Annotated[PhraseName, Says("date")] = Field("subscription_ended", description="its last day is over")
    nothing: Annotated[PhraseName, Says()] = Field("no_subscription", description="there is none")

    def phrases(self) -> Iterator[Said]:
        yield from super().phrases()
        for phrase in self.plans.values():
            yield Said("plans", phrase, frozenset())

    def run(self, call: Call) -> str:
        found = call.services.subscriptions.of(proved(call.facts.account))
        if not found:
            call.channel.play(say(self.nothing))
            return "none"
        names = [Named(self.plans.get(each.plan, self.unnamed)) for each in found]
        offers = [choice(self.which, str(key), name=name) for key, name in enumerate(names, start=1)]
        place = ask_which(call, "subscription", offers, tries=self.tries) if len(found) > 1 else 0
        call.facts.subscription = chosen = found[place]
        ended = chosen.expires_on < call.services.clock.today()
        call.channel.play(say(self.expired if ended else self.running, date=chosen.expires_on))
        return "expired" if ended else "running"
