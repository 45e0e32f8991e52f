"""Who works with the console, and who may do what there: the one table of rights.

A role has no right because another one has it: a supervisor sees no refunds, an admin no payments. Who does two
jobs has two roles.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import timedelta
from enum import StrEnum


class Role(StrEnum):
    """What somebody is there for."""

    AGENT = "agent"
    SUPERVISOR = "supervisor"
    FINANCE = "finance"
    ADMIN = "admin"


class Right(StrEnum):
    """What a page or an action needs."""

    OWN_ACCOUNT = "own_account"  # one's own password, codes and sessions
    TAKE_CALLS = "take_calls"  # one's own state, screen pop, assisted payment, sending a caller on
    SEE_CUSTOMERS = "see_customers"  # a customer's payments and notes
    WATCH_CALLS = "watch_calls"  # live calls, queues and agents
    MESSAGE_AGENTS = "message_agents"
    LISTEN_IN = "listen_in"
    SEE_PAYMENTS = "see_payments"  # the ledger, receipts, disputes, agreements
    REFUND = "refund"  # and void, close
    RECONCILE = "reconcile"
    MANAGE_PEOPLE = "manage_people"  # users, roles, links, sessions
    READ_AUDIT = "read_audit"


RIGHTS: Mapping[Right, frozenset[Role]] = {
    Right.OWN_ACCOUNT: frozenset(Role),
    Right.TAKE_CALLS: frozenset({Role.AGENT}),
    Right.SEE_CUSTOMERS: frozenset({Role.AGENT, Role.SUPERVISOR, Role.FINANCE}),
    Right.WATCH_CALLS: frozenset({Role.SUPERVISOR}),
    Right.MESSAGE_AGENTS: frozenset({Role.SUPERVISOR}),
    Right.LISTEN_IN: frozenset({Role.SUPERVISOR}),
    Right.SEE_PAYMENTS: frozenset({Role.FINANCE}),
    Right.REFUND: frozenset({Role.FINANCE}),
    Right.RECONCILE: frozenset({Role.FINANCE}),
    Right.MANAGE_PEOPLE: frozenset({Role.ADMIN}),
    Right.READ_AUDIT: frozenset({Role.ADMIN}),
}
"""Which roles have a right. Every right is here; what is not here, nobody may."""

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,63}")
_AGENT = re.compile(r"[A-Za-z0-9_.-]{1,64}@[A-Za-z0-9_.-]{1,64}")


def login_name(text: str) -> str | None:
    """A login name as it is kept: lower case, a strict pattern. None where it is none."""
    name = text.strip().lower()
    return name if _LOGIN.fullmatch(name) else None


def agent_name(text: str) -> str | None:
    """A name in mod_callcenter, ``maria@default``: it may reach the switch. None where it is none."""
    return text if _AGENT.fullmatch(text) else None


def may(roles: Collection[Role], right: Right) -> bool:
    """Whether somebody with these roles has that right."""
    return not RIGHTS[right].isdisjoint(roles)


def pause_after(failures: int, free: int, longest: timedelta) -> timedelta:
    """How long nobody may try again after so many failures: none for the first ``free``, then a second, twice as
    long each time, ``longest`` at most."""
    if failures < free:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - free, 30)), longest)
