"""In-memory stand-ins for the ports a flow uses: readable, deterministic, without files or threads.

It has a short class for each port: more than 300 lines, and nothing that belongs apart.
"""

from __future__ import annotations

import re
from calendar import day_name
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from fs_app import yamlfile
from fs_app.domain.bill import Account, Bill
from fs_app.domain.payment import (
    Approved,
    ChargeResult,
    Means,
    OrderId,
    Payment,
    PaymentId,
    PaymentRequest,
    PaymentState,
    TransactionId,
    Unknown,
    state_after,
)
from fs_app.domain.prompt import (
    Count,
    Counted,
    Digits,
    Manner,
    Named,
    Ordinal,
    Percent,
    Prompt,
    TimeOfDay,
    Value,
    Weekday,
)
from fs_app.errors import StoreUnavailable
from fs_app.ports import MOST_BILLS, LedgerEvent, PaymentOutcome, SurveyAnswer, Tune, Utterance

_GAP = re.compile(r"\{([a-z_]+)\}")


class TextVoice:
    """Implements `ports.Voice` without sound: the phrases of a file, values as plain as they come."""

    def __init__(self, phrases: Mapping[str, Mapping[str, str]]) -> None:
        self._phrases = phrases

    @classmethod
    def read(cls, path: Path) -> TextVoice:
        """The phrases of a ``phrases.yaml``."""
        return cls(yamlfile.read(path).data)

    @property
    def languages(self) -> Sequence[str]:
        return list(self._phrases)

    def gaps(self, phrase: str, language: str) -> frozenset[str] | None:
        text = self._phrases.get(language, {}).get(phrase)
        return None if text is None else frozenset(_GAP.findall(text))

    def render(self, prompt: Prompt, language: str, manner: Manner = Manner.PLAIN) -> Utterance:
        texts = []
        for phrase in prompt.phrases:
            values = {name: self._spoken(value, language) for name, value in phrase.values}
            short = self._phrases[language].get(f"{phrase.name}_short") if manner is Manner.BRIEF else None
            texts.append((short or self._phrases[language][phrase.name]).format(**values))
        return Utterance((), " ".join(texts), 0.0)

    def tune(self, tune: Tune) -> Utterance:
        return Utterance((), f"({tune})", 0.0)

    def _spoken(self, value: Value, language: str) -> str:
        match value:
            case Digits():
                return " ".join(value.text)
            case Count():
                return str(value.number)
            case Counted():
                return f"{value.number} {value.noun}{'s' if value.number != 1 else ''}"
            case Ordinal():
                return f"{value.noun or ''} {value.number}".strip()
            case Named():
                return self._phrases[language][value.phrase]
            case TimeOfDay():
                return f"{value.time:%H:%M}"
            case Weekday():
                return day_name[value.number - 1]
            case Percent():
                return f"{float(value.number):g}%"
            case _:
                return str(value)


@dataclass
class FakeDirectory:
    """Implements `ports.Directory` on literals. ``pins`` by account id; while ``down`` every answer is an error."""

    accounts: Sequence[Account] = ()
    bills: Sequence[Bill] = ()
    pins: Mapping[str, str] = field(default_factory=dict)
    caller_ids: Mapping[str, str] = field(default_factory=dict)  # telephone number to account id
    customers: Mapping[str, str] = field(default_factory=dict)  # customer number to account id
    down: bool = False

    def by_number(self, number: str) -> Account | None:
        self._check()
        return next((account for account in self.accounts if account.number == number), None)

    def by_caller_id(self, caller_id: str) -> Account | None:
        self._check()
        return self._by_id(self.caller_ids.get(caller_id))

    def by_customer_number(self, number: str) -> Account | None:
        self._check()
        return self._by_id(self.customers.get(number))

    def by_bill_number(self, number: str) -> Account | None:
        bill = self.bill_by_number(number)
        return None if bill is None else self._by_id(bill.account_id)

    def pin_matches(self, account: Account | None, pin: str) -> bool:
        self._check()
        return account is not None and self.pins.get(account.id) == pin

    def open_bills(self, account: Account) -> Sequence[Bill]:
        self._check()
        mine = [bill for bill in self.bills if bill.account_id == account.id and bill.due.minor > 0]
        return mine[:MOST_BILLS]

    def bill_by_number(self, number: str) -> Bill | None:
        self._check()
        return next((bill for bill in self.bills if number and bill.number == number), None)

    def _by_id(self, account_id: str | None) -> Account | None:
        return next((account for account in self.accounts if account.id == account_id), None)

    def _check(self) -> None:
        if self.down:
            raise StoreUnavailable("the fake database is down")


Gate = Callable[[PaymentRequest, Means], ChargeResult]
"""Decides a payment: it sees the card that was handed over, before it is wiped."""


@dataclass
class FakeCashier:
    """Implements `ports.Cashier`: ``gate`` decides each attempt, ``submits`` tells whether it is captured."""

    gate: Gate
    is_ready: bool = True
    submits: bool = True
    payments: list[Payment] = field(default_factory=list)
    saves: list[bool] = field(default_factory=list)
    found: ChargeResult | None = None
    """What `follow_up` finds at the gateway."""

    def ready(self) -> bool:
        return self.is_ready

    def pay(self, request: PaymentRequest, means: Means, *, save: bool = False) -> PaymentOutcome:
        self.saves.append(save)
        try:
            result = self.gate(request, means)
        finally:
            means.wipe()
        state = state_after(result)
        if state is PaymentState.AUTHORISED and self.submits:
            state = PaymentState.SUBMITTED
        number = len(self.payments) + 1
        payment = Payment(
            id=PaymentId(number),
            order_id=OrderId(f"order-{number}"),
            confirmation=f"{90000000 + number}",
            state=state,
            request=request,
            opened_at=datetime(2026, 1, 31, tzinfo=UTC),
        )
        self.payments.append(payment)
        return PaymentOutcome(payment, result)

    def last_attempt(self, call_uuid: str) -> Payment | None:
        mine = [payment for payment in self.payments if payment.request.call_uuid == call_uuid]
        return mine[-1] if mine else None

    def follow_up(self, payment: Payment) -> PaymentOutcome:
        found = self.found or Unknown("its server is gone")
        state = PaymentState.SUBMITTED if isinstance(found, Approved) else state_after(found)
        return PaymentOutcome(replace(payment, state=state), found)


def approve(request: PaymentRequest, means: Means) -> ChargeResult:
    """A gate that says yes."""
    return Approved(TransactionId("t1"), request.amount)


def in_turn(results: Iterable[ChargeResult | Exception]) -> Gate:
    """A gate that answers one after the other; an exception is raised."""
    waiting = iter(results)

    def gate(request: PaymentRequest, means: Means) -> ChargeResult:
        result = next(waiting)
        if isinstance(result, Exception):
            raise result
        return result

    return gate


@dataclass
class FakeCheckpoints:
    """Implements `ports.Checkpoints`: everything is written at once, unless it is ``down``."""

    places: dict[str, str] = field(default_factory=dict)
    down: bool = False

    def keep(self, uuid: str, text: str) -> None:
        self.commit(uuid, text)

    def commit(self, uuid: str, text: str) -> bool:
        if not self.down:
            self.places[uuid] = text
        return not self.down

    def find(self, uuid: str) -> str | None:
        if self.down:
            raise StoreUnavailable("the fake database is down")
        return self.places.get(uuid)

    def drop(self, uuid: str) -> None:
        self.places.pop(uuid, None)


@dataclass(frozen=True)
class FixedClock:
    """Implements `ports.Clock`: it is always that moment."""

    moment: datetime = datetime(2026, 1, 31, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def day(self, moment: datetime) -> date:
        return moment.date()

    def today(self) -> date:
        return self.moment.date()


@dataclass
class FakeSurveys:
    """Implements `ports.Surveys` in a list."""

    kept: list[SurveyAnswer] = field(default_factory=list)
    down: bool = False

    def keep(self, answer: SurveyAnswer) -> None:
        if self.down:
            raise StoreUnavailable("the fake database is down")
        same = (answer.call_uuid, answer.question)
        self.kept = [each for each in self.kept if (each.call_uuid, each.question) != same]
        self.kept.append(replace(answer, at=datetime(2026, 1, 31, tzinfo=UTC)))

    def answers(self, survey: str) -> Sequence[SurveyAnswer]:
        return [each for each in self.kept if each.survey == survey]


@dataclass
class FakeHistory:
    """Implements `ports.PaymentHistory` on a list, oldest first; ``settled`` tells when which was."""

    payments: Sequence[Payment] = ()
    settled: Mapping[PaymentId, datetime] = field(default_factory=dict)

    def of_account(self, account_id: str, limit: int) -> Sequence[Payment]:
        nothing = (PaymentState.DECLINED, PaymentState.NOT_SENT)
        found = [each for each in self.payments if each.request.account_id == account_id]
        return [each for each in reversed(found) if each.state not in nothing][:limit]

    def by_confirmation(self, confirmation: str) -> Payment | None:
        return next((each for each in self.payments if each.confirmation == confirmation), None)

    def history(self, payment_id: PaymentId) -> Sequence[LedgerEvent]:
        at = self.settled.get(payment_id)
        return [] if at is None else [LedgerEvent(at, PaymentState.SETTLED, "settled")]


@dataclass
class ListJournal:
    """Implements `ports.Journal` in lists. ``path`` reads ``welcome:done who:found``."""

    steps: list[str] = field(default_factory=list)
    notes: dict[str, str | int] = field(default_factory=dict)

    def step(self, name: str, kind: str, outcome: str, seconds: float) -> None:
        self.steps.append(f"{name}:{outcome}")

    def note(self, values: Mapping[str, str | int]) -> None:
        self.notes.update(values)

    @property
    def path(self) -> str:
        return " ".join(self.steps)
