"""The Switchboard port: what the console tells mod_callcenter of every switch.

Nothing reaches a switch unless it matches the table below (law 4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fs_app.errors import UnsafeArgument
from fs_app.ports.switchboard import AgentSeen, AgentStatus, SwitchAnswer
from fs_app.telephony.commands import gate
from fs_app.telephony.switches import SECONDS, Address, Switches

_NAME = r"[A-Za-z0-9_.-]{1,64}@[A-Za-z0-9_.-]{1,64}"
_STATUSES = "|".join(f"'{status}'" for status in AgentStatus)
APIS = {"callcenter_config": rf"agent set status {_NAME} (?:{_STATUSES})|agent list"}
_ORDER = (SwitchAnswer.DONE, SwitchAnswer.UNREACHABLE, SwitchAnswer.REFUSED, SwitchAnswer.UNKNOWN_AGENT)


class EventSocketSwitchboard:
    """See `fs_app.ports.switchboard.Switchboard` for the contract. Without a password no switch is asked."""

    def __init__(self, addresses: Sequence[Address], password: str | None, *, seconds: float = SECONDS) -> None:
        self._switches = None if password is None else Switches(addresses, password, seconds=seconds)

    def set_status(self, agent: str, status: AgentStatus) -> SwitchAnswer:
        """DONE where every switch that has the agent has the status, too."""
        if self._switches is None:
            return SwitchAnswer.NOT_ASKED
        try:
            command = _command(f"agent set status {agent} '{status}'")
        except UnsafeArgument:
            return SwitchAnswer.REFUSED
        answers = {_meaning(text) for text in self._switches.ask_all(command).values()}
        if {SwitchAnswer.DONE, SwitchAnswer.UNREACHABLE} <= answers:
            return SwitchAnswer.PARTLY
        return next(answer for answer in _ORDER if answer in answers)

    def agents(self) -> Sequence[AgentSeen] | None:
        """An agent that several switches have is shown as the busiest of them sees them."""
        if self._switches is None:
            return None
        answers = self._switches.ask_all(_command("agent list")).values()
        lists = [text for text in answers if text is not None]
        if not lists:
            return None
        found: dict[str, AgentSeen] = {}
        for each in (agent for text in lists for agent in _rows(text)):
            if each.name not in found or found[each.name].state == "Waiting":
                found[each.name] = each
        return [found[name] for name in sorted(found)]


def _command(argument: str) -> str:
    return f"callcenter_config {gate(APIS, 'callcenter_config', argument)}"


def _meaning(answer: str | None) -> SwitchAnswer:
    if answer is None:
        return SwitchAnswer.UNREACHABLE
    if answer.startswith("+OK"):
        return SwitchAnswer.DONE
    return SwitchAnswer.UNKNOWN_AGENT if "Agent not found" in answer else SwitchAnswer.REFUSED


def listed(text: str) -> list[Mapping[str, str]]:
    """The rows of ``callcenter_config agent list``: a table with a head, fields between bars. A contact may hold
    bars too (one telephone after the other): what stands after it is counted from the end."""
    head, *lines = [line.split("|") for line in text.splitlines() if "|" in line] or [[]]
    if not {"name", "contact", "status"} <= set(head):
        return []
    at = head.index("contact")
    after = len(head) - at - 1
    rows = ((line, len(line) - after) for line in lines if len(line) >= len(head))
    return [dict(zip(head, [*line[:at], "|".join(line[at:end]), *line[end:]], strict=True)) for line, end in rows]


def _rows(text: str) -> list[AgentSeen]:
    return [AgentSeen(row["name"], row["status"], row.get("state", "")) for row in listed(text)]
