"""How callers reach people: what settings, lines, flows and the dialplan name, and what the switch says of it.

What FreeSWITCH answers was measured on 1.10.12. Tables of mod_callcenter have a head and ``|`` between fields; a
table without rows is ``+OK`` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from fs_app.doctor.configuration import Configuration, params, value
from fs_app.doctor.switch import Switch
from fs_app.domain.destination import Destination, Way
from fs_app.telephony import commands

RUNNING = "the running switch"


@dataclass(frozen=True)
class People:
    """How callers reach people. ``queues`` are those that settings, lines and flows name, each with who names it;
    ``agents`` are the names in mod_callcenter of those who work with the console, each with the login name."""

    switch: Switch
    queues: Mapping[str, str] = field(default_factory=dict)
    agents: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def destinations(self) -> list[tuple[Destination, str]]:
        """Where all of them lead, each place once, with who names it."""
        settings = self.switch.settings
        named = dict(_dialled(self.switch))
        named |= {settings.line.queue: "line.queue of the settings", **self.queues}
        named |= dict.fromkeys(settings.agents.destinations, "agents.destinations of the settings")
        rules, found = settings.agents.rules(), dict[tuple[str, str], tuple[Destination, str]]()
        for name, who in named.items():
            each = rules.destination(name)
            found.setdefault((each.way, each.target), (each, who))
        return list(found.values())

    def to(self, way: Way) -> Iterator[tuple[str, str]]:
        """Those of one way: what the switch calls them, and who names them."""
        return ((each.target, who) for each, who in self.destinations if each.way is way)

    def table(self, order: str) -> dict[str, dict[str, str]] | None:
        """What ``callcenter_config`` lists, by the first field of each row; None where no switch is asked."""
        if self.switch.running is None:
            return None
        rows = [line.split("|") for line in self.switch.running.ask(f"callcenter_config {order}").splitlines()]
        tables = [row for row in rows if len(row) > 1]
        return {row[0]: dict(zip(tables[0], row, strict=False)) for row in tables[1:]}

    @cached_property
    def queue_settings(self) -> list[tuple[str, Mapping[str, str], str]]:
        """Our queues of mod_callcenter as the files have them and as they are in force: name, params, place."""
        found: list[tuple[str, Mapping[str, str], str]] = []
        written, in_force = written_queues(self.switch.files), self.table("queue list") or {}
        for name, _ in self.to(Way.CALLCENTER):
            if name in written:
                found.append((name, *written[name]))
            if name in in_force:
                row = in_force[name]
                found.append((name, {each.replace("_", "-"): text for each, text in row.items()}, RUNNING))
        return found


def _dialled(switch: Switch) -> Iterator[tuple[str, str]]:
    """The queues that the dialplan names, and which extension does."""
    for configuration in switch.configurations:
        for extension in configuration.extensions():
            for action in extension.iter("action"):
                name, _, queue = action.get("data", "").partition("=")
                if name == "fs_app_queue" and commands.matching(commands.QUEUE, queue):
                    yield queue, f"extension {extension.get('name')} of the dialplan"


def written_queues(files: Configuration | None) -> dict[str, tuple[Mapping[str, str], str]]:
    """The queues of callcenter.conf.xml: their params, and where they stand."""
    callcenter = files.configuration("callcenter.conf") if files is not None else None
    if files is None or callcenter is None:
        return {}
    queues = callcenter.iterfind("queues/queue")
    read = ((queue.get("name", ""), params(queue), files.place(queue)) for queue in queues)
    return {name: ({each: value(found, each) for each in found}, place) for name, found, place in read}
