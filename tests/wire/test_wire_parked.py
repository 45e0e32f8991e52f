"""A caller whom the switch parked after a talk, against a switch played by hand: the way to the next server."""

from __future__ import annotations

import pytest
from personkit import OnTheWay, doing, steps_of
from wirekit import SECONDS

from fs_app.domain.handover import HandoverEnd
from fs_app.ports import Over


def parked(call: OnTheWay) -> None:
    person = call.talk()
    call.unbridged()
    call.parked()
    call.next(person)
    call.over(person)


def answered(call: OnTheWay) -> None:
    """They have talked with nobody yet."""


@pytest.mark.parametrize(
    ("leaving", "says"), [("move_on", "set fs_app_moved=true"), ("give_up", "set fs_app_given_up=true")]
)
@pytest.mark.parametrize("after", [parked, answered])
def test_a_caller_goes_on_by_our_end_alone(call, leaving, says, after) -> None:
    """What follows in the dialplan is the next server: where they are parked, too."""
    after(call)
    going = doing(getattr(call.channel, leaving))
    call.executes(says)
    going.get(timeout=SECONDS)
    call.session.close()
    with pytest.raises(EOFError):
        call.switch.read()


def test_a_caller_who_moved_is_known_to_have_moved(call) -> None:
    parked(call)
    moving = doing(call.channel.move_on)
    call.executes("set fs_app_moved=true")
    moving.get(timeout=SECONDS)
    assert call.channel.moved


def test_a_parked_caller_would_not_go_on_if_the_switch_were_to_resume(call) -> None:
    """Measured: `socket_resume` leaves who is parked in silence for ever."""
    parked(call)
    assert "set socket_resume=true" not in steps_of(call.commands)


def test_a_parked_caller_who_waits_again_is_still_parked_when_nobody_comes(call) -> None:
    parked(call)
    person, queue = call.join()
    assert call.channel.uprooted
    call.switch.complete(queue, "_none_", cc_cause="cancel", cc_cancel_reason="TIMEOUT")
    assert call.over(person) == Over(HandoverEnd.NOT_ANSWERED)
    assert "set socket_resume=true" not in steps_of(call.commands)
