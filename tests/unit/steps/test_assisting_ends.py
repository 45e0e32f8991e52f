"""How a payment that an agent takes ends, and what the agent and the caller are told of it."""

from __future__ import annotations

from dataclasses import replace

import gevent
import pytest
from assistkit import (
    AMEX,
    BACK_WITH_THEM,
    BUSY,
    CARD,
    EXPIRES,
    MAY_SKIP,
    NUMBER,
    OK,
    PAY,
    START,
    TAKE,
    during,
    last,
    take,
)
from dialogue import BILL, CODE, EXPIRY, VISA, ZIP
from gevent.event import Event
from helping import CALL, WatchedDesk, order

from fs_app.domain.assist import OVER, AssistState
from fs_app.domain.bill import Bill
from fs_app.domain.fee import FeeRule
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.money import Money
from fs_app.domain.payment import Declined, Ending, Unavailable, Unknown
from fs_app.domain.rules import Rules
from fs_app.errors import BillBusy, StoreUnavailable, SwitchError, TooManyAttempts
from fs_app.ports import OrderKind
from fs_app.testing.fakes import in_turn
from fs_app.testing.fakes_desk import FakeOrders
from fs_app.testing.fakes_person import talks
from fs_app.testing.phone import HANG_UP, ScriptedPhone

pytestmark = pytest.mark.usefixtures("wiped")
WHYS = ("gateway", "not_sent", "limited", "busy", "trouble", "trouble_before")
"""Why nothing was sent."""


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


def test_what_was_charged_with_a_fee_is_what_the_agent_sees_and_the_caller_hears() -> None:
    rules = Rules(fee=FeeRule(fixed_minor=250))
    paid = take(*CARD, PAY, "321", PAY, gate=in_turn([Declined("2010"), OK]), rules=rules)
    amounts = [str(view.amount) for view in paid.views]
    assert list(dict.fromkeys(amounts)) == ["81.20 USD", "83.70 USD"]
    assert (str(last(paid).amount), last(paid).state) == ("83.70 USD", AssistState.APPROVED)
    assert {str(view.amount) for view in paid.views if view.state is AssistState.CONFIRMING} == {"81.20 USD"}
    assert any("Your payment of 83.70 USD is complete" in text for text in paid.said)


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


@pytest.mark.parametrize("lost", [START, NUMBER, EXPIRES, "ending in 1 1 1 1"])
def test_a_switch_that_fails_before_the_charge_leaves_no_doubt_of_the_bill(monkeypatch, lost) -> None:
    loses(monkeypatch, lost)
    trouble = take(*CARD, PAY)
    assert trouble.states[-1] == "unavailable trouble_before"
    assert not last(trouble).in_doubt
    assert (trouble.outcome, trouble.seen.cards) == ("talked", [])
    assert BACK_WITH_THEM in trouble.said


def test_trouble_before_a_second_try_is_told_of_that_one(monkeypatch) -> None:
    loses(monkeypatch, EXPIRES, first=2)
    trouble = take(*CARD, PAY, "0129", PAY, gate=in_turn([Declined("2004"), OK]))
    assert [f"{view.number} {view.state} {view.why}" for view in trouble.views if view.state in OVER] == [
        "1 declined declined_expired",
        "2 unavailable trouble_before",
    ]
    assert len(trouble.seen.cards) == 1


def test_what_may_have_been_paid_otherwise_is_in_doubt_and_nothing_else_is() -> None:
    view = last(take(*CARD, PAY, gate=lambda *_: Unavailable("no connection")))
    assert view.state is AssistState.UNAVAILABLE
    doubted = {why for why in WHYS if replace(view, why=why).in_doubt}
    assert doubted == {"busy", "trouble"}
    assert not replace(view, state=AssistState.CANCELLED, why="busy").in_doubt


def test_who_hangs_up_in_the_charge_leaves_it_to_be_checked() -> None:
    gone = take(*CARD, PAY, hang_up_while="Please wait while we process")
    assert gone.outcome == "caller_hung_up"
    assert gone.states[-1] == "being_checked"
    assert gone.told[-1] == "1 ended: talked"


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (OK, "approved"),
        (Declined("2010"), "declined declined_security_code"),
        (Unavailable("no connection"), "unavailable not_sent"),
        (Unknown("timeout"), "being_checked"),
        (BillBusy("another one"), "unavailable busy"),
        (TooManyAttempts("card"), "unavailable limited"),
        (StoreUnavailable("down"), "unavailable trouble"),
    ],
)
def test_the_end_of_a_charge_whose_caller_has_hung_up_is_shown_to_the_agent(monkeypatch, result, state) -> None:
    answer, charges = Event(), []

    def gate(*_):
        answer.wait()
        if isinstance(result, Exception):
            raise result
        return result

    def play_while(self, prompt, work):
        charges.append(gevent.spawn(work))
        gevent.idle()
        self._caller_hangs_up()

    monkeypatch.setattr(ScriptedPhone, "play_while", play_while)
    gone = take(*CARD, PAY, gate=gate)
    assert gone.states[-1] == "being_checked"
    answer.set()
    charges[0].join()
    assert gone.states[-1] == state
    assert gone.desk.handovers[1].end is HandoverEnd.TALKED


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


# --- what comes in the charge, and after it ---


def test_a_payment_that_is_ordered_while_one_is_charged_is_not_taken() -> None:
    """By another agent, or by one who clicked twice."""
    orders = FakeOrders()

    def gate(*_):
        orders.takers[CALL](order(OrderKind.TAKE_PAYMENT, 2).order)
        orders.takers[CALL](order(OrderKind.CANCEL, 3).order)
        return OK

    paid = take(
        *CARD, PAY, gate=gate, bills=[BILL, Bill("b2", "a1", Money(500, "USD"))], services={"orders": orders}
    )
    assert paid.desk.answers == {1: "done", 2: "payment_under_way", 3: "no_payment"}
    assert {view.number for view in paid.views} == {1}
    assert len(paid.seen.cards) == 1
    assert orders.takers == {}


def test_one_that_is_ordered_once_the_result_is_there_is_the_next() -> None:
    orders = FakeOrders()
    made = talks(TAKE)
    desk = WatchedDesk()
    plain = desk.assist

    def assist(view) -> None:
        plain(view)
        if (view.state, view.number) == ("approved", 1):
            orders.takers[CALL](order(OrderKind.TAKE_PAYMENT, 2, bills=("b2",)).order)

    desk.assist = assist
    bills = [BILL, Bill("b2", "a1", Money(500, "USD"))]
    services = {"orders": orders, "desk": desk}
    paid = take(*CARD, PAY, "", *CARD, PAY, person=made, bills=bills, facts={"bills": (BILL,)}, services=services)
    assert paid.desk.answers == {1: "done", 2: "done"}
    assert len(paid.seen.cards) == 2


def test_a_caller_whose_agent_hung_up_in_the_charge_is_not_told_that_they_are_there() -> None:
    made = talks(TAKE)

    def gate(*_):
        made.talking = False
        return OK

    paid = take(*CARD, PAY, person=made, gate=gate)
    assert paid.states[-1] == "approved"
    assert any("is complete" in text for text in paid.said)
    assert BACK_WITH_THEM not in paid.said


@pytest.mark.parametrize("lost", ["is complete", BACK_WITH_THEM])
def test_a_prompt_after_the_charge_that_the_switch_does_not_play_ends_no_talk(monkeypatch, lost) -> None:
    loses(monkeypatch, lost)
    paid = take(*CARD, PAY)
    assert (paid.states[-1], paid.outcome) == ("approved", "talked")
    assert paid.journal.notes["trouble"] == "assisted payment: SwitchError"


def loses(monkeypatch, lost: str, *, first: int = 1) -> None:
    """The switch does not play what has these words in it, from the so-manieth time on."""
    plain, heard = ScriptedPhone._say, []

    def say(self, kind, prompt) -> None:
        if lost in self._voice.render(prompt, self.language).text:
            heard.append(lost)
            if len(heard) >= first:
                raise SwitchError("the switch did not play it")
        plain(self, kind, prompt)

    monkeypatch.setattr(ScriptedPhone, "_say", say)
