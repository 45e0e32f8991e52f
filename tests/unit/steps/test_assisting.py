"""A payment that an agent takes in a talk: what the caller is asked, what the agent sees, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from dialogue import BILL, CODE, EXPIRY, VISA, ZIP
from helping import CALL, DUE, LEG, MARIA, Scene, order, scene

from fs_app.domain import secret as secrets_module
from fs_app.domain.assist import OVER, AssistState
from fs_app.domain.bill import Account, Bill, BillKind
from fs_app.domain.destination import FeatureCode, HelpRules
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.money import Money
from fs_app.domain.payment import Approved, Declined, Ending, PaymentState, TransactionId, Unavailable, Unknown
from fs_app.domain.rules import Rules
from fs_app.domain.secret import Secret
from fs_app.errors import BillBusy, NotProtected, StoreUnavailable, TooManyAttempts
from fs_app.ports import Answered, Coded, Held, Joined, OrderKind, Over, Parted
from fs_app.testing.fakes import FakeDirectory, in_turn
from fs_app.testing.fakes_person import HANGS_UP, ScriptedPerson, talks
from fs_app.testing.phone import HANG_UP, ScriptedPhone

AMEX = "378282246310005"
CARD, PAY = [VISA, EXPIRY, CODE, ZIP], "1"
OTHER_LEG = "a9e47000-0000-4000-8000-000000000003"
TAKE = order(OrderKind.TAKE_PAYMENT)
START = (
    "You are paying 81.20 USD. Your representative stays on the line, and cannot hear or see which keys you press. "
    "Please key in your card now, and do not say any of its numbers."
)
NUMBER, EXPIRES = "Please key in your card number.", "Please key in the expiration date"
STOPPED = "This payment was stopped. Nothing was charged for it. You are back with your representative."
BACK_WITH_THEM = "You are back with your representative."
BUSY = "A payment on this bill is already being processed. Please do not pay again now."
OK = Approved(TransactionId("t1"), DUE)


@pytest.fixture(autouse=True)
def keyed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Secret]]:
    """Every secret that there ever was; none of them holds anything of a card when the step has ended."""
    made: list[Secret] = []
    plain = Secret.__init__

    def remembered(self: Secret, digits: str = "") -> None:
        plain(self, digits)
        made.append(self)

    monkeypatch.setattr(secrets_module.Secret, "__init__", remembered)
    yield made
    left = [secret.reveal() for secret in made if len(secret) > 1]
    assert left == [], "a card was not wiped"


def take(*answers, person: ScriptedPerson | None = None, **values) -> Scene:
    """An agent takes a payment, and then the talk is over."""
    made = scene(*answers, people=[person or talks(TAKE)], **values)
    nothing_of_a_card(made)
    return made


def nothing_of_a_card(made: Scene) -> None:
    """The desk, the checkpoints and the journal have no more of a card than its brand and last four."""
    kept = repr((made.desk.__dict__, made.call.services.checkpoints, made.journal, made.call.within))
    for digits in (VISA, AMEX, VISA[:6], EXPIRY, "4242424242424242"):
        assert digits not in kept


def last(made: Scene):
    return made.views[-1]


# --- a payment from the first key to the last word ---


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


# --- the agent's orders ---


def during(kind: OrderKind, number: int = 2, **values):
    return order(kind, number, **values)


def test_a_field_is_cleared_in_its_middle() -> None:
    paid = take("4242", during(OrderKind.CLEAR), *CARD, PAY)
    assert paid.seen.numbers == [VISA]
    assert paid.desk.answers == {1: "done", 2: "done"}
    assert paid.said.count(NUMBER) == 2
    seen = paid.field("number")
    assert seen.index("typing 4/16") < seen.index("asked 0/16", seen.index("typing 4/16"))


def test_the_field_before_is_asked_again() -> None:
    paid = take(VISA, during(OrderKind.BACK), AMEX, EXPIRY, "1234", ZIP, PAY)
    assert paid.seen.numbers == [AMEX]
    assert paid.desk.answers[2] == "done"


def test_back_at_the_first_field_asks_it_again() -> None:
    paid = take(during(OrderKind.BACK), *CARD, PAY)
    assert paid.said.count(NUMBER) == 2


def test_back_from_the_consent_asks_for_the_last_field() -> None:
    paid = take(*CARD, during(OrderKind.BACK), "94107", PAY)
    assert paid.states == ["starting", "asking", "confirming", "asking", "confirming", "charging", "approved"]


@pytest.mark.parametrize("at", range(5))
def test_the_agent_stops_it_at_any_question(at) -> None:
    stopped = take(*CARD[:at], during(OrderKind.CANCEL))
    assert stopped.states[-1] == "cancelled agent"
    assert stopped.desk.answers == {1: "done", 2: "done"}
    assert STOPPED in stopped.said and stopped.seen.cards == []
    assert stopped.outcome == "talked"


def test_a_feature_code_stops_it() -> None:
    stopped = take(VISA, "12", Coded(FeatureCode.CANCEL))
    assert stopped.states[-1] == "cancelled agent"


@pytest.mark.parametrize("code", [FeatureCode.TAKE_PAYMENT, FeatureCode.SEND_BACK])
def test_other_feature_codes_do_nothing_meanwhile(code) -> None:
    assert take(VISA, Coded(code), *CARD[1:], PAY).states[-1] == "approved"


@pytest.mark.parametrize("kind", [OrderKind.TAKE_PAYMENT, OrderKind.SEND_TO, OrderKind.TRANSFER])
def test_other_orders_wait_for_the_end_of_the_payment(kind) -> None:
    paid = take(VISA, during(kind, target="pay"), *CARD[1:], PAY)
    assert paid.desk.answers == {1: "done", 2: "payment_under_way"}
    assert paid.states[-1] == "approved"


MAY_SKIP = HelpRules(skip_code=True)


def test_where_the_operator_allows_it_the_code_is_skipped() -> None:
    paid = take(VISA, EXPIRY, during(OrderKind.SKIP_CODE), ZIP, PAY, help=MAY_SKIP)
    assert paid.desk.answers[2] == "done"
    assert paid.seen.codes == [""]
    assert paid.field("security_code")[-1] == "skipped"
    assert "You do not need the security code." in paid.said
    assert paid.states[-1] == "approved"


def test_a_code_that_was_keyed_before_it_was_skipped_is_not_sent() -> None:
    paid = take(VISA, EXPIRY, CODE, during(OrderKind.SKIP_CODE), ZIP, PAY, help=MAY_SKIP)
    assert paid.seen.codes == [""]
    assert paid.field("security_code")[-1] == "skipped"


def test_the_way_back_goes_round_a_code_that_is_skipped() -> None:
    skip = during(OrderKind.SKIP_CODE)
    paid = take(VISA, EXPIRY, skip, during(OrderKind.BACK, 3), "0129", ZIP, PAY, help=MAY_SKIP)
    assert paid.seen.expiries == ["0129"]


def test_where_the_operator_does_not_the_code_is_asked_for() -> None:
    paid = take(VISA, EXPIRY, during(OrderKind.SKIP_CODE), CODE, ZIP, PAY)
    assert paid.desk.answers[2] == "not_allowed"
    assert paid.seen.codes == [CODE]


# --- the consent ---


def test_nothing_is_charged_without_a_yes() -> None:
    refused = take(*CARD, "2")
    assert refused.states[-1] == "cancelled other_amount"
    assert refused.seen.cards == []


def test_another_card_begins_with_its_number() -> None:
    paid = take(*CARD, "3", AMEX, EXPIRY, "1234", ZIP, PAY)
    assert paid.seen.numbers == [AMEX]
    assert last(paid).last_four == "0005"


@pytest.mark.parametrize(("answers", "why"), [(("", "", ""), "no_answer"), (("0",), "caller")])
def test_who_does_not_agree_pays_nothing(answers, why) -> None:
    refused = take(*CARD, *answers)
    assert refused.states[-1] == f"cancelled {why}"
    assert refused.seen.cards == []


def test_an_order_at_the_consent_asks_for_it_again() -> None:
    paid = take(*CARD, during(OrderKind.CLEAR), PAY)
    assert sum("To pay now, press 1" in text for text in paid.said) == 2
    assert paid.states[-1] == "approved"


# --- how it ends ---


@pytest.mark.parametrize(
    ("declined", "answer", "advice"),
    [
        (Declined("2010"), "321", "declined_security_code"),
        (Declined("gateway_avs"), "94107", "declined_postal_code"),
        (Declined("2004"), "0129", "declined_expired"),
        (Declined("2005"), AMEX, "declined_card_number"),
        (Unavailable("no", field="number"), AMEX, "declined_card_number"),
        (Unavailable("no", field="expiry"), "0129", "declined_expired"),
        (Unavailable("no", field="security_code"), "321", "declined_security_code"),
        (Unavailable("no", field="postal_code"), "94107", "declined_postal_code"),
    ],
)
def test_a_decline_is_coached_to_the_field_that_can_mend_it(declined, answer, advice) -> None:
    paid = take(*CARD, PAY, answer, PAY, gate=in_turn([declined, OK]))
    assert [(view.number, view.state, view.why) for view in paid.views if view.state in OVER] == [
        (1, "declined", advice),
        (2, "approved", ""),
    ]
    second = [view for view in paid.views if view.number == 2]
    assert second[0].state is AssistState.STARTING and second[0].payment_id is None
    assert len(paid.seen.cards) == 2
    assert (paid.seen.codes[1] == "321", paid.seen.numbers[1] == AMEX) == (answer == "321", answer == AMEX)


def test_a_code_that_was_skipped_and_then_declined_is_asked_for() -> None:
    skip = during(OrderKind.SKIP_CODE)
    gate = in_turn([Declined("2010"), OK])
    paid = take(VISA, EXPIRY, skip, ZIP, PAY, CODE, PAY, gate=gate, help=MAY_SKIP)
    assert paid.seen.codes == ["", CODE]


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("2000", "declined_by_bank"),
        ("2001", "declined_funds"),
        ("2002", "declined_limit"),
        ("2014", "declined_call_bank"),
        ("2023", "declined_card_type"),
        ("2048", "declined_amount"),
        ("9999", "declined_call_bank"),
    ],
)
def test_what_no_field_can_mend_is_the_agents_to_talk_about(code, advice) -> None:
    declined = take(*CARD, PAY, gate=lambda *_: Declined(code))
    assert declined.states[-1] == f"declined {advice}"
    assert last(declined).payment_id == 1 and last(declined).confirmation == ""
    facts = declined.call.facts
    assert (facts.ending, facts.bills) == (Ending.NOT_PAID, (BILL,)), "it is still to be paid"
    assert declined.call.advice == advice
    assert "Your payment was not made. Your card was not charged." not in declined.said
    assert BACK_WITH_THEM in declined.said


def test_too_many_declines_end_it() -> None:
    declined = take(*CARD, PAY, "321", PAY, "322", PAY, gate=lambda *_: Declined("2010"))
    assert [view.number for view in declined.views if view.state is AssistState.DECLINED][-1] == 3
    assert declined.states[-1] == "declined declined_security_code"
    assert declined.phone.left == []


def test_a_gateway_that_cannot_be_reached_charged_nothing() -> None:
    unpaid = take(*CARD, PAY, gate=lambda *_: Unavailable("no connection"))
    assert unpaid.states[-1] == "unavailable not_sent"
    assert "Your payment was not made. Your card was not charged." in unpaid.said
    assert unpaid.call.facts.ending is Ending.NOT_PAID


def test_without_a_trusted_answer_nobody_says_paid_or_not() -> None:
    unknown = take(*CARD, PAY, gate=lambda *_: Unknown("timeout"))
    assert unknown.states[-1] == "being_checked"
    assert last(unknown).confirmation == "90000001"
    assert any("is being checked. Please do not pay again." in text for text in unknown.said)
    assert not [text for text in unknown.said if "is complete" in text or "not charged" in text]
    assert unknown.call.facts.bills is None, "it must not be paid again meanwhile"


@pytest.mark.parametrize(
    ("error", "why", "heard"),
    [
        (BillBusy("another one"), "busy", BUSY),
        (TooManyAttempts("card"), "limited", BACK_WITH_THEM),
    ],
)
def test_what_was_not_even_sent(error, why, heard) -> None:
    unpaid = take(*CARD, PAY, gate=in_turn([error]))
    assert unpaid.states[-1] == f"unavailable {why}"
    assert heard in unpaid.said
    assert unpaid.call.facts.ending is None


def test_a_second_try_that_was_not_sent_is_not_told_as_the_first() -> None:
    gate = in_turn([Declined("2010"), BillBusy("another one")])
    unpaid = take(*CARD, PAY, "321", PAY, gate=gate)
    assert unpaid.states[-1] == "unavailable busy"
    assert BUSY in unpaid.said
    assert "Your payment was not made. Your card was not charged." not in unpaid.said


def test_a_database_that_fails_in_the_charge_ends_the_payment_and_not_the_talk() -> None:
    trouble = take(*CARD, PAY, gate=in_turn([StoreUnavailable("down")]))
    assert trouble.states[-1] == "unavailable trouble"
    assert trouble.outcome == "talked"
    assert trouble.journal.notes["trouble"] == "assisted payment: StoreUnavailable"
    assert not [text for text in trouble.said if "charged" in text or "complete" in text], "nobody knows"


def test_who_hangs_up_in_the_charge_leaves_it_to_be_checked() -> None:
    gone = take(*CARD, PAY, hang_up_while="Please wait while we process")
    assert gone.outcome == "caller_hung_up"
    assert gone.states[-1] == "being_checked"
    assert gone.told[-1] == "1 ended: talked"


@pytest.mark.parametrize("at", range(5))
def test_who_hangs_up_at_any_question_ends_it(at) -> None:
    gone = take(*CARD[:at], HANG_UP)
    assert (gone.outcome, gone.states[-1]) == ("caller_hung_up", "ended")
    assert gone.desk.handovers[1].end is HandoverEnd.TALKED


def test_who_hangs_up_in_mid_field_ends_it() -> None:
    assert take("4111" + HANG_UP).states[-1] == "ended"


def test_while_the_gateway_is_known_to_be_down_no_card_is_asked_for() -> None:
    unpaid = take(ready=False)
    assert unpaid.states == ["starting", "unavailable gateway"]
    assert [field.name for field in unpaid.phone.fields] == ["after a talk"]
    assert unpaid.people[0].done == ["joined"]


# --- transfers, and the end of the talk ---


def test_a_transfer_in_mid_field_keeps_what_was_taken() -> None:
    paid = take(VISA, "12", Parted(), EXPIRY, CODE, ZIP, PAY, person=talks(TAKE, Joined(OTHER_LEG)))
    assert paid.states == ["starting", "asking", "paused transfer", "asking", "confirming", "charging", "approved"]
    assert paid.said.count(NUMBER) == 1
    assert sum(text.startswith(EXPIRES) for text in paid.said) == 2
    assert "Thank you. We can go on." in paid.said
    assert paid.people[0].done == ["joined", "shield", "shield", "no shield"], "nothing is taken down between"
    assert paid.desk.handovers[1].leg == OTHER_LEG


def test_a_new_leg_without_a_word_of_the_transfer_is_proved_too() -> None:
    paid = take(VISA, "12", Joined(OTHER_LEG), EXPIRY, CODE, ZIP, PAY)
    assert paid.people[0].done == ["joined", "shield", "shield", "no shield"]
    assert paid.states[-1] == "approved"


def test_a_transfer_at_the_consent_asks_for_it_again() -> None:
    paid = take(*CARD, Parted(), PAY, person=talks(TAKE, Joined(OTHER_LEG)))
    assert sum("To pay now, press 1" in text for text in paid.said) == 2
    assert paid.said.count(NUMBER) == 1
    assert paid.states[-1] == "approved"


def test_a_transfer_that_takes_long_is_waited_for() -> None:
    person = talks(TAKE, None, None, None, Joined(OTHER_LEG))
    assert take(VISA, Parted(), *CARD[1:], PAY, person=person).states[-1] == "approved"


def test_the_agent_can_stop_it_in_the_transfer() -> None:
    person = talks(TAKE, during(OrderKind.CANCEL))
    stopped = take(VISA, Parted(), person=person)
    assert (stopped.states[-1], stopped.desk.answers[2]) == ("cancelled agent", "done")


def test_a_feature_code_stops_it_in_the_transfer() -> None:
    assert take(VISA, Parted(), person=talks(TAKE, Coded(FeatureCode.CANCEL))).states[-1] == "cancelled agent"


def test_who_hangs_up_in_the_transfer_ends_it() -> None:
    gone = take(VISA, Parted(), person=talks(TAKE, HANGS_UP))
    assert (gone.outcome, gone.states[-1]) == ("caller_hung_up", "ended")


def test_a_transfer_that_was_the_end_of_the_talk_stops_it() -> None:
    over = take(VISA, Parted(), person=talks(TAKE, Over(HandoverEnd.TALKED)))
    assert over.states[-1] == "cancelled talk_over"
    assert STOPPED not in over.said, "they are with nobody"
    assert (over.outcome, over.told[-1]) == ("talked", "1 ended: talked")


def test_a_talk_that_is_over_in_mid_field_stops_it() -> None:
    over = take("4111", Over(HandoverEnd.TALKED), "2")
    assert over.states[-1] == "cancelled talk_over"
    assert over.outcome == "self_service", "and the caller is asked what else"


@pytest.mark.parametrize("at", range(5))
def test_back_in_a_transfer_asks_for_the_field_before(at) -> None:
    """As soon as somebody is there."""
    person = talks(TAKE, during(OrderKind.BACK), Joined(OTHER_LEG))
    answers = [*CARD, PAY]
    again = answers[max(at - 1, 0) :]
    paid = take(*answers[:at], Parted(), *again, person=person)
    assert (paid.states[-1], paid.desk.answers[2]) == ("approved", "done")
    assert paid.phone.left == []


# --- on hold ---


def test_on_hold_nothing_is_asked_until_the_talk_goes_on() -> None:
    paid = take(VISA, "12", Held(on=True), EXPIRY, CODE, ZIP, PAY, person=talks(TAKE, None, Held(on=False)))
    assert paid.states == ["starting", "asking", "paused hold", "asking", "confirming", "charging", "approved"]
    assert paid.said.count(NUMBER) == 1 and "Thank you. We can go on." in paid.said
    assert paid.people[0].done == ["joined", "shield", "shield", "no shield"]


def test_a_transfer_out_of_a_hold_is_proved_with_the_next_leg() -> None:
    person = talks(TAKE, Parted(), Joined(OTHER_LEG))
    paid = take(VISA, Held(on=True), *CARD[1:], PAY, person=person)
    assert paid.states[2:5] == ["paused hold", "paused transfer", "asking"]
    assert paid.states[-1] == "approved"


def test_the_agent_can_stop_it_on_hold() -> None:
    stopped = take(VISA, Held(on=True), person=talks(TAKE, during(OrderKind.CANCEL)))
    assert stopped.states[-1] == "cancelled agent"


def test_a_talk_that_ends_on_hold_stops_it() -> None:
    over = take(VISA, Held(on=True), person=talks(TAKE, Over(HandoverEnd.TALKED)))
    assert over.states[-1] == "cancelled talk_over"


def test_a_payment_that_is_taken_on_hold_begins_when_the_talk_goes_on() -> None:
    paid = take(*CARD, PAY, person=talks(Held(on=True), TAKE, Held(on=False)))
    assert paid.states[:3] == ["starting", "paused hold", "asking"]
    assert paid.said.count(START) == 1 and "Thank you. We can go on." not in paid.said


# --- protection ---

REFUSAL = NotProtected("somebody listens", reason="listener")
UNPROTECTED = "We cannot take this payment on this line right now."
PAUSED = "One moment, please. Do not press any keys now."


def guarded(*meanwhile, refusals) -> ScriptedPerson:
    return ScriptedPerson([Answered(MARIA, LEG), TAKE, *meanwhile], refusals=refusals)


def test_where_protection_is_not_proved_nothing_is_asked() -> None:
    refused = take(person=guarded(refusals=[REFUSAL]))
    assert refused.states == ["starting", "not_protected listener"]
    assert any(text.startswith(UNPROTECTED) for text in refused.said)
    assert NUMBER not in refused.said and START not in refused.said
    assert [field.name for field in refused.phone.fields] == ["after a talk"]
    assert refused.outcome == "talked"


def test_protection_that_is_lost_later_pauses_and_is_proved_anew(monkeypatch) -> None:
    lose(monkeypatch, {2})
    paid = take(*CARD, PAY, person=talks(TAKE, None))
    assert paid.states == ["starting", "asking", "paused listener", "asking", "confirming", "charging", "approved"]
    assert paid.said.count(PAUSED) == 1 and "Thank you. We can go on." in paid.said
    assert paid.seen.numbers == [VISA]
    assert paid.people[0].done == ["joined", "shield", "shield", "no shield"]


def test_protection_that_fails_for_some_time_is_waited_for_and_said_once(monkeypatch) -> None:
    lose(monkeypatch, {2})
    person = ScriptedPerson([Answered(MARIA, LEG), TAKE, *[None] * 5])
    script = iter([None, REFUSAL, REFUSAL, REFUSAL])
    plain = person._prove

    def prove() -> None:
        plain()
        if (refusal := next(script, None)) is not None:
            raise refusal

    monkeypatch.setattr(person, "_prove", prove)
    paid = take(*CARD, PAY, person=person)
    assert paid.said.count(PAUSED) == 1
    assert paid.people[0].done.count("shield") == 5
    assert paid.states[-1] == "approved"


def test_protection_that_never_comes_back_ends_it(monkeypatch) -> None:
    lose(monkeypatch, set(range(2, 200)))
    lost = take(*CARD, PAY, person=talks(TAKE, *[None] * 40))
    assert lost.states[-1] == "not_protected listener"
    assert any(text.startswith(UNPROTECTED) for text in lost.said)
    assert lost.people[0].done.count("shield") == 21
    assert lost.outcome == "talked"


def test_the_agent_can_stop_it_in_the_pause(monkeypatch) -> None:
    lose(monkeypatch, {2})
    stopped = take(*CARD, PAY, person=talks(TAKE, during(OrderKind.CANCEL)))
    assert (stopped.states[-1], stopped.desk.answers[2]) == ("cancelled agent", "done")


def test_a_feature_code_stops_it_in_the_pause(monkeypatch) -> None:
    lose(monkeypatch, {2})
    assert take(*CARD, PAY, person=talks(TAKE, Coded(FeatureCode.CANCEL))).states[-1] == "cancelled agent"


def test_a_transfer_in_the_pause_is_proved_with_the_next_leg(monkeypatch) -> None:
    lose(monkeypatch, {2})
    paid = take(*CARD, PAY, person=talks(TAKE, Parted(), Joined(OTHER_LEG)))
    assert paid.states[-1] == "approved"
    assert paid.desk.handovers[1].leg == OTHER_LEG


def test_a_talk_that_is_over_in_the_pause_stops_it(monkeypatch) -> None:
    lose(monkeypatch, {2})
    over = take(VISA, person=talks(TAKE, Over(HandoverEnd.TALKED)))
    assert over.states[-1] == "cancelled talk_over"
    assert over.outcome == "talked"


def lose(monkeypatch, questions: set[int]) -> None:
    """Questions of these numbers, from 1, are not protected."""
    plain, asked = ScriptedPhone.ask, 0

    def ask(self, prompt, field, **more):
        nonlocal asked
        asked += 1
        if asked in questions and field.secret:
            raise REFUSAL
        return plain(self, prompt, field, **more)

    monkeypatch.setattr(ScriptedPhone, "ask", ask)


# --- what may be paid ---

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
