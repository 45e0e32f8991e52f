"""What happens on the way to a person: events of the switch become a row of `PersonEvent`. All of it in the hub.

Where the hand-over stands, by what has happened so far, is here; what we do about it is `SwitchPerson`'s.
"""

from __future__ import annotations

import time
from collections import deque

from fs_app.domain.destination import Destination, Way
from fs_app.domain.handover import HandoverEnd
from fs_app.errors import CallEnded, SwitchError
from fs_app.ports import Answered, Coded, Codes, Joined, Offered, Over, Parted, PersonEvent
from fs_app.telephony import commands
from fs_app.telephony.connect import ConnectInfo
from fs_app.telephony.headers import Frame
from fs_app.telephony.pending import Execution
from fs_app.telephony.session import Session
from fs_app.telephony.waiting import Stir

_PARKED_SECONDS = 120  # what we do with a parked caller, a charge that is under way, has ended by then
_CODE_SECONDS = 3.0  # between two keys of a feature code
_CODE_KEYS = 8

_ENDS = {
    "NO_AGENT_TIMEOUT": HandoverEnd.NO_AGENTS,
    "TIMEOUT": HandoverEnd.NOT_ANSWERED,
    "EXIT_WITH_KEY": HandoverEnd.SELF_SERVICE,
}


class Happenings:
    """The row of one hand-over.

    ``agent`` and ``leg`` are who talks; ``over`` is set where the caller is with us again, ``uprooted`` where the
    switch has parked them; ``parted_at`` is since when (monotonic) they talk with nobody in the middle of a talk.
    """

    def __init__(
        self, session: Session, info: ConnectInfo, destination: Destination, codes: Codes, stir: Stir
    ) -> None:
        self._session = session
        self._info = info
        self._destination = destination
        self._codes = codes
        self._stir = stir
        self._way: Execution | None = None
        self._keyed, self._keyed_at = "", 0.0
        self.row: deque[PersonEvent] = deque()
        self.parted_at: float | None = None
        self.agent = self.leg = ""
        self.answered = self.over = self.uprooted = False

    def on_the_way(self, way: Execution) -> None:
        """The application that leads there has been sent to the switch."""
        self._way = way
        way.on_done(self._arrived)

    def add(self, event: PersonEvent) -> None:
        """Put something in the row, and stir whoever waits for it."""
        self.row.append(event)
        self._stir.set()

    def happened(self, event: Frame) -> None:
        """An event of the caller's leg, of the person's, or of the queue."""
        name, ours = event.event("Event-Name"), event.event("Unique-ID") == self._info.uuid
        if name == "CUSTOM":
            self._queue_says(event)
        elif name == "DTMF" and event.event("Unique-ID") == self.leg:
            self._agent_keys(event.event("DTMF-Digit") or "")
        elif not ours:
            return
        elif name == "CHANNEL_BRIDGE":
            self._bridged(event)
        elif name == "CHANNEL_UNBRIDGE":
            self._unbridged()
        elif name == "CHANNEL_PARK" and self.answered:
            self._parked()

    def _queue_says(self, event: Frame) -> None:
        agent = commands.matching(commands.AGENT, event.event("CC-Agent")) or ""
        match event.event("CC-Action"):
            case "agent-offering":
                self.add(Offered(agent))
            case "bridge-agent-fail":
                self.add(Offered(""))
            case "bridge-agent-start":
                self.agent = agent

    def _bridged(self, event: Frame) -> None:
        leg = commands.matching(commands.UUID, event.event("Other-Leg-Unique-ID")) or ""
        self.parted_at = None
        if not leg or leg == self.leg:
            return
        self.leg = leg
        self._keyed = ""
        if self._codes:
            self._session.hear_of(leg)
        if self.answered:
            self.agent = ""
            self.add(Joined(leg))
        else:
            self.answered = True
            self.add(Answered(self.agent, leg))

    def _unbridged(self) -> None:
        self._session.start_api("sched_del", self._info.uuid)  # we are here: nobody has to come for the caller
        self.leg = ""
        if not self.over:
            self.parted_at = time.monotonic()
            self.add(Parted())

    def _parked(self) -> None:
        """The talk is over, and the switch has given the caller back."""
        self.uprooted = True
        if self._info.extension is not None:
            number, context = self._info.extension
            when = f"+{_PARKED_SECONDS} {self._info.uuid}"
            self._session.start_api("sched_transfer", f"{when} {number} XML {context}")
        self._ended(HandoverEnd.TALKED)

    def _arrived(self) -> None:
        """The application has ended: the wait, or for some also the talk."""
        way = self._way
        if way is None or self.over or self._session.ended is not None:
            return
        if self._destination.way is not Way.CALLCENTER:
            self._ended(HandoverEnd.TALKED if self.answered else HandoverEnd.NOT_ANSWERED)
            return
        try:
            done = way.wait(0)
        except (CallEnded, SwitchError):
            self._ended(HandoverEnd.FAILED)
            return
        cause = done.event("variable_cc_cause")
        if cause is None:
            self._ended(HandoverEnd.FAILED)
        elif cause != "answered":
            self._ended(_ENDS.get(done.event("variable_cc_cancel_reason") or "", HandoverEnd.NOT_ANSWERED))

    def _ended(self, end: HandoverEnd) -> None:
        if not self.over:
            self.over, self.leg, self.parted_at = True, "", None
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
