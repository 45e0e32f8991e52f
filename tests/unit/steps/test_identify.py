"""Who a caller is: chains of links, each test a call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from dialogue import CLOSED, OPEN, PAID, VOICE

from fs_app.domain.bill import Account, Bill
from fs_app.domain.money import Money
from fs_app.domain.rules import Lockout, Rules
from fs_app.flow.call import Call, Line
from fs_app.flow.step import StepEnds
from fs_app.ports import KnownCaller
from fs_app.steps.identify import Identify
from fs_app.steps.proving import date_of
from fs_app.testing.fakes import FakeDirectory, ListJournal
from fs_app.testing.fakes_callers import FakeCallers, FakeProofs
from fs_app.testing.fakes_payments import StandingClock
from fs_app.testing.phone import ScriptedPhone
from fs_app.testing.services import fake_services

BORN = Account(id="a4", number="55556666", birth_date=date(1980, 3, 4), postal_code="10001")
BILL = Bill(id="b7", account_id="a1", due=Money(100, "USD"), number="900900")
ANN = "+15550100"
MISMATCH = "We could not find an account with those numbers."
LOCKED = "For your security, we cannot look up this account on this line right now."


@dataclass
class Town:
    """What calls share: the accounts, who proved what wrongly, who has called before."""

    clock: StandingClock = field(default_factory=StandingClock)
    proofs: FakeProofs = field(init=False)
    callers: FakeCallers = field(default_factory=FakeCallers)
    directory: FakeDirectory = field(
        default_factory=lambda: FakeDirectory(
            accounts=[OPEN, CLOSED, PAID, BORN],
            bills=[BILL],
            pins={"a1": "2468", "a2": "1357", "a3": "1111", "a4": "9999"},
            caller_ids={ANN: "a1"},
            customers={"700700": "a3"},
        )
    )

    def __post_init__(self) -> None:
        self.proofs = FakeProofs(self.clock)

    def call(
        self,
        chain: Iterable[str],
        keyed: list[str],
        caller_id: str | None = None,
        rules: Rules | None = None,
        **yaml: Any,
    ) -> Called:
        """One call as far as the step goes."""
        phone = ScriptedPhone(VOICE, keyed)
        services = fake_services(directory=self.directory, proofs=self.proofs, callers=self.callers)
        call = Call(Line("f", "en", "q", rules or Rules()), phone, services, ListJournal(), caller_id)
        call.known = self.callers.of(caller_id)
        step = Identify.model_validate({"identify": list(chain), **yaml})
        try:
            outcome = step.run(call)
        except StepEnds as ends:
            outcome = ends.outcome
        assert outcome in step.all_outcomes()
        account = call.facts.account
        return Called(outcome, None if account is None else account.id, phone)


@dataclass
class Called:
    outcome: str
    account: str | None
    phone: ScriptedPhone

    @property
    def asked(self) -> list[str]:
        """The names of the fields, in the order of the questions."""
        return [each.name for each in self.phone.fields]

    @property
    def said(self) -> str:
        return "\n".join(self.phone.said)


@pytest.fixture
def town() -> Town:
    return Town()


PIN = ("account_number", "pin")


# --- the chains ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chain", "keyed", "account"),
    [
        (PIN, ["12345678#", "2468"], "a1"),
        (("customer_number", "pin"), ["700700#", "1111"], "a3"),
        (("bill_number", "postal_code"), ["900900#", "90210"], "a1"),
        (("account_number", "birth_date"), ["55556666#", "03041980"], "a4"),
        (("account_number", "birth_date", "postal_code", "pin"), ["55556666#", "03041980", "10001", "9999"], "a4"),
    ],
)
def test_a_chain_of_links(town: Town, chain: tuple[str, ...], keyed: list[str], account: str) -> None:
    called = town.call(chain, keyed)
    assert (called.outcome, called.account) == ("identified", account)
    assert [each.replace(" ", "_") for each in called.asked] == [
        "date_of_birth" if link == "birth_date" else link for link in chain
    ]


@pytest.mark.parametrize("wrong", range(3))
def test_every_link_that_proves_has_to_fit_and_nobody_hears_which_did_not(town: Town, wrong: int) -> None:
    keyed = ["03041980", "10001", "9999"]
    keyed[wrong] = ["12041980", "10002", "9998"][wrong]
    called = town.call(("account_number", "birth_date", "postal_code", "pin"), ["55556666#", *keyed, "0"])
    assert (called.outcome, called.account) == ("agent", None)
    assert called.asked == ["account number", "date of birth", "postal code", "pin", "account number"]
    assert called.phone.said[-2] == MISMATCH


def test_a_closed_account_is_told_to_its_holder_and_not_remembered(town: Town) -> None:
    assert town.call(PIN, ["87654321#", "1357"], ANN).outcome == "closed"
    assert town.callers.of(ANN) is None


@pytest.mark.parametrize(
    ("keyed", "order", "found"),
    [
        ("03041980", "mdy", date(1980, 3, 4)),
        ("04031980", "dmy", date(1980, 3, 4)),
        ("19800304", "ymd", date(1980, 3, 4)),
        ("02292024", "mdy", date(2024, 2, 29)),
        ("02292023", "mdy", None),
        ("13011980", "mdy", None),
        ("00000000", "ymd", None),
    ],
)
def test_a_date_in_the_order_of_the_country(keyed: str, order: str, found: date | None) -> None:
    assert date_of(keyed, order) == found


@pytest.mark.parametrize(
    ("order", "keyed", "first"),
    [("mdy", "03041980", "two digits for the month"), ("dmy", "04031980", "two digits for the day"),
     ("ymd", "19800304", "four digits for the year")],
)  # fmt: skip
def test_the_question_for_a_date_says_its_order(town: Town, order: str, keyed: str, first: str) -> None:
    called = town.call(("account_number", "birth_date"), ["55556666#", keyed], rules=Rules(birth_date_order=order))
    assert called.outcome == "identified"
    assert f"Please key in your date of birth: {first}" in called.said


def test_a_day_that_does_not_exist_is_no_mismatch(town: Town) -> None:
    called = town.call(("account_number", "birth_date"), ["55556666#", "13451980", "03041980"])
    assert called.outcome == "identified"
    assert "There is no such date. Please key in all eight digits" in called.said
    assert not town.proofs.wrong


@pytest.mark.parametrize(
    ("chain", "may_be_nobody"),
    [(PIN, False), (("caller_id", "bill_number", "pin"), False), (("caller_id", "last_account", "pin"), True)],
)
def test_a_chain_that_asks_for_a_number_always_has_a_claim(chain: tuple[str, ...], may_be_nobody: bool) -> None:
    step = Identify.model_validate({"identify": list(chain)})
    assert ("not_found" in step.all_outcomes()) is may_be_nobody


# --- from one link to the next ---------------------------------------------------------------------------------


def test_a_known_number_needs_the_proof_alone(town: Town) -> None:
    called = town.call(("caller_id", "account_number", "pin"), ["2468"], ANN)
    assert (called.outcome, called.asked) == ("identified", ["pin"])
    assert called.phone.said[0].startswith("We recognize the number you are calling from.")


def test_star_at_the_proof_of_a_known_number_leads_to_the_next_link(town: Town) -> None:
    called = town.call(("caller_id", "customer_number", "pin"), ["*", "700700#", "1111"], ANN)
    assert (called.account, called.asked) == ("a3", ["pin", "customer number", "pin"])


def test_star_goes_one_question_back_and_at_last_out(town: Town) -> None:
    chain = ("account_number", "postal_code", "pin")
    called = town.call(chain, ["99#", "12345678#", "90210", "*", "*", "12345678#", "90210", "*", "90210", "2468"])
    assert called.outcome == "identified"
    assert called.asked[2:] == ["postal code", "pin", "postal code", "account number", "postal code", "pin",
                                "postal code", "pin"]  # fmt: skip
    assert town.call(chain, ["*"]).outcome == "back"


def test_a_mismatch_after_a_known_number_asks_for_the_account(town: Town) -> None:
    called = town.call(("caller_id", "account_number", "pin"), ["1234", "87654321#", "1357"], ANN)
    assert (called.outcome, called.asked) == ("closed", ["pin", "account number", "pin"])


@pytest.mark.parametrize("caller_id", [None, "+15550999"])
def test_where_the_number_is_not_known_and_nothing_is_asked_for(town: Town, caller_id: str | None) -> None:
    called = town.call(("caller_id", "pin"), [], caller_id)
    assert (called.outcome, called.phone.said) == ("not_found", [])


def test_the_number_alone_can_be_tried_again(town: Town) -> None:
    assert town.call(("caller_id", "pin"), ["1111", "2468"], ANN).outcome == "identified"
    assert town.call(("caller_id", "pin"), ["*"], ANN).outcome == "back"


def test_a_question_nobody_answers_leads_to_the_next_link_and_at_last_out(town: Town) -> None:
    chain = ("account_number", "customer_number", "pin")
    called = town.call(chain, ["", "", "700700#", "1111"], tries=2)
    assert (called.account, called.asked[1:3]) == ("a3", ["account number", "customer number"])
    assert town.call(chain, [], tries=2).outcome == "gave_up"


# --- what a stranger can find out ------------------------------------------------------------------------------


def test_a_wrong_number_and_a_wrong_pin_sound_the_same_and_end_the_same(town: Town) -> None:
    wrong_pin = town.call(PIN, ["12345678#", "1111"] * 3)
    wrong_number = town.call(PIN, ["99999999#", "2468"] * 3)
    assert wrong_pin.phone.said == wrong_number.phone.said
    assert wrong_pin.outcome == wrong_number.outcome == "too_many_mismatches"
    assert wrong_pin.said.count(MISMATCH) == 3


def test_the_same_work_is_done_for_a_number_without_an_account(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str | None] = []

    def pin_matches(directory: FakeDirectory, account: Account | None, pin: str) -> bool:
        compared.append(None if account is None else account.id)
        return False

    monkeypatch.setattr(FakeDirectory, "pin_matches", pin_matches)
    town.call(("account_number", "postal_code", "pin"), ["12345678#", "00000", "1111", "0"])
    town.call(("account_number", "postal_code", "pin"), ["99999999#", "00000", "1111", "0"])
    assert compared == ["a1", None]


@pytest.mark.parametrize("number", ["12345678#", "99999999#"])
def test_too_many_wrong_proofs_lock_whether_or_not_there_is_such_an_account(town: Town, number: str) -> None:
    rules = Rules(lockout=Lockout(failures=4, within_minutes=60, minutes=30))
    assert town.call(PIN, [number, "0001"] * 3, rules=rules).outcome == "too_many_mismatches"
    last = town.call(PIN, [number, "0002"] * 3, rules=rules)
    assert (last.outcome, last.asked) == ("locked", ["account number", "pin", "account number"])
    assert last.phone.said[-1] == LOCKED
    right = town.call(PIN, [number, "2468"], rules=rules)
    assert (right.outcome, right.account, right.asked) == ("locked", None, ["account number"])
    other = town.call(PIN, ["87654321#", "1357"], rules=rules)
    assert other.outcome == "closed"
    town.clock.move(30 * 60)
    assert town.call(PIN, ["12345678#", "2468"], rules=rules).outcome == "identified"


def test_one_account_is_locked_however_it_is_claimed(town: Town) -> None:
    rules = Rules(lockout=Lockout(failures=2))
    town.call(PIN, ["12345678#", "0001", "0"], rules=rules)
    town.call(("bill_number", "postal_code"), ["900900#", "00000", "0"], rules=rules)
    called = town.call(("caller_id", "account_number", "pin"), ["2468"], ANN, rules=rules)
    assert (called.outcome, called.asked) == ("locked", [])


def test_a_right_proof_forgets_the_wrong_ones(town: Town) -> None:
    rules = Rules(lockout=Lockout(failures=3))
    for _ in range(4):
        assert town.call(PIN, ["12345678#", "0001", "12345678#", "2468"], rules=rules).outcome == "identified"


def test_a_call_that_was_locked_meanwhile_gets_no_answer_out_of_its_proof(town: Town) -> None:
    rules = Rules(lockout=Lockout(failures=1))
    subject = "account:a1"

    class Meanwhile(FakeProofs):
        def locked(self, claimed: str, lockout: Lockout) -> bool:
            found = super().locked(claimed, lockout)
            self.tried(claimed, lockout)  # another call, at the same moment
            return found

    town.proofs = Meanwhile(town.clock)
    called = town.call(PIN, ["12345678#", "2468"], rules=rules)
    assert (called.outcome, called.account) == ("locked", None)
    assert len(town.proofs.wrong[subject]) == 1


# --- callers who have been here before ---------------------------------------------------------------------------


def test_the_account_of_the_last_time_is_offered_without_a_digit_of_it(town: Town) -> None:
    chain = ("last_account", "account_number", "pin")
    first = town.call(chain, ["11112222#", "1111"], "+15550555")
    assert (first.account, first.asked) == ("a3", ["account number", "pin"])
    assert town.callers.of("+15550555") == KnownCaller("en", "11112222", 1)
    again = town.call(chain, ["1", "1111"], "+15550555")
    assert (again.account, again.asked) == ("a3", ["last account", "pin"])
    assert not any(digit in again.said for digit in ("1111", "1 1 1"))
    another = town.call(chain, ["2", "12345678#", "2468"], "+15550555")
    assert (another.account, another.asked) == ("a1", ["last account", "account number", "pin"])


def test_who_forges_a_number_gets_no_further_than_the_proof(town: Town) -> None:
    town.callers.remember(ANN, language="en", account_number="12345678")
    forged = town.call(("last_account", "pin"), ["1", "0001", "1", "0002", "1", "0003"], ANN)
    assert (forged.outcome, forged.account) == ("too_many_mismatches", None)


def test_an_account_that_is_gone_is_not_offered(town: Town) -> None:
    town.callers.remember(ANN, language="en", account_number="404404")
    assert (
        town.call(("last_account", "account_number", "pin"), ["12345678#", "2468"], ANN).asked[0]
        == "account number"
    )
    assert town.call(("last_account", "pin"), [], "+15550999").outcome == "not_found"


def test_who_presses_0_gets_a_person_at_any_link(town: Town) -> None:
    town.callers.remember(ANN, language="en", account_number="12345678")
    for keyed in (["0"], ["1", "0"], ["2", "0"]):
        assert town.call(("last_account", "account_number", "pin"), keyed, ANN).outcome == "agent"
