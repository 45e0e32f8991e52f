"""Questions over a real FreeSWITCH, by telephone-event and by tones: universal keys, a card that is refused in
mid-number while the caller types on, and what is heard while work takes its time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from gevent.event import AsyncResult

from fs_app.domain import fields
from fs_app.domain.prompt import Manner, say
from fs_app.domain.rules import Rules
from fs_app.errors import CallEnded, FsAppError
from fs_app.flow.asking import ask
from fs_app.flow.step import StepEnds
from fs_app.metrics import Metrics
from fs_app.prompts.voice import load_voice
from fs_app.telephony.channel import SwitchChannel
from fs_app.telephony.server import CallServer
from fs_app.telephony.timing import Timing
from fs_app.testing.freeswitch import CONFIGURATION, INBAND_NUMBER, NUMBER, RealSwitch
from fs_app.testing.freeswitch_call import TestCall

pytestmark = pytest.mark.freeswitch

SOUNDS = CONFIGURATION.parents[1] / "sounds"
SECONDS = 40.0
VISA, MASTERCARD = "4012888888881881", "5105105105105100"
WAYS = pytest.mark.parametrize("tones", [False, True], ids=["telephone-event", "tones"])

Answering = Callable[[SwitchChannel], object]


class Line:
    """A switch, and a server that does in each call what a test wants."""

    def __init__(self, switch: RealSwitch, server: CallServer) -> None:
        self._switch = switch
        self.server = server
        self.does: Answering = lambda channel: None
        self.came: AsyncResult[Any] = AsyncResult()

    def handle(self, channel: SwitchChannel, _info: object) -> None:
        channel.answer()
        try:
            self.came.set(self.does(channel))
        except (FsAppError, StepEnds, CallEnded) as error:
            self.came.set_exception(error)

    def dial(self, does: Answering, *, tones: bool) -> TestCall:
        self.does, self.came = does, AsyncResult()
        return self._switch.dial(INBAND_NUMBER if tones else NUMBER, tones=tones)


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    lines: list[Line] = []
    server = CallServer(
        ("127.0.0.1", 0),
        lambda channel, info: lines[0].handle(channel, info),
        voice=load_voice(SOUNDS),
        language="en",
        queue="payments",
        limit=5,
        watcher=Metrics(),
        timing=Timing(word=4.0),
    )
    server.start()
    hosts = [f"127.0.0.1:{server.port}"]
    with RealSwitch(tmp_path_factory.mktemp("questions"), hosts, SOUNDS) as switch:
        switch.api("fsctl loglevel info")
        lines.append(Line(switch, server))
        yield lines[0]
    server.stop(1, 1)


@WAYS
def test_help_slower_and_again_by_their_keys(line: Line, tones: bool) -> None:
    def asks(channel: SwitchChannel) -> tuple[str, Manner]:
        field = fields.account_number(4, 12)
        question, again = say("enter_account_number"), say("enter_account_number_again")
        return channel.ask(question, field, longer=again).digits, channel.manner

    call = line.dial(asks, tones=tones)
    call.hears("enter_account_number")
    gevent.sleep(5)
    call.press("#")
    call.hears("help")
    call.press("8#")
    call.hears("slower_now")
    call.press("9#")
    call.hears("enter_account_number_again")
    call.press("10001#")
    assert line.came.get(timeout=SECONDS) == ("10001", Manner.SLOW)
    call.waits_for_end()


@WAYS
def test_a_card_is_refused_while_it_is_typed_and_the_rest_answers_nothing(line: Line, tones: bool) -> None:
    rules = Rules(brands=frozenset({"visa"}))

    def asks(channel: SwitchChannel) -> str:
        question, again = say("enter_card_number"), say("enter_card_number_again")
        return ask(
            SimpleNamespace(channel=channel, refused=lambda field, phrase: None),  # type: ignore[arg-type]
            fields.card_number(rules.refuses),
            question,
            again,
            tries=2,
            refused=lambda reason: say(f"card_{reason}_refused"),
        ).reveal()

    call = line.dial(asks, tones=tones)
    call.hears("enter_card_number")
    started = time.monotonic()
    call.press(MASTERCARD)
    call.hears("card_brand_refused")
    assert time.monotonic() - started < 2.0, "before the rest is typed"
    call.hears("enter_card_number_again")
    gevent.sleep(8 if not tones else 6)  # the switch sends a telephone-event key every half second
    assert not line.came.ready()
    call.press(VISA)
    assert line.came.get(timeout=SECONDS) == VISA
    call.waits_for_end()


@WAYS
def test_music_and_words_while_we_work_end_with_it(line: Line, tones: bool) -> None:
    finished: list[float] = []

    def works(channel: SwitchChannel) -> float:
        def work() -> None:
            gevent.sleep(10)
            finished.append(time.monotonic())

        channel.play_while(say("please_wait"), work)
        return time.monotonic() - finished[0]

    call = line.dial(works, tones=tones)
    for sound in ("please_wait", "music", "still_working", "music"):
        call.hears(sound)
    assert line.came.get(timeout=SECONDS) < 0.2
    call.waits_for_end()
