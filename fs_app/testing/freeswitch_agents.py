"""Agents of a real FreeSWITCH, each with a SIP telephone that is a channel of that same switch.

What a person at a desk has in their hands: a telephone that rings, shows the reference it was called with, is
answered at once, after some seconds or never, presses keys, holds, transfers (by SIP REFER, as telephones do) and
hangs up. An `Office` is where it stands, and records what it hears.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from fs_app.telephony.headers import Frame
from fs_app.testing.freeswitch import RealSwitch
from fs_app.testing.freeswitch_office import Office

_GONE = "CHANNEL_HANGUP_COMPLETE"
_SECONDS = 20.0


class TestAgent:
    """One agent and what her telephone does. ``telephone`` is the uuid of her own channel, ``leg`` the one of the
    exchange's channel that the caller talks with; of several calls these are the last one's."""

    __test__ = False  # no test, whatever its name makes pytest think

    def __init__(self, switch: RealSwitch, office: Office, name: str) -> None:
        self._switch = switch
        self._office = office
        self.name = name
        self.agent = f"{name}@default"
        self.telephone = self.leg = self._shown = ""
        self.rung = self.answered = False
        self._keys = ""
        self._told: dict[str, set[str]] = {}
        self._consulting = ""
        self._seen = len(switch.overheard.events)

    # --- the queue ---

    def logs_in(self, *queues: str, answers: float | str = 0.0, leg_timeout: int = 10) -> None:
        """Take the calls of these queues, or of her own; answered after so many seconds, or `NEVER`."""
        contact = self._office.contact(self.name, answers, leg_timeout)
        words = [
            f"agent add {self.agent} callback",
            f"agent set contact {self.agent} {contact}",
            f"agent set busy_delay_time {self.agent} 1",
            f"agent set reject_delay_time {self.agent} 1",
            f"agent set no_answer_delay_time {self.agent} 30",
            f"agent set wrap_up_time {self.agent} 0",
            f"agent set status {self.agent} Available",
            *(f"tier add {queue}@default {self.agent} 1 1" for queue in queues or (self.name,)),
        ]
        for order in words:
            self._switch.api(f"callcenter_config {order}")

    def logs_out(self) -> None:
        """Nobody of that name is there any more."""
        self._switch.api(f"callcenter_config agent del {self.agent}")

    # --- the telephone ---

    def rings(self, seconds: float = _SECONDS) -> None:
        """Wait until it rings. AssertionError where it does not."""
        self._wait(lambda: self.rung, "rang", seconds)

    def answers(self, seconds: float = _SECONDS) -> None:
        """Wait until it is answered, whoever is there."""
        self._wait(lambda: self.answered, "was answered", seconds)

    def shows(self, seconds: float = _SECONDS) -> str:
        """The reference that it was called with, as a telephone may show it. AssertionError where there is none."""
        self._wait(lambda: bool(self._shown), "showed a reference", seconds)
        return self._shown

    def talks(self, seconds: float = _SECONDS) -> None:
        """Wait until it is answered, and somebody is there."""
        self._wait(lambda: self.talking, "talked", seconds)

    def is_alone(self, seconds: float = _SECONDS) -> None:
        """Wait until the call is over."""
        self._wait(lambda: self._has(self.telephone, _GONE), "was hung up", seconds)

    @property
    def talking(self) -> bool:
        """Whether it is answered, and somebody is there."""
        return self.answered and self._has(self.leg, "CHANNEL_BRIDGE") and not self._has(self.telephone, _GONE)

    def takes_from(self, fifo: str) -> None:
        """Take whoever waits in a fifo."""
        self._originate("fifo", f"{fifo} out wait")

    def gets(self, keys: str) -> bool:
        """Whether these keys have come out of the telephone, and no other."""
        self._look()
        return self._keys == keys

    def presses(self, keys: str) -> None:
        """As telephone-event."""
        self._switch.knows_its_keys(self.telephone, self.leg)
        for key in keys:
            self._switch.api(f"uuid_send_dtmf {self.telephone} {key}@100")

    def hangs_up(self) -> None:
        """Put it down."""
        self._switch.api(f"uuid_kill {self.telephone}")

    def holds(self) -> None:
        """Put the caller on hold."""
        self._switch.api(f"uuid_hold {self.telephone}")

    def goes_on(self) -> None:
        """Take the caller off hold."""
        self._switch.api(f"uuid_hold off {self.telephone}")

    def sends_to(self, other: TestAgent, *, answers: float = 0.0) -> None:
        """Transfer the caller to another agent without asking her: REFER."""
        self._refer(f"{other.name}-{round(answers * 1000)}")

    def sends_to_extension(self, name: str) -> None:
        """Transfer the caller to an extension of the exchange: REFER."""
        self._refer(name)

    def calls(self, other: TestAgent) -> None:
        """Call another agent beside the talk, and wait until she has answered."""
        self._consulting = str(uuid4())
        address = f"{other.name}-0@127.0.0.1:{self._office.desk}"
        variables = f"origination_uuid={self._consulting},ignore_early_media=true"
        self._switch.api(f"bgapi originate {{{variables}}}sofia/telephones/{address} &park()")
        other.talks()

    def transfers_to(self, other: TestAgent) -> None:
        """Connect the caller with the agent who was called: REFER with Replaces."""
        names = ("sip_call_id", "sip_to_tag", "sip_from_tag")
        call, to, sender = (self._switch.api(f"uuid_getvar {self._consulting} {name}") for name in names)
        self._refer(f"{other.name}-0", f"?Replaces={call}%3Bto-tag%3D{to}%3Bfrom-tag%3D{sender}")

    def listens_to(self, channel: str) -> None:
        """Listen in on a channel with a telephone of her own."""
        self._originate("eavesdrop", channel)

    def joins(self, channel: str) -> None:
        """Talk along with the two who talk there."""
        self._originate("three_way", channel)

    @property
    def heard(self) -> Path:
        """What she heard in her last call."""
        return self._office.folder / f"{self.name}-{self.telephone}.wav"

    # --- parts ---

    def _originate(self, application: str, argument: str) -> None:
        """Her telephone is called, and once it is answered that is done with it."""
        contact = self._office.contact(self.name, 0.0, 10).partition("]")[2]
        answer = self._switch.api(f"bgapi originate {contact} '&{application}({argument})'")
        assert answer.startswith("+OK"), answer

    def _refer(self, name: str, more: str = "") -> None:
        target = f"<sip:{name}@127.0.0.1:{self._office.desk}{more}>"
        self._switch.api(f"bgapi uuid_deflect {self.telephone} {target}")

    def _wait(self, condition: Callable[[], bool], what: str, seconds: float) -> None:
        def holds() -> bool:
            self._look()
            return condition()

        if not self._switch.overheard.wait_for(holds, seconds):
            told = {uuid[:8]: sorted(names) for uuid, names in self._told.items()}
            raise AssertionError(f"{self.name}'s telephone never {what}; there was {told}")

    def _has(self, uuid: str, event: str) -> bool:
        return event in self._told.get(uuid, ())

    def _look(self) -> None:
        events = self._switch.overheard.events
        while self._seen < len(events):
            self._seen += 1
            self._take(events[self._seen - 1])

    def _take(self, event: Frame) -> None:
        uuid, number = event.event("Unique-ID"), event.event("Caller-Destination-Number") or ""
        name = event.event("Event-Name") or ""
        if name == "CHANNEL_BRIDGE" and (other := event.event("Other-Leg-Unique-ID")) in self._told:
            uuid = other
        elif uuid is None or number.partition("-")[0] != self.name:
            return
        if uuid not in self._told:
            self._begin(uuid, event)
        self._told[uuid].add(name)
        if uuid == self.telephone:
            self._keys += event.event("DTMF-Digit") or "" if name == "DTMF" else ""
            self.rung = True
            self._shown = event.event("variable_sip_h_X-FS-App-Reference") or self._shown
            self.answered = self.answered or name == "CHANNEL_ANSWER"

    def _begin(self, uuid: str, event: Frame) -> None:
        self._told[uuid] = set()
        if event.event("Call-Direction") == "outbound":
            self.leg = uuid
        elif event.event("Caller-Context") == "telephones":  # not a caller who was transferred to her
            self.telephone, self._shown, self.answered = uuid, "", False
