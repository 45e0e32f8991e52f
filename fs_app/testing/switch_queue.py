"""mod_callcenter of the simulated switch: the application, its events, and what ``callcenter_config`` lists."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from fs_app.testing import switch_wire
from fs_app.testing.switch_call import Call
from fs_app.testing.switch_legs import Leg
from fs_app.testing.switch_talk import soft_talk
from fs_app.testing.switch_wait import Agents, Wait

if TYPE_CHECKING:
    from fs_app.testing.switch import SimulatedSwitch

_REMEMBERED_SECONDS = 60  # who left a line is listed for so long
_AHEAD_SECONDS = 30  # between two callers who wait ahead

_MEMBERS = (
    "queue|instance_id|uuid|session_uuid|cid_number|cid_name|system_epoch|joined_epoch|rejoined_epoch|bridge_epoch"
    "|abandoned_epoch|base_score|skill_score|serving_agent|serving_system|state|score"
)
_AGENTS = (
    "name|instance_id|uuid|type|contact|status|state|max_no_answer|wrap_up_time|reject_delay_time|busy_delay_time"
    "|no_answer_delay_time|last_bridge_start|last_bridge_end|last_offered_call|last_status_change|no_answer_count"
    "|calls_answered|talk_time|ready_time|external_calls_count"
)


@dataclass(slots=True)
class Member:
    """One row of a queue's members. Times in seconds since 1970."""

    queue: str
    session: str
    number: str
    name: str
    system: int
    joined: int
    uuid: str = ""
    bridged: int = 0
    left: int = 0
    agent: str = ""
    leg: str = ""
    state: str = "Waiting"

    def row(self, now: int) -> str:
        """As it is listed: who has left has no session any more."""
        base = self.joined - self.system
        fields = [self.queue, "single_box", self.uuid, "" if self.left else self.session, self.number, self.name]
        fields += map(str, (self.system, self.joined, 0, self.bridged, self.left, base, 0))
        serving = "single_box" if self.agent else ""
        return "|".join([*fields, self.agent, serving, self.state, str(now - self.joined + base)])


class QueueWait(Wait):
    """A caller in a queue of mod_callcenter."""

    exit_keys = "cc_exit_keys"

    def __init__(self, call: Call, agents: Agents, queue: str) -> None:
        super().__init__(call, agents)
        self.gave_up = "TIMEOUT" if agents.names or agents.missed or agents.busy else "NO_AGENT_TIMEOUT"
        number, name = str(call.facts["number"]), str(call.facts["name"])
        system, now = int(str(call.facts["created"])) // 10**6, _now()
        self.member = Member(queue, call.uuid, number, name, system, now, str(uuid4()))
        self._called = self._answered_at = 0
        _members(call.switch, queue).append(self.member)
        call.variables |= {
            "cc_side": "member",
            "cc_member_uuid": self.member.uuid,
            "cc_queue_joined_epoch": str(now),
            "cc_queue": queue,
        }
        self._fire("member-queue-start", [])

    def leave(self) -> None:
        """Without a person."""
        member, call = self.member, self.call
        member.state, member.agent, member.left = "Abandoned", "", _now()
        own = [("CC-Member-Leaving-Time", str(member.left)), ("CC-Member-Joined-Time", str(member.joined))]
        self._fire("member-queue-end", [*own, ("CC-Cause", "Cancel"), ("CC-Cancel-Reason", self.reason)])
        call.variables |= {"cc_cause": "cancel", "cc_cancel_reason": self.reason}
        if self.ringing:
            self._missed("ORIGINATOR_CANCEL")

    @property
    def marks(self) -> dict[str, str]:
        """What is set on the caller's leg once the talk has begun."""
        answered = {"cc_agent": self.member.agent, "cc_agent_bridged": "true"}
        return answered | {"cc_queue_answered_epoch": str(self._answered_at)}

    def _offered(self) -> None:
        self._called = _now()
        self.member.state, self.member.agent = "Trying", self.ringing
        self._fire_bare("agent-offering", [*self._who[:1], ("CC-Agent-Type", "callback"), *self._who[1:]])

    def _missed(self, cause: str) -> None:
        times = [("CC-Agent-Called-Time", str(self._called)), ("CC-Agent-Aborted-Time", str(_now()))]
        self._fire_bare("bridge-agent-fail", [("CC-Hangup-Cause", cause), *self._who, *times], self._joined)
        if not self.member.left:
            self.member.state, self.member.agent = "Waiting", ""

    def _answered(self, leg: Leg) -> None:
        call, member = self.call, self.member
        self._answered_at = member.bridged = _now()
        member.state, member.agent, member.leg = "Answered", leg.name, leg.uuid
        exported = call.variables.get("cc_export_vars", "").split(",")
        leg.variables |= {name: call.variables[name] for name in exported if name in call.variables}
        leg.variables |= {
            "cc_queue": member.queue,
            "cc_queue_joined_epoch": str(member.joined),
            "cc_member_uuid": member.uuid,
            "cc_member_session_uuid": call.uuid,
            "cc_agent": leg.name,
            "cc_agent_type": "callback",
            "cc_side": "agent",
        }
        call.facts["state_number"] = 8
        call.commands.clear()
        call.tear()
        self._fire("bridge-agent-start", [*self._who, *self._talk, *self._joined], leg)
        leg.on_end(lambda: self._ended(leg))

    def _ended(self, leg: Leg) -> None:
        """The talk with who took the call is over; a talk with somebody else may go on."""
        now = str(_now())
        leg.facts |= {"state": "CS_REPORTING", "state_number": 12, "call_state": "HANGUP"}
        success, bridged = ("CC-Hangup-Cause", "SUCCESS"), ("CC-Agent-Bridged", "true")
        talk, end = [*self._talk[:1], bridged, *self._talk[1:], *self._joined], ("CC-Bridge-Terminated-Time", now)
        self._fire("bridge-agent-end", [success, *self._who, *talk, end], leg)
        self.call.variables["cc_queue_terminated_epoch"] = now
        own = [success, ("CC-Cause", "Terminated"), *self._who, *self._talk, ("CC-Member-Leaving-Time", now)]
        self._fire("member-queue-end", [*own, *self._joined])
        self.call.switch.members[self.member.queue].remove(self.member)

    @property
    def _who(self) -> list[tuple[str, str]]:
        return [("CC-Agent", self.ringing or self.member.agent), ("CC-Agent-System", "single_box")]

    @property
    def _talk(self) -> list[tuple[str, str]]:
        return [
            ("CC-Agent-UUID", self.member.leg),
            ("CC-Agent-Called-Time", str(self._called)),
            ("CC-Agent-Answered-Time", str(self._answered_at)),
        ]

    @property
    def _joined(self) -> list[tuple[str, str]]:
        return [("CC-Member-Joined-Time", str(self.member.joined))]

    def _fire(self, action: str, own: list[tuple[str, str]], channel: Leg | None = None) -> None:
        (channel or self.call).fire("CUSTOM", self._headers(action, own), subclass=switch_wire.CALLCENTER)

    def _fire_bare(
        self, action: str, own: list[tuple[str, str]], after: list[tuple[str, str]] | None = None
    ) -> None:
        """An event that is no channel's: only what is in it tells which call it is about."""
        switch = self.call.switch
        headers = switch_wire.bare_headers("CUSTOM", switch.next_sequence(), switch_wire.CALLCENTER)
        text = switch_wire.render([*headers, *self._headers(action, own), *(after or [])])
        switch.publish(switch_wire.CALLCENTER, text + "\n\n")

    def _headers(self, action: str, own: list[tuple[str, str]]) -> list[tuple[str, str]]:
        member = self.member
        return [
            ("CC-Queue", member.queue),
            ("CC-Action", action),
            *own,
            ("CC-Member-UUID", member.uuid),
            ("CC-Member-Session-UUID", member.session),
            ("CC-Member-CID-Name", member.name),
            ("CC-Member-CID-Number", member.number),
        ]


def callcenter(call: Call, data: str) -> None:
    """Wait at a queue; the talk itself begins when the running applications have ended. Of a queue that does not
    exist nothing is told, and an earlier ``cc_cause`` stays."""
    agents = call.switch.agents.get(data.partition("@")[0])
    if agents is None:
        call.log("ERR", f"Queue {data} not found")
        return
    wait = QueueWait(call, agents, data)
    wait.sit_out(data)
    leg = wait.leg
    if leg is None:
        wait.leave()
        return
    call.facts |= {"state_number": 8, "other": leg.facts}
    call.variables |= {"cc_agent_uuid": leg.uuid, "cc_cause": "answered"}
    if not leg.gone:
        call.follow_with(lambda: soft_talk(call, leg, agents.talk, wait.marks))


def callcenter_config(switch: SimulatedSwitch, arguments: list[str]) -> str:
    """``queue list members|agents QUEUE`` and ``queue count members|agents QUEUE``."""
    match arguments:
        case ["queue", order, "members", queue]:
            header, rows = _MEMBERS, _member_rows(switch, queue)
        case ["queue", order, "agents", queue]:
            header, rows = _AGENTS, _agent_rows(switch, queue)
        case _:
            return "-ERR not simulated\n"
    if order == "count":
        return f"{len(rows)}\n"
    return "\n".join([*([header, *rows] if rows else []), "+OK\n"])


def _member_rows(switch: SimulatedSwitch, queue: str) -> list[str]:
    agents, now = switch.agents.get(queue.partition("@")[0]), _now()
    ahead = [_ahead(queue, place, now) for place in range(agents.ahead if agents else 0, 0, -1)]
    return [member.row(now) for member in [*ahead, *_members(switch, queue)]]


def _members(switch: SimulatedSwitch, queue: str) -> list[Member]:
    """Those of a queue, without who has left it long ago."""
    now, members = _now(), switch.members.setdefault(queue, [])
    members[:] = [one for one in members if not one.left or now - one.left < _REMEMBERED_SECONDS]
    return members


def _ahead(queue: str, place: int, now: int) -> Member:
    """A caller who is not on this switch, but waits there."""
    uuid, joined = f"00000000-0000-4000-8000-{place:012}", now - _AHEAD_SECONDS * place
    return Member(queue, f"11111111{uuid[8:]}", f"1555000{place:04}", f"Caller {place}", joined, joined, uuid)


def _agent_rows(switch: SimulatedSwitch, queue: str) -> list[str]:
    agents = switch.agents.get(queue.partition("@")[0])
    if agents is None:
        return []
    serving = {member.agent: member for member in switch.members.get(queue, []) if member.agent}
    rows = []
    for name in dict.fromkeys([*agents.names, *agents.missed, *agents.busy, *agents.away]):
        member = serving.get(name)
        state = "In a queue call" if name in agents.busy else "Waiting"
        if member is not None:
            state = "In a queue call" if member.leg else "Receiving"
        status, leg = "On Break" if name in agents.away else "Available", member.leg if member else ""
        contact = f"[leg_timeout=20]user/{name.partition('@')[0]}"
        rows.append(f"{name}|single_box|{leg}|callback|{contact}|{status}|{state}" + "|0" * 14)
    return rows


def _now() -> int:
    return int(time.time())
