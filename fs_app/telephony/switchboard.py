"""The Switchboard port: what the console tells mod_callcenter, over each switch's own event socket.

A connection is made for each question: a person clicks seldom, and nothing is kept that could be half dead. All
switches are asked at the same time, each with its deadline, so that one that stands still costs no more than that.
Nothing reaches a switch unless it matches the table below (law 4).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import gevent
import structlog

from fs_app.errors import SwitchError, UnsafeArgument
from fs_app.ports.console import AgentSeen, AgentStatus, SwitchAnswer
from fs_app.telephony.commands import gate
from fs_app.telephony.inbound import EventSocket

log = structlog.get_logger()

_SECONDS = 3.0
_NAME = r"[A-Za-z0-9_.-]{1,64}@[A-Za-z0-9_.-]{1,64}"
_STATUSES = "|".join(f"'{status}'" for status in AgentStatus)
APIS = {"callcenter_config": rf"agent set status {_NAME} (?:{_STATUSES})|agent list"}
_ORDER = (SwitchAnswer.DONE, SwitchAnswer.UNREACHABLE, SwitchAnswer.REFUSED, SwitchAnswer.UNKNOWN_AGENT)


class EventSocketSwitchboard:
    """See `fs_app.ports.console.Switchboard` for the contract. Without a password no switch is asked."""

    def __init__(
        self, addresses: Sequence[tuple[str, int]], password: str | None, *, seconds: float = _SECONDS
    ) -> None:
        self._addresses = tuple(addresses)
        self._password = password
        self._seconds = seconds

    def set_status(self, agent: str, status: AgentStatus) -> SwitchAnswer:
        """DONE where every switch that has the agent has the status, too."""
        if self._password is None:
            return SwitchAnswer.NOT_ASKED
        try:
            command = _command(f"agent set status {agent} '{status}'")
        except UnsafeArgument:
            return SwitchAnswer.REFUSED
        answers = {_meaning(text) for text in self._asked(command)}
        if {SwitchAnswer.DONE, SwitchAnswer.UNREACHABLE} <= answers:
            return SwitchAnswer.PARTLY
        return next(answer for answer in _ORDER if answer in answers)

    def agents(self) -> Sequence[AgentSeen] | None:
        """An agent that several switches have is shown as the busiest of them sees them."""
        if self._password is None:
            return None
        lists = [text for text in self._asked(_command("agent list")) if text is not None]
        if not lists:
            return None
        found: dict[str, AgentSeen] = {}
        for each in (agent for text in lists for agent in _rows(text)):
            if each.name not in found or found[each.name].state == "Waiting":
                found[each.name] = each
        return [found[name] for name in sorted(found)]

    def _asked(self, command: str) -> list[str | None]:
        """What each switch answers; None for one that does not in time."""
        asking = [gevent.spawn(partial(self._ask, address, command)) for address in self._addresses]
        gevent.joinall(asking, timeout=self._seconds)
        for late in (each for each in asking if not each.dead):
            late.kill(block=False)
        return [each.value if isinstance(each.value, str) else None for each in asking]

    def _ask(self, address: tuple[str, int], command: str) -> str | None:
        assert self._password is not None
        close: Callable[[], None] = _nothing
        try:
            switch = EventSocket(address, self._password, seconds=self._seconds)
            close = switch.close
            return switch.api(command)
        except (OSError, SwitchError) as error:
            switch_at, reason = f"{address[0]}:{address[1]}", str(error)
            log.warning("a switch did not answer the console", switch=switch_at, reason=reason)
            return None
        finally:
            close()


def _command(argument: str) -> str:
    return f"callcenter_config {gate(APIS, 'callcenter_config', argument)}"


def _meaning(answer: str | None) -> SwitchAnswer:
    if answer is None:
        return SwitchAnswer.UNREACHABLE
    if answer.startswith("+OK"):
        return SwitchAnswer.DONE
    return SwitchAnswer.UNKNOWN_AGENT if "Agent not found" in answer else SwitchAnswer.REFUSED


def _rows(text: str) -> list[AgentSeen]:
    """The agents of ``callcenter_config agent list``: a table with a head, fields between bars."""
    lines = [line.split("|") for line in text.splitlines() if "|" in line]
    if not lines or not {"name", "status", "state"} <= set(lines[0]):
        return []
    rows = (dict(zip(lines[0], line, strict=False)) for line in lines[1:])
    return [AgentSeen(row["name"], row.get("status", ""), row.get("state", "")) for row in rows]


def _nothing() -> None:
    """There is no connection to close."""
