"""A caller who would rather be called back: at which number, and what is written down."""

from __future__ import annotations

import pytest
from helping import CALL, scene

from fs_app.domain.handover import HandoverEnd
from fs_app.ports import CallbackRequest, Keyed
from fs_app.testing.fakes_person import ScriptedPerson, nobody
from fs_app.testing.phone import HANG_UP

THANKS = "Thank you. We will call you back as soon as a representative is free."
ALONE = "You can go on by yourself."
TROUBLE = "We are sorry. We have a technical problem."


def can_call(number: str) -> str:
    digits = " ".join(number)
    return f"We can call you back at {digits}. If that is right, press 1. For another number, press 2."


def waiting() -> ScriptedPerson:
    """The caller presses 1 in the line."""
    return ScriptedPerson([Keyed("1")])


def test_at_the_number_they_call_from() -> None:
    call = scene("1", people=[waiting()])
    assert call.outcome == "call_back"
    assert call.desk.callbacks == {CALL: CallbackRequest(CALL, "payments", "+15550100123", "en", 1)}
    assert call.said[-2:] == [
        can_call("15550100123"),
        THANKS,
    ]
    assert call.told[-1] == f"1 ended: {HandoverEnd.CALL_BACK}"
    assert call.people[0].done == ["joined", "left"]


def test_at_another_number_which_is_said_to_them_before_it_is_kept() -> None:
    call = scene("2", "5550100999#", "1", people=[waiting()])
    assert call.outcome == "call_back"
    assert call.said[-2:] == [can_call("5550100999"), THANKS]
    assert call.desk.callbacks[CALL].number == "5550100999"


def test_a_number_with_a_wrong_digit_is_keyed_once_more() -> None:
    call = scene("2", "5550100990#", "2", "5550100999#", "1", people=[waiting()])
    assert call.desk.callbacks[CALL].number == "5550100999"
    assert can_call("5550100990") in call.said


def test_whoever_never_finds_the_right_number_goes_on_alone() -> None:
    call = scene("2", *["5550100990#", "2"] * 3, people=[waiting()])
    assert (call.outcome, call.desk.callbacks) == ("self_service", {})


@pytest.mark.parametrize("caller_id", [None, "", "123", "anonymous", "${system(x)}", "+1555010012345678"])
def test_whoever_has_no_number_to_call_keys_one(caller_id) -> None:
    call = scene("5550100999#", "1", people=[waiting()], caller_id=caller_id)
    assert call.outcome == "call_back"
    assert call.desk.callbacks[CALL].number == "5550100999"
    assert [text for text in call.said if text.startswith("We can call you back at")] == [can_call("5550100999")]


def test_a_number_that_is_too_short_is_asked_for_again() -> None:
    call = scene("2", "12#", "5550100999#", "1", people=[waiting()])
    assert call.desk.callbacks[CALL].number == "5550100999"
    assert "area code and then the telephone number" in call.said[-3]


@pytest.mark.parametrize("answers", [(), ("2",), ("2", "", "", ""), ("*",), ("2", "*")])
def test_whoever_does_not_say_where_goes_on_alone(answers) -> None:
    call = scene(*answers, people=[waiting()])
    assert call.outcome == "self_service"
    assert call.desk.callbacks == {}
    assert call.said[-1] == ALONE
    assert call.told[-1] == f"1 ended: {HandoverEnd.SELF_SERVICE}"


@pytest.mark.parametrize("answers", [("0",), ("2", "0#")])
@pytest.mark.parametrize("queue", ["", "support"])
def test_whoever_wants_a_person_now_waits_again(answers, queue) -> None:
    call = scene(*answers, people=[waiting()], queue=queue)
    assert (call.outcome, call.call.sent_to, call.call.queue) == ("sent", "operator", queue)
    assert call.desk.callbacks == {}
    assert call.told[-1] == f"1 ended: {HandoverEnd.SELF_SERVICE}"


def test_a_wish_that_cannot_be_kept_is_not_promised_and_nobody_waits_for_the_call() -> None:
    call = scene("1", people=[waiting()], desk_down=True)
    assert call.outcome == "self_service"
    assert THANKS not in call.said and call.said[-1] == f"{TROUBLE} {ALONE}"
    assert call.journal.notes["trouble"] == "call back not kept: StoreUnavailable"


def test_a_call_back_after_nobody_answered() -> None:
    call = scene("1", "1", people=[nobody(HandoverEnd.NO_AGENTS)])
    assert call.outcome == "call_back"
    assert call.desk.callbacks[CALL].handover_id == 1
    assert call.told[-1] == f"1 ended: {HandoverEnd.CALL_BACK}"


def test_who_hangs_up_before_they_said_where_is_not_called_back() -> None:
    call = scene("2", "555" + HANG_UP, people=[waiting()])
    assert call.outcome == "caller_hung_up"
    assert call.desk.callbacks == {}
    assert call.told[-1] == f"1 ended: {HandoverEnd.GAVE_UP}"


def test_the_queue_is_the_one_that_the_caller_waited_in() -> None:
    call = scene("1", people=[waiting()], queue="support")
    assert call.desk.callbacks[CALL].queue == "support"
