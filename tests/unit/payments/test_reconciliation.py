"""Every kind of difference between the ledger and the gateway, and days on which there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fs_app.domain.money import Money
from fs_app.domain.payment import OrderId, Payment, PaymentId, PaymentRequest, PaymentState, TransactionId
from fs_app.domain.refund import Refund, RefundId, RefundRequest, RefundState
from fs_app.domain.standing import GatewayRecord, Standing
from fs_app.payments.differences import ADVICE, CAUSES, DifferenceKind
from fs_app.payments.reconciler import span_of
from fs_app.payments.reconciliation import Sides, compare
from fs_app.ports import BatchLine, Dispute

K = DifferenceKind
DAY = date(2026, 3, 14)
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
SPAN = span_of(DAY, ZoneInfo("UTC"), datetime(2026, 3, 15, 8, tzinfo=UTC))
ORDER = OrderId("00000000-0000-4000-8000-000000000001")
REFUND_ORDER = OrderId("00000000-0000-4000-8000-000000000002")
SALE, EXTRA, CREDIT = TransactionId("sale"), TransactionId("extra"), TransactionId("credit")
AMOUNT = Money(4250, "USD")


def payment(state: PaymentState = PaymentState.SUBMITTED, **more: Any) -> Payment:
    request = PaymentRequest("call", "1001", "bill", AMOUNT)
    return replace(Payment(PaymentId(7), ORDER, "123456", state, request, NOON, SALE), **more)


def refund(state: RefundState = RefundState.SUBMITTED, **more: Any) -> Refund:
    request = RefundRequest(PaymentId(7), AMOUNT, "ann", "twice", "key")
    return replace(Refund(RefundId(3), REFUND_ORDER, state, request, NOON, CREDIT), **more)


def sale(standing: Standing = Standing.CAPTURED, **more: Any) -> GatewayRecord:
    return replace(GatewayRecord(SALE, ORDER, standing, standing.value, AMOUNT, NOON), **more)


def credit(standing: Standing = Standing.CAPTURED, **more: Any) -> GatewayRecord:
    plain = GatewayRecord(CREDIT, REFUND_ORDER, standing, standing.value, AMOUNT, NOON, "credit", refunds=SALE)
    return replace(plain, **more)


def dispute(status: str, **more: Any) -> Dispute:
    return replace(Dispute("d1", SALE, status, "chargeback", "fraud", AMOUNT, reply_by=date(2026, 4, 1)), **more)


def kinds(sides: Sides, **more: Any) -> list[DifferenceKind]:
    return [each.kind for each in compare(sides, SPAN, **more).differences]


def line(minor: int, count: int = 1) -> BatchLine:
    return BatchLine("shop", "Visa", "sale", count, Money(minor, "USD"))


S, R = PaymentState, RefundState
SETTLED = sale(Standing.SETTLED, batch="2026-03-14_shop_1")
EXTRA_SALE = sale(transaction_id=EXTRA)
DIFFERENT: dict[str, tuple[Sides, DifferenceKind]] = {
    "nothing here": (Sides(records=[sale()]), K.NO_ATTEMPT),
    "declined there, nothing here": (Sides(records=[sale(Standing.DECLINED)]), K.NO_ATTEMPT),
    **{
        f"captured, {state} here": (Sides([payment(state)], records=[sale()]), K.CAPTURED_OPEN_HERE)
        for state in (S.OPENED, S.UNKNOWN, S.AUTHORISED)
    },
    **{
        f"captured, {state} here": (Sides([payment(state)], records=[sale()]), K.CAPTURED_NOT_PAID_HERE)
        for state in (S.DECLINED, S.NOT_SENT, S.VOIDED, S.RETURNED)
    },
    "captured twice": (Sides([payment()], records=[sale(), EXTRA_SALE]), K.CAPTURED_TWICE),
    "captured twice, a part given back": (
        Sides(
            [payment()],
            records=[sale(), EXTRA_SALE, credit(order_id=ORDER, refunds=EXTRA, amount=Money(1, "USD"))],
        ),
        K.CAPTURED_TWICE,
    ),
    "held and declined": (Sides([payment(S.DECLINED)], records=[sale(Standing.HELD)]), K.HELD),
    "held and never submitted": (Sides([payment(S.AUTHORISED)], records=[sale(Standing.HELD)]), K.HELD),
    "held besides": (
        Sides([payment()], records=[sale(), sale(Standing.HELD, transaction_id=EXTRA)]),
        K.HELD,
    ),
    "absent": (Sides([payment()]), K.ABSENT_THERE),
    "another": (Sides([payment()], records=[EXTRA_SALE]), K.ANOTHER_TRANSACTION),
    "only held": (Sides([payment()], records=[sale(Standing.HELD)]), K.NOT_CAPTURED_THERE),
    "voided there": (Sides([payment(S.SETTLED)], records=[sale(Standing.GIVEN_BACK)]), K.GIVEN_BACK_THERE),
    "returned there": (Sides([payment()], records=[sale(Standing.RETURNED)]), K.RETURNED_THERE),
    "declined there": (Sides([payment()], records=[sale(Standing.DECLINED)]), K.DECLINED_THERE),
    "open here, absent there": (Sides([payment(S.UNKNOWN, transaction_id=None)]), K.OPEN_HERE),
    "open here, declined there": (
        Sides([payment(S.OPENED)], records=[sale(Standing.DECLINED)]),
        K.OPEN_HERE,
    ),
    "another amount": (Sides([payment()], records=[sale(amount=Money(4249, "USD"))]), K.AMOUNT_DIFFERS),
    "another currency": (Sides([payment()], records=[sale(amount=Money(4250, "EUR"))]), K.AMOUNT_DIFFERS),
    "settled there long ago": (
        Sides([payment()], records=[replace(SETTLED, batch="2026-03-12_shop_1")]),
        K.SETTLED_THERE,
    ),
    "settled here only": (Sides([payment(S.SETTLED)], records=[sale()]), K.SETTLED_HERE),
    "a new status": (Sides([payment()], records=[sale(Standing.OTHER)]), K.UNREADABLE),
    "a credit nobody made": (Sides([payment(S.SETTLED)], records=[SETTLED, credit()]), K.REFUND_NOT_HERE),
    "a credit from the control panel": (
        Sides([payment(S.SETTLED)], records=[SETTLED, credit(order_id=ORDER)]),
        K.REFUND_NOT_HERE,
    ),
    "a credit without an order id": (
        Sides([payment(S.SETTLED)], records=[SETTLED, credit(order_id=OrderId(""))]),
        K.REFUND_NOT_HERE,
    ),
    "refund failed here only": (Sides(refunds=[refund(R.NOT_SENT)], records=[credit()]), K.REFUND_NOT_HERE),
    "refund absent": (Sides(refunds=[refund()]), K.REFUND_NOT_THERE),
    "refund failed there": (Sides(refunds=[refund()], records=[credit(Standing.RETURNED)]), K.REFUND_NOT_THERE),
    "refund open": (Sides(refunds=[refund(R.UNKNOWN)], records=[credit()]), K.REFUND_OPEN_HERE),
    "refund of another amount": (
        Sides(refunds=[refund()], records=[credit(amount=Money(1, "USD"))]),
        K.AMOUNT_DIFFERS,
    ),
    "refunded twice": (
        Sides(refunds=[refund()], records=[credit(), credit(transaction_id=EXTRA)]),
        K.REFUNDED_TWICE,
    ),
    "refund with a new status": (Sides(refunds=[refund()], records=[credit(Standing.OTHER)]), K.UNREADABLE),
    "batch of another sum": (
        Sides([payment(S.SETTLED)], records=[SETTLED], settled=[SETTLED], batches=[line(4249)]),
        K.BATCH_DIFFERS,
    ),
    "batch of another count": (
        Sides([payment(S.SETTLED)], records=[SETTLED], settled=[SETTLED], batches=[line(4250, 2)]),
        K.BATCH_DIFFERS,
    ),
    "batch of nothing": (Sides(batches=[line(4250)]), K.BATCH_DIFFERS),
    "dispute": (Sides([payment()], records=[sale()], disputes=[dispute("open")]), K.DISPUTE_OPEN),
    "dispute lost": (Sides(disputes=[dispute("lost", received_on=DAY)]), K.DISPUTE_LOST),
}


@pytest.mark.parametrize("case", DIFFERENT)
def test_a_difference_is_told_once_and_as_what_it_is(case: str) -> None:
    sides, kind = DIFFERENT[case]
    assert kinds(sides) == [kind]


def test_every_kind_is_tested_and_explained() -> None:
    assert {kind for _, kind in DIFFERENT.values()} == set(K) == set(CAUSES) == set(ADVICE)


SAME: dict[str, Sides] = {
    "paid": Sides([payment()], records=[sale()]),
    "settled on both sides": Sides(
        [payment(S.SETTLED)], records=[SETTLED], settled=[SETTLED], batches=[line(4250)]
    ),
    "just settled there": Sides([payment()], records=[SETTLED], settled=[SETTLED], batches=[line(4250)]),
    "declined": Sides([payment(S.DECLINED)], records=[sale(Standing.DECLINED)]),
    "never sent": Sides([payment(S.NOT_SENT, transaction_id=None)]),
    "voided": Sides([payment(S.VOIDED)], records=[sale(Standing.GIVEN_BACK)]),
    "returned": Sides([payment(S.RETURNED)], records=[sale(Standing.RETURNED)]),
    "declined once, then paid": Sides(
        [payment()], records=[sale(Standing.DUPLICATE, transaction_id=EXTRA), sale()]
    ),
    "an extra capture was voided": Sides(
        [payment()], records=[sale(), sale(Standing.GIVEN_BACK, transaction_id=EXTRA)]
    ),
    "an extra capture was refunded": Sides(
        [payment()], records=[sale(), EXTRA_SALE, credit(order_id=ORDER, refunds=EXTRA)]
    ),
    "refunded": Sides([payment(S.REFUNDED)], [refund()], records=[SETTLED, credit()]),
    "refund declined": Sides(refunds=[refund(R.DECLINED)], records=[credit(Standing.DECLINED)]),
    "dispute won": Sides([payment()], disputes=[dispute("won")], records=[sale()]),
    "a dispute of another day": Sides(disputes=[dispute("open", received_on=date(2026, 3, 13))]),
    "nothing": Sides(),
}


@pytest.mark.parametrize("case", SAME)
def test_a_day_on_which_all_is_well_has_no_difference(case: str) -> None:
    assert kinds(SAME[case]) == []


def test_both_sides_are_told_in_words() -> None:
    found = compare(Sides([payment(S.DECLINED)], records=[sale()]), SPAN).differences[0]
    assert (found.ledger, found.gateway) == ("declined 42.50 USD", "sale captured 42.50 USD")
    assert (found.payment_id, found.order_id, found.transaction_id) == (7, ORDER, SALE)
    assert found.cause.startswith("the money is taken") and found.advice.startswith("give it back")


# --- midnight, time zones, things under way, others -------------------------------------------------------------


def test_an_attempt_before_midnight_and_its_transaction_after_are_one_pair() -> None:
    late, early = SPAN.until - timedelta(seconds=2), SPAN.until + timedelta(seconds=3)
    sides = Sides([payment(opened_at=late)], records=[sale(created_at=early)])
    assert kinds(sides) == []
    next_day = span_of(DAY + timedelta(days=1), ZoneInfo("UTC"), SPAN.now + timedelta(days=1))
    assert compare(sides, next_day).differences == ()
    assert compare(sides, next_day).payments == 0


def test_what_belongs_to_another_day_is_told_on_that_day() -> None:
    after = SPAN.until + timedelta(minutes=5)
    stray, other = sale(created_at=after), payment(S.UNKNOWN, opened_at=after, order_id=OrderId("x"))
    assert kinds(Sides([other], [refund(opened_at=after)], records=[stray])) == []


@pytest.mark.parametrize(
    ("zone", "day", "since", "hours"),
    [
        ("UTC", "2026-03-14", "2026-03-14T00:00", 24),
        ("America/Chicago", "2026-03-08", "2026-03-08T06:00", 23),  # the clocks go forward
        ("America/Chicago", "2026-11-01", "2026-11-01T05:00", 25),
        ("Pacific/Auckland", "2026-03-14", "2026-03-13T11:00", 24),
    ],
)
def test_a_day_is_one_where_the_operator_is(zone: str, day: str, since: str, hours: int) -> None:
    span = span_of(date.fromisoformat(day), ZoneInfo(zone), NOON)
    assert span.since == datetime.fromisoformat(since).replace(tzinfo=UTC)
    assert span.until - span.since == timedelta(hours=hours)


@pytest.mark.parametrize(
    "make",
    [
        lambda at: Sides([payment(S.OPENED, opened_at=at)]),
        lambda at: Sides([payment(S.UNKNOWN)], records=[sale(created_at=at)]),
        lambda at: Sides(records=[sale(created_at=at)]),
        lambda at: Sides(refunds=[refund(R.OPENED, opened_at=at)]),
    ],
)
def test_what_is_minutes_old_is_under_way(make: Callable[[datetime], Sides]) -> None:
    now = NOON + timedelta(hours=1)
    span = span_of(DAY, ZoneInfo("UTC"), now)
    assert compare(make(now - timedelta(minutes=14)), span).differences == ()
    assert len(compare(make(now - timedelta(minutes=16)), span).differences) == 1


def test_what_is_under_way_is_counted() -> None:
    span = span_of(DAY, ZoneInfo("UTC"), NOON + timedelta(minutes=1))
    report = compare(Sides([payment(S.OPENED)]), span)
    assert (report.payments, report.under_way) == (1, 1)


def test_others_on_the_same_merchant_account_are_counted_only() -> None:
    theirs = [
        sale(order_id=OrderId("shop-17")),
        sale(order_id=OrderId(""), transaction_id=EXTRA),
        credit(order_id=OrderId("shop-17"), refunds=TransactionId("theirs")),
    ]
    report = compare(Sides(records=theirs), SPAN)
    assert (report.differences, report.foreign) == ((), 3)
    strict = compare(Sides(records=theirs), SPAN, strict=True)
    assert sorted(each.kind for each in strict.differences) == [K.NO_ATTEMPT, K.NO_ATTEMPT, K.REFUND_NOT_HERE]
    assert strict.foreign == 0


def test_a_payment_of_another_day_is_judged_when_it_settles() -> None:
    older = payment(S.DECLINED, opened_at=SPAN.since - timedelta(days=2))
    settled = replace(SETTLED, created_at=older.opened_at)
    assert kinds(Sides([older], settled=[settled], batches=[line(4250)])) == [K.CAPTURED_NOT_PAID_HERE]


def test_the_page_explains_every_kind_as_the_command_does() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/reconciliation.md").read_text(encoding="utf-8")
    assert [kind for kind in K if f"| `{kind}` | {CAUSES[kind]} | {ADVICE[kind]} |" not in page] == []
