"""A debt is told to the debtor alone (15 U.S.C. 1692c(b))."""

from __future__ import annotations

import pytest
from onestep import HOLDER, walk
from pydantic import ValidationError

from fs_app.domain.bill import Bill, BillKind
from fs_app.domain.money import Money
from fs_app.steps import STEPS
from fs_app.testing.fakes import FakeDirectory
from fs_app.testing.services import fake_services

DEBT = Bill("b1", "a1", Money(60_000, "USD"), number="900101", kind=BillKind.DEBT)
FINE = Bill("b2", "a1", Money(8_000, "USD"), number="800101", kind=BillKind.FINE)
SERVICES = fake_services(directory=FakeDirectory([HOLDER], [DEBT, FINE]))


def test_whoever_keys_the_number_of_a_debt_hears_what_a_wrong_number_sounds_like() -> None:
    of_a_debt = walk("find_bill", "900101#", "800101#", services=SERVICES, facts={"account": None})
    of_nothing = walk("find_bill", "900199#", "800101#", services=SERVICES, facts={"account": None})
    assert of_a_debt.said == of_nothing.said
    assert of_a_debt.call.facts.bills == of_nothing.call.facts.bills == (FINE,)
    assert of_a_debt.call.counts == of_nothing.call.counts


def test_a_flow_cannot_ask_for_the_number_of_a_debt() -> None:
    with pytest.raises(ValidationError, match="to the debtor and to nobody else"):
        STEPS["find_bill"].model_validate({"kind": "debt"})


@pytest.mark.parametrize("step", ["choose_bills", "tell_balance"])
def test_a_debt_is_not_told_among_other_bills(step: str) -> None:
    """No disclosure was heard there."""
    call = walk(step, services=SERVICES)
    assert (call.said, call.call.facts.bills) == (["Your balance is 80.00 USD."], (FINE,))


def test_the_debtor_hears_it_where_the_flow_says_so() -> None:
    assert walk("choose_bills", "1", services=SERVICES, debts=True).call.facts.bills == (DEBT, FINE)
    assert walk("tell_balance", services=SERVICES, debts=True).said == ["Your balance is 600.00 USD."]
