"""One payment for several bills, on SQLite and MariaDB: busy together, paid together, given back from the last."""

from __future__ import annotations

from dataclasses import replace

import gevent
import pytest
from sqlalchemy import bindparam, select

from fs_app.domain.allocation import Allocation
from fs_app.domain.money import Money
from fs_app.domain.payment import (
    Approved,
    Declined,
    Payment,
    PaymentRequest,
    Returned,
    Settled,
    Submitted,
    TransactionId,
    Unknown,
)
from fs_app.domain.refund import RefundRequest, RefundState
from fs_app.errors import BillBusy
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.refunds import SqlRefunds
from fs_app.store.taken import taken
from fs_app.testing.fakes_payments import StandingClock

T1 = TransactionId("t1")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def request(*parts: Allocation, fee: int = 0, instalment: str | None = None) -> PaymentRequest:
    whole = sum(part.amount.minor for part in parts) + fee
    charged = usd(fee) if fee else None
    return PaymentRequest(
        "uuid", "account", parts[0].bill_id, usd(whole), fee=charged, instalment=instalment, allocations=parts
    )


RENT, WATER, GAS = Allocation("rent", usd(10_000)), Allocation("water", usd(4_000)), Allocation("gas", usd(1_000))
GIFT = Allocation("project-wells", usd(2_000), exclusive=False)


class Books:
    """A ledger and what it has taken towards each bill."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.clock = StandingClock()
        self.ledger = SqlLedger(database, self.clock)
        self.refunds = SqlRefunds(database, self.clock)

    def paid(self, wanted: PaymentRequest) -> Payment:
        payment = self.ledger.open(wanted)
        self.ledger.record(payment.id, Approved(T1, wanted.amount))
        return self.ledger.record(payment.id, Submitted(T1))

    def given_back(self, payment: Payment, minor: int) -> None:
        refund, _ = self.refunds.open_refund(RefundRequest(payment.id, usd(minor), "ann", "asked", f"k{minor}"))
        self.refunds.record_refund(refund.id, RefundState.SUBMITTED, "given back", TransactionId("r1"))

    def taken(self, *bills: str) -> list[int]:
        chosen = select(taken(bindparam("bill"), bindparam("currency")))
        return [
            int(
                self.database.read(
                    lambda c, bill=bill: c.execute(chosen, {"bill": bill, "currency": "USD"}).scalar_one()
                )
            )
            for bill in bills
        ]


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def test_each_bill_gets_its_part(books: Books) -> None:
    payment = books.paid(request(RENT, WATER, GAS, fee=250))
    assert books.taken("rent", "water", "gas") == [10_000, 4_000, 1_000]
    assert books.ledger.get(payment.id).request == replace(payment.request, allocations=())
    assert books.ledger.get(payment.id).request.fee == usd(250)
    assert list(books.ledger.allocations(payment.id)) == [RENT, WATER, GAS]


@pytest.mark.parametrize(
    ("back", "left"),
    [
        (500, [10_000, 4_000, 500]),
        (1_000, [10_000, 4_000, 0]),
        (4_500, [10_000, 500, 0]),
        (14_999, [1, 0, 0]),
        (15_000, [0, 0, 0]),  # the fee is the last to go
    ],
)
def test_a_refund_takes_from_the_last_bill_first(books: Books, back: int, left: list[int]) -> None:
    payment = books.paid(request(RENT, WATER, GAS, fee=250))
    books.ledger.record(payment.id, Settled(T1))
    books.given_back(payment, back)
    assert books.taken("rent", "water", "gas") == left


def test_a_discount_counts_as_paid_until_some_of_its_bill_is_given_back(books: Books) -> None:
    early = replace(RENT, amount=usd(9_000), discount=usd(1_000))
    payment = books.paid(request(early))
    assert books.taken("rent") == [10_000]
    books.ledger.record(payment.id, Settled(T1))
    books.given_back(payment, 1)
    assert books.taken("rent") == [8_999]


def test_a_return_reopens_every_bill(books: Books) -> None:
    payment = books.paid(request(RENT, WATER))
    books.ledger.record(payment.id, Returned(T1, "R01"))
    assert books.taken("rent", "water") == [0, 0]


@pytest.mark.parametrize("second", [(RENT,), (WATER,), (GAS, WATER), (WATER, GAS)])
def test_any_of_its_bills_keeps_others_out_until_it_has_ended(books: Books, second: tuple[Allocation, ...]) -> None:
    payment = books.ledger.open(request(RENT, WATER))
    with pytest.raises(BillBusy):
        books.ledger.open(request(*second))
    assert len(books.ledger.payments()) == 1, "nothing is left of what was refused"
    books.ledger.open(request(GAS))
    books.ledger.record(payment.id, Declined("2000"))
    free = [part for part in second if part is not GAS]
    books.ledger.open(request(*free))


def test_a_gift_takes_any_number_of_attempts_at_once(books: Books) -> None:
    opened = [books.ledger.open(request(GIFT)) for _ in range(3)]
    assert len({payment.id for payment in opened}) == 3


def test_two_callers_who_pay_the_same_two_bills_the_other_way_round(books: Books) -> None:
    def attempt(*parts: Allocation) -> bool:
        try:
            books.ledger.open(request(*parts))
        except BillBusy:
            return False
        return True

    for _ in range(10):
        jobs = [gevent.spawn(attempt, RENT, WATER), gevent.spawn(attempt, WATER, RENT)]
        gevent.joinall(jobs, timeout=20)
        assert sorted(job.get() for job in jobs) == [False, True]
        for payment in books.ledger.payments():
            if payment.state == "opened":
                books.ledger.record(payment.id, Declined("2000"))


def test_one_that_was_paid_since_it_was_told_stops_the_whole(books: Books) -> None:
    books.paid(request(WATER))
    told = (replace(RENT, taken_before=usd(0)), replace(WATER, taken_before=usd(0)))
    with pytest.raises(BillBusy, match="since its balance was told"):
        books.ledger.open(request(*told))
    books.ledger.open(request(told[0], replace(WATER, taken_before=usd(4_000))))


@pytest.mark.parametrize(
    "wanted",
    [
        replace(request(RENT), amount=usd(10_001)),
        replace(request(RENT, fee=100), fee=usd(99)),
        replace(request(RENT), allocations=(Allocation("rent", Money(10_000, "EUR")),)),
    ],
)
def test_parts_that_are_not_the_whole_are_refused(books: Books, wanted: PaymentRequest) -> None:
    with pytest.raises(ValueError, match="sum"):
        books.ledger.open(wanted)


class TestInstalment:
    """What of an agreement is due is paid once, ever."""

    def test_only_one_attempt_pays_it(self, books: Books) -> None:
        books.paid(request(RENT, instalment="plan-1:3"))
        with pytest.raises(BillBusy, match="instalment"):
            books.ledger.open(request(GAS, instalment="plan-1:3"))
        books.ledger.open(request(GAS, instalment="plan-1:4"))

    def test_one_that_is_being_checked_keeps_another_out(self, books: Books) -> None:
        payment = books.ledger.open(request(RENT, instalment="plan-1:3"))
        books.ledger.record(payment.id, Unknown("read timeout"))
        with pytest.raises(BillBusy, match="instalment"):
            books.ledger.open(request(GAS, instalment="plan-1:3"))

    @pytest.mark.parametrize("end", [Declined("2001"), Returned(T1, "R01")])
    def test_one_that_failed_may_be_tried_again(self, books: Books, end: Declined | Returned) -> None:
        if isinstance(end, Returned):
            payment = books.paid(request(RENT, instalment="plan-1:3"))
        else:
            payment = books.ledger.open(request(RENT, instalment="plan-1:3"))
        books.ledger.record(payment.id, end)
        again = books.paid(request(RENT, instalment="plan-1:3"))
        assert books.ledger.get(again.id).request.instalment == "plan-1:3"


def test_the_payments_of_an_account_that_took_money_or_may(books: Books) -> None:
    first = books.paid(request(RENT))
    declined = books.ledger.open(request(WATER))
    books.ledger.record(declined.id, Declined("2000"))
    third = books.ledger.open(request(GAS))
    assert [payment.id for payment in books.ledger.of_account("account", 5)] == [third.id, first.id]
    assert [payment.id for payment in books.ledger.of_account("account", 1)] == [third.id]
    assert list(books.ledger.of_account("another", 5)) == []
