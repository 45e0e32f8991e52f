"""Ask what is paid again and again, how often, from when on, and until when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from fs_app.domain import fields
from fs_app.domain.agreement import AgreementKind, Amount, Fixed, FullBalance, Target, Terms
from fs_app.domain.bill import Account, BillKind
from fs_app.domain.money import Money
from fs_app.domain.prompt import Prompt, say
from fs_app.domain.proposal import Proposal, targets_of
from fs_app.flow.asking import ASKING, ask
from fs_app.flow.call import Call
from fs_app.flow.facts import Fact, proved
from fs_app.flow.step import Outcome, PhraseName, Says
from fs_app.steps.choosing import ask_in_order, ask_which, choice
from fs_app.steps.own_amount import OwnAmount
from fs_app.steps.own_date import OwnDate
from fs_app.steps.periods import PERIOD_NAMES, PERIODS, PeriodName, ask_period

_FULL, _FIXED = "full", "fixed"
_ENDS = ("never", "until", "times")
_TOMORROW, _LONGEST_UNTIL = timedelta(days=1), timedelta(days=366)


class ChooseRecurring(OwnDate, OwnAmount):
    """Asks for recurring payments on the account: a fixed amount or whatever is due, every week, two weeks or
    month, from a first date on, until they are cancelled, until a date, or so many times.

    The full balance is offered where the account has an address: an amount that changes is announced in writing ten
    days ahead, which leaves too little time for every week. A gift that was chosen is what is given each time.
    """

    do = "choose_recurring"
    needs = frozenset({Fact.ACCOUNT})
    outcomes = {
        "chosen": Outcome("recurring payments", frozenset({Fact.TERMS}), frozenset({Fact.CONSENT})),
        **ASKING,
    }
    keys = {
        "1, 2": "a fixed amount, the full balance; after a read-back: yes, change it",
        "1 to 3": "how often; then: until it is cancelled, until a date, so many times",
        "digits": "a date; a number or an amount with #",
    }
    says = OwnDate.says | PERIOD_NAMES

    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = Field(
        "USD", description="of a fixed amount where nothing is due; else it is that of what is due"
    )
    periods: tuple[PeriodName, ...] = Field(
        ("week", "two_weeks", "month"), min_length=1, description="offered; one alone is not asked for"
    )
    ends: bool = Field(True, description="whether to ask how long; else it goes on until it is cancelled")
    full: bool = Field(True, description="whether the full balance is offered")
    fixed: Annotated[PhraseName, Says("digits")] = Field("recurring_fixed", description="offers a fixed amount")
    balance: Annotated[PhraseName, Says("digits")] = Field("recurring_balance", description="offers what is due")
    how_often: Annotated[PhraseName, Says("name", "digits")] = Field("choose_period", description="offers a period")
    first_date: Annotated[PhraseName, Says("order")] = Field(
        "enter_first_date", description="asks for the first date"
    )
    never: Annotated[PhraseName, Says("digits")] = Field(
        "recurring_never_ends", description="until it is cancelled"
    )
    until: Annotated[PhraseName, Says("digits")] = Field("recurring_until", description="until a date")
    times: Annotated[PhraseName, Says("digits")] = Field("recurring_times", description="so many times")
    last_date: Annotated[PhraseName, Says("order")] = Field("enter_last_date", description="asks for the last date")
    enter_times: Annotated[PhraseName, Says()] = Field("enter_times", description="how many payments")
    no_times: Annotated[PhraseName, Says()] = Field("too_few_times", description="none is no payment")

    def run(self, call: Call) -> str:
        call.facts.terms = _Asking(self, call).chosen()
        return "chosen"


class _Asking:
    """The questions to one caller."""

    def __init__(self, step: ChooseRecurring, call: Call) -> None:
        self._step, self._call = step, call
        self._account: Account = proved(call.facts.account)
        self._today: date = call.services.clock.today()
        bills = call.facts.bills or ()
        self._gift = bool(bills) and all(bill.kind is BillKind.GIFT for bill in bills)
        self._targets: tuple[Target, ...] = (targets_of(bills, self._account.id) or ()) if self._gift else ()
        open_bills = () if self._gift else call.services.directory.open_bills(self._account)
        self._due = sum((bill.due for bill in open_bills[1:]), open_bills[0].due) if open_bills else None
        self._currency = call.facts.amount.currency if self._gift and call.facts.amount else self._of_account()

    def _of_account(self) -> str:
        return self._step.currency if self._due is None else self._due.currency

    def chosen(self) -> Proposal:
        """What the caller chooses. StepEnds as `ask`."""
        answers = ask_in_order(
            self._call,
            {
                "what": self._what,
                "amount": self._amount,
                "every": self._every,
                "first": self._first,
                "how long": self._how_long,
                "last": self._last,
                "times": self._times,
            },
        )
        first, day = date.fromisoformat(answers["first"].partition("/")[0]), int(answers["first"].partition("/")[2])
        last, times = answers.get("last"), answers.get("times")
        every = PERIODS[answers.get("every", self._step.periods[0])]
        terms = Terms(
            amount=self._terms_amount(answers.get("amount")),
            first=first,
            every=every,
            last=None if last is None else date.fromisoformat(last),
            times=None if times is None else int(times),
            day=day if day != first.day and every == PERIODS["month"] else None,
        )
        told = None if isinstance(terms.amount, Fixed) else self._due
        return Proposal(AgreementKind.RECURRING, terms, targets=self._targets, told=told)

    def _terms_amount(self, keyed: str | None) -> Amount:
        if self._gift:
            return Fixed(proved(self._call.facts.amount))
        return FullBalance(self._currency) if keyed is None else Fixed(Money(int(keyed), self._currency))

    def _what(self) -> str | None:
        step = self._step
        if self._gift or not step.full or self._account.receipt_to is None or set(step.periods) == {"week"}:
            return None
        offers = [choice(step.fixed, "1"), choice(step.balance, "2")]
        return (_FIXED, _FULL)[ask_which(self._call, "amount", offers, tries=step.tries)]

    def _amount(self) -> str | None:
        if self._gift or self._call.within.get("what") == _FULL:
            return None
        rules = self._call.line.rules
        smallest, largest = rules.smallest(self._currency), rules.largest(self._currency)
        keyed = self._step.keyed(
            self._call, self._currency, lambda amount: self._step.out_of_range(amount, smallest, largest)
        )
        return str(keyed.minor)

    def _every(self) -> str | None:
        full = self._call.within.get("what") == _FULL
        periods = [name for name in self._step.periods if not (full and name == "week")]
        if len(self._step.periods) == 1:
            return None
        return ask_period(self._call, self._step.how_often, periods, tries=self._step.tries)

    def _first(self) -> str:
        latest, monthly = (
            self._call.line.offers.latest(self._today),
            self._call.within.get("every", "month") == "month",
        )
        first, day = self._step.keyed_date(
            self._call, self._today + _TOMORROW, latest, question=self._step.first_date, month_ends=monthly
        )
        return f"{first.isoformat()}/{day}"

    def _how_long(self) -> str | None:
        step = self._step
        if not step.ends:
            return None
        offers = [choice(step.never, "1"), choice(step.until, "2"), choice(step.times, "3")]
        return _ENDS[ask_which(self._call, "how long", offers, tries=step.tries)]

    def _last(self) -> str | None:
        if self._call.within.get("how long") != "until":
            return None
        first = date.fromisoformat(self._call.within["first"].partition("/")[0])
        last, _ = self._step.keyed_date(
            self._call, first, first + _LONGEST_UNTIL, question=self._step.last_date, month_ends=True
        )
        return last.isoformat()

    def _times(self) -> str | None:
        if self._call.within.get("how long") != "times":
            return None

        def wrong(digits: str) -> Prompt | None:
            return say(self._step.no_times) if int(digits) < 1 else None

        question = say(self._step.enter_times)
        return str(
            int(
                ask(
                    self._call, fields.instalments(), question, question, tries=self._step.tries, check=wrong
                ).reveal()
            )
        )
