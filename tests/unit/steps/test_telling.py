"""What a caller can hear of their account: bills, payments, credit; and what they are asked after a payment."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from onestep import HOLDER, walk

from fs_app.domain.bill import Account, Bill
from fs_app.domain.money import Money
from fs_app.domain.payment import OrderId, Payment, PaymentId, PaymentRequest, PaymentState
from fs_app.testing.fakes import FakeDirectory, FakeHistory, FakeSurveys
from fs_app.testing.services import fake_services


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def bill(number: int, minor: int, day: int | None = None, **more: object) -> Bill:
    due = None if day is None else date(2026, 2, day)
    return Bill(f"b{number}", "a1", usd(minor), due, **more)  # type: ignore[arg-type]


def bills(*found: Bill):  # type: ignore[no-untyped-def]
    return fake_services(directory=FakeDirectory(accounts=[HOLDER], bills=found))


TWO = (bill(1, 4_000, 3), bill(2, 2_500))


class TestChooseBills:
    def test_all_of_them_with_one_key(self) -> None:
        call = walk("choose_bills", "1", services=bills(*TWO))
        assert call.outcome == "chosen"
        assert call.call.facts.bills == TWO
        assert call.said == [
            "You have 2 bills to pay, 65.00 USD in all. To pay all of them, press 1. To choose, press 2."
        ]

    def test_each_is_taken_or_left_out(self) -> None:
        call = walk("choose_bills", "2", "2", "1", services=bills(*TWO))
        assert call.call.facts.bills == (TWO[1],)
        assert call.said[1:] == [
            "bill 1: 40.00 USD, due on 2026-02-03. To pay it now, press 1. To leave it out, press 2.",
            "bill 2: 25.00 USD. To pay it now, press 1. To leave it out, press 2.",
            "You chose 1 bill, 25.00 USD in all.",
        ]

    def test_star_asks_for_the_bill_before_and_at_the_first_for_the_offer(self) -> None:
        call = walk("choose_bills", "2", "1", "*", "2", "*", "*", "1", services=bills(*TWO))
        assert call.outcome == "chosen"
        assert call.call.facts.bills == TWO

    def test_who_leaves_out_everything_is_asked_again(self) -> None:
        call = walk("choose_bills", "2", "2", "2", "1", services=bills(*TWO))
        assert call.call.facts.bills == TWO
        assert "You did not choose a bill." in call.said

    def test_a_single_bill_asks_nothing(self) -> None:
        call = walk("choose_bills", services=bills(TWO[0]))
        assert (call.outcome, call.call.facts.bills) == ("chosen", (TWO[0],))
        assert call.said == ["Your balance is 40.00 USD, due on 2026-02-03."]

    def test_bills_of_another_currency_are_left_for_another_payment(self) -> None:
        yen = Bill("b9", "a1", Money(5000, "JPY"))
        call = walk("choose_bills", "1", services=bills(*TWO, yen))
        assert call.call.facts.bills == TWO

    def test_no_bill_is_said(self) -> None:
        call = walk("choose_bills", services=bills())
        assert (call.outcome, call.said) == ("nothing_due", ["You have nothing to pay on this account."])

    @pytest.mark.parametrize("at", [(), ("2",), ("2", "1")])
    def test_a_person_is_one_key_away_everywhere(self, at: tuple[str, ...]) -> None:
        assert walk("choose_bills", *at, "0", services=bills(*TWO)).outcome == "agent"


@pytest.mark.parametrize(
    ("due", "heard"),
    [
        (bill(1, 4_250, 3), "Your balance is 42.50 USD, due on 2026-02-03."),
        (
            bill(1, 4_750, 3, late_fee=usd(500)),
            "Your balance is 47.50 USD, due on 2026-02-03. This includes a late fee of 5.00 USD.",
        ),
        (
            bill(1, 3_750, 20, discount=usd(500), discount_until=date(2026, 2, 10)),
            "Your balance is 37.50 USD, due on 2026-02-20. This is 5.00 USD less than the full price, if you pay"
            " all of it by 2026-02-10.",
        ),
    ],
)
def test_a_balance_is_told_with_what_belongs_to_it(due: Bill, heard: str) -> None:
    call = walk("tell_balance", services=bills(due))
    assert (call.outcome, call.said) == ("due", [heard])


def payment(number: int, state: PaymentState, account: str = "a1") -> Payment:
    request = PaymentRequest("uuid", account, "b1", usd(1_000 * number))
    at = datetime(2026, 1, number, 12, tzinfo=UTC)
    return Payment(PaymentId(number), OrderId(f"o{number}"), f"1000000{number}", state, request, at)


PAYMENTS = [
    payment(1, PaymentState.SETTLED),
    payment(2, PaymentState.RETURNED),
    payment(3, PaymentState.DECLINED),
    payment(4, PaymentState.UNKNOWN),
    payment(5, PaymentState.SUBMITTED),
    payment(6, PaymentState.SUBMITTED, "somebody-else"),
]
HISTORY = fake_services(history=FakeHistory(PAYMENTS, {PaymentId(1): datetime(2026, 1, 2, 12, tzinfo=UTC)}))


class TestPayments:
    def test_the_last_ones_are_told_and_where_each_stands(self) -> None:
        call = walk("tell_payments", services=HISTORY, many=4)
        assert (call.outcome, len(call.said)) == ("told", 1)
        assert call.said[0] == (
            "Your last payments. 50.00 USD, paid on 2026-01-05."
            " 40.00 USD, on 2026-01-04. It is being checked. Please do not pay it again."
            " 20.00 USD, on 2026-01-02. Your bank returned it, so it is due again."
            " 10.00 USD, paid on 2026-01-01. It was settled on 2026-01-02."
        )

    def test_no_more_than_wanted(self) -> None:
        assert walk("tell_payments", services=HISTORY, many=1).said[0].count("USD") == 1

    def test_there_may_be_none(self) -> None:
        call = walk("tell_payments")
        assert (call.outcome, call.said) == ("none", ["We have no payments on this account."])

    def test_one_is_found_by_its_number(self) -> None:
        call = walk("find_payment", "10000005#", services=HISTORY)
        assert (call.outcome, call.said[-1]) == ("told", "50.00 USD, paid on 2026-01-05.")

    def test_somebody_elses_number_sounds_like_one_that_does_not_exist(self) -> None:
        theirs = walk("find_payment", "10000006#", services=HISTORY, tries=1)
        nobodys = walk("find_payment", "99999999#", services=HISTORY, tries=1)
        assert theirs.said == nobodys.said
        assert "We have no such payment on this account." in theirs.said
        assert theirs.outcome == nobodys.outcome == "gave_up"


def test_credit_is_told_where_there_is_any() -> None:
    rich = Account("a1", "1001", credit=usd(12_000))
    assert walk("tell_credit", facts={"account": rich}).said == ["Your available credit is 120.00 USD."]
    assert walk("tell_credit").outcome == "none"


class TestSurvey:
    QUESTIONS = ({"say": "survey_easy", "scale": 5}, {"say": "survey_again", "scale": 2})

    def asked(self, *answers: str, down: bool = False):  # type: ignore[no-untyped-def]
        self.surveys = FakeSurveys(down=down)
        services = fake_services(surveys=self.surveys)
        return walk("survey", *answers, services=services, facts={"payment": PAYMENTS[4]}, questions=self.QUESTIONS)

    def test_a_caller_who_agrees_answers_each_question(self) -> None:
        call = self.asked("1", "4", "2")
        assert call.outcome == "answered"
        assert [(each.question, each.answer, each.payment_id) for each in self.surveys.kept] == [
            ("survey_easy", 4, PaymentId(5)),
            ("survey_again", 2, PaymentId(5)),
        ]
        assert call.said[-1] == "Thank you. This helps us."

    @pytest.mark.parametrize("answer", ["", "2", "#"])
    def test_anything_but_yes_is_a_no(self, answer: str) -> None:
        call = self.asked(answer)
        assert (call.outcome, self.surveys.kept) == ("declined", [])

    def test_a_key_beyond_the_scale_is_asked_again_and_a_question_left_open_ends_it(self) -> None:
        assert self.asked("1", "6", "3", "7", "7").outcome == "left"
        assert [each.answer for each in self.surveys.kept] == [3]

    @pytest.mark.parametrize("answers", [("0",), ("1", "0"), ("1", "5", "0")])
    def test_a_person_is_one_key_away(self, answers: tuple[str, ...]) -> None:
        assert self.asked(*answers).outcome == "agent"

    def test_a_database_that_is_down_does_not_trouble_who_has_paid(self) -> None:
        call = self.asked("1", "5", "1", down=True)
        assert call.outcome == "answered"
        assert call.call.journal.notes == {"trouble": "survey: StoreUnavailable"}
