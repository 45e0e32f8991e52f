"""A spoken answer in a transcript, ``>> (says yes)``, played over the simulated switch."""

from __future__ import annotations

from pathlib import Path

import pytest

from fs_app.domain.prompt import say
from fs_app.flow.asking import ask_aloud
from fs_app.flow.step import StepEnds
from fs_app.metrics import Metrics
from fs_app.prompts.voice import load_voice
from fs_app.telephony.server import CallServer
from fs_app.testing.switch import SimulatedSwitch, dialplan
from fs_app.testing.transcript import parse_transcript
from fs_app.testing.transcript_play import Differs, play

VOICE = load_voice(Path(__file__).parents[2] / "sounds")

SAYS_YES = """
<< One moment, please. (beep)
>> (silence)
<< We did not hear you. Please wait while we process your payment. (beep)
>> 9
<< We did not hear you. Please wait while we process your payment. (beep)
>> (says yes)
<< Thank you for calling. Goodbye.
== no payment
== hung up
"""
IS_SILENT = """
<< One moment, please. (beep)
>> (silence)
<< We did not hear you. Please wait while we process your payment. (beep)
>> 5
== no payment
== hung up
"""


class FakeCall:
    """What `ask_aloud` needs of a call."""

    def __init__(self, channel) -> None:
        self.channel = channel


class Asker:
    """A server that asks one question aloud, twice at most."""

    def __init__(self, folder: Path) -> None:
        self.kept: list[Path] = []
        self.ends: list[str] = []
        self.server = CallServer(
            ("127.0.0.1", 0),
            self._ask,
            voice=VOICE,
            language="en",
            queue="payments",
            limit=5,
            watcher=Metrics(),
            recordings=folder,
        )

    def _ask(self, channel, info) -> None:
        channel.answer()
        try:
            recorded = ask_aloud(FakeCall(channel), say("one_moment"), say("please_wait"), seconds=5, tries=2)
            self.kept.append(recorded.path)
            channel.play(say("goodbye"))
        except StepEnds as ends:
            self.ends.append(ends.outcome)


@pytest.fixture
def asker(tmp_path: Path):
    made = Asker(tmp_path / "recordings")
    made.server.start()
    yield made
    made.server.stop(1, 1)


def played(asker: Asker, text: str):
    with SimulatedSwitch(dialplan([f"127.0.0.1:{asker.server.port}"])) as switch:
        return play(parse_transcript(text, "spoken.txt"), switch, VOICE.text_of, list)


def test_a_caller_says_yes_at_the_second_try(asker: Asker) -> None:
    played(asker, SAYS_YES)
    (path,) = asker.kept
    assert path.is_file()


def test_who_says_nothing_gives_up_and_leaves_nothing_behind(asker: Asker, tmp_path: Path) -> None:
    played(asker, IS_SILENT)
    assert asker.ends == ["gave_up"]
    assert list((tmp_path / "recordings").iterdir()) == []


def test_a_transcript_that_says_something_else_differs(asker: Asker) -> None:
    with pytest.raises(Differs):
        played(asker, SAYS_YES.replace(">> (says yes)", ">> (silence)"))


def test_a_caller_who_leaves_while_we_listen_is_gone(asker: Asker) -> None:
    played(asker, "<< One moment, please. (beep)\n>> (hangs up)\n== no payment\n== caller hung up\n")
    assert asker.kept == asker.ends == []
