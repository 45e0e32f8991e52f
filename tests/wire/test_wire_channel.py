"""The channel against a switch played by hand: prompts, answers, work, hand-over."""

from __future__ import annotations

import re
import time

import gevent
import pytest
from gevent.event import Event
from wirekit import SECONDS, UUID, Peer, SilentVoice, eventually, tcp_pair

from fs_app.domain.keys import Field, Verdict, menu
from fs_app.domain.prompt import SILENCE, Manner, say
from fs_app.errors import CallEnded, SwitchError, SwitchTimeout
from fs_app.telephony import speech
from fs_app.telephony.channel import SwitchChannel
from fs_app.telephony.session import Session
from fs_app.telephony.timing import Timing
from fs_app.telephony.waiting import Seat

QUICK = Timing(first_key=0.15, inter_key=0.1, gap=0.02, margin=1.0)
PATIENT = Timing(first_key=SECONDS, inter_key=SECONDS)
PIN = Field("pin", min_length=4, max_length=4, secret=True)
ACCOUNT = Field("account", min_length=4, max_length=12)
HELLO = say("hello")


class Call:
    """A channel and the switch's end of it, set up and answered."""

    def __init__(self, timing: Timing, prompt_seconds: float = SECONDS) -> None:
        application, switch = tcp_pair()
        self.session, self.switch = Session(application), Peer(switch)
        setting_up = gevent.spawn(self.switch.set_up)
        info = self.session.connect()
        setting_up.get(timeout=SECONDS)
        self.channel = SwitchChannel(
            self.session, info, SilentVoice(prompt_seconds), language="en", timing=timing, spawn=gevent.spawn
        )
        answering = gevent.spawn(self.channel.answer)
        self.switch.answer()
        answering.get(timeout=SECONDS)

    def keys_are_here(self, count: int) -> None:
        eventually(lambda: len(self.channel._keypad) == count)

    def types(self, key: str) -> None:
        """A key, and it has come."""
        before = self.channel._keypad.typed_at
        self.switch.key(key)
        eventually(lambda: self.channel._keypad.typed_at > before)

    def nothing_was_sent(self) -> None:
        """Nothing waits to be read but what is sent now."""
        self.session.start("unset", "x")
        self.switch.expect("execute unset")


@pytest.fixture
def call_with():
    calls = []

    def start(timing: Timing, prompt_seconds: float = SECONDS) -> Call:
        calls.append(Call(timing, prompt_seconds))
        return calls[-1]

    yield start
    for call in calls:
        call.session.close()
        call.switch.close()


@pytest.fixture
def call(call_with):
    return call_with(PATIENT)


def doing(function, *arguments, **named):
    return gevent.spawn(function, *arguments, **named)


def ask_pin(call: Call, prompt=HELLO) -> gevent.Greenlet:
    """A secret question, of a call that nobody records."""
    asking = doing(call.channel.ask, prompt, PIN)
    call.switch.expect("api uuid_buglist")
    return asking


# --- prompts ---


def test_a_sentence_is_one_command(call):
    playing = doing(call.channel.play, HELLO + say("world"))
    command = call.switch.expect("execute playback")
    assert "execute-app-arg: file_string:///sounds/en/hello.wav!/sounds/en/world.wav\n" in command
    call.switch.complete(command)
    playing.get(timeout=SECONDS)


def test_an_empty_prompt_plays_nothing(call):
    call.channel.play(SILENCE)
    call.session.start("unset", "x")
    call.switch.expect("execute unset")


def test_a_key_breaks_a_prompt_and_is_kept(call):
    playing = doing(call.channel.play, HELLO)
    command = call.switch.expect("execute playback")
    call.switch.key("7")
    assert call.switch.expect("api uuid_break") == f"api uuid_break {UUID}"
    call.switch.complete(command)
    playing.get(timeout=SECONDS)
    assert call.channel.ask(HELLO, menu("m", "7")).digits == "7"


def test_a_break_that_came_too_early_is_repeated(call, monkeypatch):
    monkeypatch.setattr(speech, "_BREAK_SECONDS", 0.06)
    playing = doing(call.channel.play, HELLO)
    command = call.switch.expect("execute playback")
    call.switch.key("7")
    call.switch.expect("api uuid_break")
    call.switch.expect("api uuid_break")
    call.switch.complete(command)
    playing.get(timeout=SECONDS)


def test_a_prompt_that_may_not_be_interrupted_keeps_the_keys(call):
    playing = doing(call.channel.play, HELLO, interruptible=False)
    command = call.switch.expect("execute playback")
    call.switch.key("7")
    call.keys_are_here(1)
    call.switch.complete(command)
    playing.get(timeout=SECONDS)
    assert call.switch.commands[-1] == command
    call.channel.forget_keys()
    call.keys_are_here(0)


@pytest.mark.parametrize("response", ["FILE NOT FOUND", "PLAYBACK ERROR"])
def test_a_prompt_that_was_not_played_names_its_file(call, response):
    playing = doing(call.channel.play, HELLO)
    call.switch.complete(call.switch.expect("execute playback"), response)
    with pytest.raises(SwitchError, match=f"hello.wav: {response}"):
        playing.get(timeout=SECONDS)


def test_a_prompt_that_never_ends_has_a_deadline(call_with):
    call = call_with(Timing(margin=0.1), prompt_seconds=0.1)
    with pytest.raises(SwitchTimeout):
        call.channel.play(HELLO)


# --- answers ---


def test_a_secret_field_ends_when_complete_and_leaves_no_key_behind(call):
    asking = ask_pin(call)
    command = call.switch.expect("execute playback")
    call.switch.key("1")
    call.switch.expect("api uuid_break")
    call.switch.complete(command)
    for key in "234":
        call.switch.key(key)
    heard = asking.get(timeout=SECONDS)
    assert (heard.verdict, heard.digits) == (Verdict.ENTERED, "1234")
    call.session.start("unset", "x")
    call.switch.expect("execute unset")  # the switch deletes each key by itself


def test_an_answer_is_woken_for_once_however_slowly_it_is_keyed(call, monkeypatch):
    sits, sit = [], Seat.sit
    asking = ask_pin(call, SILENCE)
    eventually(lambda: call.channel._stir._condition is not None)  # it waits for the first key
    monkeypatch.setattr(Seat, "sit", lambda seat, seconds: sits.append(seconds) or sit(seat, seconds))
    for key in "123":
        call.types(key)  # each arrives by itself
        assert not len(call.channel._keypad), "it was taken, though nobody was woken"
    call.switch.key("4")
    assert asking.get(timeout=SECONDS).digits == "1234"
    assert sits == []


def test_the_inter_key_time_counts_from_each_key(call_with):
    inter_key, pause = 2.5, 0.15  # far enough from each other that a machine which stands still does not matter
    call = call_with(Timing(first_key=60.0, inter_key=inter_key))
    asking = doing(call.channel.ask, SILENCE, ACCOUNT)
    started = time.monotonic()
    for key in "47110":
        gevent.sleep(pause)
        call.switch.key(key)
    assert asking.get(timeout=SECONDS).digits == "47110"
    assert 5 * pause + 0.95 * inter_key <= time.monotonic() - started


def test_a_late_hash_is_not_the_next_answer(call):
    for key in "1234#7":
        call.switch.key(key)
    call.keys_are_here(6)
    assert ask_pin(call).get(timeout=SECONDS).digits == "1234"
    assert call.channel.ask(HELLO, menu("m", "7")).digits == "7"


def test_keys_typed_early_are_the_answer_and_no_prompt_is_played(call):
    for key in "4711#":
        call.switch.key(key)
    call.keys_are_here(5)
    assert call.channel.ask(HELLO, ACCOUNT).digits == "4711"
    call.session.start("unset", "x")
    call.switch.expect("execute unset")


@pytest.mark.parametrize(("first", "then"), [("12*", "4711#"), ("9#", "4711#")])
def test_a_cleared_entry_and_a_lone_nine_say_it_again(call, first, then):
    for key in first:
        call.switch.key(key)
    call.keys_are_here(len(first))
    asking = doing(call.channel.ask, HELLO, ACCOUNT)
    command = call.switch.expect("execute playback")
    for key in then:
        call.switch.key(key)
    call.switch.expect("api uuid_break")
    call.switch.complete(command)
    assert asking.get(timeout=SECONDS).digits == "4711"


@pytest.mark.parametrize(
    ("keys", "verdict"),
    [
        ("0#", Verdict.AGENT),
        ("*", Verdict.BACK),
        ("12#", Verdict.TOO_SHORT),
    ],
)
def test_what_is_no_answer_leaves_no_digits(call, keys, verdict):
    for key in keys:
        call.switch.key(key)
    call.keys_are_here(len(keys))
    heard = call.channel.ask(HELLO, ACCOUNT)
    assert (heard.verdict, heard.digits) == (verdict, "")


def test_a_key_that_is_no_choice(call):
    call.switch.key("5")
    call.keys_are_here(1)
    assert call.channel.ask(HELLO, menu("m", "12")).verdict is Verdict.WRONG_KEY


# --- keys that mean the same at every question ---


@pytest.mark.parametrize(
    ("keys", "files"),
    [
        ("9#", ["hello"]),
        ("#", ["help", "longer"]),
        ("#9#", ["longer"]),
        ("8#", ["slower_now", "hello"]),
        ("8#8#", ["normal_now", "hello"]),
        ("12*", ["hello"]),
    ],
)
def test_a_universal_key_says_it_again_in_its_way(call, keys, files):
    for key in keys:
        call.switch.key(key)
    call.keys_are_here(len(keys))
    asking = doing(call.channel.ask, HELLO, ACCOUNT, longer=say("longer"))
    command = call.switch.expect("execute playback")
    assert re.findall(r"(\w+)\.wav", command) == files
    call.switch.complete(command)
    for key in "4711#":
        call.switch.key(key)
    assert asking.get(timeout=SECONDS).digits == "4711"


def test_slow_is_for_the_rest_of_the_call_and_waits_longer(call_with):
    call = call_with(QUICK)
    call.switch.key("8")
    call.keys_are_here(1)
    asking = doing(call.channel.ask, SILENCE, menu("m", "1"))
    call.switch.complete(call.switch.expect("execute playback"))
    assert asking.get(timeout=SECONDS).verdict is Verdict.SILENCE
    assert call.channel.manner is Manner.SLOW
    started = time.monotonic()
    call.channel.ask(SILENCE, menu("m", "1"))
    assert time.monotonic() - started >= 1.5 * QUICK.first_key * 0.9


def test_a_menu_may_have_8_and_9_as_choices(call):
    for key in "89":
        call.switch.key(key)
    call.keys_are_here(2)
    assert call.channel.ask(HELLO, menu("m", "89")).digits == "8"
    assert call.channel.ask(HELLO, menu("m", "89")).digits == "9"


def test_a_hash_after_a_universal_key_of_a_menu_belongs_to_it(call):
    for key in "9#1":
        call.switch.key(key)
    call.keys_are_here(3)
    assert call.channel.ask(HELLO, menu("m", "1")).digits == "1"


def test_a_hash_asks_for_help_once_the_next_question_was_heard(call):
    for key in "1234":
        call.switch.key(key)
    call.keys_are_here(4)
    assert ask_pin(call).get(timeout=SECONDS).digits == "1234"
    asking = doing(call.channel.ask, HELLO, menu("m", "1"))
    call.switch.complete(call.switch.expect("execute playback"))
    gevent.sleep(0.02)
    call.switch.key("#")
    command = call.switch.expect("execute playback")
    assert re.findall(r"(\w+)\.wav", command) == ["help", "hello"]
    call.switch.complete(command)
    call.switch.key("1")
    assert asking.get(timeout=SECONDS).digits == "1"


def test_what_presses_9_for_ever_is_no_person(call_with):
    call = call_with(QUICK)
    for _ in range(20):
        call.switch.key("9")
    call.keys_are_here(20)
    assert call.channel.ask(HELLO, menu("m", "1")).verdict is Verdict.SILENCE


# --- an answer that is refused in its middle ---

FORTY = Field("card number", 12, 19, secret=True, refuses=lambda digits: "not_this" if digits[:2] == "40" else None)
TYPED_ON = Timing(first_key=SECONDS, inter_key=15.0)  # no busy machine takes 5 s between two keys of one go


def refused(call: Call):
    """The caller has typed 4012, and the reason is about to be said."""
    for key in "4012":
        call.switch.key(key)
    call.keys_are_here(4)
    asking = doing(call.channel.ask, HELLO, FORTY)
    call.switch.expect("api uuid_buglist")
    heard = asking.get(timeout=SECONDS)
    assert (heard.verdict, heard.reason, heard.digits) == (Verdict.REFUSED, "not_this", "")
    call.keys_are_here(0)


def test_what_is_typed_on_neither_breaks_the_reason_nor_answers_the_next_question(call_with):
    call = call_with(TYPED_ON)
    refused(call)
    playing = doing(call.channel.play, HELLO)
    command = call.switch.expect("execute playback")
    for key in "8888":
        call.types(key)
    assert not playing.ready()
    call.nothing_was_sent()
    call.switch.complete(command)
    playing.get(timeout=SECONDS)
    asking = ask_pin(call)
    command = call.switch.expect("execute playback")
    for key in "8881":  # a gap of less than the run's
        call.types(key)
    call.nothing_was_sent()
    call.channel._keypad._dropped_at -= TYPED_ON.run  # as if that time had passed since the last
    call.switch.complete(command)
    for key in "1234":
        call.switch.key(key)
    assert asking.get(timeout=SECONDS).digits == "1234"


def test_who_stops_while_the_reason_is_said_may_break_into_the_next_question(call_with):
    call = call_with(TYPED_ON)
    refused(call)
    playing = doing(call.channel.play, HELLO)
    call.switch.complete(call.switch.expect("execute playback"))
    playing.get(timeout=SECONDS)
    asking = ask_pin(call)
    command = call.switch.expect("execute playback")
    call.switch.key("1")
    call.switch.expect("api uuid_break")
    call.switch.complete(command)
    for key in "234":
        call.switch.key(key)
    assert asking.get(timeout=SECONDS).digits == "1234"


@pytest.mark.parametrize("ending", "#*")
def test_a_key_that_ends_an_entry_ends_what_is_dropped(call_with, ending):
    call = call_with(TYPED_ON)
    refused(call)
    for key in f"8888{ending}":
        call.types(key)
    call.keys_are_here(0)
    asking = ask_pin(call)
    command = call.switch.expect("execute playback")
    call.switch.key("1")
    call.switch.expect("api uuid_break")
    call.switch.complete(command)
    for key in "234":
        call.switch.key(key)
    assert asking.get(timeout=SECONDS).digits == "1234"


def test_a_lone_universal_key_is_never_refused(call):
    everything = Field("card number", 12, 19, refuses=lambda digits: "no")
    for key in "0#":
        call.switch.key(key)
    call.keys_are_here(2)
    assert call.channel.ask(HELLO, everything).verdict is Verdict.AGENT


def test_keys_a_to_d_are_no_keys(call):
    for digits in ("1", "A2", "D", "B3", "4"):
        call.switch.key(digits)
    call.keys_are_here(4)
    assert ask_pin(call).get(timeout=SECONDS).digits == "1234"


def test_the_first_key_time_counts_from_the_end_of_the_prompt(call_with):
    call = call_with(QUICK)
    asking = doing(call.channel.ask, HELLO, ACCOUNT)
    command = call.switch.expect("execute playback")
    assert not asking.ready() and not asking.join(2 * QUICK.first_key) and not asking.ready()
    call.switch.complete(command)
    ended = time.monotonic()
    assert asking.get(timeout=SECONDS).verdict is Verdict.SILENCE
    assert time.monotonic() - ended >= QUICK.first_key * 0.9


def test_a_pause_ends_an_answer_that_is_long_enough(call_with):
    call = call_with(Timing(first_key=60.0, inter_key=QUICK.inter_key))
    for key in "47110":
        call.switch.key(key)
    call.keys_are_here(5)
    started = time.monotonic()
    with gevent.Timeout(SECONDS):
        assert call.channel.ask(HELLO, ACCOUNT).digits == "47110"
    assert time.monotonic() - started >= QUICK.inter_key * 0.9


def test_a_patient_field_waits_longer(call_with):
    call = call_with(QUICK)
    started = time.monotonic()
    heard = call.channel.ask(SILENCE, menu("m", "1", patience=2.0))
    assert heard.verdict is Verdict.SILENCE
    assert time.monotonic() - started >= 2 * QUICK.first_key * 0.9


def test_a_hang_up_in_mid_entry_ends_it_at_once(call):
    asking = ask_pin(call, SILENCE)
    call.switch.key("1")
    call.switch.hang_up()
    started = time.monotonic()
    with pytest.raises(CallEnded):
        asking.get(timeout=SECONDS)
    assert time.monotonic() - started < 0.8 * PATIENT.inter_key


# --- work ---


def test_a_prompt_loops_while_we_work_and_stops_with_it(call_with):
    call = call_with(QUICK)
    finish = Event()
    working = doing(call.channel.play_while, HELLO, lambda: finish.wait() and "done")
    call.switch.complete(call.switch.expect("execute playback"))
    second = call.switch.expect("execute playback")
    finish.set()
    call.switch.expect("api uuid_break")
    call.switch.complete(second)
    assert working.get(timeout=SECONDS) == "done"


def test_the_works_error_is_raised_again(call):
    def work() -> None:
        raise LookupError("no such bill")

    working = doing(call.channel.play_while, SILENCE, work)
    with pytest.raises(LookupError, match="no such bill"):
        working.get(timeout=SECONDS)


def test_work_goes_on_when_the_caller_has_gone(call):
    finish, finished = Event(), Event()

    def work() -> None:
        finish.wait()
        finished.set()

    working = doing(call.channel.play_while, HELLO, work)
    call.switch.expect("execute playback")
    call.switch.hang_up()
    with pytest.raises(CallEnded):
        working.get(timeout=SECONDS)
    finish.set()
    assert finished.wait(SECONDS)


def test_a_prompt_that_cannot_be_played_does_not_lose_the_works_result(call):
    finish = Event()
    working = doing(call.channel.play_while, HELLO, lambda: finish.wait() and "paid")
    call.switch.complete(call.switch.expect("execute playback"), "FILE NOT FOUND")
    finish.set()
    assert working.get(timeout=SECONDS) == "paid"


# --- a spoken answer; what the switch does with one is in tests/contract/test_spoken_answers.py ---


def test_a_folder_that_the_switch_cannot_write_to_is_told_and_not_waited_for(call, tmp_path):
    call.channel._spoken._folder = tmp_path / "recordings"
    recording = doing(call.channel.record, HELLO, 6)
    command = call.switch.expect("execute playback")
    assert re.findall(r"(\w+)\.wav", command) == ["hello", "beep"]
    call.switch.complete(command)
    call.switch.expect("event")
    call.switch.complete(call.switch.expect("execute unset"))
    command = call.switch.expect("execute record_session")
    assert re.search(rf"{tmp_path}/recordings/{UUID}-[0-9a-f]{{16}}\.wav \+6 %7BRECORD_READ_ONLY=true", command)
    call.switch.complete(command, record_completion_cause="uri-failure")
    with pytest.raises(SwitchError, match="cannot write"):
        recording.get(timeout=SECONDS)


def test_no_folder_no_recording(call):
    with pytest.raises(SwitchError, match="no folder"):
        call.channel.record(HELLO, 6)


# --- the end; the way to a person is in test_wire_way_to_a_person.py and those beside it ---


def test_hanging_up_waits_for_the_end_and_may_be_repeated(call):
    hanging = doing(call.channel.hang_up)
    call.switch.expect("execute hangup")
    call.switch.hang_up()
    hanging.get(timeout=SECONDS)
    call.channel.hang_up()
    assert call.session.ended == "the caller hung up"
