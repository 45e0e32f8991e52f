"""A hand-over as an agent reads it: what a page and its feed show, in the agent's words. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from fs_app.console.words import Words
from fs_app.domain.handover import HandoverEnd, HandoverState
from fs_app.ports.console import HandoverRecord
from fs_app.ports.desk import Context, FailureNote
from fs_app.ports.people import User

View = dict[str, Any]
"""What is shown, as JSON: text is in the reader's language, moments are seconds since 1970."""

QUIET = timedelta(seconds=15)
"""A worker that has told nothing for so long may not have the call any more."""


def names_of(user: User) -> frozenset[str]:
    """What hand-overs call this person: the name in mod_callcenter, and the login name where they claimed one."""
    return frozenset(filter(None, (user.name, user.agent)))


def is_theirs(record: HandoverRecord, user: User) -> bool:
    """Whether it is this agent who is rung, or talks."""
    return record.agent in names_of(user)


def is_free(record: HandoverRecord) -> bool:
    """Whether somebody talks, and nothing says who: whoever it is says so on the page."""
    return record.state is HandoverState.TALKING and not record.agent


def is_lost(record: HandoverRecord, now: datetime) -> bool:
    """Whether nothing has been heard of it for too long: no order reaches it."""
    return record.state is not HandoverState.ENDED and now - record.alive_at > QUIET


def moment(at: datetime | None) -> int | None:
    """Seconds since 1970."""
    return None if at is None else int(at.timestamp())


def since(record: HandoverRecord) -> datetime:
    """When what is so now began."""
    match record.state:
        case HandoverState.TALKING:
            return record.answered_at or record.created_at
        case HandoverState.OFFERED:
            return record.offered_at or record.created_at
        case HandoverState.ENDED:
            return record.ended_at or record.created_at
    return record.created_at


def who(context: Context, words: Words) -> str:
    """How a caller is called: by account where one was named, else by telephone number."""
    if context.account_number:
        return words("call.account", number=context.account_number)
    return context.caller_id or words("call.no_number")


def brief(record: HandoverRecord, user: User, words: Words, now: datetime) -> View:
    """A line of a list."""
    context = record.context
    return {
        "key": record.ticket.id,
        "href": f"/agent/calls/{record.ticket.id}",
        "state": record.state.value,
        "said": words.of("handover_state", record.state),
        "since": moment(since(record)),
        "who": who(context, words),
        "reason": words.of("reason", context.reason),
        "queue": record.queue,
        "language": words.language_name(context.language),
        "free": is_free(record),
        "lost": is_lost(record, now),
    }


def calls_for(
    records: Sequence[HandoverRecord], user: User, words: Words, now: datetime, open_call: int | None = None
) -> View:
    """What an agent sees of all that is open: theirs, those that nobody has said they have, and who waits. ``pop``
    is the one that rings now, or that they talk to; ``other`` leads to it from another call's page."""
    theirs = [each for each in records if is_theirs(each, user)]
    ringing = [each for each in theirs if each.state is HandoverState.OFFERED]
    talking = [each for each in theirs if each.state is HandoverState.TALKING]
    free = [each for each in records if is_free(each)]
    pop = next(iter([*ringing, *talking]), None)
    listed = [*ringing, *talking, *free]
    return {
        "list": [brief(each, user, words, now) for each in listed],
        "none": not listed,
        "waiting": [
            brief(each, user, words, now)
            for each in records
            if each.state is HandoverState.WAITING and not each.agent
        ],
        "pop": None if pop is None else pop.ticket.id,
        "other": "" if pop is None or pop.ticket.id == open_call else f"/agent/calls/{pop.ticket.id}",
        "rings": bool(ringing),
        "news": words("call.rings", who=who(ringing[0].context, words)) if ringing else "",
    }


def standing(record: HandoverRecord, user: User, words: Words, now: datetime) -> View:
    """How one stands, for the head of its page."""
    over = record.state is HandoverState.ENDED
    key = "call.lost" if is_lost(record, now) else ""
    return {
        "state": record.state.value,
        "said": words.of("handover_end", record.end) if over else words.of("handover_state", record.state),
        "since": None if over else moment(since(record)),
        "over": over,
        "free": is_free(record),
        "lost": words(key) if key else "",
        "agent": record.agent,
        "commands": is_theirs(record, user) and record.state is HandoverState.TALKING,
    }


def gone(words: Words) -> View:
    """The same for a page whose call is somebody else's by now."""
    said = words("call.taken")
    return {"state": "ended", "said": said, "since": None, "over": True, "free": False, "lost": "", "agent": "",
            "commands": False}  # fmt: skip


def failures(notes: Collection[FailureNote], words: Words) -> list[str]:
    """What failed, and how often."""
    return [
        words("call.failed", what=words.of("failure", each.what) if f"failure.{each.what}" in words.texts
              else words.of("phrase", each.what), times=words.number(each.times))
        for each in notes
    ]  # fmt: skip


def ended_well(end: HandoverEnd) -> bool:
    """Whether somebody was talked to."""
    return end in (HandoverEnd.TALKED, HandoverEnd.SENT_BACK, HandoverEnd.TRANSFERRED)
