"""A caller who pays for somebody else, or a fine: each test is a call."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from dialogue import OPEN, VOICE

from fs_app.domain.bill import Bill, BillKind
from fs_app.domain.money import Money
from fs_app.domain.rules import Lockout, Rules
from fs_app.flow.call import Call, Line
from fs_app.flow.step import StepEnds
from fs_app.ports import KnownCaller
from fs_app.steps.find_bill import FindBill
from fs_app.testing.fakes import FakeDirectory, ListJournal
from fs_app.testing.fakes_callers import FakeCallers, FakeProofs
from fs_app.testing.fakes_payments import StandingClock
from fs_app.testing.phone import ScriptedPhone
from fs_app.testing.services import fake_services


def usd(minor: int) -> Money:
    return Money(minor, "USD")


BILL = Bill("b1", "a1", usd(8120), date(2026, 2, 15), number="445566", late_fee=usd(500))
FINE = Bill("b2", "a1", usd(4500), date(2026, 3, 1), number="778899", kind=BillKind.FINE, discount=usd(1500),
            discount_until=date(2026, 2, 10))  # fmt: skip
PAID = Bill("b3", "a1", usd(0), number="112233")
PAYER = "+15550777"


@dataclass
class Office:
    """What calls share."""

    proofs: FakeProofs = field(default_factory=lambda: FakeProofs(StandingClock()))
    callers: FakeCallers = field(default_factory=FakeCallers)

    def call(
        self, keyed: list[str], caller_id: str | None = PAYER, lockout: Lockout | None = None, **yaml: Any
    ) -> Found:
        """One call as far as the step goes."""
        phone = ScriptedPhone(VOICE, keyed)
        directory = FakeDirectory([OPEN], [BILL, FINE, PAID])
        services = fake_services(directory=directory, proofs=self.proofs, callers=self.callers)
        line = Line("f", "en", "q", Rules(lockout=lockout or Lockout()))
        call = Call(line, phone, services, ListJournal(), caller_id)
        try:
            outcome = FindBill.model_validate(yaml).run(call)
        except StepEnds as ends:
            outcome = ends.outcome
        assert call.facts.account is None
        return Found(outcome, call.facts.bills, phone)


@dataclass
class Found:
    outcome: str
    bills: tuple[Bill, ...] | None
    phone: ScriptedPhone


@pytest.fixture
def office() -> Office:
    return Office()


def test_a_bill_by_its_number_and_nothing_of_the_account(office: Office) -> None:
    found = office.call(["445566#"])
    assert (found.outcome, found.bills) == ("found", (BILL,))
    assert found.phone.said == [
        "Please key in the bill number, then press the pound key.",
        "This bill is 81.20 USD, due on 2026-02-15. This includes a late fee of 5.00 USD.",
    ]
    assert office.callers.of(PAYER) == KnownCaller("en", None, 1)


def test_a_fine_by_its_citation_with_its_discount(office: Office) -> None:
    found = office.call(["778899#"], kind="fine")
    assert found.outcome == "found"
    assert found.phone.said[0] == "Please key in the citation number, then press the pound key."
    assert found.phone.said[1].startswith("This citation is 45.00 USD, due on 2026-03-01.")
    assert "15.00 USD less" in found.phone.said[1] and "2026-02-10" in found.phone.said[1]


def test_only_the_kind_that_is_asked_for_is_found(office: Office) -> None:
    found = office.call(["445566#", "0"], kind="fine")
    assert (found.outcome, found.bills) == ("agent", None)
    assert found.phone.said[1] == "We could not find that citation."


def test_yaml_names_other_phrases(office: Office) -> None:
    found = office.call(["112233#"], kind="fine", number="enter_bill_number", nothing="nothing_due")
    assert found.phone.said[0].startswith("Please key in the bill number")
    assert found.phone.said[1] == "We could not find that citation."
    assert (
        office.call(["112233#"], nothing="nothing_due").phone.said[1] == "You have nothing to pay on this account."
    )


def test_a_bill_that_is_paid(office: Office) -> None:
    found = office.call(["112233#"])
    assert (found.outcome, found.bills) == ("nothing_due", None)
    assert found.phone.said[-1] == "There is nothing to pay on this bill."
    assert not office.proofs.wrong[f"telephone:{PAYER}"]


def test_numbers_without_a_bill_are_counted_over_the_call(office: Office) -> None:
    found = office.call(["000001#", "000002#", "000003#", "445566#"])
    assert (found.outcome, found.phone.left) == ("not_found", ["445566#"])
    assert found.phone.said.count("We could not find that bill.") == 3


def test_and_for_the_telephone_over_all_calls(office: Office) -> None:
    lockout = Lockout(failures=4)
    office.call(["000001#", "000002#", "000003#"], lockout=lockout)
    found = office.call(["000004#", "445566#"], lockout=lockout)
    assert (found.outcome, found.bills) == ("locked", None)
    assert found.phone.said[-1] == "For security reasons, we cannot look up any more numbers for you right now."
    assert office.call(["445566#"], "+15550888", lockout=lockout).outcome == "found"
    assert office.call(["445566#"], None, lockout=lockout).outcome == "found"


def test_bills_that_are_found_between_do_not_make_the_wrong_ones_forgotten(office: Office) -> None:
    lockout = Lockout(failures=3)
    for wrong in ("000001#", "000002#"):
        assert office.call([wrong, "445566#"], lockout=lockout).outcome == "found"
    assert office.call(["000003#", "445566#"], lockout=lockout).outcome == "locked"


def test_a_proof_besides_the_number_where_the_operator_wants_one(office: Office) -> None:
    right = office.call(["445566#", "90210"], prove="postal_code")
    assert (right.outcome, right.bills) == ("found", (BILL,))
    wrong = office.call(["445566#", "10001", "0"], prove="postal_code")
    none = office.call(["999999#", "10001", "0"], prove="postal_code")
    assert wrong.phone.said == none.phone.said
    assert (wrong.outcome, wrong.bills) == (none.outcome, none.bills) == ("agent", None)
    assert wrong.phone.fields[1].secret


def test_a_proof_cannot_be_tried_out_from_many_telephones(office: Office) -> None:
    lockout = Lockout(failures=2)
    for telephone in ("+15550801", "+15550802"):
        office.call(["445566#", "10001", "0"], telephone, lockout, prove="postal_code")
    found = office.call(["445566#", "90210"], "+15550803", lockout, prove="postal_code")
    assert (found.outcome, found.bills) == ("locked", None)
    assert not office.proofs.wrong["telephone:+15550803"], "who met the lock is not counted for it"


def test_star_at_the_proof_asks_for_the_number_again(office: Office) -> None:
    found = office.call(["999999#", "*", "445566#", "90210"], prove="postal_code")
    assert (found.outcome, [each.name for each in found.phone.fields]) == (
        "found",
        ["bill number", "postal code", "bill number", "postal code"],
    )
    assert not office.proofs.wrong["bill:999999"]
    assert office.call(["*"]).outcome == "back"
