"""What happens on the way to a person: events of the switch become a row of `PersonEvent`. All of it in the hub.

Where the hand-over stands, by what has happened so far, is here; what we do about it is `SwitchPerson`'s.
"""

from __future__ import annotations

import math
import time
from collections import deque

from fs_app.domain.destination import Destination, Way
from fs_app.domain.handover import HandoverEnd
from fs_app.errors import CallEnded, SwitchError
from fs_app.ports import Answered, Coded, Codes, Held, Joined, Offered, Over, Parted, PersonEvent
from fs_app.telephony import commands, way
from fs_app.telephony.connect import ConnectInfo
from fs_app.telephony.headers import Frame
from fs_app.telephony.pending import Execution
from fs_app.telephony.session import Session
from fs_app.telephony.timing import Timing
from fs_app.telephony.waiting import Stir

_CODE_SECONDS = 3.0  # between two keys of a feature code
_CODE_KEYS = 8

_ENDS = {
    "NO_AGENT_TIMEOUT": HandoverEnd.NO_AGENTS,
    "TIMEOUT": HandoverEnd.NOT_ANSWERED,
    "EXIT_WITH_KEY": HandoverEnd.SELF_SERVICE,
}


class Happenings:
    """The row of one hand-over.

    ``agent`` and ``leg`` are who talks. ``taken``: the switch has said that somebody answers, ``answered``: that
    they talk, ``on_hold``: that the person has put the caller on hold, ``blind``: that they were parted without a
    word of whom the caller comes to; ``over``: the caller is with us again; ``uprooted``: the switch has parked
    them. ``deadline`` (monotonic) is when something should have happened that has not: they talk, or after a
    transfer talk again.
    """

    def __init__(
        self,
        session: Session,
        info: ConnectInfo,
        destination: Destination,
        codes: Codes,
        timing: Timing,
        stir: Stir,
        *,
        uprooted: bool,
    ) -> None:
        self._session = session
        self._info = info
        self._destination = destination
        self._codes = codes
        self._timing = timing
        self._stir = stir
        self._way: Execution | None = None
        self._keyed, self._keyed_at = "", 0.0
        self.row: deque[PersonEvent] = deque()
        self.deadline = math.inf
        self.agent = self.leg = ""
        self.taken = self.answered = self.on_hold = self.blind = self.over = False
        self.uprooted = uprooted

    def on_the_way(self, application: Execution) -> None:
        """The application that leads there has been sent to the switch."""
        self._way = application
        application.on_done(self._arrived)

    def add(self, event: PersonEvent) -> None:
        """Put something in the row, and stir whoever waits for it."""
        self.row.append(event)
        self._stir.set()

    def happened(self, event: Frame) -> None:
        """An event of the caller's leg, of the person's, or of the queue."""
        name, ours = event.event("Event-Name"), event.event("Unique-ID") == self._info.uuid
        if name == "CUSTOM":
            self._queue_says(event)
        elif self.leg and event.event("Unique-ID") == self.leg:
            self._leg_says(name, event)
        elif not ours:
            return
        elif name == "CHANNEL_BRIDGE":
            self._bridged(event)
        elif name == "CHANNEL_UNBRIDGE":
            self._unbridged(event)
        elif name == "CHANNEL_PARK" and self.answered:
            self._parked(event)

    def _queue_says(self, event: Frame) -> None:
        agent = commands.matching(commands.AGENT, event.event("CC-Agent")) or ""
        match event.event("CC-Action"):
            case "agent-offering":
                self.add(Offered(agent))
            case "bridge-agent-fail":
                self.add(Offered(""))
            case "bridge-agent-start":
                self.agent = agent

    def _leg_says(self, name: str | None, event: Frame) -> None:
        if name == "DTMF":
            self._agent_keys(event.event("DTMF-Digit") or "")
        elif name in ("CHANNEL_HOLD", "CHANNEL_UNHOLD") and self.on_hold is not (name == "CHANNEL_HOLD"):
            self.on_hold = not self.on_hold
            self.add(Held(self.on_hold))

    def _bridged(self, event: Frame) -> None:
        self._talks_with(commands.matching(commands.UUID, event.event("Other-Leg-Unique-ID")) or "")

    def _talks_with(self, leg: str) -> None:
        self.deadline = math.inf
        if not leg or leg == self.leg or self.over:
            return
        self.leg, self.on_hold = leg, False
        self._keyed = ""
        self._session.hear_of(leg)
        self._keep_when_held()
        if self.answered:
            self.agent = ""
            self.add(Joined(leg))
        else:
            self.answered = True
            self.add(Answered(self.agent, leg))

    def _keep_when_held(self) -> None:
        """Whose agent hangs up while they are on hold is hung up by the switch, unless the agent's leg says where
        they go instead: as after any talk."""
        if self._info.extension is not None:
            alone = way.alone(self._info.extension)
            self._session.start_api("uuid_setvar", f"{self.leg} hold_hangup_xfer_exten {alone}")

    def _unbridged(self, event: Frame) -> None:
        """The talk is over, or goes on with another leg, or elsewhere: a blind transfer names no other leg."""
        self.leg = ""
        if not self.over:
            self.blind = not event.event("Other-Leg-Unique-ID")
            self.deadline = time.monotonic() + (self._timing.blind if self.blind else self._timing.parted)
            self.add(Parted())

    def _parked(self, event: Frame) -> None:
        """The talk is over, and the switch has given the caller back, unless an agent has sent them where they are
        parked: elsewhere, or to our own extension, and then another server has the call."""
        if event.event("Caller-Dialplan") != way.DIALPLAN:
            if self._info.extension == (event.event("Caller-Destination-Number"), event.event("Caller-Context")):
                self._session.end("another server has the call")
            return
        self.uprooted = True
        self._session.start_api("sched_del", self._info.uuid)  # we are here: nobody has to come for the caller
        self.end(HandoverEnd.TALKED)

    def _arrived(self) -> None:
        """The application has ended: the wait, or for some also the talk."""
        led = self._way
        if led is None or self.over or self._session.ended is not None:
            return
        try:
            self._left_the_line(led.wait(0))
        except (CallEnded, SwitchError):
            self.end(HandoverEnd.FAILED)
        self._stir.set()

    def _left_the_line(self, done: Frame) -> None:
        match self._destination.way:
            case Way.CALLCENTER:
                cause = done.event("variable_cc_cause")
                if cause == "answered":
                    self._will_talk()
                elif cause is None:
                    self.end(HandoverEnd.FAILED)
                else:
                    reason = done.event("variable_cc_cancel_reason")
                    self.end(_ENDS.get(reason or "", HandoverEnd.NOT_ANSWERED))
            case Way.FIFO:  # says nothing more of a talk with this leg but its end
                leg = commands.matching(commands.UUID, done.event("variable_fifo_serviced_uuid"))
                if leg is not None:
                    self._talks_with(leg)
                else:
                    self.end(HandoverEnd.NOT_ANSWERED)
            case _ if not self.answered:
                self.end(HandoverEnd.NOT_ANSWERED)
            case _ if self._info.extension is None:  # nobody parks the caller
                self.end(HandoverEnd.TALKED)

    def _will_talk(self) -> None:
        self.taken = True
        if not self.answered:
            self.deadline = time.monotonic() + self._timing.margin

    def end(self, end: HandoverEnd) -> None:
        """It is over, unless it was already."""
        if not self.over:
            self.over, self.leg, self.on_hold, self.deadline = True, "", False, math.inf
            self.add(Over(end))

    def _agent_keys(self, key: str) -> None:
        now = time.monotonic()
        if now - self._keyed_at > _CODE_SECONDS:
            self._keyed = ""
        self._keyed, self._keyed_at = (self._keyed + key)[-_CODE_KEYS:], now
        for code, meaning in self._codes.items():
            if self._keyed.endswith(code):
                self._keyed = ""
                self.add(Coded(meaning))
                return
