"""A caller hears of an appointment, answers for it, and pays what is due besides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

import pytest
from onestep import Walk, walk

from fs_app.domain.appointment import Appointment, Reply
from fs_app.domain.bill import Bill, BillKind
from fs_app.domain.money import Money
from fs_app.steps import STEPS
from fs_app.testing.fakes_offers import FakeAppointments
from fs_app.testing.services import fake_services

COPAY = Bill("copay:v1", "a1", Money(2_500, "USD"), kind=BillKind.COPAY)
TUESDAY = Appointment("v1", "a1", date(2026, 2, 3), time(9, 30), copay=COPAY)
TODAY = Appointment("v2", "a1", date(2026, 1, 31), time(14), copay=replace(COPAY, id="copay:v2"))
UUID = "5e7c9f10-0000-4000-8000-000000000001"


def expected(kind: str, *found: Appointment, said: tuple[Reply, ...] = (), **fields: Any) -> Walk:
    """A step for who is expected; ``said`` is what they said in earlier calls."""
    book = FakeAppointments(found, replies=[(found[0], reply, "earlier") for reply in said])
    facts = {"appointment": found[0] if found else None}
    return walk(kind, services=fake_services(appointments=book), facts=facts, **fields)


def replies(call: Walk) -> list[tuple[Appointment, Reply, str]]:
    book = call.services.appointments
    assert isinstance(book, FakeAppointments)
    return book.replies


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ((), ""),
        ((Reply.CONFIRMED,), " You have confirmed it."),
        ((Reply.CONFIRMED, Reply.CHECKED_IN), " You have checked in."),
    ],
)
def test_the_next_one_is_told_with_what_was_said_about_it(said: tuple[Reply, ...], heard: str) -> None:
    call = expected("tell_appointment", TUESDAY, said=said)
    assert call.outcome == "ahead"
    assert call.said == [f"Your next appointment is on Tuesday, 2026-02-03, at 09:30.{heard}"]
    assert call.call.facts.appointment is not None


def test_todays_is_told_as_todays() -> None:
    call = expected("tell_appointment", TODAY)
    assert (call.outcome, call.said) == ("today", ["Your appointment is today at 14:00."])


def test_none_is_told() -> None:
    call = expected("tell_appointment")
    assert (call.outcome, call.said) == ("none", ["You have no appointment with us."])


@pytest.mark.parametrize(
    ("reply", "heard"),
    [
        (Reply.CONFIRMED, "Your appointment is confirmed."),
        (Reply.CANCELLED, "Your appointment is cancelled."),
        (Reply.CHECKED_IN, "You are checked in."),
    ],
)
def test_what_the_caller_says_is_kept_before_they_are_told_so(reply: Reply, heard: str) -> None:
    call = expected("reply_appointment", TODAY, reply=reply)
    assert (call.outcome, call.said) == (reply.value, [heard])
    assert replies(call) == [(TODAY, reply, UUID)]


def test_nobody_checks_in_before_the_day() -> None:
    call = expected("reply_appointment", TUESDAY, reply="checked_in")
    assert (call.outcome, call.said) == ("too_early", ["You can check in on the day of your appointment."])
    assert replies(call) == []


def test_a_reply_has_the_outcomes_and_the_words_of_its_own_alone() -> None:
    step = STEPS["reply_appointment"].model_validate({"reply": "cancelled"})
    assert set(step.all_outcomes()) == {"cancelled"}
    assert {said.phrase for said in step.phrases()} == {"appointment_cancelled"}
    arriving = STEPS["reply_appointment"].model_validate({"reply": "checked_in"})
    assert set(arriving.all_outcomes()) == {"checked_in", "too_early"}


def test_a_co_payment_is_told_and_can_be_paid() -> None:
    call = expected("tell_copay", TUESDAY)
    assert (call.outcome, call.said) == ("due", ["Your co-payment is 25.00 USD."])
    assert call.call.facts.bills == (COPAY,)


def test_where_there_is_none_this_is_said() -> None:
    call = expected("tell_copay", replace(TUESDAY, copay=None))
    assert (call.outcome, call.said) == ("nothing_due", ["There is no co-payment to pay."])
    assert call.call.facts.bills is None


def test_the_co_payment_of_another_appointment_is_not_told() -> None:
    """The operator has put this one off since the caller heard of it; another one comes first now."""
    call = expected("tell_copay", TUESDAY, TODAY)
    assert (call.outcome, call.call.facts.bills) == ("nothing_due", None)
