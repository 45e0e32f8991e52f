"""One call of the shipped flow, on fakes, as a test reads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from fs_app.domain.bill import Account, Bill
from fs_app.domain.card import Card
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.payment import ChargeResult, PaymentRequest
from fs_app.domain.rules import Rules
from fs_app.errors import CallEnded
from fs_app.flow.call import Call, Line
from fs_app.flow.engine import run_flow
from fs_app.flow.flow import Flow
from fs_app.flow.loader import load_flow
from fs_app.steps import STEPS
from fs_app.testing.fakes import (
    FakeCashier,
    FakeDirectory,
    Gate,
    ListJournal,
    TextVoice,
    approve,
)
from fs_app.testing.fakes_person import ScriptedPerson
from fs_app.testing.phone import ScriptedPhone
from fs_app.testing.services import fake_services

ROOT = Path(__file__).resolve().parents[3]
VOICE = TextVoice.read(ROOT / "sounds" / "phrases.yaml")
FLOW: Flow = load_flow(ROOT / "conf" / "flows" / "pay_balance.yaml", STEPS, VOICE)

OPEN = Account(id="a1", number="12345678", postal_code="90210-1234", receipt_to=Contact.parse("sms:+15550100001"))
CLOSED = Account(id="a2", number="87654321", closed=True)
PAID = Account(id="a3", number="11112222")
BILL = Bill(id="b1", account_id="a1", due=Money(8120, "USD"), due_date=date(2026, 2, 15))

VISA, EXPIRY, CODE, ZIP = "4111111111111111", "1228", "123", "90210"
IDENTIFY = ["12345678#", "2468"]
CARD = [VISA, EXPIRY, CODE, ZIP]
FULL, PAY = ["1"], ["1"]
WHOLE_CALL = [*IDENTIFY, *FULL, *CARD, *PAY]


@dataclass
class Seen:
    """The cards the gateway saw: read before the cashier wiped them."""

    gate: Gate
    codes: list[str] = field(default_factory=list, repr=False)
    numbers: list[str] = field(default_factory=list, repr=False)
    expiries: list[str] = field(default_factory=list, repr=False)
    cards: list[Card] = field(default_factory=list, repr=False)

    def __call__(self, request: PaymentRequest, card: Card) -> ChargeResult:
        self.codes.append(card.security_code.reveal())
        self.numbers.append(card.number.reveal())
        self.expiries.append(card.expiry.reveal())
        self.cards.append(card)
        return self.gate(request, card)


@dataclass
class Dialogue:
    """A call that has ended: what was said, where it went, what was booked."""

    phone: ScriptedPhone
    call: Call
    cashier: FakeCashier
    journal: ListJournal
    seen: Seen
    ended: str

    @property
    def said(self) -> str:
        return "\n".join(self.phone.said)

    @property
    def path(self) -> str:
        return self.journal.path


NO_RULES = Rules()


def dial(
    answers: list[str],
    *,
    gate: Gate = approve,
    bill: Bill = BILL,
    caller_id: str | None = None,
    rules: Rules = NO_RULES,
    ready: bool = True,
    submits: bool = True,
    database_down: bool = False,
    people: Iterable[ScriptedPerson] = (),
    hang_up_while: str | None = None,
    flow: Flow = FLOW,
    voice: TextVoice = VOICE,
) -> Dialogue:
    """Run a whole call; the answers are what the caller keys after one question each."""
    directory = FakeDirectory(
        accounts=[OPEN, CLOSED, PAID],
        bills=[bill],
        pins={"a1": "2468", "a2": "1357", "a3": "1111"},
        caller_ids={"+15550100": "a1"},
        down=database_down,
    )
    seen = Seen(gate)
    cashier = FakeCashier(seen, is_ready=ready, submits=submits)
    journal = ListJournal()
    phone = ScriptedPhone(voice, answers, people=people, hang_up_while=hang_up_while)
    call = Call(
        line=Line("pay_balance", "en", "payments", rules),
        channel=phone,
        services=fake_services(directory=directory, cashier=cashier),
        journal=journal,
        caller_id=caller_id,
    )
    try:
        ended = run_flow(flow, call)
    except CallEnded:
        ended = "caller_hung_up"
    return Dialogue(phone, call, cashier, journal, seen, ended)
