"""What must be true once a campaign has come to rest, as pure functions over its evidence.

Each returns its violations; none is what everybody hopes for. A test shows of each that it finds one.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from fs_app.chaos.callers import Told, Word
from fs_app.domain.payment import OPEN_STATES, PAID_STATES, Payment, PaymentId, PaymentState
from fs_app.gateways.sandbox.store import CAPTURED
from fs_app.ports import LedgerEvent, ReceiptState

_RECEIPTS = 2
_PAID = PaymentState.SUBMITTED


@dataclass(frozen=True, slots=True)
class Order:
    """What the gateway has under one order id; amounts in minor units."""

    order_id: str
    captures: int = 0  # sales that were ever captured, given back or not
    kept_minor: int = 0  # what was captured, less what was given back
    captured_at: float = math.inf  # the first capture, in seconds of the epoch


def orders_of(transactions: Sequence[Mapping[str, Any]]) -> dict[str, Order]:
    """From everything the gateway has, by its control API. What has no order id is under ``""``."""
    orders: dict[str, Order] = {}
    for each in transactions:
        order_id = str(each["order_id"] or "")
        order = orders.get(order_id, Order(order_id))
        captured = [at for status, at in each["history"] if status in CAPTURED]
        kept = _minor(each["amount"]) if each["status"] in CAPTURED else 0
        if each["type"] == "credit":
            order = replace(order, kept_minor=order.kept_minor - kept)
        elif captured:
            first = min(order.captured_at, *captured)
            order = replace(
                order, captures=order.captures + 1, kept_minor=order.kept_minor + kept, captured_at=first
            )
        orders[order_id] = order
    return orders


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that reached the provider: ``kind`` and the payment are those of the receipt it was sent for."""

    payment_id: PaymentId
    kind: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is known when all is quiet."""

    payments: Sequence[Payment] = ()
    history: Mapping[PaymentId, Sequence[LedgerEvent]] = field(default_factory=dict)
    orders: Mapping[str, Order] = field(default_factory=dict)
    words: Sequence[Word] = ()
    sent: Sequence[Sent] = ()
    receipts: Mapping[tuple[PaymentId, str], str] = field(default_factory=dict)  # state by payment and kind

    def order(self, payment: Payment) -> Order:
        """What the gateway has of an attempt."""
        return self.orders.get(payment.order_id, Order(payment.order_id))


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must never be; ``bill_id`` leads to the history."""

    rule: str
    what: str
    bill_id: str = ""


Rule = Callable[[Evidence], Iterator[tuple[str, str]]]
"""Yields the bill and the words of each violation."""


def one_capture(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Captures per attempt at most one."""
    for payment in evidence.payments:
        captures = evidence.order(payment).captures
        if captures > 1:
            yield payment.request.bill_id, f"attempt {payment.id} was captured {captures} times"


def ledger_equals_gateway(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """What the gateway captured less what it gave back is what the ledger has as paid, attempt by attempt."""
    for payment in evidence.payments:
        booked = payment.request.amount.minor if payment.state in PAID_STATES else 0
        kept = evidence.order(payment).kept_minor
        if booked != kept:
            yield payment.request.bill_id, f"attempt {payment.id}: ledger {booked}, gateway {kept}"


def every_order_known(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Every transaction of the gateway has an attempt."""
    known = {payment.order_id for payment in evidence.payments}
    for order_id in evidence.orders:
        if order_id not in known:
            yield "", f"order {order_id} is at the gateway and in no attempt"


def none_open(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """No attempt is open past its deadline: the campaign waits for the last."""
    for payment in evidence.payments:
        if payment.state in OPEN_STATES:
            yield payment.request.bill_id, f"attempt {payment.id} is still {payment.state}"


def paid_once(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """A bill is paid once, whoever pays it and how often they try."""
    paid = Counter(each.request.bill_id for each in evidence.payments if each.state in PAID_STATES)
    kept = Counter(each.request.bill_id for each in evidence.payments if evidence.order(each).kept_minor > 0)
    for bill_id, count in (paid | kept).items():
        if count > 1:
            yield bill_id, f"bill {bill_id} was paid {count} times"


def told_paid_is_paid(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Nobody is told "paid" before it is: the ledger has it by then, and the gateway has the money at the end."""
    for word, payer in _words(evidence, Told.PAID):
        payment = next((each for each in payer if each.confirmation == word.confirmation), None)
        if payment is None:
            yield f"b{word.number}", f"{word.payer} was told paid with the number of no attempt of theirs"
            continue
        events = evidence.history.get(payment.id, ())
        booked = min((event.at.timestamp() for event in events if event.state == _PAID), default=math.inf)
        if max(booked, evidence.order(payment).captured_at) > word.at.timestamp():
            yield payment.request.bill_id, f"{word.payer} was told paid at {word.at:%H:%M:%S.%f}, before it was"
        elif evidence.order(payment).kept_minor != payment.request.amount.minor:
            yield payment.request.bill_id, f"{word.payer} was told paid, and the gateway does not have the money"


def told_not_paid_is_not(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Nobody is told "not paid" when it was: no attempt of that person, in this call or one before, takes the
    money, then or ever after. What they try later is another matter."""
    persons = {word.payer: word.person for word in evidence.words}
    attempts = defaultdict(list)
    for payment in evidence.payments:
        attempts[persons.get(payment.request.call_uuid, "")].append(payment)
    for word in evidence.words:
        if word.told is not Told.NOT_PAID:
            continue
        for payment in attempts[word.person]:
            took = evidence.order(payment).kept_minor or payment.state in PAID_STATES
            if took and payment.opened_at <= word.at:
                yield (
                    payment.request.bill_id,
                    f"{word.payer} was told not paid; attempt {payment.id} took the money",
                )


def told_numbers_are_ours(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """The number that is told of a payment under way is the number of an attempt of that payer."""
    for word, payer in _words(evidence, Told.BEING_CHECKED):
        if word.confirmation not in {payment.confirmation for payment in payer}:
            yield (
                f"b{word.number}",
                f"{word.payer} was told the number {word.confirmation!r}, which is no attempt of theirs",
            )


def two_receipts(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """A receipt leaves us twice at most."""
    bills = {payment.id: payment.request.bill_id for payment in evidence.payments}
    for (payment_id, kind), count in Counter((each.payment_id, each.kind) for each in evidence.sent).items():
        if count > _RECEIPTS:
            yield bills.get(payment_id, ""), f"the receipt {kind!r} of attempt {payment_id} was sent {count} times"


def receipts_are_true(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """What is written to a payer is so: paid where the money was taken, not paid where it was not."""
    payments = {payment.id: payment for payment in evidence.payments}
    for each in evidence.sent:
        payment = payments[each.payment_id]
        kept = evidence.order(payment).kept_minor > 0
        if (each.kind == "paid" and not kept) or (each.kind == "not_paid" and kept):
            yield (
                payment.request.bill_id,
                f"the receipt of attempt {payment.id} says {each.kind}, gateway kept {kept}",
            )


def receipts_name_the_number(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """The number in a receipt is the one that was told."""
    payments = {payment.id: payment for payment in evidence.payments}
    for each in evidence.sent:
        payment = payments[each.payment_id]
        if payment.confirmation not in each.text:
            yield payment.request.bill_id, f"a receipt of attempt {payment.id} has another confirmation number"


def payers_know(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Whoever paid has a receipt, and it reached the provider, unless two processes died over it: then a person
    knows."""
    reached = {(each.payment_id, each.kind) for each in evidence.sent}
    for payment in evidence.payments:
        if payment.state not in PAID_STATES or payment.request.receipt_to is None:
            continue
        state = evidence.receipts.get((payment.id, "paid"), "not written")
        if state != ReceiptState.UNCONFIRMED and (payment.id, "paid") not in reached:
            yield payment.request.bill_id, f"attempt {payment.id} is paid, no receipt reached the payer: {state}"


RULES: Sequence[Rule] = (
    one_capture,
    ledger_equals_gateway,
    every_order_known,
    none_open,
    paid_once,
    told_paid_is_paid,
    told_not_paid_is_not,
    told_numbers_are_ours,
    two_receipts,
    receipts_are_true,
    receipts_name_the_number,
    payers_know,
)


def violations(evidence: Evidence) -> list[Violation]:
    """Everything that must not be, by rule."""
    return [Violation(rule.__name__, what, bill) for rule in RULES for bill, what in rule(evidence)]


def _words(evidence: Evidence, told: Told) -> Iterator[tuple[Word, list[Payment]]]:
    """What was told of a kind, each with the attempts of that payer."""
    attempts = defaultdict(list)
    for payment in evidence.payments:
        attempts[payment.request.call_uuid].append(payment)
    for word in evidence.words:
        if word.told is told:
            yield word, attempts[word.payer]


def _minor(amount: object) -> int:
    return int(Decimal(str(amount)) * 100)
