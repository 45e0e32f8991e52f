"""What happens in a talk while a payment is taken, against a switch played by hand."""

from __future__ import annotations

import time

import gevent
import pytest
from personkit import OTHER_LEG, PARKED, PLACE, TONES
from shieldkit import MUTE, PATIENT, QUICK, START, STOP, Payment, ask, binds, dialling
from wirekit import SECONDS, eventually

from fs_app.domain.destination import FeatureCode
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.keys import Verdict, menu
from fs_app.errors import NotProtected
from fs_app.ports import Coded, Joined, Over, Parted


@pytest.fixture
def dial(monkeypatch):
    yield from dialling(monkeypatch)


def test_a_feature_code_in_mid_entry_goes_before_any_answer(dial) -> None:
    call = dial()
    payment = Payment(call, person := call.talk(), ask(call))
    payment.puts_up()
    payment.proves()
    call.keys("41")
    eventually(lambda: not len(call.channel._keypad))
    call.agent_keys("*70")
    (heard,) = payment.ends()
    assert (heard.verdict, heard.digits) == (Verdict.INTERRUPTED, "")
    assert person.next(0) == Coded(FeatureCode.CANCEL)


def test_a_question_is_not_even_begun_where_something_has_come(dial) -> None:
    call = dial()
    person = call.talk()
    wait = gevent.event.Event()
    payment = Payment(call, person, wait.wait, ask(call, menu("consent", "1")))
    payment.puts_up()
    call.agent_keys("*70")
    eventually(person.interrupts)
    wait.set()
    assert payment.ends()[-1].verdict is Verdict.INTERRUPTED


def test_outside_of_a_payment_nothing_interrupts_a_question(dial) -> None:
    call = dial()
    person = call.talk()
    call.agent_keys("*70")
    eventually(lambda: bool(person._so_far.row))
    asking = gevent.spawn(ask(call, menu("m", "1")))
    call.keys("1")
    assert asking.get(timeout=SECONDS).digits == "1"


def test_what_is_typed_on_of_a_broken_off_answer_answers_nothing(dial) -> None:
    call = dial(timing=PATIENT)  # no busy machine takes a run of its 5 s between two keys
    person, keypad = call.talk(), call.channel._keypad
    payment = Payment(call, person, ask(call), lambda: person.next(0), ask(call))
    payment.puts_up()
    payment.proves()
    call.keys("41")
    eventually(lambda: not len(keypad))
    call.agent_keys("*70")
    payment.proves()
    for _ in range(2):
        typed_at = keypad.typed_at
        call.keys("1")
        eventually(lambda before=typed_at: keypad.typed_at > before)
    keypad._dropped_at -= PATIENT.run  # as if the caller paused for as long, and began anew
    call.keys("5555")
    assert payment.ends()[-1].digits == "5555"


def test_who_types_on_when_the_agent_has_gone_is_waited_for_before_another_server_asks(dial) -> None:
    call = dial(timing=QUICK)
    person = call.talk()
    payment = Payment(call, person, ask(call))
    payment.puts_up()
    payment.proves()
    call.keys("41")
    eventually(lambda: not len(call.channel._keypad))
    call.unbridged()
    call.parked()
    payment.ends()
    coming = gevent.spawn(lambda: [person.next(SECONDS), person.next(SECONDS)])
    call.executes(*PARKED)
    for key in "11":
        gevent.sleep(QUICK.run / 4)
        assert not coming.ready()
        call.keys(key)
    assert coming.get(timeout=SECONDS) == [Parted(), Over(HandoverEnd.TALKED)]
    assert time.monotonic() - call.channel._keypad.typed_at >= QUICK.run
    assert not len(call.channel._keypad)


def test_a_transfer_in_mid_entry_breaks_the_question_off_and_is_proved_anew(dial) -> None:
    call = dial(PLACE | TONES)
    person = call.talk()
    happened: list[object] = []

    def transferred() -> None:
        happened.extend([person.next(SECONDS), person.next(SECONDS)])
        payment.prove_again()

    payment = Payment(call, person, ask(call), transferred, ask(call))
    payment.puts_up(MUTE)
    payment.proves(MUTE)
    call.keys("41")
    call.unbridged(OTHER_LEG)
    call.bridged(OTHER_LEG)
    call.takes_up(OTHER_LEG)
    binds(call)
    call.api(START)
    payment.proves(MUTE)
    assert happened == [Parted(), Joined(OTHER_LEG)]
    assert f"api {STOP}" not in call.commands, "whoever is next is never let hear"
    payment.proves(MUTE)
    call.channel._keypad._dropped_at -= call.channel._timing.run  # as if the caller paused for as long
    call.keys("4111")
    assert [heard.digits for heard in (payment.ends()[0], payment.answers[2])] == ["", "4111"]
    call.api(STOP)


def test_a_second_proof_that_fails_can_be_tried_again(dial) -> None:
    call = dial(PLACE | TONES)
    person = call.talk()
    refusals: list[str] = []

    def prove_again() -> None:
        try:
            payment.prove_again()
        except NotProtected as refusal:
            refusals.append(refusal.reason)

    payment = Payment(call, person, prove_again, prove_again)
    payment.puts_up(MUTE)
    for bugs in ([], [MUTE]):
        binds(call)
        call.api(START)
        payment.proves(*bugs)
    payment.ends()
    assert refusals == ["not_silenced"]
    call.api(STOP)
