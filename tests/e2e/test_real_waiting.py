"""Callers who wait for a person on a real FreeSWITCH: what they hear, how they leave the line, and what the agent
is shown before they answer. The calls ring side by side."""

from __future__ import annotations

import pytest
from beside import beside
from house import MOST_WAITING, SHORT_WAIT, House

from fs_app.domain.handover import HandoverEnd, HandoverState, Identified, Reason
from fs_app.testing.freeswitch_office import NEVER

pytestmark = pytest.mark.freeswitch


@beside
def test_callers_hear_their_place_and_leave_the_line_by_key_and_the_next_finds_it_full(house: House) -> None:
    maria = house.agent()
    house.remembers_talks(maria.name, seconds=170)
    maria.logs_in(answers=NEVER, leg_timeout=60)
    assert MOST_WAITING == 2
    ann = house.caller(maria)
    ann.wants_a_person()
    ann.hears("queue_next")
    bob = house.caller(maria)
    bob.wants_a_person()
    assert bob.hears("queue_place") >= {"two", "queue_wait", "queue_options"}
    house.waits_for(lambda: bob.handover.place == 2, lambda: f"{bob.handover}")
    assert bob.handover.expected_seconds == 340

    cleo = house.caller(maria)
    cleo.identifies()
    cleo.press("0")
    cleo.hears("queue_full")
    cleo.press("2")
    cleo.hears("on_your_own", "pay_full")
    cleo.is_over(HandoverEnd.FULL)

    bob.press("2")
    bob.hears("on_your_own", "pay_full")
    bob.is_over(HandoverEnd.SELF_SERVICE)

    ann.press("1")
    ann.hears("callback_number")
    ann.press("1")
    ann.hears("callback_taken")
    (wish,) = house.view.callbacks(queue=maria.name)
    assert (wish.request.number, wish.request.call_uuid) == (ann.telephone, ann.line)
    ann.is_over(HandoverEnd.CALL_BACK)
    for caller in (ann, bob, cleo):
        caller.hangs_up()


@beside
def test_where_nobody_is_logged_in_a_caller_is_called_back_at_another_number(house: House) -> None:
    maria = house.agent()
    ann = house.caller(maria)
    ann.wants_a_person()
    ann.hears("queue_no_agents")
    ann.press("1")
    ann.hears("callback_number")
    ann.press("2")
    ann.hears("callback_enter")
    ann.press("14155559876#")
    ann.hears("callback_number")
    ann.press("1")
    ann.hears("callback_taken")
    assert [wish.request.number for wish in house.view.callbacks(queue=maria.name)] == ["14155559876"]
    ann.hangs_up()


@beside
def test_a_caller_whom_nobody_answers_in_time_is_told_so_and_not_left_in_silence(house: House) -> None:
    maria = house.agent(SHORT_WAIT)
    maria.logs_in(answers=NEVER, leg_timeout=2)
    ann = house.caller(maria)
    ann.wants_a_person()
    ann.hears("queue_not_answered", "no_agent_available")
    ann.call.waits_for_end()
    ann.is_over(HandoverEnd.NOT_ANSWERED)


@beside
def test_who_does_not_answer_is_followed_by_somebody_who_does(house: House) -> None:
    maria, jane = house.agent(), house.agent()
    maria.logs_in(answers=NEVER, leg_timeout=2)
    ann = house.caller(maria)
    ann.wants_a_person()
    reference = maria.shows()
    ann.is_at(HandoverState.OFFERED)
    assert ann.handover.agent == maria.agent
    jane.logs_in(maria.name)
    jane.talks()
    ann.is_at(HandoverState.TALKING)
    assert ann.handover.agent == jane.agent
    assert jane.shows() == reference == ann.handover.ticket.reference
    ann.hangs_up()


@beside
def test_an_agent_is_shown_who_calls_and_why_before_she_answers(house: House) -> None:
    maria = house.agent()
    maria.logs_in(answers=3.0)
    ann = house.caller(maria)
    ann.wants_a_person()
    reference = maria.shows()
    ann.is_at(HandoverState.OFFERED)
    assert not maria.answered
    shown = house.view.by_reference(reference)
    assert shown is not None and shown.agent == maria.agent
    context = shown.context
    assert (context.call_uuid, context.caller_id, context.account_id) == (ann.line, ann.telephone, ann.account)
    assert (context.identified, context.reason, context.step) == (Identified.PROVED, Reason.ASKED, "amount")
    assert context.path[-1] == "amount:agent" and context.said
    assert "card" not in context.steps and "amount" in context.steps
    maria.talks()
    assert house.switch.api(f"uuid_getvar {maria.leg} fs_app_reference") == reference
    ann.hangs_up()
