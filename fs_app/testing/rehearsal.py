"""A flow played through by a practised caller, in memory: no switch, no gateway, no database, no time.

The account they call about has one of everything, from the demo data: an open bill, a PIN, a date of birth, a
subscription, an appointment with a co-payment; where payments are agreed to for later, a saved card. So the same
caller gets to the end of every flow.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from itertools import cycle, islice
from pathlib import Path

from fs_app.domain.appointment import Appointment
from fs_app.domain.bill import Account, Bill, BillKind
from fs_app.domain.keys import Field
from fs_app.domain.means import Kept, MeansKind, MethodToken
from fs_app.domain.money import Money
from fs_app.domain.payment import PAID_STATES
from fs_app.domain.prompt import Manner
from fs_app.domain.rules import Rules
from fs_app.domain.subscription import Offer, Subscription
from fs_app.flow.call import PLAIN_RULES, Call, Line, Services
from fs_app.flow.checkpoint import Checkpoint
from fs_app.flow.engine import run_flow
from fs_app.flow.flow import Flow, Node
from fs_app.flow.step import ChargingStep
from fs_app.ports import Clock, ConsentId, Voice
from fs_app.steps.choose_language import ChooseLanguage
from fs_app.steps.confirm_agreement import ConfirmAgreement
from fs_app.steps.find_bill import FindBill
from fs_app.steps.menu import Menu
from fs_app.store.demo_data import DEMO_ACCOUNTS, DEMO_OFFERS, DEMO_PIN
from fs_app.testing.fakes import FakeCashier, FakeCheckpoints, FakeDirectory, ListJournal, approve
from fs_app.testing.fakes_methods import FakeSavedMethods
from fs_app.testing.fakes_offers import FakeAppointments, FakeSubscriptions
from fs_app.testing.practised import Given, PractisedCaller, Told
from fs_app.testing.services import fake_services

_ID = "practised"
_BORN = date(1980, 3, 4)
_CURRENCY = "USD"
_LEAVES_OUT = frozenset({"hear again", "survey"})
"""What a practised caller lets pass."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A flow as one caller heard it. ``path`` are the steps with their outcomes, ``paid`` tells whether it led to
    a payment, or to an agreement to pay later, ``language`` is the one it ended in, ``files`` are the recordings
    that were played."""

    told: tuple[Told, ...]
    path: str
    paid: bool
    language: str
    files: frozenset[Path]


def rehearse(
    flow: Flow,
    voice: Voice,
    clock: Clock,
    *,
    language: str,
    manner: Manner = Manner.PLAIN,
    rules: Rules = PLAIN_RULES,
    given: Given | None = None,
) -> Rehearsal:
    """Walk a flow to its end with a practised caller; ``given`` is what they key otherwise, by step."""
    knows = _Knowledge(flow, rules, clock.today(), language, given or {})
    caller = PractisedCaller(voice, knows.choose, language=language, manner=manner)
    cashier = FakeCashier(approve)
    journal = _Steps(caller)
    line = Line(flow.name, language, "payments", rules)
    services = _services(knows, cashier, clock, _Whereabouts(caller))

    def paid() -> bool:
        return any(each.state in PAID_STATES for each in cashier.payments) or bool(services.agreements.all())

    knows.has_paid = paid
    run_flow(flow, Call(line, caller, services, journal))
    return Rehearsal(
        told=tuple(caller.told),
        path=journal.path,
        paid=paid(),
        language=caller.language,
        files=frozenset(caller.files),
    )


class _Whereabouts(FakeCheckpoints):
    """A checkpoint is kept at the beginning of each step: it tells the caller which one it is."""

    def __init__(self, caller: PractisedCaller) -> None:
        super().__init__()
        self._caller = caller

    def commit(self, uuid: str, text: str) -> bool:
        checkpoint = Checkpoint.read(text)
        if checkpoint is not None:
            self._caller.step = checkpoint.step
        return super().commit(uuid, text)


class _Steps(ListJournal):
    """Tells the caller which step has ended: the last one of a flow keeps no checkpoint."""

    def __init__(self, caller: PractisedCaller) -> None:
        super().__init__()
        self._caller = caller

    def step(self, name: str, kind: str, outcome: str, seconds: float) -> None:
        super().step(name, kind, outcome, seconds)
        self._caller.end_step(name)


class _Knowledge:
    """What a practised caller knows: their numbers, as long as the rules have them, and what to choose."""

    def __init__(self, flow: Flow, rules: Rules, today: date, language: str, given: Given) -> None:
        self._flow = flow
        self._language = language
        self._given = defaultdict(list, {step: list(keys) for step, keys in given.items()})
        self.today = today
        self.has_paid: Callable[[], bool] = lambda: False
        self.has_saved_card = any(isinstance(node.step, ConfirmAgreement) for node in flow.nodes.values())
        self.account = Account(
            id=_ID,
            number=_as_long(DEMO_ACCOUNTS[0].number, *rules.account_lengths),
            postal_code=_as_long("94107", rules.postal_code_length, rules.postal_code_length),
            birth_date=_BORN,
        )
        self.pin = _as_long(DEMO_PIN, rules.pin_length, rules.pin_length)
        self.customer = _as_long("50001", *rules.customer_lengths)
        self.bill = Bill(
            f"{_ID}-1",
            _ID,
            Money(DEMO_ACCOUNTS[0].bills[0].minor, _CURRENCY),
            due_date=today + timedelta(days=14),
            number=_as_long("700101", *rules.bill_lengths),
            kind=_kind(flow),
        )
        self._digits: Mapping[str, str] = {
            "card number": "4111111111111111",
            "expiry": f"12{(today.year + 3) % 100:02}",
            "security code": "1234",
            "postal code": self.account.postal_code or "",
            "account number": f"{self.account.number}#",
            "bill number": f"{self.bill.number}#",
            "customer number": f"{self.customer}#",
            "date of birth": "".join(_born(part) for part in rules.birth_date_order),
            "pin": self.pin,
            "routing number": "021000021",
            "bank account number": "123456789#",
            "amount": f"{self.bill.due.minor}#",
        }

    def choose(self, step: str, field: Field) -> str:
        """What they key."""
        if self._given[step]:
            return self._given[step].pop(0)
        if field.name in _LEAVES_OUT:
            return ""
        if not field.choices:
            keys = self._digits.get(field.name, "1" * field.min_length)
            return keys if keys.endswith("#") else keys[: field.max_length]
        return self._choice(self._flow.nodes[step], field)

    def _choice(self, node: Node, field: Field) -> str:
        """Their language; in a menu of the flow, the first choice that leads on to a payment, or away from it for
        whoever has paid; else the first."""
        if isinstance(node.step, ChooseLanguage):
            keys = [key for key, language in node.step.choices.items() if language == self._language]
            return (keys or sorted(field.choices))[0]
        if isinstance(node.step, Menu):
            for key, outcome in sorted(node.step.choices.items()):
                if self._leads_to_payment(node.next[outcome], node.name) is not self.has_paid():
                    return key
        return min(field.choices)

    def _leads_to_payment(self, start: str, menu: str) -> bool:
        """Whether a charge, or an agreement, can follow without the menu being heard again."""
        seen, waiting = {menu}, [start]
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if isinstance(self._flow.nodes[name].step, (ChargingStep, ConfirmAgreement)):
                return True
            waiting += self._flow.nodes[name].next.values()
        return False


def _services(knows: _Knowledge, cashier: FakeCashier, clock: Clock, checkpoints: FakeCheckpoints) -> Services:
    directory = FakeDirectory(
        accounts=[knows.account],
        bills=[knows.bill],
        pins={_ID: knows.pin},
        customers={knows.customer: _ID},
    )
    copay = Bill(f"{_ID}-copay", _ID, Money(2_500, _CURRENCY), kind=BillKind.COPAY)
    visit = Appointment(_ID, _ID, knows.today + timedelta(days=3), time(9, 30), copay=copay)
    offers: defaultdict[str, list[Offer]] = defaultdict(list)
    for has, gets, months, price in DEMO_OFFERS:
        offers[has].append(Offer(gets, months, Money(price, _CURRENCY)))
    plan = next(account.plan for account in DEMO_ACCOUNTS if account.plan is not None)
    subscription = Subscription(_ID, _ID, plan, knows.today + timedelta(days=20))
    methods = FakeSavedMethods()
    if knows.has_saved_card:
        methods.save(_ID, Kept(MethodToken("saved"), MeansKind.CARD, "visa", "1111"), ConsentId(1))
    return fake_services(
        methods=methods,
        directory=directory,
        cashier=cashier,
        clock=clock,
        checkpoints=checkpoints,
        subscriptions=FakeSubscriptions([subscription], offers),
        appointments=FakeAppointments([visit], today=knows.today),
    )


def _kind(flow: Flow) -> BillKind:
    """What is paid in a flow: a fine where it looks for fines."""
    kinds: Sequence[BillKind] = [
        node.step.kind for node in flow.nodes.values() if isinstance(node.step, FindBill) and node.step.kind
    ]
    return kinds[0] if kinds else BillKind.BILL


def _as_long(digits: str, shortest: int, longest: int) -> str:
    """The digits, again and again until there are enough, cut where there are too many."""
    return "".join(islice(cycle(digits), max(shortest, min(longest, len(digits)))))


def _born(part: str) -> str:
    return {"d": f"{_BORN.day:02}", "m": f"{_BORN.month:02}", "y": str(_BORN.year)}[part]
