"""Where people are reached, and the operator's rules for the way there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Way(StrEnum):
    """How the switch connects a caller with a person."""

    CALLCENTER = "callcenter"  # a queue of mod_callcenter
    FIFO = "fifo"  # a queue of mod_fifo
    EXTENSION = "extension"  # a telephone that is registered at the switch
    TRUNK = "trunk"  # a number behind a SIP gateway


QUEUE_NAME = r"[A-Za-z0-9_.-]{1,64}(@[A-Za-z0-9_.-]{1,64})?"
"""What flows, lines and agents may call a queue."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a queue of a flow leads. ``name`` is what flows and lines call it; ``target`` is what the switch calls
    it: ``payments@default``, the name of a fifo, ``201@pbx.example.org``, ``office/+15550100``."""

    name: str
    way: Way
    target: str

    @property
    def waits(self) -> bool:
        """Whether callers wait in a line there, which has places and which can be left."""
        return self.way in (Way.CALLCENTER, Way.FIFO)


def callcenter(name: str) -> Destination:
    """A queue of mod_callcenter, in the domain ``default`` unless the name says another."""
    return Destination(name, Way.CALLCENTER, name if "@" in name else f"{name}@default")


class FeatureCode(StrEnum):
    """What an agent can ask for on the telephone, without a page."""

    TAKE_PAYMENT = "take_payment"
    CANCEL = "cancel"
    SEND_BACK = "send_back"


@dataclass(frozen=True, slots=True)
class HelpRules:
    """The operator's rules for callers who want a person (settings: ``agents``)."""

    destinations: Mapping[str, Destination] = field(default_factory=lambda: MappingProxyType({}))
    announce_seconds: float = 45.0  # how often a waiting caller hears their place
    call_back: bool = True
    most_waiting: int = 0  # so many wait already: nobody else does; 0 is no limit
    skip_code: bool = False  # an agent may take a payment without a security code
    codes: Mapping[str, FeatureCode] = field(default_factory=lambda: MappingProxyType({}))  # ``*7``

    def destination(self, name: str) -> Destination:
        """Where a queue of that name is: a queue of mod_callcenter unless the settings say otherwise."""
        return self.destinations.get(name) or callcenter(name)
