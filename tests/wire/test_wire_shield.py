"""A payment in a talk, against a switch played by hand: nothing is asked before each protection is proved."""

from __future__ import annotations

from collections.abc import Callable

import gevent
import pytest
from personkit import BOUND, HOME, LEG, LISTENING, OTHER_LEG, PLACE, TONES, OnTheWay
from wirekit import SECONDS, UUID, eventually, reply_text

from fs_app.domain.destination import FeatureCode
from fs_app.domain.handover import HandoverEnd
from fs_app.domain.keys import Field, Heard, Verdict, menu
from fs_app.domain.prompt import SILENCE, say
from fs_app.errors import CallEnded, NotProtected
from fs_app.ports import Coded, Joined, Over, Parted
from fs_app.telephony import recordings
from fs_app.telephony.person import SwitchPerson
from fs_app.telephony.timing import Timing

CARD = Field("card number", min_length=4, max_length=4, secret=True)
HELLO = say("hello")
ONE = "/rec/1.wav"
MUTE = ("audio", "mute")
RECORDED = ("session_record", ONE)
UNMASK = 0.05
QUICK = Timing(first_key=SECONDS, inter_key=0.3, margin=0.2)
START, STOP = f"uuid_audio {UUID} start read mute -1", f"uuid_audio {UUID} stop"
LOG_LEVEL = "fsctl loglevel 4294967290"


@pytest.fixture
def dial(monkeypatch):
    monkeypatch.setattr(recordings, "UNMASK_SECONDS", UNMASK)
    calls: list[OnTheWay] = []

    def start(raw=PLACE, **named) -> OnTheWay:
        calls.append(OnTheWay(raw, **named))
        return calls[-1]

    yield start
    for call in calls:
        call.close()


def listing(*bugs: tuple[str, str]) -> str:
    each = (
        f"<media-bug><function>{function}</function>\n<target>{to}</target></media-bug>\n" for function, to in bugs
    )
    return f"<media-bugs>\n{''.join(each)}</media-bugs>\n"


class Payment:
    """A payment that is being taken in a talk, in a greenlet of its own, question by question."""

    def __init__(self, call: OnTheWay, person: SwitchPerson, *asks: Callable[[], object]) -> None:
        self.call = call
        self.person = person
        self._asks = asks
        self.answers: list[object] = []
        self.greenlet = gevent.spawn(self._take)

    def _take(self) -> None:
        with self.person.shielded() as prove_again:
            self.prove_again = prove_again
            for ask in self._asks:
                self.answers.append(ask())

    def proves(self, *bugs: tuple[str, str]) -> None:
        """The switch is asked what hears the call: these."""
        self.call.api(f"uuid_buglist {UUID}", listing(*bugs))
        if self.call.inband:
            self.call.api(LOG_LEVEL, "+OK log level: INFO\n")

    def puts_up(self, *bugs: tuple[str, str]) -> None:
        """Everything that keeps the keys, and the proof of it."""
        self.call.executes(*BOUND, *(LISTENING if self.call.inband else ()))
        if MUTE in bugs:
            self.call.api(START)
        self.proves(*bugs)

    def ends(self) -> list[object]:
        self.greenlet.get(timeout=SECONDS)
        return self.answers


def ask(call: OnTheWay, field: Field = CARD, prompt=SILENCE) -> Callable[[], Heard]:
    return lambda: call.channel.ask(prompt, field)


def refused(payment: Payment) -> str:
    with pytest.raises(NotProtected) as caught:
        payment.greenlet.get(timeout=SECONDS)
    assert payment.answers == []
    return caught.value.reason


# --- what is done before anything is asked ---


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
    call.executes(*BOUND, *LISTENING)
    assert call.switch.read() == f"api {START}"
    if answer:
        call.switch.api_response(answer)
    assert refused(payment) == reason


@pytest.mark.parametrize("bugs", [[], [("audio", "level")], [("spandsp_dtmf_detect", "N/A")]])
def test_a_yes_is_no_proof_of_silence(dial, bugs) -> None:
    """The switch says +OK to nearly anything: its list of what it does to the call has to have it."""
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    call.executes(*BOUND, *LISTENING)
    call.api(START)
    payment.proves(*bugs)
    assert refused(payment) == "not_silenced"
    call.api(STOP)


@pytest.mark.parametrize("answer", ["-ERR no reply\n", "nonsense\n", None])
def test_a_switch_that_does_not_say_what_hears_the_call_proves_nothing(dial, answer) -> None:
    call = dial(timing=QUICK)
    payment = Payment(call, call.talk(), ask(call))
    call.executes(*BOUND)
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
    call.executes(*BOUND, *LISTENING)
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
    call.execute("set sensitive_dtmf=true")
    call.switch.hang_up()
    with pytest.raises(CallEnded):
        payment.greenlet.get(timeout=SECONDS)


# --- what holds while a field is keyed ---


def test_each_secret_is_proved_again(dial) -> None:
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call), ask(call), ask(call))
    payment.puts_up(MUTE)
    for keys in ("4111", "1228"):
        payment.proves(MUTE)
        call.keys(keys)
    payment.proves()
    with pytest.raises(NotProtected) as caught:
        payment.greenlet.get(timeout=SECONDS)
    assert caught.value.reason == "not_silenced"
    assert [heard.digits for heard in payment.answers] == ["4111", "1228"]


@pytest.mark.parametrize("raw", [PLACE, PLACE | TONES])
def test_whoever_begins_to_listen_in_mid_entry_ends_it(dial, raw) -> None:
    call = dial(raw)
    bugs = [MUTE] if call.inband else []
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up(*bugs)
    payment.proves(*bugs)
    call.keys("41")
    eventually(lambda: not len(call.channel._keypad))
    call.event("MEDIA_BUG_START", Media_Bug_Function="eavesdrop", Media_Bug_Target="supervisor")
    assert refused(payment) == "listener"


def test_who_lifts_the_silence_in_mid_entry_ends_it(dial) -> None:
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up(MUTE)
    payment.proves(MUTE)
    call.keys("41")
    call.event("MEDIA_BUG_STOP", Media_Bug_Function="audio", Media_Bug_Target="mute")
    assert refused(payment) == "not_silenced"


def test_what_ends_on_a_line_that_is_not_silenced_is_nothing(dial) -> None:
    call = dial()
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up()
    payment.proves()
    call.event("MEDIA_BUG_STOP", Media_Bug_Function="audio", Media_Bug_Target="mute")
    call.keys("4111")
    assert [heard.digits for heard in payment.ends()] == ["4111"]


def test_what_hears_the_agents_own_leg_is_none_of_ours(dial) -> None:
    """A recording of the agent's leg has what the agent hears: nothing of the keys."""
    call = dial()
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up()
    payment.proves()
    call.event("MEDIA_BUG_START", of=LEG, Media_Bug_Function="session_record", Media_Bug_Target="/rec/agent.wav")
    call.event("MEDIA_BUG_START", of=LEG, Media_Bug_Function="eavesdrop", Media_Bug_Target="coach")
    call.event("RECORD_STOP", of=LEG, Record_File_Path=ONE)
    call.keys("4111")
    assert [heard.digits for heard in payment.ends()] == ["4111"]
    call.nothing_was_sent()


# --- recordings ---


def test_recordings_are_silent_from_the_proof_to_the_end_of_the_payment(dial) -> None:
    call = dial()
    pause = gevent.event.Event()
    asks = (ask(call), pause.wait, ask(call), ask(call, menu("consent", "1")), lambda: gevent.sleep(2 * UNMASK))
    payment = Payment(call, call.talk(), *asks)
    payment.puts_up(RECORDED)
    call.api(f"uuid_record {UUID} mask {ONE}")
    for keys in ("4111", "1228"):
        payment.proves(RECORDED)
        call.api(f"uuid_record {UUID} mask {ONE}")
        call.keys(keys)
        eventually(lambda: not call.channel._privacy.recordings._secret)
        gevent.sleep(3 * UNMASK)  # an ordinary secret would be over now
        pause.set()
    call.keys("1")
    payment.ends()
    call.api(f"uuid_record {UUID} unmask {ONE}")
    call.nothing_was_sent()


def test_a_recording_that_begins_in_mid_entry_is_silent_at_once(dial) -> None:
    call = dial()
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up()
    payment.proves()
    call.event("MEDIA_BUG_START", Media_Bug_Function="session_record", Media_Bug_Target=ONE)
    call.api(f"uuid_record {UUID} mask {ONE}")
    call.keys("4111")
    payment.ends()
    call.api(f"uuid_record {UUID} unmask {ONE}")


def test_recordings_hear_again_where_the_proof_failed(dial) -> None:
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    call.executes(*BOUND, *LISTENING)
    call.api(START)
    payment.proves(RECORDED)
    call.api(f"uuid_record {UUID} mask {ONE}")
    assert refused(payment) == "not_silenced"
    call.api(STOP)
    call.api(f"uuid_record {UUID} unmask {ONE}")


# --- what happens meanwhile ---


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
    call = dial(timing=QUICK)
    person = call.talk()
    payment = Payment(call, person, ask(call), lambda: person.next(0), ask(call))
    payment.puts_up()
    payment.proves()
    call.keys("41")
    eventually(lambda: not len(call.channel._keypad))
    call.agent_keys("*70")
    payment.proves()
    call.keys("11")
    gevent.sleep(QUICK.run + 0.05)  # the caller pauses, and begins anew
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
    call.api(f"sched_del {UUID}")
    call.parked()
    for _ in range(2):
        call.switch.expect_api()
    payment.ends()
    coming = gevent.spawn(lambda: [person.next(SECONDS), person.next(SECONDS)])
    call.executes(*HOME)
    for key in "11":
        gevent.sleep(QUICK.run / 2)
        assert not coming.ready()
        call.keys(key)
    assert coming.get(timeout=SECONDS) == [Parted(), Over(HandoverEnd.TALKED)]
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
    call.api(f"sched_del {UUID}")
    call.bridged(OTHER_LEG)
    call.takes_up(OTHER_LEG)
    payment.call.executes(*BOUND, *LISTENING)
    call.api(START)
    payment.proves(MUTE)
    assert happened == [Parted(), Joined(OTHER_LEG)]
    assert f"api {STOP}" not in call.commands, "whoever is next is never let hear"
    payment.proves(MUTE)
    gevent.sleep(call.channel._timing.run)
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
        call.executes(*BOUND, *LISTENING)
        call.api(START)
        payment.proves(*bugs)
    payment.ends()
    assert refusals == ["not_silenced"]
    call.api(STOP)


# --- the end ---


def test_who_types_on_after_the_end_is_not_heard(dial, monkeypatch) -> None:
    monkeypatch.setattr(recordings, "UNMASK_SECONDS", 0.3)
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up(MUTE)
    payment.proves(MUTE)
    call.keys("41")
    eventually(lambda: not len(call.channel._keypad))
    call.agent_keys("*70")
    payment.ends()
    call.nothing_was_sent()
    for _ in range(3):
        gevent.sleep(0.15)
        call.keys("1")
        call.nothing_was_sent()
    call.api(STOP)


def test_another_payment_that_begins_meanwhile_is_not_laid_open(dial, monkeypatch) -> None:
    monkeypatch.setattr(recordings, "UNMASK_SECONDS", 0.2)
    call = dial(PLACE | TONES)
    person = call.talk()
    first = Payment(call, person, ask(call))
    first.puts_up(MUTE)
    first.proves(MUTE)
    call.keys("4111")
    first.ends()
    wait = gevent.event.Event()
    second = Payment(call, person, wait.wait)
    call.executes(*BOUND, *LISTENING)
    call.api(START)
    second.proves(MUTE)
    gevent.sleep(0.3)
    call.nothing_was_sent()
    wait.set()
    second.ends()
    call.api(STOP)


def test_a_talk_that_is_left_in_a_payment_is_not_left_silent(dial) -> None:
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up(MUTE, RECORDED)
    call.api(f"uuid_record {UUID} mask {ONE}")
    payment.proves(MUTE, RECORDED)
    call.api(f"uuid_record {UUID} mask {ONE}")
    call.keys("41")
    eventually(lambda: not len(call.channel._keypad))
    call.channel.leave_with_agent()
    read = [call.switch.read() for _ in range(3)]
    assert read[:2] == [f"api uuid_record {UUID} unmask {ONE}", f"api {STOP}"]
    assert "fs_app_moved=true" in read[2]
    with pytest.raises(CallEnded):
        payment.greenlet.get(timeout=SECONDS)


def test_who_hangs_up_in_mid_entry_is_gone_and_nothing_is_sent_any_more(dial) -> None:
    call = dial(PLACE | TONES)
    payment = Payment(call, call.talk(), ask(call))
    payment.puts_up(MUTE)
    payment.proves(MUTE)
    call.keys("41")
    call.switch.hang_up()
    with pytest.raises(CallEnded):
        payment.greenlet.get(timeout=SECONDS)
    gevent.sleep(2 * UNMASK)
    call.session.close()
    with pytest.raises(EOFError):
        call.switch.read()
