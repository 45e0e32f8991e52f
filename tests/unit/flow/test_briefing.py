"""What an agent is told of a call before they answer it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fs_app.domain.bill import Account, Bill
from fs_app.domain.card import Card
from fs_app.domain.destination import HelpRules
from fs_app.domain.handover import Identified, Reason
from fs_app.domain.money import Money
from fs_app.domain.payment import OrderId, Payment, PaymentId, PaymentRequest, PaymentState
from fs_app.domain.prompt import Digits, say
from fs_app.domain.secret import Secret
from fs_app.flow.briefing import briefing
from fs_app.flow.call import Arrival, Call, Line
from fs_app.ports import BillNote, FailureNote, PaymentNote
from fs_app.testing.fakes import ListJournal, TextVoice
from fs_app.testing.phone import ScriptedPhone
from fs_app.testing.services import fake_services

ROOT = Path(__file__).resolve().parents[3]
VOICE = TextVoice.read(ROOT / "sounds" / "phrases.yaml")
ACCOUNT = Account("a1", "12345678")
BILL = Bill("b1", "a1", Money(8120, "USD"), number="2026-1")


def a_call(**values: object) -> Call:
    line = Line("pay_balance", "en", "payments", name="main")
    call = Call(line, ScriptedPhone(VOICE), fake_services(), ListJournal(), caller_id="+15550100")
    for name, value in values.items():
        setattr(call, name, value)
    return call


def payment(state: PaymentState) -> Payment:
    request = PaymentRequest("u", "a1", "b1", Money(8120, "USD"), brand="visa", last_four="1111")
    return Payment(PaymentId(7), OrderId("o7"), "90000007", state, request, datetime(2026, 1, 31, tzinfo=UTC))


def test_a_caller_of_whom_nothing_is_known() -> None:
    told = briefing(a_call())
    assert (told.call_uuid, told.flow, told.line) == ("5e7c9f10-0000-4000-8000-000000000001", "pay_balance", "main")
    assert (told.language, told.caller_id, told.identified) == ("en", "+15550100", Identified.NO)
    assert (told.account_id, told.account_number, told.bills, told.amount) == ("", "", (), None)
    assert (told.payment, told.failures, told.said, told.path, told.steps) == (None, (), (), (), ())


def test_a_caller_without_a_number_has_none() -> None:
    assert briefing(a_call(caller_id=None)).caller_id == ""


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ("agent", Reason.ASKED),
        ("gave_up", Reason.ERRORS),
        ("too_many_mismatches", Reason.ERRORS),
        ("too_many_declines", Reason.ERRORS),
        ("trouble", Reason.TROUBLE),
        ("unavailable", Reason.TROUBLE),
        ("locked", Reason.RULE),
        ("limited", Reason.RULE),
        ("done", Reason.RULE),
        ("", Reason.RULE),
    ],
)
def test_why_a_caller_comes(outcome: str, reason: Reason) -> None:
    told = briefing(a_call(arrival=Arrival("card", outcome)))
    assert (told.reason, told.step) == (reason, "card")


def test_whose_account_it_is_counts_as_known_only_once_it_is_proved() -> None:
    said = briefing(a_call(claimed="12345678"))
    assert (said.identified, said.account_id, said.account_number) == (Identified.SAID, "", "12345678")
    call = a_call(claimed="87654321")
    call.facts.account = ACCOUNT
    proved = briefing(call)
    assert (proved.identified, proved.account_id, proved.account_number) == (Identified.PROVED, "a1", "12345678")


def test_what_was_to_be_paid() -> None:
    call = a_call()
    call.facts.bills, call.facts.amount = (BILL,), Money(5000, "USD")
    told = briefing(call)
    assert told.bills == (BillNote("b1", "2026-1", Money(8120, "USD")),)
    assert told.amount == Money(5000, "USD")


@pytest.mark.parametrize(
    ("state", "ending", "advice"),
    [
        (PaymentState.SUBMITTED, "paid", ""),
        (PaymentState.DECLINED, "not_paid", "declined_funds"),
        (PaymentState.UNKNOWN, "being_checked", ""),
    ],
)
def test_the_last_attempt_with_its_end_and_the_advice_of_a_decline_alone(state, ending, advice) -> None:
    call = a_call(advice="declined_funds")
    call.facts.payment = payment(state)
    amount = Money(8120, "USD")
    assert briefing(call).payment == PaymentNote(PaymentId(7), ending, amount, "visa", "1111", "90000007", advice)


def test_what_failed_and_how_often() -> None:
    call = a_call(path=["who:identified", "card:gave_up", "card:collected", "card:gave_up"])
    call.counts.update({"declines": 2, "mismatches": 1, "bills not found": 3, "talked": 1, "closed": 1})
    assert briefing(call).failures == (
        FailureNote("declines", 2),
        FailureNote("mismatches", 1),
        FailureNote("bills_not_found", 3),
        FailureNote("no_answer", 2),
    )


def test_of_what_the_caller_heard_no_longer_number_is_told() -> None:
    call = a_call()
    call.channel.play(say("callback_number", digits=Digits("15550100123")))
    call.channel.play(say("goodbye"))
    heard, goodbye = briefing(call).said
    assert "0 1 2 3" in heard and "5 5 5" not in heard
    assert goodbye == "Thank you for calling. Goodbye."


def test_only_the_last_that_was_heard_and_done_is_told() -> None:
    call = a_call(path=[f"step{n}:done" for n in range(100)])
    for _ in range(20):
        call.channel.play(say("goodbye"))
    told = briefing(call)
    assert len(told.said) == 8
    assert (len(told.path), told.path[0], told.path[-1]) == (40, "step60:done", "step99:done")


def test_nothing_of_a_card_is_told() -> None:
    call = a_call()
    secrets = [Secret("4111111111111111"), Secret("1228"), Secret("987"), Secret("90210")]
    call.facts.pay_with(Card(*secrets, "visa", "1111"))
    told = repr(briefing(call))
    for secret in secrets:
        assert secret.reveal() not in told


def test_where_the_caller_can_be_sent_is_told() -> None:
    class Places:
        def within_reach(self) -> tuple[str, ...]:
            return ("who", "card")

    assert briefing(a_call(places=Places())).steps == ("who", "card")


@pytest.mark.parametrize("allowed", [True, False])
def test_whether_the_security_code_may_be_skipped_is_told(allowed: bool) -> None:
    call = a_call()
    call.line = replace(call.line, help=HelpRules(skip_code=allowed))
    assert briefing(call).may_skip_code is allowed


def test_the_language_is_that_of_now_and_not_that_of_the_line() -> None:
    call = a_call()
    call.channel.language = "es"
    assert briefing(call).language == "es"
