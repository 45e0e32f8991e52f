"""What can be wrong with a dialplan that leads to fs_app: what stands before `socket`, and what after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from fs_app.doctor.configuration import Configuration
from fs_app.doctor.finding import Check, Found, Severity
from fs_app.doctor.switch import Switch
from fs_app.telephony.commands import PAUSE

_TO_A_PERSON = frozenset({"callcenter", "fifo", "bridge", "transfer", "execute_extension", "voicemail"})
_SPEAKS = frozenset({"playback", "speak", "say", "play_and_get_digits"})
_LOUD = {"start_dtmf", "play_and_get_digits", "read"}
_HEARD_AGAIN = re.compile(r"\$\{uuid_audio\(\$\{uuid\} stop\)\}")


Actions = list[tuple[str, str, etree._Element]]
"""Application, data, and where it stands."""


@dataclass(frozen=True)
class Way:
    """One extension that runs `socket`: its actions, and the first socket among them."""

    configuration: Configuration
    name: str
    actions: Actions
    first: int

    @property
    def place(self) -> str:
        """Where the first `socket` stands."""
        return self.configuration.place(self.actions[self.first][2])

    def sets(self, name: str) -> str | None:
        """What a variable is set to before the first `socket`."""
        for application, data, _ in self.actions[: self.first]:
            if application in ("set", "export") and data.partition("=")[0] == name:
                return data.partition("=")[2]
        return None

    def after(self) -> set[str]:
        """The applications that follow it."""
        return {application for application, _, _ in self.actions[self.first + 1 :]}


def ways(switch: Switch) -> Iterator[Way]:
    """Every extension with a `socket` in it, as written and as in force."""
    for configuration in switch.configurations:
        for extension in configuration.extensions():
            actions = actions_of(extension)
            sockets = [at for at, (application, _, _) in enumerate(actions) if application == "socket"]
            if sockets:
                yield Way(configuration, extension.get("name", "?"), actions, sockets[0])


def actions_of(extension: etree._Element) -> Actions:
    return [(each.get("application", ""), each.get("data", ""), each) for each in extension.iter("action")]


def no_way(switch: Switch) -> Iterator[Found]:
    if switch.configurations and not any(True for _ in ways(switch)):
        yield Found("no extension leads to fs_app", "copy conf/freeswitch/dialplan/fs_app.xml to your dialplan")


def socket_resume(switch: Switch) -> Iterator[Found]:
    for way in ways(switch):
        if way.sets("socket_resume") != "true":
            yield Found(
                f"extension {way.name} does not set socket_resume",
                '<action application="set" data="socket_resume=true"/> before `socket`',
                way.place,
            )


def socket_mode(switch: Switch) -> Iterator[Found]:
    for way in ways(switch):
        for application, data, element in way.actions:
            if application == "socket" and data.split()[1:] != ["async", "full"]:
                yield Found(
                    "`socket` is not `async full`",
                    f'data="{data.split()[0]} async full"',
                    way.configuration.place(element),
                )


def second_try(switch: Switch) -> Iterator[Found]:
    for way in ways(switch):
        if "socket" not in way.after():
            yield Found(
                f"extension {way.name} has one `socket` only",
                "set fs_app_attempt=2 and further `socket` lines, as in conf/freeswitch/dialplan/fs_app.xml",
                way.place,
            )
        elif not any(data == "fs_app_attempt=2" for _, data, _ in way.actions[way.first + 1 :]):
            yield Found(
                f"extension {way.name} does not count its tries",
                '<action application="set" data="fs_app_attempt=2"/> after the first `socket`',
                way.place,
            )


def fallback(switch: Switch) -> Iterator[Found]:
    for way in ways(switch):
        if not way.after() & _TO_A_PERSON:
            yield Found(
                f"extension {way.name} leads to no person after `socket`",
                '<action application="callcenter" data="payments@default"/> at its end',
                way.place,
            )
        elif not way.after() & _SPEAKS:
            yield Found(
                f"extension {way.name} says nothing when no server answers",
                "playback of technical_problem.wav before the queue",
                way.place,
            )


def heard_again(switch: Switch) -> Iterator[Found]:
    """Before the first person after the last `socket`: a server may have died in a payment by tones."""
    for way in ways(switch):
        last = max(at for at, (application, _, _) in enumerate(way.actions) if application == "socket")
        for application, data, element in way.actions[last + 1 :]:
            if application == "set" and _HEARD_AGAIN.search(data):
                break
            if application in _TO_A_PERSON:
                yield Found(
                    f"extension {way.name} leads to {application} and leaves the silence of a payment by tones",
                    '<action application="set" data="fs_app_heard=${uuid_audio(${uuid} stop)}"/> before it',
                    way.configuration.place(element),
                )
                break


def after_an_agent(switch: Switch) -> Iterator[Found]:
    for way in ways(switch):
        if way.sets("hangup_after_bridge") != "true":
            yield Found(
                f"extension {way.name} does not set hangup_after_bridge",
                '<action application="set" data="hangup_after_bridge=true"/> before `socket`',
                way.place,
            )


def transferred_here(switch: Switch) -> Iterator[Found]:
    """The server of a talk says in `PAUSE` how long the next one has to wait for who is transferred from it."""
    pause = ("sleep", f"${{{PAUSE}}}")
    for way in ways(switch):
        context = next(way.actions[way.first][2].iterancestors("context"), None)
        actions = () if context is None else context.iter("action")
        if pause not in {(each.get("application"), each.get("data")) for each in actions}:
            yield Found(
                f"the context of extension {way.name} does not wait for {PAUSE}",
                f"the extension {PAUSE} of conf/freeswitch/dialplan/fs_app.xml, before it",
                way.place,
            )


def torn_tones(switch: Switch) -> Iterator[Found]:
    for way in ways(switch):
        if way.sets("min_dup_digit_spacing_ms") is None:
            yield Found(
                f"extension {way.name} does not set min_dup_digit_spacing_ms",
                '<action application="set" data="min_dup_digit_spacing_ms=80"/> before `socket`',
                way.place,
            )


def hosts(switch: Switch) -> Iterator[Found]:
    """Where a `socket` names this machine, it should name the port that calls are taken on."""
    port = switch.settings.calls.listen[1]
    for way in ways(switch):
        named = re.findall(r"[^|\s]+:(\d+)", way.actions[way.first][1])
        if named and str(port) not in named and "$${" not in way.actions[way.first][1]:
            yield Found(
                f"extension {way.name} names the ports {', '.join(named)}, calls are taken on {port}",
                f"the host list of `socket`, or calls.listen of the settings: port {port}",
                way.place,
            )


def loud_digits(switch: Switch) -> Iterator[Found]:
    for way in ways(switch):
        for application, _, element in way.actions:
            if application in _LOUD:
                yield Found(
                    f"extension {way.name} runs {application}",
                    "leave it to fs_app: identify steps and menus of a flow",
                    way.configuration.place(element),
                )


C, W, A = Severity.CRITICAL, Severity.WRONG, Severity.ADVICE
_LOST = "a call whose server dies would be lost, or stay up in silence"
_UNHEARD = "when no server is left after a payment in a talk by tones, the agent would hear nothing of the caller"

DIALPLAN_CHECKS: tuple[Check[Switch], ...] = (
    Check("dialplan", C, "no call can reach us", no_way),
    Check("socket_resume", C, _LOST, socket_resume),
    Check("socket_mode", C, "fs_app speaks `async full` and nothing else", socket_mode),
    Check("second_server", W, _LOST, second_try),
    Check("fallback", W, "when no server answers, the caller would hear nothing and reach nobody", fallback),
    Check("fallback_heard", W, _UNHEARD, heard_again),
    Check("after_an_agent", W, "after a talk the dialplan would say that nobody takes the call", after_an_agent),
    Check("transferred_here", W, "two servers would have a caller whom an agent transfers here", transferred_here),
    Check("torn_tones", A, "a key whose tone is torn by a prompt would count twice", torn_tones),
    Check("hosts", W, "the switch would look for us where nobody is", hosts),
    Check("loud_digits", W, "these leave keys in variables, events, logs and call records", loud_digits),
)
