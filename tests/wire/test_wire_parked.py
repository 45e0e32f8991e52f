"""A caller whom the switch parked after a talk, against a switch played by hand: the way to the next server."""

from __future__ import annotations

import pytest
from personkit import HELLO, OnTheWay, doing
from wirekit import SECONDS, UUID

from fs_app.domain.keys import menu
from fs_app.telephony import happenings


def parked(call: OnTheWay) -> None:
    person = call.talk()
    call.unbridged()
    call.parked()
    for _ in range(3):
        call.switch.expect_api()
    call.next(person)
    call.over(person)
    call.commands.clear()


def test_a_parked_caller_is_taken_to_the_dialplan_in_one_go(call) -> None:
    parked(call)
    moving = doing(call.channel.move_on)
    call.executes("set fs_app_moved=true")
    order = f"uuid_transfer {UUID} 'sleep:300,transfer:fs_app XML default' inline"
    assert [call.switch.read() for _ in range(3)] == [f"api sched_del {UUID}", f"api {order}", "exit"]
    moving.get(timeout=SECONDS)
    assert call.channel.moved


def test_a_caller_who_is_not_parked_goes_on_by_our_end_alone(call) -> None:
    moving = doing(call.channel.move_on)
    call.executes("set fs_app_moved=true")
    moving.get(timeout=SECONDS)
    call.session.close()
    with pytest.raises(EOFError):
        call.switch.read()


def test_a_parked_caller_who_is_given_up_gets_to_the_dialplan_too(call) -> None:
    parked(call)
    giving = doing(call.channel.give_up)
    call.executes("set fs_app_given_up=true")
    read = [call.switch.read() for _ in range(3)]
    assert (read[0], read[2]) == (f"api sched_del {UUID}", "exit")
    giving.get(timeout=SECONDS)


def test_a_parked_caller_who_waits_again_is_not_fetched_meanwhile(call) -> None:
    parked(call)
    person, queue = call.join()
    assert call.commands[0] == f"api sched_del {UUID}"
    assert call.channel.uprooted, "and they are still held by us alone"
    call.switch.complete(queue, "_none_", cc_cause="cancel", cc_cancel_reason="TIMEOUT")
    call.over(person)
    playing = doing(call.channel.play, HELLO)
    call.api(f"sched_del {UUID}")
    call.api(f"sched_transfer +120 {UUID} fs_app XML default")
    call.switch.complete(call.execute("playback"))
    playing.get(timeout=SECONDS)


def test_a_parked_caller_is_not_fetched_while_we_speak_to_them(call, monkeypatch) -> None:
    parked(call)
    asking = doing(call.channel.ask, HELLO, menu("m", "1"))
    call.switch.complete(call.execute("playback"))  # the order to fetch them is new
    call.keys("1")
    assert asking.get(timeout=SECONDS).digits == "1"
    monkeypatch.setattr(happenings, "_ANEW_SECONDS", 0.0)
    asking = doing(call.channel.ask, HELLO, menu("m", "1"))
    call.api(f"sched_del {UUID}")
    call.api(f"sched_transfer +120 {UUID} fs_app XML default")
    call.switch.complete(call.execute("playback"))
    call.keys("1")
    assert asking.get(timeout=SECONDS).digits == "1"
