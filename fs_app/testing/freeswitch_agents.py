"""Agents of a real FreeSWITCH, each with a SIP telephone that is a channel of that same switch.

What a person at a desk has in their hands: a telephone that rings, shows the reference it was called with, is
answered at once, after some seconds or never, presses keys, holds, transfers (by SIP REFER, as telephones do) and
hangs up. It records what it hears, and nothing that is said into it: one WAV of 8 kHz for each call.

An `Office` brings the documents for the configuration of a `RealSwitch`: a SIP profile of the office's exchange,
which lets its telephones transfer calls, one for the telephones, queues, a directory, a fifo and a trunk. An agent
whose name is a number of three digits is reached through these: ``user/201@pbx``, ``sofia/gateway/office/202``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from uuid import uuid4

from fs_app.telephony.headers import Frame
from fs_app.testing.freeswitch import CONFIGURATION, RealSwitch, free_sip_port

NEVER = "never"
_MUSIC = CONFIGURATION.parents[1] / "sounds" / "tunes" / "music.wav"  # for who is on hold
_GONE = "CHANNEL_HANGUP_COMPLETE"
_SECONDS = 20.0
_PROFILE = """
    <profile name="{name}">
      <settings>
        <param name="sip-ip" value="127.0.0.1"/>
        <param name="rtp-ip" value="127.0.0.1"/>
        <param name="sip-port" value="{port}"/>
        <param name="context" value="{name}"/>
        <param name="dialplan" value="XML"/>
        <param name="auth-calls" value="false"/>
        <param name="disable-register" value="true"/>
        <param name="manage-presence" value="false"/>
        <param name="inbound-codec-prefs" value="PCMU,PCMA"/>
        <param name="outbound-codec-prefs" value="PCMU,PCMA"/>
        <param name="dtmf-type" value="rfc2833"/>
        <param name="rtp-timer-name" value="soft"/>
        <param name="sip-trace" value="no"/>
      </settings>{gateways}
    </profile>
"""
_GATEWAY = """
      <gateways>
        <gateway name="office">
          <param name="username" value="none"/>
          <param name="password" value="none"/>
          <param name="proxy" value="127.0.0.1:{port}"/>
          <param name="register" value="false"/>
        </gateway>
      </gateways>"""
_NOBODY = '<section name="directory" description="nobody registers here"/>'
_DIRECTORY = """<section name="directory">
    <domain name="pbx">
      <user id="201">
        <params>
          <param name="dial-string" value="sofia/desk/201@127.0.0.1:{port}"/>
        </params>
      </user>
    </domain>
  </section>"""
_FIFO = """<configuration name="fifo.conf">
  <settings/>
  <fifos/>
</configuration>
"""
_DIALPLAN = """<include>
  <context name="telephones">
    <extension name="an agent's telephone: it is never answered">
      <condition field="destination_number" expression="^[a-z0-9]+-never$">
        <action application="ring_ready"/>
        <action application="sleep" data="60000"/>
        <action application="hangup" data="NO_ANSWER"/>
      </condition>
    </extension>
    <extension name="an agent's telephone that has a number">
      <condition field="destination_number" expression="^([0-9]{{3}})$">
        <action application="ring_ready"/>
        <action application="transfer" data="$1-1000 XML telephones"/>
      </condition>
    </extension>
    <extension name="an agent's telephone: answered after so many milliseconds">
      <condition field="destination_number" expression="^([a-z0-9]+)-([0-9]+)$">
        <action application="ring_ready"/>
        <action application="sleep" data="$2"/>
        <action application="answer"/>
        <action application="set" data="RECORD_READ_ONLY=true"/>
        <action application="record_session" data="{folder}/$1-${{uuid}}.wav"/>
        <action application="park"/>
      </condition>
    </extension>
  </context>
  <context name="desk">
    <extension name="an agent calls, or transfers to, another one, who answers after so many milliseconds">
      <condition field="destination_number" expression="^([a-z0-9]+-[0-9]+)$">
        <action application="set" data="ringback=%(200,100,440)"/>
        <action application="bridge" data="sofia/desk/$1@127.0.0.1:{port}"/>
      </condition>
    </extension>
  </context>
</include>
"""
_QUEUE = """
    <queue name="{name}@default">
      <param name="strategy" value="longest-idle-agent"/>
      <param name="moh-sound" value="$${{fs_app_hold_music}}"/>
      <param name="time-base-score" value="system"/>
      <param name="tier-rules-apply" value="false"/>
      <param name="max-wait-time" value="{longest}"/>
      <param name="max-wait-time-with-no-agent" value="2"/>
      <param name="max-wait-time-with-no-agent-time-reached" value="2"/>{more}
    </queue>
"""
_RECORD = """
      <param name="record-template" value="{folder}/{name}-line-${{uuid}}.wav"/>"""


class Office:
    """The exchange of the agents, and their telephones. ``folder`` gets what they hear.

    ``queues`` each have a name and the seconds that a caller waits at most; those in ``recorded`` record their
    talks, as an operator may want it.
    """

    def __init__(self, folder: Path, queues: Mapping[str, int], *, recorded: Sequence[str] = ()) -> None:
        self.folder = folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.desk, self.telephones = free_sip_port(), free_sip_port()
        self._queues = queues
        self._recorded = recorded

    def documents(self) -> dict[str, str]:
        """Documents of the configuration, by path."""
        return {
            "autoload_configs/sofia.conf.xml": self._with_profiles(),
            "autoload_configs/callcenter.conf.xml": self._with_queues(),
            "autoload_configs/fifo.conf.xml": _FIFO,
            "freeswitch.xml": self._with_directory(),
            "dialplan/telephones.xml": _DIALPLAN.format(folder=self.folder, port=self.telephones),
        }

    def contact(self, name: str, answers: float | str, leg_timeout: int) -> str:
        """Where an agent is reached who answers after so many seconds, or `NEVER`."""
        after = answers if isinstance(answers, str) else round(answers * 1000)
        variables = f"leg_timeout={leg_timeout},hold_music={_MUSIC}"
        return f"[{variables}]sofia/desk/{name}-{after}@127.0.0.1:{self.telephones}"

    def recordings(self, name: str) -> list[Path]:
        """What that agent heard, a file for each call, the oldest first."""
        found = [path for path in self.folder.glob(f"{name}-*.wav") if not path.name.startswith(f"{name}-line-")]
        return sorted(found, key=lambda path: path.stat().st_mtime)

    def line_recordings(self, queue: str) -> list[Path]:
        """What a queue recorded of its talks."""
        return sorted(self.folder.glob(f"{queue}-line-*.wav"))

    def _with_profiles(self) -> str:
        text = (CONFIGURATION / "autoload_configs" / "sofia.conf.xml").read_text(encoding="utf-8")
        gateway = _GATEWAY.format(port=self.telephones)
        profiles = _PROFILE.format(name="desk", port=self.desk, gateways=gateway)
        profiles += _PROFILE.format(name="telephones", port=self.telephones, gateways="")
        return text.replace("</profiles>", f"{profiles}</profiles>")

    def _with_directory(self) -> str:
        text = (CONFIGURATION / "freeswitch.xml").read_text(encoding="utf-8")
        return text.replace(_NOBODY, _DIRECTORY.format(port=self.telephones))

    def _with_queues(self) -> str:
        text = (CONFIGURATION / "autoload_configs" / "callcenter.conf.xml").read_text(encoding="utf-8")
        queues = ""
        for name, longest in self._queues.items():
            more = _RECORD.format(folder=self.folder, name=name) if name in self._recorded else ""
            queues += _QUEUE.format(name=name, longest=longest, more=more)
        return text.replace("</queues>", f"{queues}</queues>")


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
