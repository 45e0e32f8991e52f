"""Recordings while a secret is keyed: masked, else stopped, else nothing is asked; the switch is played by hand."""

from __future__ import annotations

import gevent
import pytest
from wirekit import SECONDS, UUID, Peer, SilentVoice, connect_text, event_text, eventually, tcp_pair

from fs_app.domain.keys import Field, Verdict
from fs_app.domain.prompt import SILENCE
from fs_app.errors import CallEnded, NotProtected
from fs_app.telephony import recordings
from fs_app.telephony.channel import SwitchChannel, Timing
from fs_app.telephony.session import Session

PIN = Field("pin", min_length=4, max_length=4, secret=True)
ACCOUNT = Field("account", min_length=4, max_length=4)
ONE, TWO, ODD = "/rec/1.wav", "/rec/2.wav", "/rec/a caller's name.wav"
OK, NO = "+OK Success\n", "-ERR Cannot do that!\n"


class Line:
    """An answered call, and the switch's end of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, inband: bool = False, **variables: str) -> None:
        monkeypatch.setattr(recordings, "UNMASK_SECONDS", 0.05)
        application, switch = tcp_pair()
        raw = {f"variable_{name}": value for name, value in variables.items()}
        self.session = Session(application)
        self.switch = Peer(switch, connect_text(raw | ({"variable_fs_app_line": "inband"} if inband else {})))
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

    def bugs(self, *paths: str, function: str = "session_record") -> None:
        """The next command asks what hears the call: these."""
        assert self.switch.read() == f"api uuid_buglist {UUID}"
        text = "".join(f"<function>{function}</function>\n  <target>{path}</target>\n" for path in paths)
        self.say(f"<media-bugs>\n{text}</media-bugs>\n")

    def order(self, order: str, answer: str = OK) -> None:
        """The next command is that order about a recording; it is answered."""
        assert self.switch.read() == f"api uuid_record {UUID} {order}"
        self.say(answer)

    def say(self, body: str) -> None:
        self.switch.write(f"Content-Type: api/response\nContent-Length: {len(body)}\n\n{body}".encode())

    def key(self, keys: str) -> None:
        for key in keys:
            self.switch.key(key)


@pytest.fixture
def dial(monkeypatch: pytest.MonkeyPatch):
    lines: list[Line] = []

    def start(**settings) -> Line:
        line = Line(monkeypatch, **settings)
        lines.append(line)
        if "fs_app_moved" not in settings:
            line.switch.answer()
            if settings.get("inband"):
                line.switch.complete(line.switch.expect("execute spandsp_start_dtmf"))
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
    line.switch.complete(line.switch.expect("execute unset"))
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
        line.switch.complete(line.switch.expect("execute unset"))
    line.order(f"unmask {ONE}")


def test_a_question_that_is_no_secret_leaves_recordings_alone(dial) -> None:
    line = dial()
    asking = line.ask(ACCOUNT)
    line.key("1234")
    assert asking.get(timeout=SECONDS).digits == "1234"
    line.session.start("unset", "x")
    line.switch.expect("execute unset")


@pytest.mark.parametrize(("path", "stop"), [(ONE, f"stop {ONE}"), (ODD, "stop all"), ("/x/${y}.wav", "stop all")])
def test_what_cannot_be_masked_is_stopped(dial, path: str, stop: str) -> None:
    line = dial()
    asking = line.ask()
    line.bugs(path)
    if path == ONE:
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
    line.order(f"stop {ONE}", NO)
    with pytest.raises(NotProtected, match="neither masked nor stopped"):
        asking.get(timeout=SECONDS)
    line.order(f"unmask {TWO}")  # what follows is no secret


def test_a_recording_that_begins_in_mid_entry_is_masked_at_once(dial) -> None:
    line = dial()
    asking = line.ask()
    line.bugs()
    line.key("12")
    line.switch.write(event_text("RECORD_START", Unique_ID=UUID, Record_File_Path=ONE))
    line.order(f"mask {ONE}")
    line.key("34")
    assert asking.get(timeout=SECONDS).digits == "1234"
    line.switch.complete(line.switch.expect("execute unset"))
    line.order(f"unmask {ONE}")


@pytest.mark.parametrize("path", [ONE, ODD])
def test_one_that_begins_in_mid_entry_and_goes_on_ends_the_question(dial, path: str) -> None:
    line = dial()
    asking = line.ask()
    line.bugs()
    line.key("12")
    line.switch.write(event_text("RECORD_START", Unique_ID=UUID, Record_File_Path=path))
    if path == ONE:
        line.order(f"mask {ONE}", NO)
    line.order(f"stop {ONE}" if path == ONE else "stop all", NO)
    with pytest.raises(NotProtected):
        asking.get(timeout=SECONDS)


def test_one_that_begins_while_no_secret_is_keyed_is_left_alone(dial) -> None:
    line = dial()
    line.switch.write(event_text("RECORD_START", Unique_ID=UUID, Record_File_Path=ONE))
    line.session.start("unset", "x")
    line.switch.expect("execute unset")


def test_the_callers_hang_up_ends_it_all(dial) -> None:
    line = dial()
    asking = line.ask()
    line.bugs(ONE)
    line.order(f"mask {ONE}")
    line.switch.hang_up()
    with pytest.raises(CallEnded):
        asking.get(timeout=SECONDS)
    eventually(lambda: line.session.ended is not None)


def test_who_listens_in_hears_the_keys_of_an_inband_line_alone(dial) -> None:
    line = dial(inband=True)
    asking = line.ask()
    line.bugs("", function="eavesdrop")
    with pytest.raises(NotProtected, match="listens in"):
        asking.get(timeout=SECONDS)
    other = dial()
    asking = other.ask()
    other.bugs("", function="eavesdrop")
    other.key("1234")
    assert asking.get(timeout=SECONDS).verdict is Verdict.ENTERED


def test_what_a_dead_server_left_masked_is_unmasked(dial) -> None:
    line = dial(fs_app_moved="true")
    for application in ("answer", "unset", "set", "set", "set"):
        line.switch.complete(line.switch.expect(f"execute {application}"))
    for application in ("clear_digit_action", "bind_digit_action", "digit_action_set_realm"):
        line.switch.complete(line.switch.expect(f"execute {application}"))
    line.bugs(ONE, ODD)
    line.answering.get(timeout=SECONDS)
    line.order(f"unmask {ONE}")
