"""A payment in a talk, against a switch played by hand: nothing is asked before each protection is proved."""

from __future__ import annotations

import pytest
from personkit import BOUND, LISTENING, PLACE, TONES
from shieldkit import (
    LOG_LEVEL,
    MUTE,
    NOBODY_LISTENS,
    QUICK,
    START,
    STOP,
    Payment,
    ask,
    binds,
    dialling,
    listing,
    refused,
)
from wirekit import SECONDS, UUID, eventually, reply_text

from fs_app.errors import CallEnded


@pytest.fixture
def dial(monkeypatch):
    yield from dialling(monkeypatch)


def test_on_a_line_of_telephone_events_the_keys_are_bound_and_who_listens_is_known(dial) -> None:
    call = dial()
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up()
    payment.proves()
    call.keys("4111")
    assert [heard.digits for heard in payment.ends()] == ["4111"]
    assert not [command for command in call.commands if "uuid_audio" in command]


def test_on_a_line_of_tones_the_detector_listens_before_the_caller_is_silenced(dial) -> None:
    """The other way round it would hear nothing any more."""
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up(MUTE)
    payment.proves(MUTE)
    call.keys("4111")
    assert [heard.digits for heard in payment.ends()] == ["4111"]
    call.api(STOP)


def test_the_settings_may_silence_every_caller(dial) -> None:
    call = dial(silence=True)
    payment = Payment(call, call.talk())
    payment.puts_up(MUTE)
    payment.ends()
    call.api(STOP)


@pytest.mark.parametrize("number", range(len(BOUND) + len(LISTENING)))
def test_a_command_that_is_refused_means_that_nothing_is_asked(dial, number) -> None:
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    call.api(NOBODY_LISTENS)
    for position, step in enumerate([*BOUND, *LISTENING]):
        command = call.switch.read()
        assert f"execute-app-name: {step.split()[0]}\n" in command
        call.switch.write(reply_text("-ERR no") if position == number else reply_text())
        if position != number:
            call.switch.complete(command)
    assert refused(payment) == "not_silenced"
    call.api(STOP)
    call.nothing_was_sent()


@pytest.mark.parametrize("number", range(len(BOUND) + len(LISTENING)))
def test_a_command_that_is_not_carried_out_means_that_nothing_is_asked(dial, number) -> None:
    call = dial(PLACE | TONES, timing=QUICK)
    payment = Payment(call, call.talk(), ask(call))
    call.api(NOBODY_LISTENS)
    for position, step in enumerate([*BOUND, *LISTENING]):
        command = call.execute(step)
        if position != number:
            call.switch.complete(command)
    assert refused(payment) == "unanswered"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("-ERR No such channel!\n", "not_silenced"), ("-USAGE: x\n", "not_silenced"), (None, "unanswered")],
)
def test_a_caller_who_cannot_be_silenced_is_asked_nothing(dial, answer, reason) -> None:
    call = dial(PLACE | TONES, timing=QUICK)
    payment = Payment(call, call.talk(), ask(call))
    binds(call)
    assert call.switch.read() == f"api {START}"
    if answer:
        call.switch.api_response(answer)
    assert refused(payment) == reason


@pytest.mark.parametrize("bugs", [[], [("audio", "level")], [("spandsp_dtmf_detect", "N/A")]])
def test_a_yes_is_no_proof_of_silence(dial, bugs) -> None:
    """The switch says +OK to nearly anything: its list of what it does to the call has to have it."""
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    binds(call)
    call.api(START)
    payment.proves(*bugs)
    assert refused(payment) == "not_silenced"
    call.api(STOP)


@pytest.mark.parametrize("answer", ["-ERR no reply\n", "nonsense\n", None])
def test_a_switch_that_does_not_say_what_hears_the_call_proves_nothing(dial, answer) -> None:
    call = dial(timing=QUICK)
    payment = Payment(call, call.talk(), ask(call))
    binds(call)
    assert call.switch.read() == f"api uuid_buglist {UUID}"
    if answer:
        call.switch.api_response(answer)
    assert refused(payment) == "unanswered"


def test_who_listens_in_is_one_too_many_also_where_keys_are_no_tones(dial) -> None:
    call = dial()
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up(("eavesdrop", "supervisor"))
    assert refused(payment) == "listener"


def test_a_log_that_would_have_the_keys_means_that_nothing_is_asked(dial) -> None:
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    binds(call)
    call.api(START)
    call.api(f"uuid_buglist {UUID}", listing(MUTE))
    call.api(LOG_LEVEL, "+OK log level: DEBUG\n")
    assert refused(payment) == "log_level"
    call.api(STOP)


def test_who_is_refused_is_counted(dial) -> None:
    call = dial()
    reasons: list[str] = []
    call.channel._privacy._guard.on_refusal = reasons.append
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up(("eavesdrop", "supervisor"))
    refused(payment)
    assert reasons == ["listener"]


def test_what_was_typed_in_the_talk_is_no_card(dial) -> None:
    call = dial()
    person = call.talk()
    call.keys("99")
    eventually(lambda: len(call.channel._keypad) == 2)
    payment = Payment(call, person, ask(call))
    payment.puts_up()
    payment.proves()
    call.keys("4111")
    assert [heard.digits for heard in payment.ends()] == ["4111"]


def test_who_hangs_up_in_the_proof_is_gone(dial) -> None:
    call = dial()
    payment = Payment(call, call.talk(), ask(call))
    call.api(NOBODY_LISTENS)
    call.execute("set sensitive_dtmf=true")
    call.switch.hang_up()
    with pytest.raises(CallEnded):
        payment.greenlet.get(timeout=SECONDS)
