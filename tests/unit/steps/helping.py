"""A call at the step of a person, on fakes, as a test reads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from dialogue import BILL, FLOW, OPEN, VOICE, Seen

from fs_app.domain.assist import AssistView, FieldView
from fs_app.domain.bill import Bill
from fs_app.domain.destination import HelpRules
from fs_app.domain.hours import Hours
from fs_app.domain.money import Money
from fs_app.domain.rules import Rules
from fs_app.errors import CallEnded
from fs_app.flow.briefing import briefing
from fs_app.flow.call import Arrival, Call, Line
from fs_app.flow.engine import run_flow
from fs_app.flow.flow import Flow
from fs_app.flow.places import FlowPlaces
from fs_app.ports import Order, Ordered, OrderKind, PersonEvent
from fs_app.testing.fakes import FakeCashier, FakeDirectory, FixedClock, Gate, ListJournal, approve
from fs_app.testing.fakes_desk import FakeDesk
from fs_app.testing.fakes_person import ScriptedPerson
from fs_app.testing.phone import ScriptedPhone
from fs_app.testing.services import fake_services

CALL = "5e7c9f10-0000-4000-8000-000000000001"
MARIA, LEG = "maria@default", "a9e47000-0000-4000-8000-000000000002"
OTHER_LEG = "a9e47000-0000-4000-8000-000000000003"
HOLD = "Please hold while we connect you to a representative."
TRANSFERRING = "Please hold while we connect you to another representative."
OPTIONS = "To be called back instead, press 1. To go on by yourself, press 2. Or stay on the line."
NEXT = "You are next in line."
AFTER = "Your talk with our representative is over."
ALONE = "You can go on by yourself."
HELP, RULES, ASKED = HelpRules(), Rules(), Arrival("amount", "agent")
DUE = Money(8120, "USD")


class WatchedDesk(FakeDesk):
    """Writes down with each word how many turns the dialogue had by then."""

    phone: ScriptedPhone

    def __init__(self, **values: Any) -> None:
        super().__init__(FixedClock(), **values)
        self.turns: list[int] = []
        self.ended_at: dict[int, int] = {}

    def assist(self, view: AssistView) -> None:
        super().assist(view)
        self.turns.append(len(self.phone.dialogue))

    def ended(self, handover_id: int, end: Any) -> None:
        super().ended(handover_id, end)
        self.ended_at.setdefault(handover_id, len(self.phone.dialogue))


@dataclass
class Scene:
    """What came of it."""

    outcome: str
    phone: ScriptedPhone
    call: Call
    desk: WatchedDesk
    seen: Seen
    journal: ListJournal
    people: list[ScriptedPerson] = field(default_factory=list)

    @property
    def said(self) -> list[str]:
        return self.phone.said

    @property
    def told(self) -> list[str]:
        """What the desk was told of the hand-over."""
        return self.desk.told

    @property
    def views(self) -> list[AssistView]:
        return self.desk.assists

    @property
    def states(self) -> list[str]:
        """Where the assisted payments stood, one after the other, without repeats."""
        states: list[str] = []
        for view in self.views:
            word = f"{view.state} {view.why}".strip()
            if not states or states[-1] != word:
                states.append(word)
        return states

    def field(self, name: str) -> list[str]:
        """What the agent saw of a field: ``typing 3/16``."""
        seen: list[str] = []
        for view in self.views:
            word = in_words(next(each for each in view.fields if each.name == name))
            if not seen or seen[-1] != word:
                seen.append(word)
        return seen


def waits(*happenings: PersonEvent | None, **values: Any) -> ScriptedPerson:
    """Whom the caller waits for, and what happens meanwhile; None is that nothing did for some time."""
    return ScriptedPerson(happenings, **values)


def in_words(view: FieldView) -> str:
    keys = f" {view.keys}/{view.of}" if view.of or view.keys else ""
    return f"{view.state}{keys} {view.why}".strip()


def order(kind: OrderKind, number: int = 1, **values: Any) -> Ordered:
    return Ordered(Order(number, CALL, kind, "maria", **values))


def scene(
    *answers: str | PersonEvent,
    people: Iterable[ScriptedPerson] = (),
    help: HelpRules = HELP,
    rules: Rules = RULES,
    gate: Gate = approve,
    bills: Iterable[Bill] = (BILL,),
    known: bool = True,
    facts: dict[str, Any] | None = None,
    caller_id: str | None = "+15550100123",
    hours: Hours | None = None,
    arrival: Arrival = ASKED,
    within: dict[str, str] | None = None,
    queue: str = "",
    desk_down: bool = False,
    hang_up_while: str | None = None,
    ready: bool = True,
    flow: Flow = FLOW,
    services: dict[str, Any] | None = None,
    handed: int = 0,
    **call_values: Any,
) -> Scene:
    """Run the step `operator` of the shipped flow: of a caller who is identified and about to pay a bill, unless
    not ``known``. So many hand-overs were ``handed`` over by an earlier server."""
    people = list(people)
    seen = Seen(gate)
    desk = (services or {}).pop("desk", None) or WatchedDesk(down=desk_down)
    bills = list(bills)
    named = {
        "directory": FakeDirectory(accounts=[OPEN], bills=bills),
        "cashier": FakeCashier(seen, is_ready=ready),
        "desk": desk,
        **(services or {}),
    }
    phone = desk.phone = ScriptedPhone(VOICE, answers, people=people, hang_up_while=hang_up_while)
    journal = ListJournal()
    line = Line(flow.name, "en", "payments", rules, help=help, hours=hours)
    call = Call(line, phone, fake_services(**named), journal, caller_id=caller_id, arrival=arrival, queue=queue)
    call.within.update(within or {})
    for name, value in call_values.items():
        setattr(call, name, value)
    learnt = {"account": OPEN, "bills": tuple(bills) or None, "amount": DUE} if known else {}
    for name, value in (learnt | (facts or {})).items():
        setattr(call.facts, name, value)
    places = call.places = FlowPlaces(flow, call)
    places.current = "operator"
    for _ in range(handed):
        desk.open(briefing(call), "payments")
    desk.told.clear()
    try:
        outcome = flow.nodes["operator"].step.run(call)
    except CallEnded:
        outcome = "caller_hung_up"
    return Scene(outcome, phone, call, desk, seen, journal, people)


def whole_call(*answers: str | PersonEvent, people: Iterable[ScriptedPerson] = (), flow: Flow = FLOW, **named: Any):
    """A call from its first step, as `scene`: for where the engine goes."""
    people = list(people)
    seen = Seen(named.pop("gate", approve))
    desk = WatchedDesk()
    directory = FakeDirectory(accounts=[OPEN], bills=[BILL], pins={"a1": "2468"})
    phone = desk.phone = ScriptedPhone(VOICE, answers, people=people)
    journal = ListJournal()
    services = fake_services(directory=directory, cashier=FakeCashier(seen), desk=desk)
    line = Line(flow.name, "en", "payments", RULES, help=named.pop("help", HELP))
    call = Call(line, phone, replace(services, **named), journal)
    try:
        outcome = run_flow(flow, call)
    except CallEnded:
        outcome = "caller_hung_up"
    return Scene(outcome, phone, call, desk, seen, journal, people)
