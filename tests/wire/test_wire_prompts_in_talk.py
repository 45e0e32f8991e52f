"""Prompts in a talk with a person: what a transfer or a hold breaks off is said again to who talks on."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import gevent
import pytest
from personkit import LEG, OTHER_LEG, OnTheWay
from wirekit import SECONDS, UUID

from fs_app.domain.prompt import say
from fs_app.errors import SwitchError
from fs_app.telephony import speech

PAID = say("paid")
TORN = "PLAYBACK ERROR"


@pytest.fixture
def call() -> Iterator[OnTheWay]:
    call = OnTheWay()
    call.talk()
    yield call
    call.close()


def telling(call: OnTheWay) -> Callable[[], object]:
    """We tell the caller something to its end."""
    return gevent.spawn(call.channel.play, PAID, interruptible=False).get


def transferred(call: OnTheWay) -> None:
    call.unbridged(OTHER_LEG)
    call.bridged(OTHER_LEG)
    call.takes_up(OTHER_LEG)


def said(call: OnTheWay) -> str:
    return call.switch.expect("execute playback")


def test_a_prompt_that_a_transfer_breaks_off_is_said_again_to_who_is_with_the_next(call: OnTheWay) -> None:
    told = telling(call)
    call.switch.complete(said(call), TORN)  # the switch says 20 ms later why
    gevent.sleep(0.02)
    transferred(call)
    call.switch.complete(said(call))
    told(timeout=SECONDS)


def test_a_prompt_that_nothing_in_the_talk_broke_off_was_not_played(call: OnTheWay, monkeypatch) -> None:
    monkeypatch.setattr(speech, "_TOLD_SECONDS", 0.1)
    told = telling(call)
    call.switch.complete(said(call), TORN)
    with pytest.raises(SwitchError):
        told(timeout=SECONDS)


def test_nothing_is_said_to_who_is_on_hold_until_the_talk_goes_on(call: OnTheWay) -> None:
    told = telling(call)
    command = said(call)
    call.event("CHANNEL_HOLD", of=LEG)
    call.api(f"uuid_break {UUID}")
    call.switch.complete(command)
    call.nothing_was_sent()
    call.event("CHANNEL_UNHOLD", of=LEG)
    call.switch.complete(said(call))
    told(timeout=SECONDS)


def test_who_is_left_on_hold_is_not_told_for_ever(call: OnTheWay, monkeypatch) -> None:
    monkeypatch.setattr(speech, "_AWAY_SECONDS", 0.1)
    call.event("CHANNEL_HOLD", of=LEG)
    gevent.sleep(0.02)
    telling(call)(timeout=SECONDS)
    call.nothing_was_sent()


def test_a_talk_that_breaks_off_everything_is_not_told_for_ever(call: OnTheWay) -> None:
    told = telling(call)
    for _ in range(speech._TIMES):
        command = said(call)
        call.event("CHANNEL_HOLD", of=LEG)
        call.api(f"uuid_break {UUID}")
        call.switch.complete(command)
        call.event("CHANNEL_UNHOLD", of=LEG)
    told(timeout=SECONDS)
    call.nothing_was_sent()


def test_a_prompt_that_the_end_of_the_talk_broke_off_is_said_to_the_caller_alone(call: OnTheWay) -> None:
    told = telling(call)
    call.switch.complete(said(call), TORN)
    call.unbridged()
    call.parked()
    call.switch.complete(said(call))
    told(timeout=SECONDS)
