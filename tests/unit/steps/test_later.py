"""What a caller hears and agrees to who pays later: dates, plans, recurring payments, consent, cancellation."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from onestep import HOLDER, Walk, walk
from test_means import CHASE, VISA, card, kept

from fs_app.domain.agreement import AgreementKind, AgreementState, Fixed, FullBalance, Target, Terms
from fs_app.domain.bill import Bill, BillKind
from fs_app.domain.calendar import Every, Unit
from fs_app.domain.contact import Contact
from fs_app.domain.means import MeansKind
from fs_app.domain.money import Money
from fs_app.domain.plan import MONTHLY
from fs_app.domain.proposal import Proposal, once
from fs_app.domain.rules import Rules
from fs_app.flow.call import Services
from fs_app.flow.facts import proved
from fs_app.ports import Consent, ConsentKind
from fs_app.testing.fakes import FakeDirectory
from fs_app.testing.services import fake_services

# It is Saturday, 31 January 2026.
AMOUNT = Money(4250, "USD")
BILL = Bill("b1", "a1", AMOUNT)
REACHED = replace(HOLDER, receipt_to=Contact.parse("sms:+15550100001"))
GIFT = Bill("gift:meals", "", Money(2500, "USD"), kind=BillKind.GIFT, exclusive=False)
ONCE = once(AMOUNT, date(2026, 2, 3), (Target("b1"),))


def terms(call: Walk) -> Proposal:
    return proved(call.call.facts.terms)


def agreed_to(services: Services) -> list[tuple[int, Consent]]:
    """The consents to something scheduled, with their numbers."""
    kept_all: list[Consent | None] = services.consents.kept  # type: ignore[attr-defined]
    numbered = enumerate(kept_all, start=1)
    return [(number, each) for number, each in numbered if each and each.kind is ConsentKind.SCHEDULE]


class TestDate:
    def asked(self, *answers: str, bill: Bill = BILL, **more: Any) -> Walk:
        return walk("choose_date", *answers, facts={"bills": (bill,), "amount": AMOUNT}, **more)

    def test_a_day_is_read_back_with_its_weekday(self) -> None:
        call = self.asked("0203", "1")
        assert call.outcome == "chosen"
        assert "2026-02-03" in call.said[1]
        assert terms(call) == ONCE

    def test_where_the_day_comes_first(self) -> None:
        call = self.asked("0302", "1", rules=Rules(birth_date_order="dmy"))
        assert "two digits for the day and two for the month" in call.said[0]
        assert terms(call).terms.first == date(2026, 2, 3)

    def test_a_day_of_this_year_that_is_over_is_next_year(self) -> None:
        assert terms(self.asked("0115", "1")).terms.first == date(2027, 1, 15)

    @pytest.mark.parametrize(
        ("keyed", "said"),
        [
            ("0131", "The earliest date is 2026-02-01."),
            ("0230", "There is no such date."),
            ("1301", "There is no such date."),
            ("0229", "The latest date is 2027-02-01."),
        ],
    )
    def test_a_day_that_cannot_be_is_asked_again(self, keyed: str, said: str) -> None:
        call = self.asked(keyed, "0201", "1")
        assert call.said[1].startswith(said)
        assert terms(call).terms.first == date(2026, 2, 1)

    def test_who_wants_another_one_keys_it(self) -> None:
        assert terms(self.asked("0203", "2", "0204", "1")).terms.first == date(2026, 2, 4)

    @pytest.mark.parametrize(
        "bill",
        [replace(BILL, account_id="a2"), replace(BILL, kind=BillKind.RENEWAL), replace(BILL, kind=BillKind.COPAY)],
    )
    def test_what_is_no_open_bill_of_theirs_cannot_wait(self, bill: Bill) -> None:
        call = self.asked("0203", "1", bill=bill)
        assert (call.outcome, call.said) == ("not_possible", ["This cannot be paid later."])


class TestPlan:
    def asked(self, *answers: str, due: int = 4250, **fields: Any) -> Walk:
        return walk("choose_plan", *answers, facts={"bills": (replace(BILL, due=Money(due, "USD")),)}, **fields)

    def planned(self, call: Walk) -> list[tuple[str, int]]:
        return [(each.due_on.isoformat(), proved(each.amount).minor) for each in terms(call).planned]

    def test_the_operators_plans_are_told_with_amounts_and_dates(self) -> None:
        call = self.asked("2")
        assert call.said == [
            "For 2 instalments of 21.25 USD every month, from 2026-02-01 to 2026-03-01, press 1."
            " For 3 instalments of 14.17 USD every month, from 2026-02-01 to 2026-04-01, the last one 14.16 USD,"
            " press 2. To make a plan of your own, press 3."
        ]
        assert self.planned(call) == [("2026-02-01", 1417), ("2026-03-01", 1417), ("2026-04-01", 1416)]
        assert terms(call).targets == (Target("b1"),)

    def test_a_plan_of_their_own_by_number(self) -> None:
        call = self.asked("3", "1", "4#", "2", "0210", "1")
        assert self.planned(call) == [
            ("2026-02-10", 1063), ("2026-02-24", 1063), ("2026-03-10", 1062), ("2026-03-24", 1062),
        ]  # fmt: skip

    def test_a_plan_of_their_own_by_amount(self) -> None:
        call = self.asked("3", "2", "2000#", "1", "3", "0228", "1")
        assert self.planned(call) == [("2026-02-28", 2000), ("2026-03-28", 2250)]

    def test_star_asks_the_question_before_again(self) -> None:
        call = self.asked("3", "1", "4#", "*", "3#", "3", "0210", "1")
        assert [minor for _, minor in self.planned(call)] == [1417, 1417, 1416]

    @pytest.mark.parametrize(
        ("keyed", "said"),
        [("5#", "You can have 4 instalments at most."), ("1#", "A plan has two installments or more.")],
    )
    def test_what_the_rules_do_not_allow_is_said(self, keyed: str, said: str) -> None:
        assert any(each.startswith(said) for each in self.asked("3", "1", keyed, "4#", "3", "0210", "1").said)

    def test_the_last_one_may_not_be_too_late(self) -> None:
        call = self.asked("4", "1", "9#", "3", "0630", "0202", "1", due=50_000)
        assert any(
            each.startswith("The last installment can be on 2027-02-01 at the latest.") for each in call.said
        )
        assert len(self.planned(call)) == 9

    def test_a_small_sum_has_no_plan(self) -> None:
        call = self.asked(due=1999)
        assert (call.outcome, call.said) == ("not_possible", ["This cannot be paid in installments."])

    def test_at_another_server_it_goes_on_with_the_next_question(self) -> None:
        services = fake_services()
        first = self.asked("3", "1", "4#", services=services)
        assert first.outcome == "gave_up"
        assert first.call.within == {"plan": "own", "how": "count", "number": "4"}


class TestRecurring:
    def asked(self, *answers: str, bills: tuple[Bill, ...] = (BILL,), **more: Any) -> Walk:
        services = fake_services(directory=FakeDirectory((REACHED,), bills))
        facts = {"account": REACHED, **more.pop("facts", {})}
        return walk("choose_recurring", *answers, services=services, facts=facts, **more)

    def test_a_fixed_amount_until_it_is_cancelled(self) -> None:
        call = self.asked("1", "5000#", "1", "1", "0206", "1", "1")
        assert terms(call).terms == Terms(Fixed(Money(5000, "USD")), date(2026, 2, 6), Every(1, Unit.WEEK))
        assert terms(call).targets == ()

    def test_whatever_is_due_until_a_date(self) -> None:
        call = self.asked("2", "2", "0210", "1", "2", "1231", "1")
        assert terms(call).terms == Terms(FullBalance("USD"), date(2026, 2, 10), MONTHLY, last=date(2026, 12, 31))
        assert terms(call).told == AMOUNT

    def test_what_is_due_cannot_be_announced_each_week(self) -> None:
        assert not any("every week" in said for said in self.asked("2", "2", "0210", "1", "1").said)

    def test_the_31st_is_the_last_day_of_a_shorter_month(self) -> None:
        call = self.asked("1", "5000#", "1", "3", "0231", "1", "3", "6#")
        assert terms(call).terms == Terms(Fixed(Money(5000, "USD")), date(2026, 2, 28), MONTHLY, times=6, day=31)

    def test_without_an_address_it_is_a_fixed_amount(self) -> None:
        call = self.asked("5000#", "1", "3", "0210", "1", "1", facts={"account": HOLDER})
        assert terms(call).terms.amount == Fixed(Money(5000, "USD"))

    def test_a_gift_is_given_every_month(self) -> None:
        facts = {"bills": (GIFT,), "amount": GIFT.due}
        call = self.asked("0210", "1", facts=facts, periods=["month"], ends=False)
        assert terms(call).terms == Terms(Fixed(GIFT.due), date(2026, 2, 10), MONTHLY)
        assert terms(call).targets == (Target("gift:meals", 2500),)


class TestConsent:
    def confirmed(self, *answers: str, services: Services | None = None, **more: Any) -> Walk:
        services = services or kept(VISA)
        facts = {"account": REACHED, "terms": ONCE, "means": services.methods.of_account("a1")[0]}
        return walk("confirm_agreement", *answers, services=services, facts=facts | more.pop("facts", {}), **more)

    def test_the_whole_terms_are_read_out_and_kept(self) -> None:
        call = self.confirmed("1")
        assert call.outcome == "agreed"
        assert call.said[0].startswith("Please listen. You agree to pay 42.50 USD on ")
        [agreement] = call.services.agreements.of_account("a1")
        assert call.said[1].startswith(
            f"Thank you. It is scheduled. Your agreement number is {' '.join(agreement.number)}."
        )
        [(number, consent)] = agreed_to(call.services)
        assert agreement.request.consent_id == number
        assert (consent.call_uuid, consent.language, consent.version) == (call.phone.uuid, "en", "1")
        assert consent.text.endswith("You can cancel on this line at any time before a payment is taken.")
        assert consent.text in call.said[0]

    def test_each_instalment_of_a_plan_is_told(self) -> None:
        plan = terms(TestPlan().asked("2"))
        said = self.confirmed("1", facts={"terms": plan}).said[0]
        assert "You agree to pay 42.50 USD in 3 instalments. instalment 1: 14.17 USD on 2026-02-01." in said
        assert "instalment 3: 14.16 USD on 2026-04-01. We charge your Visa card ending in 4 2 4 2." in said

    @pytest.mark.parametrize(
        ("terms", "words"),
        [
            (
                Terms(Fixed(AMOUNT), date(2026, 3, 31), MONTHLY),
                "In shorter months, it is the last day. It goes on until",
            ),
            (Terms(Fixed(AMOUNT), date(2026, 3, 1), MONTHLY, times=6), "It is 6 payments in all."),
            (Terms(Fixed(AMOUNT), date(2026, 3, 1), MONTHLY, last=date(2026, 9, 1)), "on 2026-09-01 or before."),
            (Terms(FullBalance("USD"), date(2026, 3, 1), MONTHLY), "we write to you at least ten days before"),
        ],
    )
    def test_how_long_it_goes_on_is_told(self, terms: Terms, words: str) -> None:
        proposal = Proposal(AgreementKind.RECURRING, terms)
        assert words in self.confirmed("1", facts={"terms": proposal}).said[0]

    @pytest.mark.parametrize(
        ("key", "outcome"),
        [("2", "change_terms"), ("3", "change_means"), ("4", "refused"), ("0", "agent"), ("", "gave_up")],
    )
    def test_no_other_answer_is_consent(self, key: str, outcome: str) -> None:
        call = self.confirmed(key)
        assert call.outcome == outcome
        assert list(call.services.agreements.all()) == []
        assert agreed_to(call.services) == []

    def test_a_call_that_goes_on_elsewhere_makes_one_agreement(self) -> None:
        services = kept(VISA)
        assert self.confirmed("1", services=services).outcome == "agreed"
        call = self.confirmed(services=services)
        assert call.outcome == "agreed"
        assert call.said[0].startswith("Thank you. It is scheduled.")
        assert len(services.agreements.all()) == 1

    def test_a_card_that_is_not_saved_cannot_be_charged_later(self) -> None:
        call = self.confirmed("1", facts={"means": card()})
        assert (call.outcome, call.said) == ("not_saved", ["Only a card that is saved can be charged later."])

    def test_a_bank_account_needs_a_spoken_yes_and_an_address(self) -> None:
        assert self.confirmed("1", services=kept(CHASE)).outcome == "no_bank"
        assert (
            self.confirmed("yes", "1", services=kept(CHASE), bank=True, facts={"account": HOLDER}).outcome
            == "no_bank"
        )
        call = self.confirmed("yes", "1", services=kept(CHASE), bank=True)
        assert call.outcome == "agreed"
        assert [consent.recording is not None for _, consent in agreed_to(call.services)] == [True]

    def test_the_number_is_heard_again(self) -> None:
        assert sum("agreement number" in said for said in self.confirmed("1", "1", "1").said) == 3


class TestScheduled:
    @pytest.fixture
    def services(self) -> Services:
        services = kept(VISA)
        for proposal in (
            ONCE,
            Proposal(AgreementKind.RECURRING, Terms(FullBalance("USD"), date(2026, 3, 1), MONTHLY)),
        ):
            facts = {"account": REACHED, "terms": proposal, "means": services.methods.of_account("a1")[0]}
            assert walk("confirm_agreement", "1", services=services, facts=facts).outcome == "agreed"
        return services

    def test_the_next_date_and_amount_of_each_are_told(self, services: Services) -> None:
        call = walk("tell_agreements", services=services)
        assert call.said == [
            "This is scheduled. one payment: 42.50 USD on 2026-02-03."
            " recurring payments: what is due on 2026-03-01."
        ]

    def test_there_may_be_nothing(self) -> None:
        assert walk("tell_agreements").outcome == "none"
        assert walk("cancel_agreements").said == ["Nothing is scheduled on this account."]

    def test_each_has_a_key_and_is_cancelled_at_once(self, services: Services) -> None:
        call = walk("cancel_agreements", "1", "1", "2", services=services)
        assert call.outcome == "done"
        assert "It is cancelled. Nothing more will be taken." in call.said
        states = [each.state for each in services.agreements.all()]
        assert states == [AgreementState.CANCELLED, AgreementState.ACTIVE]

    @pytest.mark.parametrize("answers", [("3",), ("1", "2", "3"), ("1", "*", "3")])
    def test_who_keeps_it_keeps_it(self, services: Services, answers: tuple[str, ...]) -> None:
        assert walk("cancel_agreements", *answers, services=services).outcome == "done"
        assert len(services.agreements.of_account("a1")) == 2

    def test_others_hear_and_cancel_nothing_of_it(self, services: Services) -> None:
        facts = {"account": replace(HOLDER, id="a2")}
        assert walk("tell_agreements", services=services, facts=facts).outcome == "none"
        assert walk("cancel_agreements", "1", "1", services=services, facts=facts).outcome == "none"

    def test_what_they_charge_cannot_be_deleted(self, services: Services) -> None:
        call = walk("manage_methods", "2", "1", services=services)
        assert "Scheduled payments use it. Please cancel them first." in call.said
        assert [each.kind for each in services.methods.of_account("a1")] == [MeansKind.CARD]
