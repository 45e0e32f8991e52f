"""A call on its way to a person, against a switch played by hand: what it sends, and what happens to it there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import gevent
from wirekit import SECONDS, UUID, Peer, SilentVoice, connect_text, event_text, kind_of, tcp_pair

from fs_app.domain.destination import Destination, FeatureCode, Way, callcenter
from fs_app.domain.prompt import say
from fs_app.ports import Answered, Over, PersonEvent
from fs_app.telephony.channel import SwitchChannel
from fs_app.telephony.person import SwitchPerson
from fs_app.telephony.session import Session
from fs_app.telephony.timing import Timing

AGENT = "maria@default"
LEG, OTHER_LEG, THIRD_LEG = (f"a9e47000-0000-4000-8000-00000000000{n}" for n in (2, 3, 4))
PLACE = {"Caller-Destination-Number": "fs_app", "Caller-Context": "default"}
CODES = {"*71": FeatureCode.TAKE_PAYMENT, "*70": FeatureCode.CANCEL}
TONES = {"variable_switch_r_sdp": "PCMU/8000"}

ALONE = "^^|unset:fs_app_pause,sched_transfer:+5 fs_app XML default,park:,transfer:fs_app XML default|inline"
STAYING = [
    "set socket_resume=false",
    "set bypass_media=false",
    "set bypass_media_after_bridge=false",
    "set bypass_media_after_hold=false",
    "set proxy_media=false",
]
KEEPING = [
    *STAYING,
    "set hangup_after_bridge=false",
    "set park_after_bridge=false",
    "set fs_app_attempt=2",
    "set fs_app_pause=2500",
    f"set transfer_after_bridge={ALONE}",
]
PARKED = [
    "set hangup_after_bridge=true",
    "unset transfer_after_bridge",
    "unset fs_app_pause",
    "unset continue_on_fail",
]
HOME = ["set socket_resume=true", *PARKED]
BOUND = ["set sensitive_dtmf=true", "clear_digit_action all", "bind_digit_action", "digit_action_set_realm keys"]
LISTENING = ["session_loglevel console", "unset dtmf_verbose", "spandsp_start_dtmf"]
PATIENT = Timing(first_key=SECONDS, inter_key=SECONDS, margin=SECONDS)
QUICK = Timing(first_key=SECONDS, inter_key=SECONDS, margin=0.2, parted=0.2, blind=0.1)
ANSWERED = replace(QUICK, margin=1.0)  # where the switch does answer: a busy machine takes its time

HELLO = say("hello")
FIFO = Destination("support", Way.FIFO, "support")
DESK = Destination("desk", Way.EXTENSION, "201@pbx.example.org")
TRUNK = Destination("night", Way.TRUNK, "office/+15550100")


def doing(function: Callable[..., Any], *arguments: Any) -> gevent.Greenlet[..., Any]:
    """Our side waits for the switch meanwhile."""
    return gevent.spawn(function, *arguments)


class OnTheWay:
    """An answered call, and the switch's end of it. ``raw`` are headers of the connect reply."""

    def __init__(
        self,
        raw: Mapping[str, str] = PLACE,
        *,
        timing: Timing = PATIENT,
        silence: bool = False,
        prompt_seconds: float = SECONDS,
    ) -> None:
        application, switch = tcp_pair()
        self.session, self.switch = Session(application), Peer(switch, connect_text(dict(raw)))
        setting_up = gevent.spawn(self.switch.set_up)
        info = self.session.connect()
        setting_up.get(timeout=SECONDS)
        self.channel = SwitchChannel(
            self.session,
            info,
            SilentVoice(prompt_seconds),
            language="en",
            timing=timing,
            spawn=gevent.spawn,
            silence=silence,
        )
        answering = gevent.spawn(self.channel.answer)
        self.switch.answer()
        self.inband = info.inband
        if info.inband:
            self.executes(*LISTENING)
        answering.get(timeout=SECONDS)
        self.commands = self.switch.commands
        self.commands.clear()

    # --- what it sends ---

    def execute(self, step: str) -> str:
        """The next command executes that application, with an argument that begins so. It is not completed yet."""
        application, _, argument = step.partition(" ")
        command = self.switch.expect(f"execute {application}")
        given = re.search(r"^execute-app-arg: (.*)$", command, re.MULTILINE)
        assert (given[1] if given else "").startswith(argument), command
        return command

    def executes(self, *steps: str) -> None:
        """The next commands execute these, and are completed."""
        for step in steps:
            self.switch.complete(self.execute(step), "_none_")

    def api(self, order: str, answer: str = "+OK\n") -> None:
        """The next command calls that API."""
        command = self.switch.read()
        assert command == f"api {order}", command
        self.switch.api_response(answer)

    def nothing_was_sent(self) -> None:
        """Nothing waits to be read but what is sent now."""
        self.session.start("unset", "nothing_else")
        self.executes("unset nothing_else")

    # --- what happens there ---

    def event(self, name: str, *, of: str = UUID, **headers: str) -> None:
        self.switch.write(event_text(name, Unique_ID=of, **headers))

    def queue_says(self, action: str, *, member: str = UUID, **headers: str) -> None:
        """An event of mod_callcenter, which has no leg's uuid of its own."""
        said = {"CC_Action": action, "CC_Member_Session_UUID": member, **headers}
        self.switch.write(event_text("CUSTOM", **said))

    def bridged(self, leg: str = LEG, *, of: str = UUID) -> None:
        self.event("CHANNEL_BRIDGE", of=of, Other_Leg_Unique_ID=leg)

    def unbridged(self, leg: str = LEG) -> None:
        self.event("CHANNEL_UNBRIDGE", **({"Other_Leg_Unique_ID": leg} if leg else {}))

    def parked(self) -> None:
        """The talk is over, and the switch keeps the caller: nobody else is to come for them."""
        self.event("CHANNEL_PARK", Caller_Dialplan="inline")
        self.api(f"sched_del {UUID}")

    def keys(self, keys: str) -> None:
        for key in keys:
            self.switch.key(key)

    def agent_keys(self, keys: str, *, leg: str = LEG) -> None:
        for key in keys:
            self.event("DTMF", of=leg, DTMF_Digit=key)

    # --- whole stretches ---

    def join(self, destination: Destination | None = None, **more) -> tuple[SwitchPerson, str]:
        """On the way, up to the application that leads there: the person, and that command."""
        person = self.channel.seek(destination or callcenter("payments"), **more)
        person.join()
        while True:
            command = self.switch.read()
            self.switch.reply(command)
            if kind_of(command) in ("execute callcenter", "execute fifo", "execute bridge"):
                return person, command
            if kind_of(command).startswith("execute"):
                self.switch.complete(command, "_none_")

    def talk(self, *, codes: Mapping[str, FeatureCode] = CODES) -> SwitchPerson:
        """In a talk with an agent of a queue."""
        person, command = self.join(codes=codes)
        self.queue_says("bridge-agent-start", CC_Agent=AGENT, of=LEG)
        self.switch.complete(command, "_none_", cc_cause="answered")
        self.bridged()
        assert self.next(person) == Answered(AGENT, LEG)
        self.takes_up(LEG)
        self.commands.clear()
        return person

    def takes_up(self, leg: str) -> None:
        """A leg is heard of from now on, and told to keep the caller, should it hang up with them on hold: where
        there is a place to take them to."""
        assert self.switch.expect("filter") == f"filter Unique-ID {leg}"
        if self.session.info is not None and self.session.info.extension is not None:
            self.api(f"uuid_setvar {leg} hold_hangup_xfer_exten {ALONE}")

    def next(self, person: SwitchPerson, seconds: float = SECONDS) -> PersonEvent | None:
        """What happens next, which nothing has to be sent for."""
        return gevent.spawn(person.next, seconds).get(timeout=2 * SECONDS)

    def over(self, person: SwitchPerson) -> Over:
        """The hand-over is, and the caller at home."""
        coming = gevent.spawn(person.next, SECONDS)
        self.executes(*(PARKED if person.uprooted else HOME))
        event = coming.get(timeout=SECONDS)
        assert isinstance(event, Over), event
        return event

    def close(self) -> None:
        self.session.close()
        self.switch.close()


def steps_of(commands: list[str]) -> list[str]:
    """What was executed and asked, one line each."""
    lines = []
    for command in commands:
        fields = dict(line.partition(": ")[::2] for line in command.splitlines())
        if "execute-app-name" in fields:
            lines.append(f"{fields['execute-app-name']} {fields.get('execute-app-arg', '')}".strip())
        else:
            lines.append(command)
    return lines
