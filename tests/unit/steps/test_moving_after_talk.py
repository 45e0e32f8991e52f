"""A caller whom the switch parked after a talk moves to a server that they outlive before anything else is said to
them; there they hear what they would have heard."""

from __future__ import annotations

import pytest
from helping import AFTER, HOLD, LEG, MARIA, WatchedDesk, order, scene

from fs_app.flow.step import MOVED, StepEnds
from fs_app.ports import OrderKind
from fs_app.testing.fakes_person import talks

PAY_NOW = "You are back on our automatic line. You can pay now."


@pytest.mark.parametrize(
    ("meanwhile", "end"), [((), "talked"), ((order(OrderKind.SEND_TO, target="pay"),), "sent_back")]
)
def test_a_talk_that_is_over_moves_the_call_before_a_word(meanwhile, end) -> None:
    desk = WatchedDesk()
    with pytest.raises(StepEnds) as ends:
        scene(people=[talks(*meanwhile)], services={"desk": desk}, moves=lambda: True)
    assert ends.value.outcome == MOVED
    assert desk.told[-1] == f"1 ended: {end}"
    assert desk.phone.said == [HOLD]


def test_what_it_moves_with_asks_the_caller_what_else_and_tells_no_end_again() -> None:
    call = scene("2", within={"handover": "0", "talked": "yes"})
    assert AFTER in call.said[0]
    assert call.outcome == "self_service"
    assert call.told == []


def test_where_an_agent_sent_the_caller_moves_along() -> None:
    call = scene(within={"handover": "0", "talked": "yes", "sent to": "pay"})
    assert call.said == [PAY_NOW]
    assert (call.outcome, call.call.sent_to) == ("sent", "pay")


def test_whoever_need_not_move_hears_it_at_once() -> None:
    call = scene(people=[talks(order(OrderKind.SEND_TO, target="pay"))])
    assert call.said[-1] == PAY_NOW
    assert call.told[-1] == "1 ended: sent_back"
    assert f"1 talking to {MARIA} on {LEG}" in call.told
