"""One call while it runs: its line, its channel, what it has learnt, and the services its steps may use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from fs_app.domain.decline import Advice
from fs_app.domain.destination import HelpRules
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
    Desk,
    Directory,
    Journal,
    KnownCaller,
    Links,
    LiveCalls,
    Orders,
    PaymentHistory,
    PaymentOutcome,
    Proofs,
    SavedMethods,
    Subscriptions,
    Surveys,
    Vault,
)

PLAIN_RULES, PLAIN_OFFERS, PLAIN_HELP = Rules(), OfferRules(), HelpRules()
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
    help: HelpRules = PLAIN_HELP  # for callers who want a person
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
    desk: Desk
    orders: Orders
    live: LiveCalls


def stays() -> bool:
    return False


def nowhere() -> None:
    """Nobody keeps it."""


def _unwatched(outcome: PaymentOutcome, advice: Advice | None) -> None:
    """Nobody looks on."""


def _unseen(step: str, secret: bool) -> None:
    """Nobody looks on."""


def _unnoticed(field: str, phrase: str) -> None:
    """Nobody looks on."""


class Places(Protocol):
    """The steps of a call's flow, as far as a step may know of them."""

    def within_reach(self) -> tuple[str, ...]:
        """The questions of the flow that all is known for, by their names."""
        ...

    def has(self, place: str) -> bool:
        """Whether a caller can be sent there: a step of the flow, or what `SendTo` names."""
        ...

    def step(self, do: str) -> object | None:
        """The first step of that kind, as the admin set it up; None where the flow has none."""
        ...

    def here(self) -> str:
        """The name of the step under way."""
        ...


class NoPlaces:
    """A call that walks no flow."""

    def within_reach(self) -> tuple[str, ...]:
        return ()

    def has(self, place: str) -> bool:
        return False

    def step(self, do: str) -> object | None:
        return None

    def here(self) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a call came to the step under way: from which step, by which outcome."""

    step: str = ""
    outcome: str = ""


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
    leaves: Callable[[], bool] = stays
    facts: Facts = field(default_factory=Facts)
    counts: Counter[str] = field(default_factory=Counter)  # e.g. declines; survives from step to step
    within: dict[str, str] = field(default_factory=dict)
    """What the step under way has learnt and wants to go on with at another server, should this one die: nothing of
    a card, no proof of who somebody is. `keep` writes it down; with the step it is forgotten."""
    keep: Callable[[], None] = nowhere
    moves: Callable[[], bool] = stays
    """Whether the call goes on at another server in the middle of the step under way, with what is in `within`:
    then the step raises StepEnds with `MOVED`."""
    entered: Callable[[str, bool], None] = _unseen
    """Told the name of each step as it begins, and whether a secret is keyed there."""
    arrival: Arrival = Arrival()
    claimed: str = ""
    """The number of the account that the caller said is theirs, until it is proved."""
    advice: str = ""
    """The phrase that told the caller why the last attempt to pay was declined."""
    path: list[str] = field(default_factory=list)
    """The steps so far with their outcomes, ``who:identified``; those of this server."""
    places: Places = field(default_factory=NoPlaces)
    sent_to: str = ""
    """Where a person sent the caller: the engine goes there instead of where the outcome leads."""
    queue: str = ""
    """The queue that a person sent the caller to."""
    talked: bool = False
    """The switch says that the caller talked with a person, while no server had the call."""
    charged: Callable[[PaymentOutcome, Advice | None], None] = _unwatched
    """Told the end of an attempt to pay before the caller hears of it, for whoever looks on."""
    refused: Callable[[str, str], None] = _unnoticed
    """Told the name of a field and the phrase that says why an answer to it is not taken, likewise."""

    def let_go(self) -> None:
        """It is over. Those who looked on know the call as it knows them: no circle is left, so that what a call
        was is gone with its last frame."""
        self.facts.wipe()
        self.keep, self.moves, self.entered, self.places = nowhere, stays, _unseen, NoPlaces()
        self.charged, self.refused = _unwatched, _unnoticed
