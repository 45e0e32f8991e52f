"""Callers who want to be called back, as they are shown. No I/O."""

from __future__ import annotations

from collections.abc import Sequence

from fs_app.console.handovers import View, moment
from fs_app.console.words import Words
from fs_app.ports.console import CallbackRecord, CallbackState
from fs_app.ports.people import User


def shown(records: Sequence[CallbackRecord], user: User, words: Words) -> View:
    """Those that are not closed, oldest first."""
    return {"list": [_callback(each, user, words) for each in records], "none": not records}


def _callback(record: CallbackRecord, user: User, words: Words) -> View:
    request, taken = record.request, record.state is CallbackState.TAKEN
    mine = taken and record.taken_by == user.name
    return {
        "key": record.id,
        "number": request.number,
        "dial": f"tel:{request.number}",
        "queue": request.queue,
        "language": words.language_name(request.language),
        "since": moment(record.asked_at),
        **{each: f"/agent/callbacks/{record.id}/{each}" for each in ("take", "leave", "close")},
        "context": "" if request.handover_id is None else f"/agent/calls/{request.handover_id}",
        "taken": words("callback.taken_by", name=record.taken_by) if taken and not mine else "",
        "free": not taken,
        "mine": mine,
    }
