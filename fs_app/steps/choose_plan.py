"""Ask in which instalments something is paid."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from fs_app.domain import fields
from fs_app.domain.agreement import Planned
from fs_app.domain.bill import combined
from fs_app.domain.money import Money
from fs_app.domain.plan import OfferRules, plan, plan_by_amount
from fs_app.domain.prompt import Counted, Prompt, Value, say
from fs_app.domain.proposal import in_instalments, targets_of
from fs_app.flow.asking import ASKING, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says
from fs_app.steps.choosing import Question, ask_in_order, ask_which, choice
from fs_app.steps.own_amount import OwnAmount
from fs_app.steps.own_date import OwnDate
from fs_app.steps.periods import PERIOD_NAMES, PERIODS, PeriodName, ask_period, period_named

_OWN, _COUNT, _EACH = "own", "count", "each"
_TOMORROW = timedelta(days=1)


class ChoosePlan(OwnDate, OwnAmount):
    """Offers plans of instalments for what was chosen, each with its amounts and dates, and one of the caller's
    own: how many instalments or how much each, how often, and from when on.

    The plans keep to the settings: at most `agreements.most_instalments`, none below
    `agreements.smallest_instalment_minor`, and the last one no later than `agreements.longest_days`. Where they
    leave none, this is said. Nothing of the sum is lost: the instalments differ by a cent where they have to.
    """

    do = "choose_plan"
    needs = frozenset({Fact.ACCOUNT, Fact.BILLS})
    outcomes = {
        "chosen": Outcome("a plan", frozenset({Fact.TERMS}), frozenset({Fact.CONSENT})),
        "not_possible": Outcome("this cannot be paid so; this was said", forgets=frozenset({Fact.TERMS})),
        **ASKING,
    }
    keys = {
        "1 to 4": "a plan, in the order told; after them one of their own",
        "1, 2": "their own: how many instalments, or how much each; after a read-back: yes, change it",
        "1 to 3": "how often",
        "digits": "the first date; a number or an amount with #",
    }
    says = OwnDate.says | PERIOD_NAMES

    counts: tuple[int, ...] = Field((2, 3, 6), max_length=4, description="how many instalments the plans have")
    every: PeriodName = Field("month", description="how often in the plans: `week`, `two_weeks` or `month`")
    first_in_days: int = Field(1, ge=0, le=60, description="the first instalment of a plan, from today")
    own: bool = Field(True, description="whether to offer a plan of the caller's own")
    even: Annotated[PhraseName, Says("instalments", "amount", "name", "first", "last", "digits")] = Field(
        "plan_even", description="offers a plan; {name} is how often"
    )
    uneven: Annotated[PhraseName, Says("instalments", "amount", "rest", "name", "first", "last", "digits")] = Field(
        "plan_uneven", description="the same where the last instalment, {rest}, differs"
    )
    offer_own: Annotated[PhraseName, Says("digits")] = Field("plan_own", description="offers one of their own")
    by_count: Annotated[PhraseName, Says("digits")] = Field("plan_by_count", description="offers key 1")
    by_amount: Annotated[PhraseName, Says("digits")] = Field("plan_by_amount", description="offers key 2")
    enter_count: Annotated[PhraseName, Says()] = Field("enter_instalments", description="how many")
    enter_count_again: Annotated[PhraseName, Says("instalments")] = Field(
        "enter_instalments_again", description="more at length; {instalments} are the most"
    )
    too_many: Annotated[PhraseName, Says("instalments")] = Field(
        "too_many_instalments", description="tells the most"
    )
    too_few: Annotated[PhraseName, Says()] = Field("too_few_instalments", description="one is no plan")
    how_often: Annotated[PhraseName, Says("name", "digits")] = Field("choose_period", description="offers a period")
    first_date: Annotated[PhraseName, Says("order")] = Field(
        "enter_first_date", description="asks for the first date"
    )
    too_long: Annotated[PhraseName, Says("date")] = Field("plan_too_long", description="tells the latest last date")
    no_plan: Annotated[PhraseName, Says()] = Field("no_plan_possible", description="the rules allow no plan")
    not_later: Annotated[PhraseName, Says()] = Field("not_payable_later", description="this cannot be paid later")

    def run(self, call: Call) -> str:
        bills = proved(call.facts.bills)
        targets = targets_of(bills, proved(call.facts.account).id)
        asking = _Asking(self, call, combined(bills).due)
        if targets is None or not asking.possible:
            call.channel.play(say(self.not_later if targets is None else self.no_plan))
            return "not_possible"
        call.facts.terms = in_instalments(asking.chosen(), targets)
        return "chosen"


class _Asking:
    """The questions of one caller about one sum."""

    def __init__(self, step: ChoosePlan, call: Call, total: Money) -> None:
        self._step, self._call, self._total = step, call, total
        self._rules: OfferRules = call.line.offers
        self._today: date = call.services.clock.today()
        first, every = self._today + timedelta(days=step.first_in_days), PERIODS[step.every]
        plans = [plan(total, count, first, every) for count in step.counts if count <= total.minor]
        self._plans = [each for each in plans if self._rules.allows(each, self._today)]

    @property
    def possible(self) -> bool:
        """Whether there is any plan to choose."""
        return bool(self._plans) or (self._step.own and self._most > 1)

    @property
    def _most(self) -> int:
        """So many instalments at most."""
        return min(self._rules.most, self._total.minor // self._rules.smallest_minor)

    def chosen(self) -> tuple[Planned, ...]:
        """The plan that the caller chooses or makes. StepEnds as `ask`."""
        questions = {
            "plan": self._which,
            "how": lambda: self._if_own(self._by_what),
            "number": lambda: self._if_own(self._count, _COUNT),
            "each": lambda: self._if_own(self._each, _EACH),
            "every": lambda: self._if_own(self._every),
            "first": lambda: self._if_own(self._first),
        }
        answers = ask_in_order(self._call, questions)
        if answers.get("plan", _OWN) != _OWN:
            return self._plans[int(answers["plan"])]
        return self._made(date.fromisoformat(answers["first"]))

    def _if_own(self, question: Question, how: str = "") -> str | None:
        """A question about a plan of one's own, asked that way."""
        answers = self._call.within
        if answers.get("plan", _OWN) != _OWN or (how and answers["how"] != how):
            return None
        return question()

    def _which(self) -> str | None:
        step, offers = self._step, [self._told(place) for place in range(len(self._plans))]
        if not offers:
            return None
        if step.own and self._most > 1:
            offers.append(choice(step.offer_own, str(len(offers) + 1)))
        place = ask_which(self._call, "plan", offers, tries=step.tries)
        return str(place) if place < len(self._plans) else _OWN

    def _told(self, place: int) -> Prompt:
        planned = self._plans[place]
        amount, rest = proved(planned[0].amount), proved(planned[-1].amount)
        values: dict[str, Value] = {
            "instalments": Counted(len(planned), "instalment"),
            "amount": amount,
            "name": period_named(PERIODS[self._step.every]),
            "first": planned[0].due_on,
            "last": planned[-1].due_on,
        }
        if rest == amount:
            return choice(self._step.even, str(place + 1), **values)
        return choice(self._step.uneven, str(place + 1), **values, rest=rest)

    def _by_what(self) -> str:
        offers = [choice(self._step.by_count, "1"), choice(self._step.by_amount, "2")]
        return (_COUNT, _EACH)[ask_which(self._call, "own plan", offers, tries=self._step.tries)]

    def _count(self) -> str:
        step, most = self._step, Counted(self._most, "instalment")

        def wrong(digits: str) -> Prompt | None:
            if int(digits) < 2:
                return say(step.too_few)
            return say(step.too_many, instalments=most) if int(digits) > most.number else None

        question, again = say(step.enter_count), say(step.enter_count_again, instalments=most)
        return str(
            int(ask(self._call, fields.instalments(), question, again, tries=step.tries, check=wrong).reveal())
        )

    def _each(self) -> str:
        step, smallest = self._step, Money(self._rules.smallest_minor, self._total.currency)

        def wrong(amount: Money) -> Prompt | None:
            outside = step.out_of_range(amount, smallest, self._total - smallest)
            if outside is not None:
                return outside
            if len(plan_by_amount(self._total, amount, smallest, self._today, PERIODS["month"])) > self._rules.most:
                return say(step.too_many, instalments=Counted(self._rules.most, "instalment"))
            return None

        return str(step.keyed(self._call, self._total.currency, wrong).minor)

    def _every(self) -> str:
        return ask_period(self._call, self._step.how_often, list(PERIODS), tries=self._step.tries)

    def _first(self) -> str:
        latest = self._rules.latest(self._today)

        def wrong(first: date) -> Prompt | None:
            return None if self._made(first)[-1].due_on <= latest else say(self._step.too_long, date=latest)

        tomorrow = self._today + _TOMORROW
        question = self._step.first_date
        first, _ = self._step.keyed_date(self._call, tomorrow, latest, question=question, wrong=wrong)
        return first.isoformat()

    def _made(self, first: date) -> tuple[Planned, ...]:
        """The caller's own plan from that day on."""
        answers, total = self._call.within, self._total
        every, smallest = PERIODS[answers["every"]], Money(self._rules.smallest_minor, total.currency)
        if answers["how"] == _COUNT:
            return plan(total, int(answers["number"]), first, every)
        return plan_by_amount(total, Money(int(answers["each"]), total.currency), smallest, first, every)
