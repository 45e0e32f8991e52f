"""A payment in a talk, against a switch played by hand: what the switch is asked, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import gevent
import pytest
from personkit import BOUND, LISTENING, PLACE, OnTheWay
from wirekit import SECONDS, UUID

from fs_app.domain.keys import Field, Heard
from fs_app.domain.prompt import SILENCE
from fs_app.errors import NotProtected
from fs_app.telephony import recordings
from fs_app.telephony.person import SwitchPerson
from fs_app.telephony.timing import Timing

CARD = Field("card number", min_length=4, max_length=4, secret=True)
ONE = "/rec/1.wav"
MUTE = ("audio", "mute")
RECORDED = ("session_record", ONE)
UNMASK = 0.3
QUICK = Timing(first_key=SECONDS, inter_key=3.0, margin=1.0)
PATIENT = Timing(first_key=SECONDS, inter_key=15.0)
START, STOP = f"uuid_audio {UUID} start read mute -1", f"uuid_audio {UUID} stop"
NOBODY_LISTENS = f"hupall NORMAL_CLEARING fs_app_listens {UUID}"
LOG_LEVEL = "fsctl loglevel 4294967290"

Dial = Callable[..., OnTheWay]


def dialling(monkeypatch: pytest.MonkeyPatch) -> Iterator[Dial]:
    """What dials in a test, and hangs up after it; recordings hear again soon."""
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


def binds(call: OnTheWay) -> None:
    """Whoever listens in is hung up, and the keys are bound anew."""
    call.api(NOBODY_LISTENS)
    call.executes(*BOUND, *(LISTENING if call.inband else ()))


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
        binds(self.call)
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
