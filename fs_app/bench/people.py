"""Many people who call and pay on a real switch, without anybody listening on it: an ear would cost it, too.

One call is listened to, and its rhythm kept: how long after the last key of an answer the next question begins.
Everybody else follows that rhythm with thinking times of their own, and keys what they have to; keys that come
early are taken all the same. They hear, and are told how well, at their own switch.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import uuid4

import gevent
from gevent.event import AsyncResult, Event

from fs_app.errors import FsAppError, SwitchError
from fs_app.proof.callers import Script
from fs_app.proof.site import PIN, Bill, Site
from fs_app.telephony.headers import Frame
from fs_app.testing.freeswitch import NUMBER

CARD = "4111111111111111"
_ACCOUNT = 30_000
_SEND_SILENCE = 400  # callers send audio all the time, as telephones do
_LEARNING_SECONDS = 0.8
_THINK = (1.5, 4.0)  # seconds from the beginning of a question to the first key
_KEYS_AT_ONCE = 4  # people key in groups
_KEY_MILLISECONDS = 100
_KEY_SECONDS = 0.46  # from one key to the next, as the switch sends telephone-events
_END_SECONDS = 60.0  # from the last key to the end of the call
_EVENTS = "CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE"
_PACKETS = "variable_rtp_audio_in_media_packet_count"
_TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True)
class Turn:
    """A question: seconds from the end of the answer before to its beginning, and what is keyed."""

    after: float
    keys: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A call that is over: the account that was to be paid, and seconds of the epoch.

    ``keyed`` is when the last key was, 0 where it never came to that: what the caller hears from then to the end is
    the switch's and the product's pace alone. ``packets`` is how much sound came.
    """

    account: str
    begun: float
    keyed: float
    ended: float
    cause: str
    packets: int = 0

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.ended - self.begun

    @property
    def finish(self) -> float:
        """Seconds from the last key to the end; 0 where it never came to that."""
        return self.ended - self.keyed if self.keyed else 0.0


def owed(count: int) -> list[Bill]:
    """Bills, each of an account of its own; what the local gateway declines is avoided."""
    return [Bill(str(_ACCOUNT + number), 1_000 + 7 * (number % 10_000)) for number in range(count)]


def replies(account: str) -> dict[str, Sequence[str]]:
    """What somebody keys who pays the whole bill."""
    return {
        "enter_account_number": [f"{account}#"],
        "enter_pin": [PIN],
        "pay_full": ["1"],
        "enter_card_number": [CARD],
        "enter_expiry": ["1231"],
        "enter_security_code": ["123"],
        "enter_postal_code": ["94107"],
        "confirm_payment": ["1"],
    }


def learn(site: Site, bill: Bill) -> list[Turn]:
    """Make one call with an ear on the switch, then take the ear away. The account's number is left out of the
    keys as ``{account}``. FsAppError where that call did not pay."""
    answers, before = replies(bill.account), time.time()
    line = site.exchange.dial(caller_id="14085550199")
    line.follow(Script(answers, think=(_LEARNING_SECONDS,)))
    turns = []
    for saying in (each for each in line.sayings if each.expected):
        asked = next(phrase for phrase in saying.phrases if phrase in answers)
        keys = answers[asked][0].replace(bill.account, "{account}")
        turns.append(Turn(max(0.0, saying.started - before), keys))
        before = saying.answered
    site.exchange.close()
    if len(turns) != len(answers) or "paid" not in line.phrases:
        raise FsAppError(f"the first call did not pay, it heard: {' '.join(line.phrases)}")
    return turns


class Crowd:
    """People on the callers' switch, each of whom calls again as long as there are bills.

    ``ended`` are the calls that are over, in order.
    """

    def __init__(self, site: Site, turns: Sequence[Turn], bills: Iterator[Bill], *, seed: int) -> None:
        self.ended: list[Ended] = []
        self._telephones = site.telephones
        self._sip = site.lines.sip_address.partition("@")[2]
        self._turns = turns
        self._bills = bills
        self._chance = random.Random(seed)
        self._answered: dict[str, Event] = {}
        self._over: dict[str, AsyncResult[Frame]] = {}
        self._keyed: dict[str, float] = {}
        self._people: list[gevent.Greenlet[[], None]] = []
        self._closing = False
        self._ear = self._telephones.client()
        self._ear.follow(self._heard, f"event plain {_EVENTS}")

    @property
    def up(self) -> int:
        """Calls that are up now."""
        return len(self._over)

    def grow(self, people: int, seconds: float) -> None:
        """Let there be so many, the new ones evenly over so many seconds."""
        new = people - len(self._people)
        for _ in range(new):
            self._people.append(gevent.spawn(self._live))
            gevent.sleep(seconds / new)

    def go_home(self, seconds: float) -> None:
        """Nobody calls again; wait for the calls that are up, and listen no more."""
        self._closing = True
        gevent.joinall(self._people, timeout=seconds)
        gevent.killall(self._people)
        self._ear.close()

    def _live(self) -> None:
        while not self._closing:
            bill = next(self._bills, None)
            if bill is None:
                raise FsAppError("no bill is left to pay")
            self._call(bill)

    def _call(self, bill: Bill) -> None:
        caller, begun = str(uuid4()), time.time()
        answered = self._answered[caller] = Event()
        over: AsyncResult[Frame] = AsyncResult()
        self._over[caller] = over
        # Never killed: who is killed while they ask a switch leaves their answer to the next who asks.
        gevent.spawn(self._talk, caller, bill, answered)
        try:
            seconds = sum(turn.after + _THINK[1] + _KEY_SECONDS * len(turn.keys) for turn in self._turns)
            last = over.wait(seconds + _END_SECONDS)
            if last is None:
                self._telephones.api(f"uuid_kill {caller}")
        finally:
            del self._answered[caller], self._over[caller]
        keyed = self._keyed.pop(caller, 0.0)
        cause = last.event("Hangup-Cause") or "" if last else _TIMED_OUT
        packets = int(last.event(_PACKETS) or 0) if last else 0
        self.ended.append(Ended(bill.account, begun, keyed, time.time(), cause, packets))

    def _talk(self, caller: str, bill: Bill, answered: Event) -> None:
        self._dial(caller, f"1409{bill.account:0>7}")
        if not answered.wait(_END_SECONDS):
            return
        for turn in self._turns:
            gevent.sleep(turn.after + self._chance.uniform(*_THINK))
            keys = turn.keys.format(account=bill.account)
            for at in range(0, len(keys), _KEYS_AT_ONCE):
                if caller not in self._over:
                    return
                some = keys[at : at + _KEYS_AT_ONCE]
                self._telephones.api(f"uuid_send_dtmf {caller} {some}@{_KEY_MILLISECONDS}")
                gevent.sleep(_KEY_SECONDS * len(some))
        self._keyed[caller] = time.time()

    def _dial(self, caller: str, number: str) -> None:
        variables = (
            f"origination_uuid={caller},origination_caller_id_number={number},ignore_early_media=true,"
            f"send_silence_when_idle={_SEND_SILENCE}"
        )
        answer = self._telephones.api(f"bgapi originate {{{variables}}}sofia/fs_app/{NUMBER}@{self._sip} &park()")
        if not answer.startswith("+OK"):
            raise SwitchError(f"the call could not be placed: {answer}")

    def _heard(self, event: Frame) -> None:
        uuid = event.event("Unique-ID") or ""
        if uuid not in self._over:
            return
        if event.event("Event-Name") == "CHANNEL_ANSWER":
            self._answered[uuid].set()
        else:
            self._over[uuid].set(event)
