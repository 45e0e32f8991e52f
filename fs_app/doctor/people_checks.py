"""What can be wrong with the way to people: queues, their agents, fifos, telephones, trunks, the way back to us."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from fs_app.doctor.configuration import Configuration, value
from fs_app.doctor.dialplan_checks import Way, ways
from fs_app.doctor.finding import Check, Found, Severity
from fs_app.doctor.people import RUNNING, People, written_queues
from fs_app.domain import destination as reached
from fs_app.telephony import commands

WAIT_SECONDS = 1800
"""So long a caller waits for a person at most, by our own clock."""

_NEEDED = tuple(name for name in commands.APIS if name.startswith(("uuid_", "sched_")))
_YES = frozenset({"true", "yes", "on", "1"})
_GROUP = re.compile(r"\(\?[:=!<]+")
_TOLD = re.compile(r"^(Status|State)\s+(\S+)", re.MULTILINE)  # of a gateway
# What a number may hold and `commands.EXTENSION` does not: escaped, in a set, or as it is.
_STRANGE = re.compile(r"\\[^\w.+-]|\*(?=[^\[\]]*\])|[#@/%:; ]")


def missing_queue(people: People) -> Iterator[Found]:
    files, in_force = people.switch.files, people.table("queue list")
    callcenter = files.configuration("callcenter.conf") if files is not None else None
    written = written_queues(files)
    for queue, who in people.to(reached.Way.CALLCENTER):
        what = f"there is no queue {queue}, which {who} names"
        change = f'<queue name="{queue}"> in callcenter.conf.xml, then callcenter_config queue load {queue}'
        if files is not None and callcenter is not None and queue not in written:
            yield Found(what, change, files.place(callcenter))
        if in_force is not None and queue not in in_force:
            yield Found(what, change, RUNNING)


def queue_without_agents(people: People) -> Iterator[Found]:
    in_force = people.table("queue list") or {}
    for queue, _ in people.to(reached.Way.CALLCENTER):
        if queue in in_force and not people.table(f"queue list tiers {queue}"):
            yield Found(
                f"queue {queue} has no agent",
                f'callcenter_config tier add {queue} NAME 1 1, and <tier agent="NAME" queue="{queue}"/>',
                RUNNING,
            )


def endless_waits(people: People) -> Iterator[Found]:
    for queue, found, place in people.queue_settings:
        longest = _number(found, "max-wait-time")
        if not 0 < longest <= WAIT_SECONDS:
            than = f"{longest} seconds, and ours {WAIT_SECONDS}" if longest else "0: for ever"
            change = f'<param name="max-wait-time" value="900"/>, then callcenter_config queue reload {queue}'
            yield Found(f"max-wait-time of queue {queue} is {than}", change, place)


def waits_for_nobody(people: People) -> Iterator[Found]:
    for queue, found, place in people.queue_settings:
        if not _number(found, "max-wait-time-with-no-agent"):
            line = '<param name="max-wait-time-with-no-agent" value="5"/>'
            change = f"{line}, then callcenter_config queue reload {queue}"
            yield Found(f"callers of queue {queue} wait also where nobody is logged in", change, place)


def resumed_places(people: People) -> Iterator[Found]:
    for queue, found, place in people.queue_settings:
        if found.get("abandoned-resume-allowed", "").lower() in _YES:
            line = '<param name="abandoned-resume-allowed" value="false"/>'
            yield Found(f"queue {queue} keeps the place of who leaves it", line, place)


def hurried_agents(people: People) -> Iterator[Found]:
    for agent, row in (people.table("agent list") or {}).items():
        counted = row.get("max_no_answer", "0") != "0"  # then three tries are the last ones, for example
        for name in ("busy_delay_time", "reject_delay_time", *(() if counted else ("no_answer_delay_time",))):
            if row.get(name) == "0":
                change = f"callcenter_config agent set {name} {agent} 10, and the same in callcenter.conf.xml"
                yield Found(f"{name} of agent {agent} is 0", change, RUNNING)


def unknown_agents(people: People) -> Iterator[Found]:
    known = people.table("agent list")
    for agent, login in people.agents.items() if known is not None else ():
        if agent not in (known or {}):
            yield Found(
                f"mod_callcenter has no agent {agent}, which is what the console calls {login}",
                f"callcenter_config agent add {agent} callback, or the right name on the console's page of {login}",
                RUNNING,
            )


def missing_fifo(people: People) -> Iterator[Found]:
    files, running = people.switch.files, people.switch.running
    loaded = files.modules() if files is not None else {}
    for target, _ in people.to(reached.Way.FIFO):
        if files is not None and loaded and "mod_fifo" not in loaded:
            place = files.place(next(iter(loaded.values()))).rpartition(":")[0]
            line = '<load module="mod_fifo"/> in modules.conf.xml'
            yield Found(f"mod_fifo is not loaded at start, and {target} is a fifo", line, place)
        if running is not None and not running.has_module("mod_fifo"):
            yield Found(f"mod_fifo is not loaded, and {target} is a fifo", "fs_cli -x 'load mod_fifo'", RUNNING)


def fifo_keys(people: People) -> Iterator[Found]:
    """mod_fifo has keys of its own, which hang up on the caller and hold them; unless set these are * and 0."""
    keys = set("".join(people.switch.settings.agents.codes.codes()))
    if not keys or not any(people.to(reached.Way.FIFO)):
        return
    for configuration in people.switch.configurations:
        for extension in configuration.extensions():
            yield from _hangs_up(configuration, extension, keys)
        settings = configuration.settings("fifo.conf")
        if settings and "0" in keys and value(settings, "disable-dtmf-moh-key").lower() not in _YES:
            line = '<param name="disable-dtmf-moh-key" value="true"/> in fifo.conf.xml'
            yield Found(
                "0 of who takes callers from a fifo holds them",
                line,
                configuration.place(next(iter(settings.values()))),
            )


def _hangs_up(configuration: Configuration, extension: etree._Element, keys: set[str]) -> Iterator[Found]:
    key = "*"
    for action in extension.iter("action"):
        application, data = action.get("application", ""), action.get("data", "")
        name, _, text = data.partition("=")
        if application == "set" and name == "fifo_consumer_exit_key":
            key = text[:1]
        elif application == "fifo" and "out" in data.split() and key in keys:
            what = f"{key} of who takes callers from a fifo by extension {extension.get('name')} hangs up on them"
            line = '<action application="set" data="fifo_consumer_exit_key=D"/> before `fifo`'
            yield Found(what, line, configuration.place(action))


def missing_telephone(people: People) -> Iterator[Found]:
    running = people.switch.running
    if running is None:
        return
    for target, who in people.to(reached.Way.EXTENSION):
        user, _, domain = target.partition("@")
        if running.ask(f"user_exists id {user} {domain}").strip() != "true":
            change = f'<user id="{user}"> in the domain {domain} of the directory, then reloadxml'
            yield Found(f"there is no user {target}, which {who} names", change, RUNNING)


def missing_gateway(people: People) -> Iterator[Found]:
    running = people.switch.running
    if running is None:
        return
    for target, who in people.to(reached.Way.TRUNK):
        name = target.partition("/")[0]
        told = dict(_TOLD.findall(running.ask(f"sofia status gateway {name}")))
        if "Status" not in told:
            change = f'<gateway name="{name}"> in a profile of sofia.conf.xml, then sofia profile PROFILE rescan'
            yield Found(f"there is no gateway {name}, which {who} names", change, RUNNING)
        elif told["Status"] != "UP":
            change = f"fs_cli -x 'sofia status gateway {name}': its proxy, its registration, its pings"
            yield Found(f"gateway {name} is {told['Status']} (state {told.get('State', '?')})", change, RUNNING)


def silent_ways(people: People) -> Iterator[Found]:
    """The switch does not ring for a call that is answered already, and a fifo has no music of its own."""
    rings = any(each.way in (reached.Way.EXTENSION, reached.Way.TRUNK) for each, _ in people.destinations)
    needed = {"transfer_ringback": "%(2000,4000,440,480)"} if rings else {}
    if any(people.to(reached.Way.FIFO)):
        needed["fifo_music"] = "$${fs_app_hold_music}"
    for way in ways(people.switch):
        for name, text in needed.items():
            if not way.sets(name):
                line = f'<action application="set" data="{name}={text}"/> before `socket`'
                yield Found(f"extension {way.name} does not set {name}", line, way.place)


def missing_commands(people: People) -> Iterator[Found]:
    running = people.switch.running
    if running is None:
        return
    known = {line.partition(",")[0] for line in running.ask("show api").splitlines()}
    for name in _NEEDED:
        if name not in known:
            yield Found(f"the switch has no command {name}", "FreeSWITCH 1.10.12, with mod_commands", RUNNING)


def no_way_back(people: People) -> Iterator[Found]:
    for way in ways(people.switch):
        for words in _not_to_be_named(way):
            change = '<action application="transfer" data="fs_app XML fs_app"/> to an extension of that name'
            yield Found(f"extension {way.name} {words}", change, way.place)


def _not_to_be_named(way: Way) -> Iterator[str]:
    """What of an extension's number and context we do not send back to the switch (`telephony.connect`)."""
    element = way.actions[way.first][2]
    for context in element.iterancestors("context"):
        if commands.matching(commands.NAME, context.get("name", "")) is None:
            yield f"stands in the context {context.get('name', '')!r}, a name that we cannot send"
    extension = next(element.iterancestors("extension"))
    for condition in extension.iter("condition"):
        expression = _GROUP.sub("(", condition.get("expression", ""))
        if condition.get("field") == "destination_number" and _STRANGE.search(expression):
            yield f"takes numbers that we cannot send: {condition.get('expression')}"


def _number(found: Mapping[str, str], name: str) -> int:
    text = found.get(name, "")
    return int(text) if text.isdecimal() else 0


W, A = Severity.WRONG, Severity.ADVICE
_NOBODY = "a caller who wants a person, or whom we cannot serve, would reach nobody"

PEOPLE_CHECKS: tuple[Check[People], ...] = (
    Check("queue", W, _NOBODY, missing_queue),
    Check("queue_agents", W, _NOBODY, queue_without_agents),
    Check("fifo", W, _NOBODY, missing_fifo),
    Check("fifo_keys", W, "an agent who keys a code loses the caller, or holds them", fifo_keys),
    Check("extension", W, _NOBODY, missing_telephone),
    Check("trunk", W, _NOBODY, missing_gateway),
    Check("silent_way", W, "who waits there hears silence until somebody answers", silent_ways),
    Check("longest_wait", W, "should our server die, nothing else ends the wait", endless_waits),
    Check("nobody_there", W, "nobody tells these callers that nobody is there", waits_for_nobody),
    Check("way_back", W, "the end of a talk ends such a call: nobody can send the caller back", no_way_back),
    Check("talk_commands", W, "no wait can be left, no talk ended, no payment taken in one", missing_commands),
    Check("console_agents", W, "no call comes to their page, and their state cannot be set", unknown_agents),
    Check("kept_places", A, "who calls from the same number, or with none, takes that place", resumed_places),
    Check("agent_delays", A, "who is busy, or cannot be reached, is called ten times a second", hurried_agents),
)
