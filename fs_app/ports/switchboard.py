"""The switches as the console sees them, beside all calls: who is there, by the queues' own idea of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class AgentStatus(StrEnum):
    """What an agent says of themselves, by its name in mod_callcenter."""

    AVAILABLE = "Available"
    ON_BREAK = "On Break"
    LOGGED_OUT = "Logged Out"


class SwitchAnswer(StrEnum):
    """What came of telling the switches. With several of them the worst that may matter counts."""

    DONE = "done"
    PARTLY = "partly"  # one has it, another did not answer
    NOT_ASKED = "not_asked"  # no password is set: there is no way to the switch
    UNREACHABLE = "unreachable"  # none answered
    UNKNOWN_AGENT = "unknown_agent"  # no switch has an agent of that name
    REFUSED = "refused"  # it said no, or the name is none


@dataclass(frozen=True, slots=True)
class AgentSeen:
    """An agent as the queues see them: ``status`` is theirs (`AgentStatus`, or what the operator uses besides),
    ``state`` the switch's: Waiting, Receiving, In a queue call, Idle."""

    name: str
    status: str
    state: str


class Switchboard(Protocol):
    """The switches of the settings, beside all calls. Never raises; every answer comes within its deadline, and
    waits for no call."""

    def set_status(self, agent: str, status: AgentStatus) -> SwitchAnswer:
        """Tell every switch that an agent (``maria@default``) is there, on a break or gone."""
        ...

    def agents(self) -> Sequence[AgentSeen] | None:
        """Every agent of every switch that answered, by name; None where none did, or none may be asked."""
        ...
