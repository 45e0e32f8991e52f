"""People who call over SIP from a switch of their own, hear prompts, think, press keys, and what they heard."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import gevent
from gevent.event import Event
from gevent.queue import Empty, Queue

from fs_app.errors import SwitchError
from fs_app.telephony.headers import Frame
from fs_app.testing.freeswitch import NUMBER, RealSwitch

_EVENTS = "PLAYBACK_START PLAYBACK_STOP CHANNEL_BRIDGE CHANNEL_HANGUP_COMPLETE"
_TONES = {  # row and column of each key, in Hz (ITU-T Q.23)
    key: (row, column)
    for row, keys in zip((697, 770, 852, 941), ("123", "456", "789", "*0#"), strict=True)
    for column, key in zip((1209, 1336, 1477), keys, strict=True)
}
_KEY_MILLISECONDS = 100
_KEY_SECONDS = 0.46  # from one key to the next, as the switch sends telephone-events
_TONE_SECONDS = 0.28  # a tone and the pause after it
_LISTEN_SECONDS = 1.0  # after all keys, before the next prompt is answered: keys may have answered it already
_KEYS_AT_ONCE = 4  # as people key in groups
_NEXT_PROMPT_SECONDS = 45.0
_TALK_SECONDS = 60.0  # in the queue and with an agent


@dataclass(slots=True)
class Saying:
    """A prompt that a caller heard. Times are seconds of the epoch by the payment switch, 0 while they are to come;
    ``expected``: the caller answers it; ``answered`` is when they had."""

    phrases: tuple[str, ...]
    started: float
    stopped: float = 0.0
    answered: float = 0.0
    expected: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """What a caller keys at each phrase, asked for the first time or again: the answers in order, the last one for
    ever after.

    ``until`` are phrases after which they hang up, or talk to an agent; ``careful`` callers press key after key and
    stop when a prompt begins; ``think`` are the seconds before each answer, over and over.
    """

    replies: Mapping[str, Sequence[str]]
    until: tuple[str, ...] = ("paid",)
    careful: bool = False
    think: tuple[float, ...] = (0.0,)


@dataclass(eq=False, slots=True)
class Line:
    """One call: the caller's telephone, and the line of the payment switch that it is on."""

    exchange: Exchange
    caller: str
    tones: bool
    uuid: str = ""
    sayings: list[Saying] = field(default_factory=list)
    talked: float = 0.0  # when an agent was connected
    ended: float = 0.0
    over: Event = field(default_factory=Event)
    prompts: Queue[Saying | None] = field(default_factory=Queue)

    @property
    def phrases(self) -> list[str]:
        """Everything that was said, in order."""
        return [phrase for saying in self.sayings for phrase in saying.phrases]

    def follow(self, script: Script) -> None:
        """Do as the script says until the call is over."""
        left = {phrase: list(answers) for phrase, answers in script.replies.items()}
        thoughts = list(script.think)
        while (saying := self._next_prompt()) is not None:
            if any(phrase in script.until for phrase in saying.phrases):
                if "connecting_agent" not in script.until:
                    gevent.sleep(0.5)
                    self.hang_up()
                self.over.wait(_TALK_SECONDS)
                return
            asked = (phrase.removesuffix("_again") for phrase in saying.phrases)
            answers = next((left[phrase] for phrase in asked if phrase in left), None)
            if answers is None:
                continue
            saying.expected = True
            thoughts.append(thoughts.pop(0))
            gevent.sleep(thoughts[0])
            if not script.careful or self.prompts.empty():
                self._press(answers.pop(0) if len(answers) > 1 else answers[0], saying, script.careful)

    def hang_up(self) -> None:
        """Hang up, and wait until the line is gone."""
        self.exchange.telephones(f"uuid_kill {self.caller}")
        self.over.wait(10)

    def _next_prompt(self) -> Saying | None:
        """The newest prompt; None when the call is over, or nothing was said for long and nobody talks."""
        while True:
            try:
                saying = self.prompts.get(timeout=_NEXT_PROMPT_SECONDS)
            except Empty:
                if self.talked and not self.ended:
                    continue
                return None
            if saying is None or self.prompts.empty():
                return saying

    def _press(self, keys: str, saying: Saying, careful: bool) -> None:
        if self.tones:
            tones = ";".join("%(140,140,{},{})".format(*_TONES[key]) for key in keys)
            # The switch cuts the beginning of what it starts to play: let it be silence.
            self.exchange.telephones(f"uuid_broadcast {self.caller} tone_stream://%(10,200,50);{tones}")
            gevent.sleep(_TONE_SECONDS * len(keys))
            saying.answered = time.time()
            gevent.sleep(_LISTEN_SECONDS)
            return
        size = _KEYS_AT_ONCE if careful else len(keys)
        for at in range(0, len(keys), size):
            if at:
                gevent.sleep(_KEY_SECONDS)
                if not self.prompts.empty():
                    return
            some = keys[at : at + size]
            self.exchange.telephones(f"uuid_send_dtmf {self.caller} {some}@{_KEY_MILLISECONDS}")
            gevent.sleep(_KEY_SECONDS * (len(some) - 1))  # the switch sends them one after the other
        saying.answered = time.time()
        if not careful:
            gevent.sleep(_LISTEN_SECONDS)

    def take(self, event: Frame) -> None:
        """An event of the line."""
        name, at = event.event("Event-Name"), int(event.event("Event-Date-Timestamp") or 0) / 1e6
        if name == "PLAYBACK_START":
            names = (event.event("Playback-File-Path") or "").removeprefix("file_string://").split("!")
            phrases = tuple(dict.fromkeys(Path(part).name.split(".")[0] for part in names))
            saying = Saying(phrases, at)
            self.sayings.append(saying)
            self.prompts.put(saying)
        elif name == "PLAYBACK_STOP" and self.sayings:
            self.sayings[-1].stopped = at
        elif name == "CHANNEL_BRIDGE":
            self.talked = at
        elif name == "CHANNEL_HANGUP_COMPLETE":
            self.ended = at
            self.over.set()
            self.prompts.put(None)


class Exchange:
    """The callers' switch, and an ear on the payment switch that tells each caller what is said to them."""

    def __init__(self, telephones: RealSwitch, lines: RealSwitch) -> None:
        self._calls_from = telephones
        self._sip = lines.sip_address.partition("@")[2]
        self._by_sip_call: dict[str, Line] = {}
        self._by_line: dict[str, Line | None] = {}
        self._ear = lines.client()
        self._ear.follow(self._heard, f"event plain {_EVENTS}")

    def close(self) -> None:
        """Listen no more."""
        self._ear.close()

    def telephones(self, command: str) -> str:
        """An API command of the callers' switch."""
        return self._calls_from.api(command)

    def dial(self, number: str = NUMBER, *, tones: bool = False, caller_id: str = "14085550100") -> Line:
        """Call a number. ``tones``: the caller's side offers no telephone-event; keys are tones in the audio."""
        line, sip_call = Line(self, str(uuid4()), tones), str(uuid4())
        self._by_sip_call[sip_call] = line
        variables = {
            "origination_uuid": line.caller,
            "sip_invite_call_id": sip_call,
            "origination_caller_id_number": caller_id,
            "ignore_early_media": "true",
            **({"dtmf_type": "none", "rtp_disable_2833": "true"} if tones else {}),
        }
        text = ",".join(f"{name}={value}" for name, value in variables.items())
        answer = self.telephones(f"bgapi originate {{{text}}}sofia/fs_app/{number}@{self._sip} &park()")
        if not answer.startswith("+OK"):
            raise SwitchError(f"the call could not be placed: {answer}")
        return line

    def _heard(self, event: Frame) -> None:
        uuid = event.event("Unique-ID") or ""
        if uuid not in self._by_line:
            line = self._by_line[uuid] = self._by_sip_call.get(event.event("variable_sip_call_id") or "")
            if line is not None:
                line.uuid = uuid
        if (line := self._by_line[uuid]) is not None:
            line.take(event)
        elif event.event("Event-Name") == "CHANNEL_BRIDGE":  # told on either leg
            other = self._by_line.get(event.event("Other-Leg-Unique-ID") or "")
            if other is not None:
                other.take(event)
