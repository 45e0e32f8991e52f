"""Velocity limits in the database, on SQLite and on MariaDB: they hold across workers."""

from __future__ import annotations

from datetime import timedelta

import gevent
import pytest

from fs_app.domain.bank_account import BankAccount
from fs_app.domain.card import Card
from fs_app.domain.means import MeansKind
from fs_app.domain.money import Money
from fs_app.domain.payment import Declined, Payment, PaymentRequest
from fs_app.domain.secret import Secret
from fs_app.domain.velocity import Trait, VelocityLimit
from fs_app.errors import TooManyAttempts
from fs_app.jobs.housekeeping import Chore, Housekeeper
from fs_app.payments.marks import Marker
from fs_app.store.engine import Database
from fs_app.store.ledger import SqlLedger
from fs_app.store.velocity import SqlVelocity
from fs_app.testing.fakes_payments import StandingClock

VISA, OTHER_VISA, MASTERCARD = "4111111111111111", "4012888888881881", "5555555555554444"


class Prober:
    """Somebody who tries cards; every attempt is on a bill of its own."""

    def __init__(self, database: Database, limits: dict[Trait, VelocityLimit]) -> None:
        self.clock = StandingClock()
        self.ledger = SqlLedger(database, self.clock, limits=limits)
        self.marker = Marker("a secret of the operator's")
        self.bills = iter(range(1, 1000))

    def attempt(self, number: str = VISA, caller: str = "+15550100001", account: str = "a1") -> Payment:
        request = PaymentRequest("uuid", account, f"bill-{next(self.bills)}", Money(100, "USD"), caller_id=caller)
        card = Card(Secret(number), Secret("1230"), Secret("123"), Secret(""), "visa", number[-4:])
        return self.ledger.open(request, self.marker.marks(request, card))

    def declined(self, number: str = VISA, caller: str = "+15550100001", account: str = "a1") -> None:
        self.ledger.record(self.attempt(number, caller, account).id, Declined("2000"))


@pytest.mark.parametrize(
    ("trait", "others"),
    [
        (Trait.CALLER_ID, {"caller": "+15550100002"}),
        (Trait.ACCOUNT, {"account": "a2"}),
        (Trait.CARD, {"number": OTHER_VISA}),
    ],
)
def test_so_many_attempts_within_some_hours_and_nobody_else_is_held_back(
    database: Database, trait: Trait, others: dict[str, str]
) -> None:
    tester = Prober(database, {trait: VelocityLimit(24, attempts=3)})
    for _ in range(3):
        tester.attempt()
    with pytest.raises(TooManyAttempts, match=trait):
        tester.attempt()
    tester.attempt(**others)
    tester.clock.move(24 * 3600 + 1)
    tester.attempt()


def test_a_refused_attempt_leaves_nothing(database: Database) -> None:
    tester = Prober(database, {Trait.CARD: VelocityLimit(24, attempts=1)})
    tester.attempt()
    for _ in range(3):
        with pytest.raises(TooManyAttempts):
            tester.attempt()
    assert len(tester.ledger.payments()) == 1


def test_a_bin_is_held_back_by_what_was_declined_only(database: Database) -> None:
    tester = Prober(database, {Trait.BIN: VelocityLimit(1, declines=2)})
    for _ in range(5):
        tester.attempt()
    tester.declined(caller="+15550100002", account="a2")
    tester.declined(caller="+15550100003", account="a3")
    with pytest.raises(TooManyAttempts, match="bin"):
        tester.attempt(caller="+15550100004", account="a4")
    tester.attempt(MASTERCARD)


def test_declines_of_a_caller(database: Database) -> None:
    tester = Prober(database, {Trait.CALLER_ID: VelocityLimit(24, declines=2)})
    tester.declined(VISA)
    tester.declined(OTHER_VISA)
    with pytest.raises(TooManyAttempts, match="caller_id"):
        tester.attempt(MASTERCARD)
    tester.attempt(MASTERCARD, caller="")  # a withheld number is no trait that many share


def test_workers_at_the_same_moment_do_not_slip_through_together(database: Database) -> None:
    tester = Prober(database, {Trait.CARD: VelocityLimit(24, attempts=3)})
    greenlets = [gevent.spawn(tester.attempt) for _ in range(12)]
    gevent.joinall(greenlets, timeout=30)
    passed = [greenlet for greenlet in greenlets if greenlet.successful()]
    assert 1 <= len(passed) <= 3
    assert len(tester.ledger.payments()) == len(passed)


def test_nothing_of_a_card_or_a_caller_can_be_read_from_a_mark() -> None:
    marker = Marker("key")
    request = PaymentRequest("uuid", "account", "bill", Money(100, "USD"), caller_id="+15550100001")
    card = Card(Secret(VISA), Secret("1230"), Secret("123"), Secret(""), "visa", "1111")
    marks = marker.marks(request, card)
    assert {mark.trait for mark in marks} == set(Trait)
    assert all(len(mark.subject) == 64 and VISA[:6] not in mark.subject for mark in marks)
    assert {mark.subject for mark in marks}.isdisjoint(
        mark.subject for mark in Marker("other").marks(request, card)
    )
    assert "key" not in repr(marker)


def test_a_bank_account_counts_as_a_card_does_and_its_bank_does_not() -> None:
    marker = Marker("key")
    request = PaymentRequest("uuid", "account", "bill", Money(100, "USD"), means=MeansKind.BANK)

    def mark_of(routing: str, number: str) -> str:
        marks = marker.marks(request, BankAccount(Secret(routing), Secret(number)))
        assert {mark.trait for mark in marks} == {Trait.ACCOUNT, Trait.CARD}
        return next(mark.subject for mark in marks if mark.trait is Trait.CARD)

    one = mark_of("021000021", "1000000000")
    assert one == mark_of("021000021", "1000000000")
    assert len({one, mark_of("011500120", "1000000000"), mark_of("021000021", "1000000001")}) == 3
    assert "1000000000" not in one


def test_what_no_limit_looks_at_any_more_is_forgotten(database: Database) -> None:
    prober = Prober(database, {Trait.CARD: VelocityLimit(24, attempts=1)})
    prober.attempt()
    keeper = Housekeeper([Chore("attempts", SqlVelocity(database), timedelta(hours=24))], prober.clock)
    keeper.clean()
    with pytest.raises(TooManyAttempts):
        prober.attempt()
    prober.clock.move(24 * 3600 + 1)
    keeper.clean()
    assert SqlVelocity(database).forget(prober.clock.now()) == 0
    prober.attempt()
