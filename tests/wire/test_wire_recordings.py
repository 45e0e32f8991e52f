"""Recordings while a secret is keyed: masked, else stopped, else nothing is asked; the switch is played by hand."""

from __future__ import annotations

import gevent
import pytest
from wirekit import SECONDS, UUID, Peer, SilentVoice, connect_text, event_text, eventually, tcp_pair

from fs_app.domain.keys import Field, Verdict
from fs_app.domain.prompt import SILENCE, say
from fs_app.errors import CallEnded, NotProtected
from fs_app.telephony import recordings
from fs_app.telephony.channel import SwitchChannel
from fs_app.telephony.session import Session
from fs_app.telephony.timing import Timing

PIN = Field("pin", min_length=4, max_length=4, secret=True)
ACCOUNT = Field("account", min_length=4, max_length=4)
ONE, TWO, ODD = "/rec/1.wav", "/rec/2.wav", "/rec/a caller's name.wav"
OK, NO = "+OK Success\n", "-ERR Cannot do that!\n"
UNMASK = 0.3
LOGS_AT = "+OK log level: {}\n"


class Line:
    """An answered call, and the switch's end of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, inband: bool = False, **variables: str) -> None:
        monkeypatch.setattr(recordings, "UNMASK_SECONDS", UNMASK)
        application, switch = tcp_pair()
        raw = {f"variable_{name}": value for name, value in variables.items()}
        self.inband = inband
        self.session = Session(application)
        self.switch = Peer(switch, connect_text(raw | ({"variable_switch_r_sdp": "PCMU/8000"} if inband else {})))
        setting_up = gevent.spawn(self.switch.set_up)
        info = self.session.connect()
        setting_up.get(timeout=SECONDS)
        timing = Timing(first_key=SECONDS, inter_key=SECONDS)
        self.channel = SwitchChannel(
            self.session, info, SilentVoice(), language="en", timing=timing, spawn=gevent.spawn
        )
        self.answering = gevent.spawn(self.channel.answer)

    def ask(self, field: Field = PIN) -> gevent.Greenlet:
        return gevent.spawn(self.channel.ask, SILENCE, field)

    def bugs(self, *paths: str, function: str = "session_record", log_level: str = "") -> None:
        """The next command asks what hears the call: these; then how the switch logs, where that is told."""
        assert self.switch.read() == f"api uuid_buglist {UUID}"
        if log_level:
            assert self.switch.read() == "api fsctl loglevel 4294967290"
        self.say(listing(*paths, function=function))
        if log_level:
            self.say(LOGS_AT.format(log_level))

    def starts(self, target: str, function: str = "session_record") -> None:
        """Something begins to hear the call."""
        headers = {"Media_Bug_Function": function, "Media_Bug_Target": target}
        self.switch.write(event_text("MEDIA_BUG_START", Unique_ID=UUID, **headers))

    def order(self, order: str, answer: str = OK) -> None:
        """The next command is that order about a recording; it is answered."""
        assert self.switch.read() == f"api uuid_record {UUID} {order}"
        self.say(answer)

    def nothing_was_sent(self) -> None:
        """Nothing waits to be read but what is sent now."""
        self.session.start("unset", "x")
        self.switch.complete(self.switch.expect("execute unset"))

    def say(self, body: str) -> None:
        self.switch.api_response(body)

    def key(self, keys: str) -> None:
        for key in keys:
            self.switch.key(key)


def listing(*paths: str, function: str = "session_record") -> str:
    bugs = (f"<media-bug><function>{function}</function>\n<target>{path}</target></media-bug>\n" for path in paths)
    return f"<media-bugs>\n{''.join(bugs)}</media-bugs>\n"


@pytest.fixture
def dial(monkeypatch: pytest.MonkeyPatch):
    lines: list[Line] = []

    def start(*, running: tuple[str, ...] = (), **settings) -> Line:
        line = Line(monkeypatch, **settings)
        lines.append(line)
        if "fs_app_moved" not in settings:
            line.bugs(*running)
            line.switch.answer(asks=False)
            for application in ("session_loglevel", "unset", "spandsp_start_dtmf") if line.inband else ():
                line.switch.complete(line.switch.expect(f"execute {application}"))
            line.answering.get(timeout=SECONDS)
        return line

    yield start
    for line in lines:
        line.session.close()
        line.switch.close()


def test_every_recording_is_masked_before_the_question_and_unmasked_after_the_last_key(dial) -> None:
    line = dial()
    asking = line.ask()
    line.bugs(ONE, TWO)
    line.order(f"mask {ONE}")
    line.order(f"mask {TWO}")
    line.key("1234")
    assert asking.get(timeout=SECONDS).digits == "1234"
    unmasked = {line.switch.expect("api uuid_record") for _ in range(2)}
    assert unmasked == {f"api uuid_record {UUID} unmask {path}" for path in (ONE, TWO)}


def test_the_next_secret_comes_before_anything_is_unmasked(dial) -> None:
    line = dial()
    for _ in range(3):
        asking = line.ask()
        line.bugs(ONE)
        line.order(f"mask {ONE}")  # again: it may have been unmasked by somebody else
        line.key("1234")
        asking.get(timeout=SECONDS)
    line.order(f"unmask {ONE}")
    assert line.switch.told == [ONE]


def test_a_question_that_is_no_secret_leaves_recordings_alone(dial) -> None:
    line = dial()
    asking = line.ask(ACCOUNT)
    eventually(lambda: line.channel._keypad.public)
    line.key("1234")
    assert asking.get(timeout=SECONDS).digits == "1234"
    line.nothing_was_sent()


@pytest.mark.parametrize(("path", "stop"), [(ONE, f"stop {ONE}"), (ODD, "stop all"), ("/x/${y}.wav", "stop all")])
def test_what_cannot_be_masked_is_stopped(dial, path: str, stop: str) -> None:
    line = dial()
    asking = line.ask()
    line.bugs(path)
    if path == ONE:
        line.order(f"mask {ONE}", NO)
        line.order(f"mask {ONE}", NO)
    line.order(stop)
    line.key("1234")
    assert asking.get(timeout=SECONDS).digits == "1234"


def test_nothing_is_asked_where_a_recording_can_be_neither_masked_nor_stopped(dial) -> None:
    line = dial()
    asking = line.ask()
    line.bugs(TWO, ONE)
    line.order(f"mask {TWO}")
    line.order(f"mask {ONE}", NO)
    line.order(f"mask {ONE}", NO)
    line.order(f"stop {ONE}", NO)
    line.order("stop all", NO)
    line.bugs(TWO, ONE)
    with pytest.raises(NotProtected, match="neither masked nor stopped") as refused:
        asking.get(timeout=SECONDS)
    assert refused.value.reason == "recording"
    line.order(f"unmask {TWO}")  # what follows is no secret


def test_one_that_ends_by_itself_meanwhile_is_no_reason_to_refuse(dial) -> None:
    line = dial()
    asking = line.ask()
    line.bugs(ONE)
    for order in (f"mask {ONE}", f"mask {ONE}", f"stop {ONE}", "stop all"):
        line.order(order, NO)
    line.bugs()
    line.key("1234")
    assert asking.get(timeout=SECONDS).digits == "1234"


def test_a_recording_that_begins_in_mid_entry_is_masked_at_once(dial) -> None:
    line = dial()
    asking = line.ask()
    line.bugs()
    line.key("12")
    line.starts(ONE)
    line.order(f"mask {ONE}", NO)  # announced before the switch knew it by its path
    line.order(f"mask {ONE}")
    line.key("34")
    assert asking.get(timeout=SECONDS).digits == "1234"
    line.order(f"unmask {ONE}")


@pytest.mark.parametrize("path", [ONE, ODD])
def test_one_that_begins_in_mid_entry_and_goes_on_ends_the_question(dial, path: str) -> None:
    line = dial()
    asking = line.ask()
    line.bugs()
    line.key("12")
    line.starts(path)
    for order in (f"mask {ONE}", f"mask {ONE}", f"stop {ONE}") if path == ONE else ():
        line.order(order, NO)
    line.order("stop all", NO)
    line.bugs(path)
    with pytest.raises(NotProtected):
        asking.get(timeout=SECONDS)
    following = line.ask(ACCOUNT)
    line.key("9876")
    assert following.get(timeout=SECONDS).digits == "9876"


def test_a_prompt_ends_where_a_recording_goes_on(dial) -> None:
    line = dial()
    asking = gevent.spawn(line.channel.ask, say("enter_pin"), PIN)
    line.bugs()
    playback = line.switch.expect("execute playback")
    line.starts(ODD)
    line.order("stop all", NO)
    line.bugs(ODD)
    line.switch.expect("api uuid_break")
    line.switch.complete(playback)
    with pytest.raises(NotProtected):
        asking.get(timeout=SECONDS)


def test_one_that_begins_while_no_secret_is_keyed_is_left_alone(dial) -> None:
    line = dial()
    line.starts(ONE)
    line.nothing_was_sent()


def test_keys_typed_early_silence_what_runs_until_a_second_after_the_last(dial) -> None:
    line = dial()
    line.starts(ONE)
    line.key("12")
    line.order(f"mask {ONE}")
    line.order(f"unmask {ONE}")


def test_the_callers_hang_up_ends_it_all(dial) -> None:
    line = dial()
    asking = line.ask()
    line.bugs(ONE)
    line.order(f"mask {ONE}")
    line.switch.hang_up()
    with pytest.raises(CallEnded):
        asking.get(timeout=SECONDS)
    eventually(lambda: line.session.ended is not None)


@pytest.mark.parametrize("function", ["eavesdrop", "audio_stream", "N/A"])
def test_who_listens_in_hears_the_keys_of_an_inband_line_alone(dial, function: str) -> None:
    line = dial(inband=True)
    asking = line.ask()
    line.bugs("N/A", function=function, log_level="INFO")
    with pytest.raises(NotProtected, match=function) as refused:
        asking.get(timeout=SECONDS)
    assert refused.value.reason == "listener"
    other = dial()
    asking = other.ask()
    other.bugs("N/A", function=function)
    other.key("1234")
    assert asking.get(timeout=SECONDS).verdict is Verdict.ENTERED


def test_a_detector_is_no_listener_and_one_who_comes_later_is(dial) -> None:
    line = dial(inband=True)
    asking = line.ask()
    line.bugs("N/A", function="spandsp_dtmf_detect", log_level="INFO")
    line.key("12")
    line.starts("N/A", "eavesdrop")
    with pytest.raises(NotProtected):
        asking.get(timeout=SECONDS)


def test_a_line_of_tones_is_not_asked_while_the_switch_logs_at_debug(dial) -> None:
    line = dial(inband=True)
    line.key("12")  # typed early: not for the next question
    line.nothing_was_sent()
    asking = line.ask()
    line.bugs("N/A", function="spandsp_dtmf_detect", log_level="DEBUG")
    with pytest.raises(NotProtected, match="fsctl loglevel info") as refused:
        asking.get(timeout=SECONDS)
    assert refused.value.reason == "log_level"
    assert len(line.channel._keypad) == 0


@pytest.mark.parametrize(
    "answer", ["-ERR no reply\n", "+OK\n", listing(ONE).replace("target", "x"), "<media-bugs>\n"]
)
def test_a_switch_that_does_not_say_what_hears_the_call_is_not_trusted(dial, answer: str) -> None:
    line = dial()
    asking = line.ask()
    assert line.switch.read() == f"api uuid_buglist {UUID}"
    line.say(answer)
    with pytest.raises(NotProtected) as refused:
        asking.get(timeout=SECONDS)
    assert refused.value.reason == "unanswered"


def test_what_a_dead_server_left_masked_is_unmasked(dial) -> None:
    line = dial(fs_app_moved="true")
    assert line.switch.read() == f"api uuid_audio {UUID} stop"
    line.say("+OK\n")
    line.bugs(ONE, ODD)
    for application in ("answer", "unset", "set", "set", "set"):
        line.switch.complete(line.switch.expect(f"execute {application}"))
    for application in ("clear_digit_action", "bind_digit_action", "digit_action_set_realm"):
        line.switch.complete(line.switch.expect(f"execute {application}"))
    line.answering.get(timeout=SECONDS)
    line.order(f"unmask {ONE}")


def test_what_a_first_server_finds_is_not_unmasked(dial) -> None:
    line = dial(running=(ONE,))
    gevent.sleep(1.5 * UNMASK)
    line.nothing_was_sent()
