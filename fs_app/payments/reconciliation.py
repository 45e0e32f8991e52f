"""The ledger and the gateway compared, both ways: pure, over what was read from them.

A payment belongs to the day on which its attempt was opened; a transaction without an attempt, or a refund, to the
day on which it was made. So an attempt just before midnight and its transaction just after are one pair: whoever
reads brings a margin on both sides. What is younger than ``Span.quiet`` is under way, not a difference.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from fs_app.domain.money import Money
from fs_app.domain.payment import OrderId, Payment, TransactionId
from fs_app.domain.refund import Refund
from fs_app.payments.differences import Difference, DifferenceKind
from fs_app.payments.judgement import Span, judged_payment, judged_refund, told, words
from fs_app.ports import BatchLine, Dispute, GatewayRecord

K = DifferenceKind
_LOST = frozenset({"lost", "accepted", "auto_accepted", "expired"})


@dataclass(frozen=True, slots=True)
class Sides:
    """What was read: the ledger's payments, refunds and disputes; the gateway's transactions and report.

    ``settled`` are the transactions in the batches of the day, whenever they were made.
    """

    payments: Sequence[Payment] = ()
    refunds: Sequence[Refund] = ()
    disputes: Sequence[Dispute] = ()
    records: Sequence[GatewayRecord] = ()
    settled: Sequence[GatewayRecord] = ()
    batches: Sequence[BatchLine] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What a comparison found. ``foreign`` transactions belong to other users of the merchant account."""

    day: date
    differences: tuple[Difference, ...]
    payments: int = 0  # compared
    foreign: int = 0
    under_way: int = 0


@dataclass(slots=True)
class _Index:
    """Both sides by what pairs them."""

    sides: Sides
    payments: dict[OrderId, Payment] = field(init=False)
    captures: dict[TransactionId, Payment] = field(init=False)
    refunds: dict[OrderId, Refund] = field(init=False)
    sales: dict[OrderId, list[GatewayRecord]] = field(init=False)
    credits: dict[OrderId, list[GatewayRecord]] = field(init=False)
    returned: frozenset[TransactionId] = field(init=False)  # sales that credits gave back, whole

    def __post_init__(self) -> None:
        known = {each.transaction_id: each for each in (*self.sides.settled, *self.sides.records)}
        records = sorted(known.values(), key=lambda each: each.created_at)
        payments = self.sides.payments
        self.payments = {each.order_id: each for each in payments}
        self.captures = {each.transaction_id: each for each in payments if each.transaction_id is not None}
        self.refunds = {each.order_id: each for each in self.sides.refunds}
        self.sales = _by_order(each for each in records if each.kind == "sale")
        self.credits = _by_order(each for each in records if each.kind == "credit")
        credited: Counter[TransactionId | None] = Counter()
        for each in records:
            if each.kind == "credit" and each.captured:
                credited[each.refunds] += each.amount.minor
        sales = (each for each in records if each.kind == "sale")
        self.returned = frozenset(
            each.transaction_id for each in sales if credited[each.transaction_id] >= each.amount.minor > 0
        )


def compare(sides: Sides, span: Span, *, strict: bool = False) -> Report:
    """Every difference of the day. With ``strict`` transactions of others are differences, too."""
    index = _Index(sides)
    payments = _of_the_day(index, span)
    found: list[Difference] = []
    under_way = 0
    for payment in payments:
        sales = index.sales.get(payment.order_id, [])
        differences = list(judged_payment(payment, sales, index.returned, span))
        if differences and any(map(span.young, (payment.opened_at, *(each.created_at for each in sales)))):
            under_way += 1
        else:
            found += differences
    for refund in sides.refunds:
        if span.holds(refund.opened_at) and not span.young(refund.opened_at):
            found += judged_refund(refund, index.credits.get(refund.order_id, []))
    stray, foreign = _strays(index, span, strict)
    found += [*stray, *_batches(sides), *_disputes(sides.disputes, payments, span)]
    found.sort(key=lambda each: (each.at or span.until, each.order_id or "", each.kind))
    return Report(span.day, tuple(found), len(payments), foreign, under_way)


def _by_order(records: Iterable[GatewayRecord]) -> dict[OrderId, list[GatewayRecord]]:
    grouped: defaultdict[OrderId, list[GatewayRecord]] = defaultdict(list)
    for each in records:
        grouped[each.order_id].append(each)
    return dict(grouped)


def _of_the_day(index: _Index, span: Span) -> list[Payment]:
    """The payments opened on the day, and those that were settled on it."""
    settled = {each.order_id for each in index.sides.settled if each.kind == "sale"}
    return [each for each in index.payments.values() if span.holds(each.opened_at) or each.order_id in settled]


def _strays(index: _Index, span: Span, strict: bool) -> tuple[list[Difference], int]:
    """What the gateway has of the day and the ledger does not; the second number counts what is others'."""
    found, foreign = [], 0
    for kind, groups in ((K.NO_ATTEMPT, index.sales), (K.REFUND_NOT_HERE, index.credits)):
        for record in (each for group in groups.values() for each in group):
            if not span.holds(record.created_at) or span.young(record.created_at) or _known(record, index):
                continue
            if strict or is_ours(record.order_id) or record.refunds in index.captures:
                found.append(told(kind, index.captures.get(record.refunds or TransactionId("")), record))
            else:
                foreign += 1
    return found, foreign


def _known(record: GatewayRecord, index: _Index) -> bool:
    if record.kind == "sale":
        return record.order_id in index.payments
    if record.order_id in index.refunds:
        return True
    payment = index.payments.get(
        record.order_id
    )  # an extra capture is given back under the order id of its attempt
    return payment is not None and record.refunds != payment.transaction_id


def is_ours(order_id: OrderId) -> bool:
    """True where an order id has the form of ours, a UUID."""
    try:
        return str(UUID(order_id)) == order_id
    except ValueError:
        return False


def _batches(sides: Sides) -> Iterator[Difference]:
    """The report of the day against the transactions in its batches, by kind and currency."""
    report = _sums((each.kind, each.amount, each.count) for each in sides.batches)
    counted = _sums((each.kind, each.amount, 1) for each in sides.settled)
    for key in sorted(report.keys() | counted.keys()):
        if report.get(key) != counted.get(key):
            both = f"{key[0]}s: report {_sum_words(report, key)}, transactions {_sum_words(counted, key)}"
            yield Difference(K.BATCH_DIFFERS, gateway=both)


_Sums = dict[tuple[str, str], tuple[int, int]]


def _sums(lines: Iterable[tuple[str, Money, int]]) -> _Sums:
    """How many, and minor units, by kind and currency."""
    counts: Counter[tuple[str, str]] = Counter()
    minors: Counter[tuple[str, str]] = Counter()
    for kind, amount, count in lines:
        counts[kind, amount.currency] += count
        minors[kind, amount.currency] += amount.minor
    return {key: (counts[key], minors[key]) for key in counts}


def _sum_words(sums: _Sums, key: tuple[str, str]) -> str:
    count, minor = sums.get(key, (0, 0))
    return f"{count} of {Money(minor, key[1])}"


def _disputes(disputes: Iterable[Dispute], payments: Iterable[Payment], span: Span) -> Iterator[Difference]:
    """Disputes received on the day, or on a payment of the day, that are not won."""
    captured = {each.transaction_id: each for each in payments}
    for each in disputes:
        payment = captured.get(each.transaction_id)
        if (payment is None and each.received_on != span.day) or each.status == "won":
            continue
        kind = K.DISPUTE_LOST if each.status in _LOST else K.DISPUTE_OPEN
        reply = f", reply by {each.reply_by}" if kind is K.DISPUTE_OPEN and each.reply_by else ""
        yield Difference(
            kind,
            order_id=payment.order_id if payment else None,
            transaction_id=each.transaction_id,
            payment_id=payment.id if payment else None,
            ledger=words(payment),
            gateway=f"{each.kind} {each.id} of {each.amount} is {each.status}{reply}",
        )
