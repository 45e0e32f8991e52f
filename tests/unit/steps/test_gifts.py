"""A caller gives: to one project or to all, a suggested amount or one of their own, once or every month."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onestep import Walk, walk
from pydantic import ValidationError

from fs_app.domain.bill import Account, BillKind
from fs_app.domain.card import Card
from fs_app.domain.money import Money
from fs_app.domain.rules import Rules
from fs_app.domain.secret import Secret
from fs_app.steps import STEPS

PROJECTS = {
    "1": {"id": "meals", "say": "project_meals", "about": "about_meals", "share": 50},
    "2": {"id": "heating", "say": "project_heating", "about": "about_heating", "share": 30},
    "3": {"id": "school", "say": "project_school", "about": "about_school", "share": 20},
}
ONE = {"1": {"id": "meals", "say": "project_meals", "about": "about_meals"}}
OFFERS = (
    "For warm meals, press 1. For heating, press 2. For school supplies, press 3."
    " To share your gift among all projects, press 4."
)
AMOUNTS = "To give 25.00 USD, press 1. To give 50.00 USD, press 2. To give another amount, press 3."
YAML: dict[str, Any] = {"currency": "USD", "projects": PROJECTS, "amounts": ["25.00", "50.00"]}


def give(*answers: str, **fields: Any) -> Walk:
    facts = fields.pop("facts", {"account": None})
    return walk("choose_gift", *answers, facts=facts, **YAML | fields)


def gifts(call: Walk) -> dict[str, int]:
    assert call.call.facts.bills is not None
    return {bill.id: bill.due.minor for bill in call.call.facts.bills}


def card() -> Card:
    return Card(Secret(), Secret(), Secret(), Secret())


def test_to_one_project() -> None:
    call = give("2", "1")
    assert call.outcome == "chosen"
    assert call.said == [f"{OFFERS} To hear about them, press 5.", AMOUNTS]
    assert (gifts(call), call.call.facts.amount) == ({"gift:heating": 2_500}, Money(2_500, "USD"))


def test_to_all_by_their_shares_and_what_each_gets_is_told() -> None:
    call = give("4", "2")
    assert gifts(call) == {"gift:meals": 2_500, "gift:heating": 1_500, "gift:school": 1_000}
    assert call.said[-1] == "warm meals: 25.00 USD. heating: 15.00 USD. school supplies: 10.00 USD."


def test_what_a_project_is_about_is_told_to_who_asks() -> None:
    call = give("5", "1", "1", campaign="about_winter")
    told = call.said[1]
    assert told.startswith("Our winter campaign helps families through the cold months. We cook a warm meal")
    assert "Of a gift to all projects, it gets 50%." in told and told.endswith(OFFERS[-48:])
    assert "To hear about them" not in told
    assert gifts(call) == {"gift:meals": 2_500}


def test_nobody_has_to_be_known_and_a_gift_is_open_to_many() -> None:
    (bill,) = give("1", "1").call.facts.bills or ()
    assert (bill.account_id, bill.kind, bill.exclusive) == ("", BillKind.GIFT, False)
    (bill,) = give("1", "1", facts={"account": Account("a1", "1001")}).call.facts.bills or ()
    assert bill.account_id == "a1"


def test_an_own_amount_is_read_back_and_within_the_lines_rules() -> None:
    rules = Rules(minimum_minor=500, maximum_minor=4_000)
    call = give("1", "2", "100", "9900", "1234", "1", rules=rules)
    assert call.said[1:] == [
        "To give 25.00 USD, press 1. To give another amount, press 2.",
        "Please key in the amount, with the cents and without a decimal point. Then press the pound key.",
        "The smallest payment is 5.00 USD. Please key in the amount one digit at a time. For 42.50 USD, press"
        " 4 2 5 0, then the pound key.",
        "The largest payment is 40.00 USD. Please key in the amount one digit at a time. For 42.50 USD, press"
        " 4 2 5 0, then the pound key.",
        "You chose 12.34 USD. If that is right, press 1. To change it, press 2.",
    ]
    assert gifts(call) == {"gift:meals": 1_234}


def test_star_leads_from_the_own_amount_to_the_suggestions_and_from_them_to_the_projects() -> None:
    call = give("1", "3", "*", "*", "2", "1")
    assert gifts(call) == {"gift:heating": 2_500}
    assert [said[:12] for said in call.said] == [OFFERS[:12], *[AMOUNTS[:12], "Please key i"], AMOUNTS[:12],
                                                 OFFERS[:12], AMOUNTS[:12]]  # fmt: skip


def test_a_single_project_is_explained_and_not_asked_for() -> None:
    call = give("1", projects=ONE)
    assert call.said == ["We cook a warm meal every day for families in need.", AMOUNTS]
    assert give("*", projects=ONE).outcome == "back"


def test_who_changes_the_amount_keeps_the_projects() -> None:
    before = give("4", "1").call.facts
    call = give("2", facts={"account": None, "bills": before.bills, "amount": before.amount, "means": card()})
    assert (call.outcome, call.said[0]) == ("changed", AMOUNTS)
    assert gifts(call) == {"gift:meals": 2_500, "gift:heating": 1_500, "gift:school": 1_000}


@pytest.mark.parametrize(("key", "outcome"), [("1", "chosen"), ("2", "monthly")])
def test_once_or_every_month(key: str, outcome: str) -> None:
    call = give("1", "1", key, monthly=True)
    assert call.outcome == outcome
    assert call.said[-1] == "To give once, press 1. To give this every month, press 2."


def test_monthly_is_no_outcome_unless_it_is_offered() -> None:
    once = STEPS["choose_gift"].model_validate(YAML)
    assert "monthly" not in once.all_outcomes()
    assert "gift_monthly" not in {said.phrase for said in once.phrases()}
    assert "monthly" in STEPS["choose_gift"].model_validate(YAML | {"monthly": True}).all_outcomes()


def test_yen_have_no_cents() -> None:
    call = give("1", "2", "500", "1", currency="JPY", amounts=["1000"])
    assert call.said[1:3] == [
        "To give 1000 JPY, press 1. To give another amount, press 2.",
        "Please key in the amount, then press the pound key.",
    ]
    assert call.call.facts.amount == Money(500, "JPY")


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"amounts": ["0.00"]}, "nobody gives"),
        ({"amounts": ["1.234"]}, "not an amount in USD"),
        ({"projects": {"1": ONE["1"] | {"share": 0}}}, "no project has a share"),
        ({"projects": {"1": ONE["1"], "2": ONE["1"]}}, "the same id"),
        ({"projects": {"6": ONE["1"]}}, "pattern"),
    ],
)
def test_what_makes_no_sense_is_refused_at_start(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        STEPS["choose_gift"].model_validate(YAML | fields)


@given(
    amount=st.integers(100, 500_000),
    shares=st.lists(st.integers(0, 10_000), min_size=2, max_size=5).filter(
        lambda shares: sum(map(bool, shares)) > 1
    ),
)
def test_the_parts_of_a_gift_are_the_gift(amount: int, shares: list[int]) -> None:
    projects = {str(key): ONE["1"] | {"id": f"p{key}", "share": share} for key, share in enumerate(shares, start=1)}
    call = give(str(len(shares) + 1), str(amount), "1", projects=projects, amounts=[])
    parts = gifts(call)
    assert call.outcome == "chosen"
    assert sum(parts.values()) == amount
    for key, share in enumerate(shares, start=1):
        assert abs(parts.get(f"gift:p{key}", 0) - amount * share / sum(shares)) < 1
