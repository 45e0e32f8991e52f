"""Who works with the console, and who may do what there: the one table of rights.

A role has no right because another one has it: a supervisor sees no refunds, an admin no payments. Who does two
jobs has two roles.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
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
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_AGENT = re.compile(r"[A-Za-z0-9_.-]{1,64}@[A-Za-z0-9_.-]{1,64}")


def login_name(text: str) -> str | None:
    """A login name as it is kept: lower case, a strict pattern. None where it is none."""
    name = text.strip().lower()
    return name if _LOGIN.fullmatch(name) else None


def agent_name(text: str) -> str | None:
    """A name in mod_callcenter, ``maria@default``: it may reach the switch. None where it is none."""
    return text if _AGENT.fullmatch(text) else None


def language_code(text: str) -> str | None:
    """A language as it is kept, ``en``, ``pt_BR``. None where it is none."""
    return text if _LANGUAGE.fullmatch(text) else None


def may(roles: Collection[Role], right: Right) -> bool:
    """Whether somebody with these roles has that right."""
    return not RIGHTS[right].isdisjoint(roles)


class TryKind(StrEnum):
    """What tries to get in are counted by."""

    NAME = "name"  # whether or not somebody has it
    ADDRESS = "address"  # a call centre behind one address signs in every morning
    CODE = "code"  # of the second step, by login name
    STRANGER = "stranger"  # links, and answers of a provider, that are none: by address


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that is counted, e.g. all tries for one name."""

    kind: TryKind
    text: str


FREE_TRIES: Mapping[TryKind, int] = {
    TryKind.NAME: 5,
    TryKind.ADDRESS: 20,
    TryKind.CODE: 5,
    TryKind.STRANGER: 20,
}
"""So many failures cost no time."""

LONGEST_PAUSE = timedelta(minutes=15)
TRIES_FORGOTTEN_AFTER = timedelta(days=1)


def pause_after(failures: int, kind: TryKind) -> timedelta:
    """How long nobody may try again after so many failures: no time at first, then a second, and twice as long for
    each one more, up to `LONGEST_PAUSE`. Whoever goes on trying keeps a name in its pause: its owner comes in by a
    browser that is counted by itself (`fs_app.console.tries`)."""
    beyond = failures - FREE_TRIES[kind]
    if beyond < 0:
        return timedelta()
    return min(timedelta(seconds=2 ** min(beyond, 20)), LONGEST_PAUSE)


def counted_address(address: str) -> str:
    """What tries from an address are counted by: of IPv6 the network, since whoever has one address there has 2^64.
    What is no address is counted as it is."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), 64), strict=False))


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """How long a sign-in, and a link that sets a password, last."""

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)
    code: timedelta = timedelta(minutes=5)  # from the right password to the code
    setup_link: timedelta = timedelta(hours=72)
    reset_link: timedelta = timedelta(hours=24)
