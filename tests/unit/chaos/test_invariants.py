"""Each rule of the campaign finds its violation: a rule that cannot fail shows nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fs_app.chaos.callers import Told, Word
from fs_app.chaos.invariants import RULES, Evidence, Order, Sent, orders_of, violations
from fs_app.domain.contact import Contact
from fs_app.domain.money import Money
from fs_app.domain.payment import OrderId, Payment, PaymentId, PaymentRequest, PaymentState
from fs_app.ports import LedgerEvent

START = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
PAID = PaymentId(1)
REQUEST = PaymentRequest(
    "call-1", "a1", "b1", Money(1234, "USD"), receipt_to=Contact.parse("mail:payer1@example.org")
)
SOUND = Evidence(
    payments=[
        Payment(PAID, OrderId("order-1"), "10000009", PaymentState.SETTLED, REQUEST, START),
        Payment(
            PaymentId(2), OrderId("order-2"), "20000008", PaymentState.DECLINED,
            replace(REQUEST, call_uuid="call-2", bill_id="b2"), START,
        ),
    ],
    history={PAID: [LedgerEvent(START + timedelta(seconds=2), "submitted", "")]},
    orders={"order-1": Order("order-1", 1, 1234, (START + timedelta(seconds=1)).timestamp())},
    words=[
        Word(1, "call-1", Told.PAID, START + timedelta(seconds=3), "10000009", "one"),
        Word(2, "call-2", Told.NOT_PAID, START + timedelta(seconds=3), person="two"),
        Word(2, "call-2", Told.BEING_CHECKED, START + timedelta(seconds=2), "20000008", "two"),
    ],
    sent=[Sent(PAID, "paid", "Confirmation 10000009.", START + timedelta(seconds=4))],
    receipts={(PAID, "paid"): "sent"},
)  # fmt: skip


def moved(**changes: Any) -> Evidence:
    return replace(SOUND, **changes)


def payment(number: int, **changes: Any) -> list[Payment]:
    """The payments of SOUND, one of them changed."""
    return [replace(each, **changes) if each.id == number else each for each in SOUND.payments]


def word(index: int, **changes: Any) -> list[Word]:
    """What was told in SOUND, one word of it changed."""
    return [replace(each, **changes) if at == index else each for at, each in enumerate(SOUND.words)]


def order(**changes: Any) -> dict[str, Order]:
    return {"order-1": replace(SOUND.orders["order-1"], **changes)}


TWICE = [*SOUND.payments, replace(SOUND.payments[0], id=PaymentId(3), order_id=OrderId("order-3"))]
BROKEN = [
    ("one_capture", moved(orders=order(captures=2))),
    ("ledger_equals_gateway", moved(orders=order(kept_minor=1233))),
    ("ledger_equals_gateway", moved(orders={})),
    ("ledger_equals_gateway", moved(payments=payment(1, state=PaymentState.VOIDED))),
    ("every_order_known", moved(orders={**SOUND.orders, "": Order("", 1, 0)})),
    *(("none_open", moved(payments=payment(2, state=state))) for state in ("opened", "unknown", "authorised")),
    ("paid_once", moved(payments=TWICE, orders={**SOUND.orders, "order-3": Order("order-3", 1, 1234)})),
    ("told_paid_is_paid", moved(words=word(0, at=START))),
    ("told_paid_is_paid", moved(history={})),
    ("told_paid_is_paid", moved(words=word(0, confirmation="20000008"))),
    ("told_paid_is_paid", moved(orders=order(kept_minor=0))),
    ("told_paid_is_paid", moved(orders=order(captured_at=(START + timedelta(seconds=9)).timestamp()))),
    ("told_not_paid_is_not", moved(words=word(1, person="one"))),  # in another call of theirs
    ("told_not_paid_is_not", moved(words=word(0, told=Told.NOT_PAID))),
    ("told_numbers_are_ours", moved(words=word(2, confirmation="10000009"))),
    ("two_receipts", moved(sent=[*SOUND.sent] * 3)),
    ("receipts_are_true", moved(sent=[replace(SOUND.sent[0], kind="not_paid")])),
    ("receipts_are_true", moved(orders={})),
    ("receipts_name_the_number", moved(sent=[replace(SOUND.sent[0], text="Confirmation 20000008.")])),
    ("payers_know", moved(sent=[])),
    ("payers_know", moved(sent=[], receipts={})),
]  # fmt: skip


def test_nothing_is_wrong_with_what_is_sound() -> None:
    assert violations(SOUND) == []
    assert violations(moved(sent=[*SOUND.sent] * 2)) == []


def test_a_receipt_that_two_processes_died_over_is_a_persons_matter() -> None:
    assert violations(moved(sent=[], receipts={(PAID, "paid"): "unconfirmed"})) == []


def test_who_was_told_not_paid_may_pay_later() -> None:
    told = Word(1, "call-0", Told.NOT_PAID, START - timedelta(seconds=1), person="one")
    assert violations(moved(words=[told, *SOUND.words])) == []


@pytest.mark.parametrize(("rule", "evidence"), BROKEN)
def test_a_rule_finds_what_breaks_it(rule: str, evidence: Evidence) -> None:
    found = [violation for violation in violations(evidence) if violation.rule == rule]
    assert found
    assert all(violation.what for violation in found)


def test_every_rule_is_shown_to_find_something() -> None:
    assert {rule for rule, _ in BROKEN} == {rule.__name__ for rule in RULES}


def transaction(kind: str, amount: str, *history: tuple[str, float], order: str | None = "o") -> dict[str, Any]:
    status, _ = history[-1]
    return {"type": kind, "status": status, "amount": amount, "order_id": order, "history": history}


def test_what_the_gateway_kept_of_an_order() -> None:
    taken = ("submitted_for_settlement", 7.5)
    orders = orders_of(
        [
            transaction("sale", "12.34", ("authorized", 1.0), taken, ("voided", 9.0)),
            transaction("sale", "12.34", ("authorized", 2.0), ("submitted_for_settlement", 6.5), ("settled", 9.0)),
            transaction("credit", "2.34", ("submitted_for_settlement", 8.0)),
            transaction("sale", "5.00", ("processor_declined", 3.0), order=None),
        ]
    )
    assert orders == {"o": Order("o", 2, 1000, 6.5), "": Order("")}
