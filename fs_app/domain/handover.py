"""A caller who is handed over to a person: why, how far it has got, and how it ended."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a caller is handed over."""

    ASKED = "asked"  # pressed 0
    ERRORS = "errors"  # no usable answer after the set tries
    RULE = "rule"  # the flow leads here
    TROUBLE = "trouble"  # we failed: the database, the gateway, protection


class Identified(StrEnum):
    """How far the caller is known."""

    NO = "no"
    SAID = "said"  # an account was named, by number or by telephone, and not proved
    PROVED = "proved"


class HandoverState(StrEnum):
    """Where a hand-over stands."""

    WAITING = "waiting"
    OFFERED = "offered"  # an agent's telephone rings
    TALKING = "talking"
    ENDED = "ended"


class HandoverEnd(StrEnum):
    """How it ended; `OPEN` until it has."""

    OPEN = ""
    TALKED = "talked"  # the talk ended: the agent or the caller hung up
    SENT_BACK = "sent_back"  # the agent sent the caller back to self-service
    TRANSFERRED = "transferred"  # the agent sent the caller to another queue
    SELF_SERVICE = "self_service"  # the caller did not want to wait, and went on alone
    CALL_BACK = "call_back"  # the caller is called back
    NOT_ANSWERED = "not_answered"  # no agent took the call in time
    NO_AGENTS = "no_agents"  # nobody is logged in
    FULL = "full"  # too many wait already
    GAVE_UP = "gave_up"  # the caller hung up while waiting
    FAILED = "failed"  # the switch would not do it
    LOST = "lost"  # our server died, and nobody knows
