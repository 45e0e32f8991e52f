"""What can lead the sound of a talk past the switch, so that each key reaches the agent's telephone.

What FreeSWITCH 1.10.12 does with each was read in its source and measured. On the caller's own leg fs_app sets it
back before a talk (`telephony.way`); what an agent's leg has, the switch itself, or a profile, it cannot undo.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml import etree

from fs_app.doctor.configuration import Configuration, value
from fs_app.doctor.dialplan_checks import Actions, Way, actions_of, ways
from fs_app.doctor.finding import Check, Found, Severity
from fs_app.doctor.switch import Switch
from fs_app.telephony.way import BYPASSING

_SETS = frozenset({"set", "export", "multiset", "bridge_export"})
_SET = re.compile(rf"(?:^|[\s,:;|])((?:nolocal:)?(?:{'|'.join(BYPASSING)}))=([A-Za-z0-9]*)")
_NOT_HERE = "nolocal:"
_OF_AGENTS = ("bypass_media_after_bridge", "bypass_media_after_hold")
"""What counts on the agent's leg, too."""
_GIVEN = re.compile(rf"\b({'|'.join(_OF_AGENTS)})=([A-Za-z0-9]*)")
_PROFILE = (
    "inbound-bypass-media",
    "inbound-no-media",
    "inbound-proxy-media",
)  # the second is an old name of the first
_OPTIONS = frozenset({"bypass-media-after-att-xfer", "bypass-media-after-hold"})
_YES = frozenset({"yes", "on", "true", "t", "enabled", "active", "allow"})


def _is_yes(text: str) -> bool:
    """As ``switch_true`` reads it."""
    return text.strip().lower() in _YES or (text.strip().isdecimal() and int(text) != 0)


def set_before_socket(switch: Switch) -> Iterator[Found]:
    """On the caller's own leg: undone before our talks, not before one that the dialplan leads to by itself."""
    yield from (found for name, found in _before_socket(switch) if not name.startswith(_NOT_HERE))


def exported_before_socket(switch: Switch) -> Iterator[Found]:
    """To the agent's leg alone."""
    yield from (found for name, found in _before_socket(switch) if name.startswith(_NOT_HERE))


def _before_socket(switch: Switch) -> Iterator[tuple[str, Found]]:
    """In the extension itself, and in those that transfer to it: what is set last counts."""
    for way in ways(switch):
        own = list(_set_by(way.actions[: way.first]))
        for leading in [[], *_leading_to(way)]:
            last = {variable: (text, element) for variable, text, element in [*_set_by(leading), *own]}
            for variable, (text, element) in last.items():
                if _is_yes(text):
                    extension = next(element.iterancestors("extension"))
                    found = Found(
                        f"extension {extension.get('name')} sets {variable}={text} before `socket`",
                        f"no {variable} there, or {variable}=false",
                        way.configuration.place(element),
                    )
                    yield variable, found


def _set_by(actions: Actions) -> Iterator[tuple[str, str, etree._Element]]:
    for application, data, element in actions:
        if application in _SETS:
            for variable, text in _SET.findall(data):
                yield variable, text, element


def _leading_to(way: Way) -> Iterator[Actions]:
    """What extensions that transfer to this one by its number do before."""
    ours = next(way.actions[way.first][2].iterancestors("extension"))
    context = _context(ours)
    numbers = [
        each.get("expression", "")
        for each in ours.iter("condition")
        if each.get("field") in ("destination_number", "${destination_number}")
    ]
    for extension in way.configuration.extensions():
        actions = actions_of(extension)
        for at, (application, data, _) in enumerate(actions):
            words = data.split()
            if application in ("transfer", "execute_extension") and words and extension is not ours:
                there = words[2] if len(words) > 2 else _context(extension)
                if there == context and any(_fits(number, words[0]) for number in numbers):
                    yield actions[:at]


def _context(extension: etree._Element) -> str:
    return next((str(each.get("name", "")) for each in extension.iterancestors("context")), "")


def _fits(expression: str, number: str) -> bool:
    try:
        return re.search(expression, number) is not None
    except re.error:  # what PCRE knows and Python does not
        return False


def given_to_agents(switch: Switch) -> Iterator[Found]:
    """By the dialplan, a contact, a user, a gateway, or for every leg of the switch."""
    yield from exported_before_socket(switch)
    for configuration in switch.configurations:
        for who, text, element in _given(configuration):
            yield from _of_agents(who, _GIVEN.findall(text), configuration.place(element))
    if switch.files is not None:
        for name, (text, place) in switch.files.variables.items():
            yield from _of_agents("the switch itself", [(name, text)], place)
    if switch.running is not None:
        for name in _OF_AGENTS:
            yield from _of_agents("the switch itself", [(name, switch.running.variable(name))], _RUNNING)
        for line in switch.running.ask("callcenter_config agent list").splitlines():
            yield from _of_agents(f"agent {line.partition('|')[0]}", _GIVEN.findall(line), _RUNNING)


def _of_agents(who: str, given: Sequence[tuple[str, str]], place: str) -> Iterator[Found]:
    for variable, text in given:
        if variable in _OF_AGENTS and _is_yes(text):
            yield Found(f"{who} sets {variable}={text}", f"no {variable} there", place)


def _given(configuration: Configuration) -> Iterator[tuple[str, str, etree._Element]]:
    callcenter = configuration.configuration("callcenter.conf")
    for agent in callcenter.iterfind("agents/agent") if callcenter is not None else ():
        yield f"agent {agent.get('name')}", agent.get("contact", ""), agent
    for each in configuration.elements("variable", "param"):
        of = next(each.iterancestors("user", "gateway", "group", "domain"), None)
        if of is None or each.get("direction") == "inbound":
            continue
        who, text = f"{of.tag} {of.get('id') or of.get('name')}", each.get("value", "")
        if each.tag == "variable":
            yield who, f"{each.get('name')}={text}", each
        elif each.get("name") == "dial-string":
            yield who, text, each


def after_holds_and_transfers(switch: Switch) -> Iterator[Found]:
    for configuration in switch.configurations:
        for profile, settings in configuration.profiles():
            options = settings["media-option"].getparent() if "media-option" in settings else None
            for each in options.iterfind("param[@name='media-option']") if options is not None else ():
                if (option := each.get("value", "").lower()) in _OPTIONS:
                    yield Found(
                        f"profile {profile} has the media-option {option}",
                        f"no {option} in profile {profile}, then sofia profile {profile} restart",
                        configuration.place(each),
                    )


def before_the_answer(switch: Switch) -> Iterator[Found]:
    """Answered by us, such a call goes through the switch like any other."""
    for configuration in switch.configurations:
        for profile, settings in configuration.profiles():
            for name in _PROFILE:
                if _is_yes(value(settings, name)):
                    yield Found(
                        f"profile {profile} sets {name}",
                        f'<param name="{name}" value="false"/> in a profile of callers and agents',
                        configuration.place(settings[name]),
                    )


_RUNNING = "the running switch"
_PAST = "past the switch each key of a talk reaches the agent's telephone, and no payment can be taken in one"
_LATER = "where no server of ours answers, the dialplan's own talk would give each key to the agent's telephone"
_ANSWERED = "every call is answered before it is led anywhere, which undoes it: it serves no call of ours"

MEDIA_CHECKS: tuple[Check[Switch], ...] = (
    Check("bypassed_media", Severity.WRONG, _LATER, set_before_socket),
    Check("bypassed_agents", Severity.CRITICAL, _PAST, given_to_agents),
    Check("bypassing_profile", Severity.CRITICAL, _PAST, after_holds_and_transfers),
    Check("bypass_until_answered", Severity.ADVICE, _ANSWERED, before_the_answer),
)
