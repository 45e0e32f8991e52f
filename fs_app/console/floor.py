"""What supervisors see: calls, queues and agents, as they are shown. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from fs_app.console.assisting import running
from fs_app.console.handovers import View, is_lost, moment
from fs_app.console.words import Words
from fs_app.domain.assist import AssistView
from fs_app.domain.handover import HandoverState
from fs_app.ports.console import HandoverRecord, LiveRecord, QueueFigures
from fs_app.ports.people import User
from fs_app.ports.switchboard import AgentSeen

MOST_ENDED = 20
"""More calls that ended lately are not shown."""


def calls(
    live: Sequence[LiveRecord],
    handovers: Sequence[HandoverRecord],
    assists: Collection[AssistView],
    words: Words,
    now: datetime,
) -> View:
    """Every call that is up, also one that only its hand-over tells of, and what ended lately."""
    by_call = {each.context.call_uuid: each for each in handovers}
    typing = {each.call_uuid for each in assists if running(each)}
    up = [each for each in live if each.ended_at is None]
    ended = sorted((each for each in live if each.ended_at is not None), key=_ended_at, reverse=True)
    rows = [_row(each, by_call.get(each.call.uuid), each.call.uuid in typing, words, now) for each in up]
    known = {each.call.uuid for each in up}
    rows += [_alone(each, uuid in typing, words, now) for uuid, each in by_call.items() if uuid not in known]
    return {
        "list": rows,
        "none": not rows,
        "ended": [_ended(each, words) for each in ended[:MOST_ENDED]],
        "none_ended": not ended,
    }


def _ended_at(record: LiveRecord) -> datetime:
    assert record.ended_at is not None
    return record.ended_at


def _row(record: LiveRecord, handover: HandoverRecord | None, typing: bool, words: Words, now: datetime) -> View:
    call = record.call
    secret = call.secret or typing
    return {
        "key": call.uuid,
        "caller": call.caller_id or words("call.no_number"),
        "line": call.line or words("floor.no_line"),
        "flow": call.flow,
        "step": call.step,
        "language": words.language_name(call.language),
        "since": moment(call.since),
        "step_since": moment(call.step_since),
        "lost": words("floor.silent") if handover is not None and is_lost(handover, now) else "",
        "blocked": words("floor.blocked") if secret else "",
        **_helped(handover, secret, words),
    }


def _alone(handover: HandoverRecord, typing: bool, words: Words, now: datetime) -> View:
    """A call of which only the desk has heard."""
    context = handover.context
    return {
        "key": context.call_uuid,
        "caller": context.caller_id or words("call.no_number"),
        "line": context.line or words("floor.no_line"),
        "flow": context.flow,
        "step": context.step,
        "language": words.language_name(context.language),
        "since": moment(handover.created_at),
        "step_since": moment(handover.created_at),
        "lost": words("floor.silent") if is_lost(handover, now) else "",
        "blocked": words("floor.blocked") if typing else "",
        **_helped(handover, typing, words),
    }


def may_be_heard(handover: HandoverRecord | None, secret: bool) -> bool:
    """Whether somebody may listen in: on a talk, and not while a caller types what is secret."""
    return handover is not None and handover.state is HandoverState.TALKING and bool(handover.leg) and not secret


def is_secret(live: LiveRecord | None, assists: Iterable[AssistView]) -> bool:
    """Whether a caller types what is secret: alone, or in a payment that an agent takes."""
    return (live is not None and live.call.secret) or any(running(each) for each in assists)


def _helped(handover: HandoverRecord | None, secret: bool, words: Words) -> View:
    if handover is None:
        return {"desk": "", "agent": "", "waited": None, "to": "", "hear": ""}
    waits = handover.state in (HandoverState.WAITING, HandoverState.OFFERED)
    return {
        "desk": words.of("handover_state", handover.state),
        "agent": handover.agent,
        "waited": moment(handover.created_at) if waits else None,
        "to": handover.agent if handover.state is HandoverState.TALKING else "",
        "hear": words("listen.in") if may_be_heard(handover, secret) else "",
    }


def _ended(record: LiveRecord, words: Words) -> View:
    call = record.call
    return {
        "key": call.uuid,
        "caller": call.caller_id or words("call.no_number"),
        "line": call.line or words("floor.no_line"),
        "step": call.step,
        "outcome": words.of("outcome", record.outcome),
        "at": words.moment(_ended_at(record)),
        "lasted": clock((_ended_at(record) - call.since).total_seconds()),
    }


def queues(figures: Sequence[QueueFigures], words: Words) -> View:
    """Every queue: who waits now, and how it went today."""
    return {
        "list": [
            {
                "key": each.queue,
                "queue": each.queue,
                "waiting": words.number(each.waiting),
                "offered": words.number(each.offered),
                "talking": words.number(each.talking),
                "since": moment(each.waiting_since),
                "answered": words.number(each.answered),
                "gave_up": words.number(each.gave_up),
                "not_served": words.number(each.not_served),
                "mean_wait": _mean(each.mean_wait),
                "mean_talk": _mean(each.mean_talk),
            }
            for each in figures
        ],
        "none": not figures,
    }


def agents(
    seen: Sequence[AgentSeen] | None, people: Iterable[User], handovers: Sequence[HandoverRecord], words: Words
) -> View:
    """Who is there, as far as anybody knows: by the switch, and by the calls that are handed over."""
    by_name: Mapping[str, AgentSeen] = {each.name: each for each in seen or ()}
    users = {each.agent or each.name: each for each in people}
    busy = {each.agent: each for each in handovers if each.agent}
    names = sorted({*by_name, *busy, *users})
    return {
        "list": [_agent(name, by_name.get(name), users.get(name), busy.get(name), words) for name in names],
        "none": not names,
        "unknown": "" if seen is not None else words("floor.switch_not_asked"),
    }


def _agent(name: str, seen: AgentSeen | None, user: User | None, call: HandoverRecord | None, words: Words) -> View:
    return {
        "key": name,
        "name": name,
        "person": user.full_name or user.name if user is not None else "",
        "login": "" if user is None else user.name,
        "status": words.of("agent_status", seen.status) if seen is not None else words("floor.not_known"),
        "state": words.of("agent_state", seen.state) if seen is not None else "",
        "call": "" if call is None else words.of("handover_state", call.state),
        "since": None if call is None else moment(call.answered_at or call.created_at),
    }


def clock(seconds: float) -> str:
    """``1:07``, ``1:02:07``: how long something lasted."""
    whole = max(0, int(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def _mean(seconds: float | None) -> Any:
    return "" if seconds is None else clock(seconds)
