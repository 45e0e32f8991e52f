"""Ask what a gift is for, and how much it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from fs_app.domain.allocation import shared
from fs_app.domain.bill import Bill, BillKind
from fs_app.domain.money import Money
from fs_app.domain.prompt import SILENCE, Named, Percent, Prompt, say
from fs_app.flow.asking import ASKING
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact
from fs_app.flow.step import Outcome, PhraseName, Said, Says, StepEnds
from fs_app.steps.choosing import ask_which, choice
from fs_app.steps.own_amount import OwnAmount

_Key = Annotated[str, StringConstraints(pattern=r"^[1-5]$")]
_LEARNT = frozenset({Fact.BILLS, Fact.AMOUNT})
_WITHDRAWN = frozenset({Fact.CONSENT})
_MONTHLY = 1  # the place of that offer


class Project(BaseModel):
    """What a gift can be for; ``id`` is what the ledger calls it: ``gift:<id>``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,47}$")]
    say: PhraseName
    about: PhraseName
    share: int = Field(1, ge=0, le=10_000)


class ChooseGift(OwnAmount):
    """Asks what a gift is for and how much it is, for a campaign of one to five projects.

    The caller gives to one project or to all by their shares, and hears what each gets; what a project is about is
    told to who asks. The amount is one of those that are suggested or one of their own, within the line's rules: a
    suggestion outside of them is left out. Nobody has to be known to give. A caller who goes on to pay and comes
    back keeps the projects and is asked for the amount alone; `*` leads to the projects.
    """

    do = "choose_gift"
    outcomes = {
        "chosen": Outcome("a gift: what it is for, and how much", _LEARNT, _WITHDRAWN),
        "changed": Outcome(
            "the same, of a caller who has said what they pay with", _LEARNT, _WITHDRAWN, frozenset({Fact.MEANS})
        ),
        "monthly": Outcome("such a gift, every month; only with `monthly: yes`", _LEARNT, _WITHDRAWN),
        **ASKING,
    }
    keys = {
        "1 to 5": "a project; after them come all projects, and what they are about",
        "1 to 7": "at the amounts: those of YAML in order; after them an amount of the caller's own",
        "1, 2": "after the read-back: yes, change it; then: once, every month",
        "digits, then #": "an amount of their own, in minor units",
    }

    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field(description="of all gifts, e.g. USD")
    campaign: PhraseName | None = Field(None, description="phrase: what it is all for, said to who asks about it")
    projects: Mapping[_Key, Project] = Field(
        min_length=1,
        description="key: `{id, say, about, share}`: the phrases of its name and of what it is about, its weight in"
        " a gift to all",
    )
    amounts: tuple[str, ...] = Field((), max_length=6, description="suggested, in major units: `[25.00, 50.00]`")
    monthly: bool = Field(False, description="whether to offer a gift every month")
    to_one: Annotated[PhraseName, Says("name", "digits")] = Field("gift_for", description="offers a project")
    to_all: Annotated[PhraseName, Says("digits")] = Field("gift_for_all", description="offers all of them")
    part: Annotated[PhraseName, Says("share")] = Field(
        "gift_part", description="said with what a project is about: its share of a gift to all"
    )
    explain: Annotated[PhraseName, Says("digits")] = Field("gift_about", description="offers to tell about them")
    give: Annotated[PhraseName, Says("amount", "digits")] = Field("gift_amount", description="offers an amount")
    give_other: Annotated[PhraseName, Says("digits")] = Field("gift_own_amount", description="offers another one")
    gets: Annotated[PhraseName, Says("name", "amount")] = Field(
        "gift_share", description="what one of several projects gets"
    )
    once: Annotated[PhraseName, Says("digits")] = Field("gift_once", description="offers key 1")
    each_month: Annotated[PhraseName, Says("digits")] = Field("gift_monthly", description="offers key 2")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not any(project.share for project in self.projects.values()):
            raise ValueError("no project has a share")
        if len({project.id for project in self.projects.values()}) < len(self.projects):
            raise ValueError("two projects have the same id")
        for amount in self.amounts:
            if Money.parse(amount, self.currency).minor <= 0:
                raise ValueError(f"nobody gives {amount}")
        return self

    def all_outcomes(self) -> Mapping[str, Outcome]:
        return {name: each for name, each in self.outcomes.items() if self.monthly or name != "monthly"}

    def phrases(self) -> Iterator[Said]:
        offered = {"once", "each_month"} if not self.monthly else set()
        yield from (said for said in super().phrases() if said.key not in offered)
        if self.campaign is not None:
            yield Said("campaign", self.campaign, frozenset())
        for project in self.projects.values():
            yield from (Said("projects", phrase, frozenset()) for phrase in (project.say, project.about))

    def run(self, call: Call) -> str:
        projects = self._chosen_before(call)
        while True:
            if projects is None:
                projects = self._projects(call)
            try:
                return self._give(call, projects)
            except StepEnds as ends:
                if ends.outcome != "back" or len(self.projects) == 1:
                    raise
                projects = None

    def _chosen_before(self, call: Call) -> Sequence[Project] | None:
        """What a caller who only changes the amount gives to."""
        if call.facts.means is None or call.facts.bills is None:
            return None
        ids = {bill.id for bill in call.facts.bills}
        found = [project for project in self.projects.values() if f"gift:{project.id}" in ids]
        return self._all() if len(found) > 1 else found or None

    def _all(self) -> Sequence[Project]:
        return [project for project in self.projects.values() if project.share]

    # --- what for --------------------------------------------------------------------------------------------

    def _projects(self, call: Call) -> Sequence[Project]:
        """One project, or all that have a share. StepEnds as `ask`."""
        projects = list(self.projects.values())
        if len(projects) == 1:
            call.channel.play(self._about(projects[0]))
            return projects
        told = False
        while True:
            place = ask_which(call, "project", self._offers(told), tries=self.tries, before=self._campaign(told))
            if place < len(projects):
                return [projects[place]]
            if place == len(projects) and len(self._all()) > 1:
                return self._all()
            told = True

    def _campaign(self, told: bool) -> Prompt:
        return say(self.campaign) if told and self.campaign is not None else SILENCE

    def _about(self, project: Project) -> Prompt:
        return (SILENCE if self.campaign is None else say(self.campaign)) + say(project.about)

    def _explained(self, project: Project) -> Prompt:
        """What a project is about, and what part of a gift to all it gets."""
        whole = sum(each.share for each in self.projects.values())
        if project.share in (0, whole):
            return say(project.about)
        percent = (Decimal(project.share) * 100 / whole).quantize(Decimal("0.01"))
        return say(project.about) + say(self.part, share=Percent(percent))

    def _offers(self, told: bool) -> list[Prompt]:
        """Each project with its key, once asked for with what it is about; then all of them."""
        offers = []
        for key, project in enumerate(self.projects.values(), start=1):
            about = self._explained(project) if told else SILENCE
            offers.append(about + choice(self.to_one, str(key), name=Named(project.say)))
        if len(self._all()) > 1:
            offers.append(choice(self.to_all, str(len(offers) + 1)))
        return offers if told else [*offers, choice(self.explain, str(len(offers) + 1))]

    # --- how much --------------------------------------------------------------------------------------------

    def _give(self, call: Call, projects: Sequence[Project]) -> str:
        amount = self._amount(call)
        call.facts.bills = bills = self._bills(call, projects, amount)
        call.facts.amount = amount
        if len(bills) > 1:
            named = {f"gift:{project.id}": Named(project.say) for project in projects}
            call.channel.play(
                sum((say(self.gets, name=named[bill.id], amount=bill.due) for bill in bills), SILENCE)
            )
        if self.monthly and self._each_month(call):
            return "monthly"
        return "chosen" if call.facts.means is None else "changed"

    def _bills(self, call: Call, projects: Sequence[Project], amount: Money) -> tuple[Bill, ...]:
        """What each project gets; nothing for one whose share of a small gift is nothing."""
        account = call.facts.account
        giver = "" if account is None else account.id
        parts = shared(amount, [project.share if len(projects) > 1 else 1 for project in projects])
        return tuple(
            Bill(f"gift:{project.id}", giver, part, kind=BillKind.GIFT, exclusive=False)
            for project, part in zip(projects, parts, strict=True)
            if part.minor > 0
        )

    def _amount(self, call: Call) -> Money:
        """A suggested amount, or one of the caller's own. StepEnds as `ask`."""
        suggested = self._suggested(call)
        offers = [choice(self.give, str(key), amount=amount) for key, amount in enumerate(suggested, start=1)]
        while True:
            if not suggested:
                return self._own(call)
            place = ask_which(
                call, "gift", [*offers, choice(self.give_other, str(len(offers) + 1))], tries=self.tries
            )
            if place < len(suggested):
                return suggested[place]
            try:
                return self._own(call)
            except StepEnds as ends:
                if ends.outcome != "back":
                    raise

    def _suggested(self, call: Call) -> Sequence[Money]:
        smallest, largest = self._range(call)
        amounts = [Money.parse(amount, self.currency) for amount in self.amounts]
        return [amount for amount in amounts if smallest <= amount <= largest]

    def _own(self, call: Call) -> Money:
        smallest, largest = self._range(call)
        return self.keyed(call, self.currency, lambda amount: self.out_of_range(amount, smallest, largest))

    def _range(self, call: Call) -> tuple[Money, Money]:
        rules = call.line.rules
        return rules.smallest(self.currency), rules.largest(self.currency)

    def _each_month(self, call: Call) -> bool:
        offers = [choice(self.once, "1"), choice(self.each_month, "2")]
        return ask_which(call, "how often", offers, tries=self.tries) == _MONTHLY
