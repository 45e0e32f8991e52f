"""The phrases of one hand-over, by what they say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The phrases of one hand-over, as the step names them."""

    say: str
    transferring: str
    next_in_line: str
    place: str
    wait: str
    options: str
    options_alone: str
    full: str
    no_agents: str
    not_answered: str
    alternatives: str
    alternatives_alone: str
    after: str
    on_your_own: str
    sent_to_pay: str
    sent_back: str
