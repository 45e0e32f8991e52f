"""What an agent may take a payment of, and what an order leaves open."""

from __future__ import annotations

from dataclasses import replace

import pytest
from assistkit import CARD, PAY, START, last, take
from dialogue import BILL
from helping import order

from fs_app.domain.assist import AssistState
from fs_app.domain.bill import Account, Bill, BillKind
from fs_app.domain.money import Money
from fs_app.domain.rules import Rules
from fs_app.ports import OrderKind
from fs_app.testing.fakes import FakeDirectory
from fs_app.testing.fakes_person import talks

pytestmark = pytest.mark.usefixtures("wiped")

LIMITS = Rules(minimum_minor=1000, maximum_minor=10_000)
SECOND = Bill("b2", "a1", Money(500, "USD"))
EUROS = Bill("b3", "a1", Money(500, "EUR"))
WHOLE = replace(BILL, id="b4", kind=BillKind.RENEWAL)
OTHER = Account("a9", "99990000")


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"account": "404"}, "no_account"),
        ({"account": "99990000"}, "no_bill"),
        ({"bills": ("404",)}, "no_bill"),
        ({"bills": ("b1", "404")}, "no_bill"),
        ({"bills": ("b1", "b3")}, "other_currency"),
        ({"amount": Money(5000, "EUR")}, "other_currency"),
        ({"bills": ("b4",), "amount": Money(5000, "USD")}, "whole_only"),
        ({"bills": ("b2", "b4"), "amount": Money(5000, "USD")}, "whole_only"),
        ({"amount": Money(999, "USD")}, "too_small"),
        ({"amount": Money(0, "USD")}, "too_small"),
        ({"amount": Money(-500, "USD")}, "too_small"),
        ({"bills": ("b1",), "amount": Money(10_001, "USD")}, "too_large"),
        ({"amount": Money(8121, "USD")}, "above_balance"),
    ],
)
def test_what_the_rules_do_not_allow_is_not_even_begun(asked, why) -> None:
    directory = FakeDirectory(accounts=[Account("a1", "12345678"), OTHER], bills=[BILL, SECOND, EUROS, WHOLE])
    refused = take(
        *CARD,
        person=talks(order(OrderKind.TAKE_PAYMENT, **asked)),
        rules=LIMITS,
        facts={"bills": (BILL,)},
        services={"directory": directory},
    )
    assert refused.desk.answers == {1: why}
    assert refused.views == [] and START not in refused.said
    assert refused.people[0].done == ["joined"]


def test_a_billing_database_that_is_down_is_told() -> None:
    refused = take(*CARD, services={"directory": FakeDirectory(down=True)})
    assert refused.desk.answers == {1: "unavailable"}


@pytest.mark.parametrize(
    ("asked", "facts", "amount", "bills"),
    [
        ({}, {}, Money(8120, "USD"), ("b1",)),
        ({}, {"amount": Money(2000, "USD")}, Money(2000, "USD"), ("b1",)),
        ({"amount": Money(3000, "USD")}, {"amount": Money(2000, "USD")}, Money(3000, "USD"), ("b1",)),
        ({"bills": ("b2",)}, {}, Money(500, "USD"), ("b2",)),
        ({"bills": ("b1", "b2")}, {}, Money(8620, "USD"), ("b1", "b2")),
        ({}, {"bills": None, "amount": None}, Money(8120, "USD"), ("b1",)),
    ],
)
def test_what_the_order_leaves_open_is_what_the_caller_was_about_to_pay(asked, facts, amount, bills) -> None:
    paid = take(
        *CARD,
        PAY,
        person=talks(order(OrderKind.TAKE_PAYMENT, **asked)),
        bills=[BILL, SECOND],
        facts={"bills": (BILL,)} | facts,
    )
    assert (last(paid).state, last(paid).amount, last(paid).bills) == (AssistState.APPROVED, amount, bills)


def test_less_than_the_smallest_payment_may_be_all_that_is_due() -> None:
    paid = take(
        *CARD, PAY, person=talks(order(OrderKind.TAKE_PAYMENT, bills=("b2",))), bills=[BILL, SECOND], rules=LIMITS
    )
    assert last(paid).state is AssistState.APPROVED


def test_where_the_operator_takes_more_than_is_due_so_does_the_agent() -> None:
    asked = order(OrderKind.TAKE_PAYMENT, amount=Money(9000, "USD"))
    assert last(take(*CARD, PAY, person=talks(asked), rules=Rules(overpayment=True))).amount == Money(9000, "USD")


def test_an_agent_can_take_a_payment_of_a_caller_who_was_not_identified() -> None:
    asked = order(OrderKind.TAKE_PAYMENT, account="12345678")
    paid = take(*CARD, PAY, person=talks(asked), known=False)
    assert (last(paid).state, last(paid).bills) == (AssistState.APPROVED, ("b1",))
    assert paid.call.facts.account is None, "that does not make them its holder"


def test_of_a_stranger_nothing_is_due() -> None:
    assert take(*CARD, known=False).desk.answers == {1: "no_bill"}


def test_of_another_account_that_accounts_bills_are_paid() -> None:
    directory = FakeDirectory(
        accounts=[Account("a1", "12345678"), OTHER], bills=[BILL, Bill("b9", "a9", Money(700, "USD"))]
    )
    asked = order(OrderKind.TAKE_PAYMENT, account="99990000")
    paid = take(*CARD, PAY, person=talks(asked), services={"directory": directory})
    assert (last(paid).amount, last(paid).bills) == (Money(700, "USD"), ("b9",))
    assert paid.call.facts.account is not None and paid.call.facts.account.number == "12345678"
