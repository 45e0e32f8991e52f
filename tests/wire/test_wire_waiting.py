"""What is heard while we work, against a switch played by hand: a sentence, then music and a word in turn. And
how long a caller is waited for by a server that stood still.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import gevent
import pytest
from gevent import monkey
from gevent.event import Event
from wirekit import SECONDS, Peer, SilentVoice, tcp_pair

from fs_app.domain.keys import Verdict, menu
from fs_app.domain.prompt import say
from fs_app.telephony.channel import SwitchChannel
from fs_app.telephony.session import Session
from fs_app.telephony.timing import Timing

TIMES = Timing(gap=0.02, word=0.3, margin=0.3)
HELLO = say("hello")


class Answered:
    """A call that was taken."""

    def __init__(self, timing: Timing = TIMES, sound: str = "music") -> None:
        application, switch = tcp_pair()
        self.session, self.switch = Session(application), Peer(switch)
        setting_up = gevent.spawn(self.switch.set_up)
        info = self.session.connect()
        setting_up.get(timeout=SECONDS)
        self.channel = SwitchChannel(
            self.session,
            info,
            SilentVoice(8.0),
            language="en",
            timing=timing,
            spawn=gevent.spawn,
            waiting=sound,
        )
        answering = gevent.spawn(self.channel.answer)
        self.switch.answer()
        answering.get(timeout=SECONDS)

    def close(self) -> None:
        self.session.close()
        self.switch.close()


class Working(Answered):
    """A call in which work is done until `finish` is set."""

    def __init__(self, sound: str) -> None:
        super().__init__(sound=sound)
        self.finish = Event()
        self.result = gevent.spawn(self.channel.play_while, HELLO, lambda: self.finish.wait() and "paid")

    def close(self) -> None:
        self.finish.set()
        super().close()

    def plays(self) -> tuple[str, str]:
        """The next playback: its command, and what it plays."""
        command = self.switch.expect("execute playback")
        match = re.search(r"execute-app-arg: (?:/sounds/)?(\S+)", command)
        assert match, command
        return command, match[1]


@pytest.fixture
def working() -> Iterator[type[Working]]:
    made: list[Working] = []

    def start(sound: str = "music") -> Working:
        made.append(Working(sound))
        return made[-1]

    yield start
    for call in made:
        call.close()


def test_music_is_cut_by_a_word_every_few_seconds_and_by_the_end_of_the_work(working):
    call = working()
    command, heard = call.plays()
    assert heard == "en/hello.wav"
    call.switch.complete(command)
    for _ in range(2):
        command, heard = call.plays()
        started = time.monotonic()
        assert heard == "tunes/music.wav"
        call.switch.expect("api uuid_break")
        assert TIMES.word - 0.1 <= time.monotonic() - started + TIMES.gap
        call.switch.complete(command)
        command, heard = call.plays()
        assert heard == "en/still_working.wav"
        call.switch.complete(command)
    command, heard = call.plays()
    assert heard == "tunes/music.wav"
    call.finish.set()
    finished = time.monotonic()
    call.switch.expect("api uuid_break")
    assert time.monotonic() - finished < 0.25
    call.switch.complete(command)
    assert call.result.get(timeout=SECONDS) == "paid"


def test_a_short_tune_follows_itself_until_the_word_is_due(working):
    call = working()
    call.switch.complete(call.plays()[0])
    for _ in range(2):
        command, heard = call.plays()
        assert heard == "tunes/music.wav"
        call.switch.complete(command)
    command, heard = call.plays()
    assert heard == "tunes/music.wav"
    call.switch.expect("api uuid_break")
    call.switch.complete(command)
    assert call.plays()[1] == "en/still_working.wav"


def test_work_that_is_done_soon_is_followed_by_silence_and_not_by_a_scrap_of_music(working):
    call = working()
    command, _ = call.plays()
    call.finish.set()
    gevent.sleep(0.05)
    assert not call.result.ready(), "the sentence is heard out"
    call.switch.complete(command)
    assert call.result.get(timeout=SECONDS) == "paid"
    call.session.start("unset", "x")
    call.switch.expect("execute unset")


def test_silence_has_the_word_alone(working):
    call = working("silence")
    call.switch.complete(call.plays()[0])
    started = time.monotonic()
    command, heard = call.plays()
    assert heard == "en/still_working.wav"
    assert time.monotonic() - started >= TIMES.word - 0.1
    call.finish.set()
    call.switch.expect("api uuid_break")
    call.switch.complete(command)
    assert call.result.get(timeout=SECONDS) == "paid"


def test_a_stream_of_the_switch_may_be_the_music(working):
    call = working("local_stream://moh")
    call.switch.complete(call.plays()[0])
    command, heard = call.plays()
    assert heard == "local_stream://moh"
    call.finish.set()
    call.switch.expect("api uuid_break")
    call.switch.complete(command)
    assert call.result.get(timeout=SECONDS) == "paid"


def test_a_stream_that_is_not_there_leaves_the_word_and_the_result(working):
    call = working("local_stream://nowhere")
    call.switch.complete(call.plays()[0])
    call.switch.complete(call.plays()[0], "FILE NOT FOUND")
    command, heard = call.plays()
    assert heard == "en/still_working.wav"
    call.switch.complete(command)
    call.finish.set()
    gevent.sleep(0.05)
    assert call.result.get(timeout=SECONDS) == "paid"


# --- a server that stood still ---


@pytest.fixture
def asked() -> Iterator[tuple[Answered, gevent.Greenlet]]:
    """A call that waits for the key of a question, for 0.3 s from now."""
    call = Answered(Timing(first_key=0.3))
    asking = gevent.spawn(call.channel.ask, HELLO, menu("m", "7"))
    command = call.switch.expect("execute playback")
    call.switch.complete(command)
    gevent.sleep(0.05)
    yield call, asking
    call.close()


def stand_still() -> None:
    """The process does not run for longer than anybody waits."""
    monkey.get_original("time", "sleep")(0.6)


def test_a_key_that_came_while_the_server_stood_still_is_an_answer(asked):
    call, asking = asked
    call.switch.key("7")  # lies in the socket
    stand_still()
    heard = asking.get(timeout=SECONDS)
    assert (heard.verdict, heard.digits) == (Verdict.ENTERED, "7")


def test_silence_is_silence_soon_after_the_server_stood_still(asked):
    _, asking = asked
    stand_still()
    resumed = time.monotonic()
    assert asking.get(timeout=SECONDS).verdict is Verdict.SILENCE
    assert time.monotonic() - resumed < 1.0
