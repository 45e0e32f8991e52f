"""A payment that an agent takes in a talk: what the caller is asked, what the agent sees, and what is not taken."""

from __future__ import annotations

import pytest
from assistkit import AMEX, BACK_WITH_THEM, CARD, NUMBER, PAY, START, STOPPED, TAKE, last, take
from dialogue import BILL, CODE, EXPIRY, VISA, ZIP
from helping import CALL, DUE, MARIA, order

from fs_app.domain.assist import AssistState
from fs_app.domain.bill import Bill
from fs_app.domain.destination import FeatureCode
from fs_app.domain.money import Money
from fs_app.domain.payment import Declined, Ending, PaymentState
from fs_app.ports import Coded, OrderKind
from fs_app.testing.fakes_person import talks

pytestmark = pytest.mark.usefixtures("wiped")


def test_a_payment_as_the_caller_hears_it() -> None:
    paid = take(*CARD, PAY)
    assert paid.said[1:8] == [
        START,
        NUMBER,
        "Please key in the expiration date, with two digits for the month and two digits for the year.",
        "Please key in the three digits of the security code on the back of your card.",
        "Please key in the zip code of your card's billing address.",
        "You are paying 81.20 USD with your Visa card ending in 1 1 1 1. To pay now, press 1. To change the "
        "amount, press 2. To use another card, press 3.",
        "Please wait while we process your payment.",
    ]
    assert paid.said[8].startswith("Thank you. Your payment of 81.20 USD is complete.")
    assert BACK_WITH_THEM in paid.said
    assert paid.outcome == "talked"
    assert paid.people[0].done == ["joined", "shield", "no shield"]


def test_a_payment_as_the_agent_sees_it() -> None:
    paid = take(*CARD, PAY)
    assert paid.states == ["starting", "asking", "confirming", "charging", "approved"]
    assert paid.field("number") == [
        *("waiting", "asked", "asked 0/16"),
        *(f"typing {keys}/16" for keys in range(1, 17)),
        "accepted 16/16",
    ]
    for name, of in (("expiry", 4), ("security_code", 3), ("postal_code", 5)):
        typed = [f"typing {keys}/{of}" for keys in range(1, of + 1)]
        assert paid.field(name) == ["waiting", "asked", f"asked 0/{of}", *typed, f"accepted {of}/{of}"]
    view = last(paid)
    assert (view.call_uuid, view.number, view.handover_id, view.by) == (CALL, 1, 1, "maria")
    assert (view.amount, view.bills, view.brand, view.last_four) == (DUE, ("b1",), "visa", "1111")
    assert (view.payment_id, view.confirmation, view.why) == (1, "90000001", "")


def test_brand_and_last_four_are_seen_once_the_number_is_complete() -> None:
    paid = take(*CARD, PAY)
    number_done = next(n for n, view in enumerate(paid.views) if view.last_four)
    assert paid.views[number_done].fields[0].state == "accepted"
    assert {view.brand for view in paid.views[:number_done]} == {""}


def test_a_card_of_fifteen_digits_is_one() -> None:
    paid = take(AMEX, EXPIRY, "1234", ZIP, PAY)
    assert {"typing 1/16", "typing 2/15", "accepted 15/15"} <= set(paid.field("number"))
    assert "accepted 4/4" in paid.field("security_code")
    assert paid.states[-1] == "approved"


def test_the_gateway_gets_what_was_keyed_and_the_ledger_whose_it_is() -> None:
    paid = take(*CARD, PAY)
    assert (paid.seen.numbers, paid.seen.expiries, paid.seen.codes) == ([VISA], [EXPIRY], [CODE])
    (payment,) = paid.call.services.cashier.payments
    assert (payment.request.account_id, payment.request.bill_id) == ("a1", "b1")
    assert (payment.request.amount, payment.request.call_uuid) == (DUE, CALL)


def test_the_order_is_answered_before_anything_is_asked() -> None:
    paid = take(*CARD, PAY)
    assert paid.desk.answers == {1: "done"}


def test_the_result_is_with_the_agent_before_the_caller_hears_it() -> None:
    paid = take(*CARD, PAY)
    approved = next(n for n, view in enumerate(paid.views) if view.state is AssistState.APPROVED)
    heard = next(n for n, turn in enumerate(paid.phone.dialogue) if "is complete" in turn.text)
    assert paid.desk.turns[approved] <= heard


def test_a_decline_is_with_the_agent_before_the_caller_hears_it() -> None:
    declined = take(*CARD, PAY, gate=lambda *_: Declined("2000"))
    told = next(n for n, view in enumerate(declined.views) if view.state is AssistState.DECLINED)
    heard = next(n for n, turn in enumerate(declined.phone.dialogue) if "did not accept this card" in turn.text)
    assert declined.desk.turns[told] <= heard


def test_what_was_paid_is_known_to_the_call_and_owed_no_more() -> None:
    paid = take(*CARD, PAY)
    facts = paid.call.facts
    assert (facts.ending, facts.bills, facts.amount, facts.card) == (Ending.PAID, None, None, None)
    assert facts.payment is not None and facts.payment.state is PaymentState.SUBMITTED


def test_the_talk_goes_on_afterwards() -> None:
    paid = take(*CARD, PAY, person=talks(TAKE, order(OrderKind.SEND_TO, 2, target="self_service")))
    assert paid.outcome == "self_service"
    assert paid.desk.answers == {1: "done", 2: "done"}


def test_two_payments_of_one_talk_are_two() -> None:
    other = order(OrderKind.TAKE_PAYMENT, 2, bills=("b2",))
    bills = [BILL, Bill("b2", "a1", Money(500, "USD"))]
    paid = take(*CARD, PAY, "", *CARD, PAY, person=talks(TAKE, other), bills=bills, facts={"bills": (BILL,)})
    assert [(view.number, str(view.amount)) for view in paid.views if view.state == "approved"] == [
        (1, "81.20 USD"),
        (2, "5.00 USD"),
    ]


def test_without_a_database_for_the_desk_a_feature_code_takes_a_payment_all_the_same() -> None:
    paid = take(*CARD, PAY, person=talks(Coded(FeatureCode.TAKE_PAYMENT)), desk_down=True)
    assert last(paid).state is AssistState.APPROVED
    assert (last(paid).by, last(paid).handover_id) == (MARIA, 0)
    assert paid.desk.answers == {}


# --- answers that are not taken ---


@pytest.mark.parametrize(
    ("wrong", "phrase"),
    [
        ("4111111111111112", "card_number_wrong"),
        ("3530", "card_brand_refused"),
        ("", "no_key_heard"),
        ("41#", "too_few_keys"),
    ],
)
def test_a_number_that_is_refused_is_seen_with_the_reason_that_the_caller_hears(wrong, phrase) -> None:
    paid = take(wrong, *CARD, PAY)
    seen = paid.field("number")
    assert any(word.startswith("refused") and word.endswith(phrase) for word in seen)
    assert any(word.startswith("asked") and word.endswith(phrase) for word in seen), "and stays until a key comes"
    assert seen[-1] == "accepted 16/16"
    assert paid.states[-1] == "approved"


@pytest.mark.parametrize(("wrong", "phrase"), [("1328", "expiry_wrong"), ("0125", "expiry_passed")])
def test_an_expiry_that_is_refused(wrong, phrase) -> None:
    paid = take(VISA, wrong, EXPIRY, CODE, ZIP, PAY)
    assert f"refused 0/4 {phrase}" in paid.field("expiry")
    assert paid.states[-1] == "approved"


def test_three_times_nothing_stops_it() -> None:
    stopped = take(VISA, "", "", "")
    assert stopped.states[-1] == "cancelled no_answer"
    assert STOPPED in stopped.said
    assert stopped.outcome == "talked"


def test_three_times_wrong_stops_it_and_the_reason_is_heard() -> None:
    stopped = take(VISA, "1328", "1328", "1328")
    assert stopped.states[-1] == "cancelled no_answer"
    assert stopped.said[stopped.said.index(STOPPED) - 1] == "That is not a month and a year."


def test_a_caller_may_stop_it_with_the_key_for_a_person() -> None:
    stopped = take(VISA, "0#")
    assert (stopped.states[-1], stopped.outcome) == ("cancelled caller", "talked")
    assert STOPPED in stopped.said


def test_a_caller_may_go_back_to_the_field_before() -> None:
    paid = take(VISA, "*", AMEX, EXPIRY, "1234", ZIP, PAY)
    assert paid.seen.numbers == [AMEX]


def test_before_the_first_field_there_is_none() -> None:
    assert take("*", *CARD, PAY).states[-1] == "approved"
