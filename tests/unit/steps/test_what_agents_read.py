"""What the person who answers is told of a call, before and without a database."""

from __future__ import annotations

from dialogue import BILL, IDENTIFY
from helping import (
    CALL,
    HOLD,
    LEG,
    MARIA,
    NEXT,
    OPTIONS,
    scene,
    waits,
    whole_call,
)

from fs_app.domain.destination import FeatureCode
from fs_app.domain.handover import Identified, Reason
from fs_app.flow.call import Arrival
from fs_app.ports import (
    Answered,
    BillNote,
    Coded,
    FailureNote,
    Place,
)
from fs_app.testing.fakes_person import talks


def test_the_context_is_there_before_anybody_is_called() -> None:
    call = scene(people=[talks()], arrival=Arrival("amount", "agent"))
    told = call.desk.handovers[1].context
    assert (told.call_uuid, told.reason, told.step, told.flow) == (CALL, Reason.ASKED, "amount", "pay_balance")
    assert (told.identified, told.account_id, told.account_number) == (Identified.PROVED, "a1", "12345678")
    assert told.bills == (BillNote("b1", BILL.number, BILL.due),)
    assert told.amount == BILL.due
    assert "amount" in told.steps and "confirm" not in told.steps
    assert call.told[0] == "1 opened for payments"


def test_a_caller_who_asks_at_a_prompt_is_told_with_what_they_heard() -> None:
    call = whole_call(*IDENTIFY, "0", people=[talks()])
    told = call.desk.handovers[1].context
    assert (told.reason, told.step, told.identified) == (Reason.ASKED, "amount", Identified.PROVED)
    assert told.path[-2:] == ("balance:due", "amount:agent")
    assert "81.20" in "".join(told.said)


def test_too_many_errors_are_told_as_such() -> None:
    call = whole_call(people=[talks()])
    told = call.desk.handovers[1].context
    assert (told.reason, told.step, told.identified) == (Reason.ERRORS, "identity", Identified.NO)
    assert told.failures == (FailureNote("no_answer", 1),)


def test_a_claim_that_was_not_proved_is_told_as_one() -> None:
    call = whole_call("12345678#", "0000", "12345678#", "0001", "12345678#", "0002", people=[talks()])
    told = call.desk.handovers[1].context
    assert (told.reason, told.identified, told.account_id) == (Reason.ERRORS, Identified.SAID, "")
    assert told.account_number == "12345678"
    assert FailureNote("mismatches", 3) in told.failures


def test_trouble_of_ours_is_told_as_such() -> None:
    call = scene(people=[talks()], arrival=Arrival("card", "trouble"))
    assert call.desk.handovers[1].context.reason is Reason.TROUBLE


def test_what_the_flow_leads_to_a_person_is_its_rule() -> None:
    call = scene(people=[talks()], arrival=Arrival("closed", "done"))
    assert call.desk.handovers[1].context.reason is Reason.RULE


def test_of_what_was_read_back_the_last_four_digits_are_told() -> None:
    call = whole_call(*IDENTIFY, "1", "4111111111111111", "1228", "123", "90210", "0", people=[talks()])
    told = call.desk.handovers[1].context
    heard = "".join(told.said)
    assert "1 1 1 1" in heard and "4 1 1 1 1" not in heard
    assert not [secret for secret in ("4111111111111111", "1228") if secret in repr(told)]


def test_the_card_is_wiped_before_anybody_is_called() -> None:
    call = whole_call(*IDENTIFY, "1", "4111111111111111", "1228", "123", "90210", "0", people=[talks()])
    assert call.call.facts.card is None
    assert call.desk.handovers[1].context.step == "confirm"


# --- the desk is down ---


def test_without_a_database_the_caller_reaches_a_person_all_the_same() -> None:
    call = scene(people=[waits(None, Answered(MARIA, LEG), place=Place(1, 1))], desk_down=True)
    assert call.outcome == "talked"
    assert call.said[:2] == [HOLD, f"{NEXT} {OPTIONS}"]
    assert call.told == []
    assert call.journal.notes["trouble"] == "hand-over without its context: StoreUnavailable"


def test_without_a_database_an_agent_can_still_send_the_caller_back_by_a_feature_code() -> None:
    call = scene(people=[talks(Coded(FeatureCode.SEND_BACK))], desk_down=True)
    assert (call.outcome, call.call.sent_to) == ("sent", "pay")
