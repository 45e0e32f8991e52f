"""One call while it runs: its line, its channel, what it has learnt, and the services its steps may use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from fs_app.domain.hours import Hours
from fs_app.domain.notices import Announcement, Closed, Emergency
from fs_app.domain.plan import OfferRules
from fs_app.domain.rules import Rules
from fs_app.flow.facts import Facts
from fs_app.ports import (
    Agreements,
    Appointments,
    Callers,
    Cashier,
    Channel,
    Checkpoints,
    Clock,
    Consents,
    Directory,
    Journal,
    KnownCaller,
    Links,
    PaymentHistory,
    Proofs,
    SavedMethods,
    Subscriptions,
    Surveys,
    Vault,
)

PLAIN_RULES, PLAIN_OFFERS = Rules(), OfferRules()
"""The rules where nobody set any."""


@dataclass(frozen=True, slots=True)
class Line:
    """The number that was dialled: what the dialplan says of it (channel variables, checked by a strict pattern),
    and the operator's rules for it."""

    flow: str
    language: str
    queue: str
    rules: Rules = PLAIN_RULES
    offers: OfferRules = PLAIN_OFFERS  # of what is paid later
    speaks: bool = False  # whether its entry in lines.yaml says which language
    name: str = ""  # of its entry in lines.yaml; empty where it has none
    hours: Hours | None = None  # when people are there; None is always
    closed: Closed = Closed.SELF_SERVICE
    closed_message: str = "line_closed"
    emergency: Emergency | None = None
    announcements: tuple[Announcement, ...] = ()


@dataclass(frozen=True, slots=True)
class Services:
    """The ports a step may use."""

    directory: Directory
    cashier: Cashier
    clock: Clock
    checkpoints: Checkpoints
    history: PaymentHistory
    surveys: Surveys
    methods: SavedMethods
    vault: Vault
    consents: Consents
    proofs: Proofs
    callers: Callers
    subscriptions: Subscriptions
    appointments: Appointments
    agreements: Agreements
    links: Links


def _stays() -> bool:
    return False


def nowhere() -> None:
    """Nobody keeps it."""


@dataclass(slots=True)
class Call:
    """One caller's way through a flow. ``caller_id`` is digits with an optional leading +, or None. ``leaves``
    tells that this server is about to stop: the call goes on at another one from its next step. ``known`` is what
    is remembered of the caller's telephone number."""

    line: Line
    channel: Channel
    services: Services
    journal: Journal
    caller_id: str | None = None
    known: KnownCaller | None = None
    leaves: Callable[[], bool] = _stays
    facts: Facts = field(default_factory=Facts)
    counts: Counter[str] = field(default_factory=Counter)  # e.g. declines; survives from step to step
    within: dict[str, str] = field(default_factory=dict)
    """What the step under way has learnt and wants to go on with at another server, should this one die: nothing of
    a card, no proof of who somebody is. `keep` writes it down; with the step it is forgotten."""
    keep: Callable[[], None] = nowhere
